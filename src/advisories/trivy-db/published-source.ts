import { join } from 'node:path';
import { notices } from '../../base/channels.ts';
import { DrydockError, isAbort, messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { sleep } from '../../base/retry.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import type { AdvisorySource } from '../source.ts';
import { bringDatabase } from './bring-database.ts';
import type { DatabaseKind, VerifiedDatabase } from './database-kind.ts';
import {
  currentDatabase,
  markOfDatabase,
  markOfPointer,
  pointedDatabase,
  type InstalledDatabase,
} from './installation.ts';
import { locateArtifact, type ArtifactParts } from './locate-artifact.ts';
import { isDue, METADATA_FILE, parseMetadata, type TrivyDbMetadata } from './metadata.ts';
import { ORIGIN_FILE, parseOrigin, type Origin } from './origin.ts';
import { readPart, toVersion } from './trivy-db.ts';
import { verifyInstalled } from './verify-installed.ts';

export interface PublishedOptions {
  /** The cache's directory: databases lie below it in one of their kind, which is made when needed. */
  readonly root: string;
  /** Tried in this order: `host/repository[:tag]`, `oci:DIRECTORY[:tag]`, or the path of an archive. */
  readonly sources: readonly string[];
  readonly registry: ArtifactParts['registry'];
  /** Registries are not asked. */
  readonly offline?: boolean;
  /** Keep archives as they came, to hand them on to others. */
  readonly keepsArchive?: boolean;
  readonly now?: () => Date;
}

export interface PublishedStatus {
  readonly version: AdvisoryDbVersion;
  readonly directory: string;
  /** What it was fetched or imported from. */
  readonly from: string;
  readonly sizeBytes: number;
  readonly installedAt: string;
  /** When it came, or was last found to be the newest. */
  readonly checkedAt?: string;
  readonly isDue: boolean;
}

/** Databases of one kind, brought from where they are published. */
export interface PublishedSource<Opened> extends Omit<AdvisorySource, 'open'> {
  /** @throws DrydockError DATABASE_MISSING, DATABASE_CORRUPT */
  open(): Promise<Opened>;
  /** What is in use; undefined when there is none. */
  status(): Promise<PublishedStatus | undefined>;
  /**
   * Takes a database from an archive or an OCI layout.
   * @throws DrydockError SOURCE_NOT_FOUND, DATABASE_CORRUPT, DATABASE_UNSUPPORTED, DATABASE_LIMIT, CACHE_UNWRITABLE
   */
  importFrom(path: string, options: Signal): Promise<AdvisoryDbVersion>;
  /** Reads all of the database in use. @throws DrydockError DATABASE_MISSING, DATABASE_CORRUPT */
  verify(options: Signal): Promise<VerifiedDatabase>;
}

/** A reader may be overtaken between the pointer and what it points to, but not this often. */
const OPEN_ATTEMPTS = 5;
const OPEN_DELAY_MS = 50;

/**
 * Databases as Trivy's are published, kept in a directory that many processes may share.
 * @param openAt opens the one in a directory
 */
export function publishedSource<Opened>(
  kind: DatabaseKind,
  options: PublishedOptions,
  openAt: (directory: string) => Promise<Opened>,
): PublishedSource<Opened> {
  const { sources, registry, offline = false, keepsArchive = false, now = () => new Date() } = options;
  const root = join(options.root, kind.id);
  const parts: ArtifactParts = { registry, offline, kind };

  async function status(): Promise<PublishedStatus | undefined> {
    const found = await readCurrent();
    if (!found) return undefined;
    const { database, metadata, origin } = found;
    return {
      version: toVersion(metadata, origin.digest, kind.id),
      directory: database.directory,
      from: origin.source,
      sizeBytes: origin.sizeBytes,
      installedAt: origin.installedAt,
      ...(metadata.downloadedAt !== undefined && { checkedAt: metadata.downloadedAt }),
      isDue: isDue(metadata, now(), kind.restMs),
    };
  }

  /** Asked several times for each image, so that what was read holds for as long as its files are the same ones. */
  let known: { readonly found: Described; readonly mark: string } | undefined;

  async function readCurrent(): Promise<Described | undefined> {
    const before = known && (await Promise.all([markOfPointer(root), markOfDatabase(known.found.database)]));
    if (known && before?.join() === known.mark) return known.found;
    known = undefined;
    return await settled(async () => {
      // Marks first: what they are of may be replaced while it is read.
      const pointer = await markOfPointer(root);
      const pointed = await pointedDatabase(root);
      const database = pointed ?? (await currentDatabase(root));
      if (!database) return undefined;
      const mark = await markOfDatabase(database);
      const found = await describe(database, kind);
      const isTold = pointed !== undefined && pointer !== undefined && mark !== undefined;
      known = isTold ? { found, mark: `${pointer},${mark}` } : undefined;
      return found;
    });
  }

  /** Of a database that cannot be read it is known at least that another one is needed. */
  async function readUsable(): Promise<PublishedStatus | undefined> {
    try {
      return await status();
    } catch (error) {
      if (!(error instanceof DrydockError)) throw error;
      return undefined;
    }
  }

  async function bring(source: string, force: boolean, { signal }: Signal): Promise<AdvisoryDbVersion> {
    const artifact = await locateArtifact(source, parts, { signal });
    const database = await bringDatabase(artifact, { root, source, kind, now, force, keepsArchive, signal });
    const { metadata, origin } = await describe(database, kind);
    return toVersion(metadata, origin.digest, kind.id);
  }

  return {
    id: kind.id,
    status,
    async current() {
      return (await status())?.version;
    },
    async update({ signal, force = false }) {
      const used = force ? undefined : await readUsable();
      if (used && !used.isDue) return used.version;
      const failures: string[] = [];
      for (const [index, source] of sources.entries()) {
        try {
          return await bring(source, force, { signal });
        } catch (error) {
          if (signal.aborted || isAbort(error)) throw error;
          // The disk does not get better with another source.
          if (error instanceof DrydockError && error.code === 'CACHE_UNWRITABLE') throw error;
          const failure = `${source}: ${messageOf(error)}`;
          failures.push(failure);
          if (index + 1 < sources.length)
            notices.publish({ code: 'DATABASE_SOURCE_FAILED', message: failure });
        }
      }
      throw unavailable(failures, kind);
    },
    async importFrom(path, { signal }) {
      const isLayout = path.startsWith('oci:') || path.startsWith('oci-archive:');
      return await bring(isLayout || path.startsWith('/') ? path : `./${path}`, true, { signal });
    },
    async verify(signal) {
      const database = await currentDatabase(root);
      if (!database) throw missing(root, kind);
      return await verifyInstalled(database.directory, kind, signal);
    },
    async open() {
      return await settled(async () => {
        const database = await currentDatabase(root);
        if (!database) throw missing(root, kind);
        return await openAt(database.directory);
      });
    },
  };
}

interface Described {
  readonly database: InstalledDatabase;
  readonly metadata: TrivyDbMetadata;
  readonly origin: Origin;
}

async function describe(database: InstalledDatabase, { schema }: DatabaseKind): Promise<Described> {
  const metadata = parseMetadata(await readPart(database.directory, METADATA_FILE), undefined, schema);
  const origin = parseOrigin(await readPart(database.directory, ORIGIN_FILE));
  return { database, metadata, origin };
}

/** Again, when what the pointer named was gone: it names another by then. */
async function settled<T>(task: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task();
    } catch (error) {
      const isGone =
        error instanceof DrydockError && error.code === 'DATABASE_MISSING' && error.cause !== undefined;
      if (!isGone || attempt === OPEN_ATTEMPTS) throw error;
      await sleep(OPEN_DELAY_MS, { signal: new AbortController().signal });
    }
  }
}

function missing(root: string, { title }: DatabaseKind): DrydockError {
  return new DrydockError('DATABASE_MISSING', `there is no ${title} under ${root}`, {
    hint: 'Run "drydock db update" where there is a network, or "drydock db import FILE" where there is none.',
  });
}

function unavailable(failures: readonly string[], { title }: DatabaseKind): DrydockError {
  const reasons = failures.length > 0 ? failures.join('; ') : 'no source is configured';
  return new DrydockError('DATABASE_UNAVAILABLE', `no ${title} could be fetched: ${reasons}`, {
    hint: 'Name another source with --db-repository, or bring one with "drydock db import FILE".',
  });
}
