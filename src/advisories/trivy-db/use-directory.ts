import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { openBbolt } from '../../codec/bbolt/bbolt.ts';
import type { Digest } from '../../model/image.ts';
import type { AdvisorySource } from '../source.ts';
import { METADATA_FILE, parseMetadata } from './metadata.ts';
import { DATABASE_FILE, openDatabaseFile, openStore, readPart, SOURCE_ID, toVersion } from './trivy-db.ts';
import { trivyDbKind } from './trivy-db-kind.ts';
import type { VerifiedDatabase } from './database-kind.ts';
import { verifyDatabase } from './verify-installed.ts';

export interface UsedDirectory extends AdvisorySource {
  verify(options: Signal): Promise<VerifiedDatabase>;
}

/**
 * A database that somebody else keeps (`trivy.db` and `metadata.json`, as in Trivy's own cache), read where it is and
 * never updated. Its digest is of its metadata, its size and the header in force, which differ between any two
 * builds: hashing all of it would take longer than a scan.
 * @param path the directory, or the file `trivy.db` in it
 */
export function useDirectory(path: string): UsedDirectory {
  const directory = async (): Promise<string> => {
    const isDirectory = await stat(path).then(
      (status) => status.isDirectory(),
      () => basename(path) !== DATABASE_FILE,
    );
    return isDirectory ? path : dirname(path);
  };
  async function open() {
    const place = await directory();
    if (!existsSync(join(place, METADATA_FILE))) {
      throw new DrydockError('DATABASE_MISSING', `there is no advisory database in ${place}`, {
        hint: `It must hold ${DATABASE_FILE} and ${METADATA_FILE}.`,
      });
    }
    const metadata = await readPart(place, METADATA_FILE);
    const parsed = parseMetadata(metadata, join(place, METADATA_FILE));
    const file = openDatabaseFile(join(place, DATABASE_FILE));
    try {
      const { meta } = openBbolt(file.read, file.sizeBytes);
      const hash = createHash('sha256').update(metadata).update(`\0${file.sizeBytes}\0`).update(meta);
      return openStore(file, toVersion(parsed, `sha256:${hash.digest('hex')}` as Digest));
    } catch (error) {
      file.close();
      throw error;
    }
  }
  async function current() {
    await using store = await open();
    return store.version;
  }
  return {
    id: SOURCE_ID,
    current,
    update: current,
    open,
    verify: async (options) => await verifyDatabase(await directory(), trivyDbKind, options),
  };
}
