import { DrydockError } from '../../base/errors.ts';
import { inTurns, presentOf, type TrivyCache, type TrivyCacheOptions } from '../trivy-cache.ts';
import type { Redis } from './redis.ts';

/** More than any layer of sound size has to tell. */
const MAX_VALUE_BYTES = 128 << 20;

/**
 * Trivy's own entries in a Redis, bare as Trivy writes and reads them: a Trivy server with this Redis as its cache and
 * this one can stand side by side. Nothing protects them but the server's own care.
 *
 * Every method throws DrydockError STORE_UNAVAILABLE; putting, REQUEST_TOO_LARGE.
 */
export function openRedisTrivyCache(redis: Redis, { ttlSeconds }: TrivyCacheOptions = {}): TrivyCache {
  const expiry = ttlSeconds === undefined ? [] : ['PX', Math.max(1, Math.ceil(ttlSeconds * 1000))];

  async function get(key: string): Promise<Uint8Array | undefined> {
    const bytes = await redis.send('getrange', key, 0, MAX_VALUE_BYTES);
    return Buffer.isBuffer(bytes) && bytes.length > 0 && bytes.length <= MAX_VALUE_BYTES ? bytes : undefined;
  }
  async function put(key: string, json: Uint8Array): Promise<void> {
    if (json.length > MAX_VALUE_BYTES)
      throw new DrydockError('REQUEST_TOO_LARGE', `${json.length} bytes are more than the cache takes`);
    await redis.send('set', key, json, ...expiry);
  }

  return {
    getBlob: (key) => get(blob(key)),
    putBlob: (key, json) => put(blob(key), json),
    // One by one, as the keys of one command must lie on one node of a cluster.
    hasBlobs: (keys) => presentOf(keys, async (key) => (await redis.send('exists', blob(key))) === 1),
    deleteBlobs: async (keys) => void (await inTurns(keys, (key) => redis.send('del', blob(key)))),
    getArtifact: (key) => get(artifact(key)),
    putArtifact: (key, json) => put(artifact(key), json),
  };
}

const blob = (key: string): string => `fanal::blob::${key}`;
const artifact = (key: string): string => `fanal::artifact::${key}`;
