import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { hexOf, toDigest } from '../base/digest.ts';
import { DrydockError } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import type { Digest } from '../model/image.ts';
import type { Store } from '../store/store.ts';

/** An archive of a database in a store that all replicas see. */
export interface SharedArchive {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly chunkBytes: number;
  /** When the database was built. */
  readonly builtAt: string;
}

/** Archives by the name of their source. In a small Redis they have no room: leave it out there. */
export interface SharedArchives {
  /** What was offered last. */
  latest(source: string): Promise<SharedArchive | undefined>;
  /** Puts a file there, unless it is there already. */
  offer(
    source: string,
    file: { readonly path: string; readonly digest: Digest; readonly builtAt: string },
    options: Signal,
  ): Promise<void>;
  /**
   * Writes it to a new file.
   * @throws DrydockError DATABASE_UNAVAILABLE when a part is gone, DATABASE_CORRUPT when it is another one
   */
  take(archive: SharedArchive, path: string, options: Signal): Promise<void>;
}

const CHUNK_BYTES = 4 << 20;
/** A database is asked for again every day, and replaced at least as often. */
const TTL_SECONDS = 2 * 86_400;
const MAX_BYTES = 4 * 2 ** 30;

export function openSharedArchives(store: Store): SharedArchives {
  const latestKey = (source: string): string => `advisories/1/latest/${source}`;
  const chunkKey = (digest: Digest, index: number): string => `advisories/1/chunk/${digest}/${index}`;
  const ttl = { ttlSeconds: TTL_SECONDS };

  async function latest(source: string): Promise<SharedArchive | undefined> {
    const bytes = await store.get(latestKey(source));
    return bytes && parseShared(bytes);
  }

  return {
    latest,
    async offer(source, { path, digest, builtAt }, { signal }) {
      let [index, sizeBytes] = [0, 0];
      for await (const chunk of createReadStream(path, {
        highWaterMark: CHUNK_BYTES,
        signal,
      }) as AsyncIterable<Buffer>) {
        sizeBytes += chunk.length;
        // A store that forgets instead of failing must not be said to hold it.
        if (!(await store.put(chunkKey(digest, index++), chunk, ttl)))
          throw new DrydockError('STORE_UNAVAILABLE', 'the store has no room for the advisory database');
      }
      const shared: SharedArchive = { digest, sizeBytes, chunkBytes: CHUNK_BYTES, builtAt };
      await store.put(latestKey(source), Buffer.from(JSON.stringify(shared)), ttl);
    },
    async take({ digest, sizeBytes, chunkBytes }, path, { signal }) {
      const hash = createHash('sha256');
      await using file = await open(path, 'wx', 0o600);
      try {
        for (let index = 0; index * chunkBytes < sizeBytes; index++) {
          signal.throwIfAborted();
          const chunk = await store.get(chunkKey(digest, index));
          if (!chunk)
            throw new DrydockError('DATABASE_UNAVAILABLE', 'a part of the shared advisory database is gone');
          hash.update(chunk);
          await file.writeFile(chunk);
        }
        if (hash.digest('hex') !== hexOf(digest))
          throw new DrydockError(
            'DATABASE_CORRUPT',
            'the shared advisory database is not what its digest says',
          );
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
  };
}

function parseShared(bytes: Uint8Array): SharedArchive | undefined {
  try {
    const { digest, sizeBytes, chunkBytes, builtAt } = JSON.parse(
      Buffer.from(bytes).toString(),
    ) as Partial<SharedArchive>;
    const known = toDigest(digest);
    const isSound =
      typeof sizeBytes === 'number' &&
      sizeBytes > 0 &&
      sizeBytes <= MAX_BYTES &&
      chunkBytes === CHUNK_BYTES &&
      typeof builtAt === 'string' &&
      !Number.isNaN(Date.parse(builtAt));
    return known?.startsWith('sha256:') && isSound
      ? { digest: known, sizeBytes, chunkBytes, builtAt }
      : undefined;
  } catch {
    return undefined; // damage is as good as absent
  }
}
