import { join } from 'node:path';
import { DrydockError, messageOf } from '../../base/errors.ts';
import { CodecError } from '../../codec/codec-error.ts';
import { openIndexedSqlite, type IndexedSqlite } from '../../codec/sqlite/indexed.ts';
import { openDatabaseFile, type DatabaseFile } from '../trivy-db/trivy-db.ts';

export interface JarCoordinates {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

/** What is known of published jars. Look-ups read a few pages each. */
export interface JavaDb extends Disposable {
  /** By the SHA-1 of the file, in hexadecimal. */
  findBySha1(hex: string): JarCoordinates | undefined;
  hasArtifact(group: string, artifact: string): boolean;
  /** The group that has published most jars of that name and version. */
  findGroup(artifact: string, version: string): string | undefined;
  close(): void;
}

export const JAVA_DATABASE_FILE = 'trivy-java.db';

/** Of one name: some thousand versions of several groups are real. */
const MAX_VERSIONS = 20_000;
const SHA1_HEX = /^[0-9a-f]{40}$/;

/**
 * Opens a database as Trivy's of Java archives: tables `artifacts(id, group_id, artifact_id)` and
 * `indices(artifact_id, version, sha1, archive_type)`.
 *
 * @param directory holds `trivy-java.db`
 * @throws DrydockError DATABASE_MISSING, DATABASE_CORRUPT; the look-ups too
 */
export function openJavaDb(directory: string): JavaDb {
  const file = openDatabaseFile(join(directory, JAVA_DATABASE_FILE));
  try {
    return lookUps(probeJavaDb(file), file);
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * Every look-up needs these indices, so that a database of another kind is known at once.
 * @throws DrydockError DATABASE_CORRUPT
 */
export function probeJavaDb(file: DatabaseFile): IndexedSqlite {
  return asked(() => {
    const database = openIndexedSqlite(file.read, file.sizeBytes);
    first(database, 'artifacts_idx', ['']);
    first(database, 'indices_artifact_idx', [0]);
    first(database, 'indices_sha1_idx', [Buffer.alloc(0)]);
    return database;
  });
}

function lookUps(database: IndexedSqlite, file: DatabaseFile): JavaDb {
  const idOf = (group: string, artifact: string): number | undefined => {
    const [found] = first(database, 'artifacts_idx', [artifact, group])?.slice(-1) ?? [];
    return typeof found === 'number' ? found : undefined;
  };

  function coordinatesOf(rowId: unknown): JarCoordinates | undefined {
    const [artifactId, version] = (typeof rowId === 'number' && database.row('indices', rowId)) || [];
    // The first column is the row id, which stands for it.
    const [, group, artifact] =
      (typeof artifactId === 'number' && database.row('artifacts', artifactId)) || [];
    if (typeof group !== 'string' || typeof artifact !== 'string' || typeof version !== 'string')
      return undefined;
    return { group, artifact, version };
  }

  /** How many jars of that version there are. */
  function countJars(artifactId: number, version: string, budget: { left: number }): number {
    let count = 0;
    for (const entry of database.find('indices_artifact_idx', [artifactId])) {
      if (--budget.left < 0) break;
      const rowId = entry.at(-1);
      const row = typeof rowId === 'number' ? database.row('indices', rowId) : undefined;
      if (row?.[1] === version && row[3] === 'jar') count++;
    }
    return count;
  }

  const close = (): void => file.close();
  return {
    findBySha1(hex) {
      if (!SHA1_HEX.test(hex)) return undefined;
      return asked(() =>
        coordinatesOf(first(database, 'indices_sha1_idx', [Buffer.from(hex, 'hex')])?.at(-1)),
      );
    },
    hasArtifact(group, artifact) {
      return asked(() => {
        const id = idOf(group, artifact);
        return id !== undefined && first(database, 'indices_artifact_idx', [id]) !== undefined;
      });
    },
    findGroup(artifact, version) {
      return asked(() => {
        const budget = { left: MAX_VERSIONS };
        let best: { group: string; count: number } | undefined;
        // In the order of the groups, so that of several with as many the first is meant.
        for (const [, group, id] of database.find('artifacts_idx', [artifact])) {
          if (typeof group !== 'string' || typeof id !== 'number') continue;
          const count = countJars(id, version, budget);
          if (count > (best?.count ?? 0)) best = { group, count };
        }
        return best?.group;
      });
    },
    close,
    [Symbol.dispose]: close,
  };
}

function first(database: IndexedSqlite, index: string, key: readonly (string | number | Uint8Array)[]) {
  for (const entry of database.find(index, key)) return entry;
  return undefined;
}

function asked<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new DrydockError(
      'DATABASE_CORRUPT',
      `the database of Java archives is damaged: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
