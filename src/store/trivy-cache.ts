import { DrydockError } from '../base/errors.ts';
import type { Store } from './store.ts';

/** What a Trivy server remembers: JSON as Trivy writes it, under keys which clients make and nobody else understands. */
export interface TrivyCache {
  getBlob(key: string): Promise<Uint8Array | undefined>;
  putBlob(key: string, json: Uint8Array): Promise<void>;
  /** Those of them that are there. */
  hasBlobs(keys: readonly string[]): Promise<ReadonlySet<string>>;
  deleteBlobs(keys: readonly string[]): Promise<void>;
  getArtifact(key: string): Promise<Uint8Array | undefined>;
  putArtifact(key: string, json: Uint8Array): Promise<void>;
}

export interface TrivyCacheOptions {
  /** Undefined: for ever. */
  readonly ttlSeconds?: number;
}

const AT_ONCE = 32;

/**
 * Over any store, which nobody but Drydock reads. A client that was told that something is kept counts on it: so what
 * cannot be kept is an error.
 *
 * Every method throws what the store throws; putting, DrydockError STORE_UNAVAILABLE too.
 */
export function openTrivyCache(store: Store, { ttlSeconds }: TrivyCacheOptions = {}): TrivyCache {
  const how = ttlSeconds === undefined ? {} : { ttlSeconds };
  const blob = (key: string): string => `trivy-blob/1/${key}`;
  const artifact = (key: string): string => `trivy-artifact/1/${key}`;
  async function put(key: string, json: Uint8Array): Promise<void> {
    if (!(await store.put(key, json, how)))
      throw new DrydockError('STORE_UNAVAILABLE', `${json.length} bytes from a client could not be kept`);
  }
  return {
    getBlob: (key) => store.get(blob(key)),
    putBlob: (key, json) => put(blob(key), json),
    hasBlobs: (keys) => presentOf(keys, async (key) => (await store.get(blob(key))) !== undefined),
    deleteBlobs: async (keys) => void (await inTurns(keys, (key) => store.delete(blob(key)))),
    getArtifact: (key) => store.get(artifact(key)),
    putArtifact: (key, json) => put(artifact(key), json),
  };
}

/** The keys of which something holds; not more than some are asked for at once. */
export async function presentOf(
  keys: readonly string[],
  isThere: (key: string) => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  const found = await inTurns(keys, isThere);
  return new Set(keys.filter((_, index) => found[index]));
}

export async function inTurns<T>(keys: readonly string[], act: (key: string) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let at = 0; at < keys.length; at += AT_ONCE)
    results.push(...(await Promise.all(keys.slice(at, at + AT_ONCE).map(act))));
  return results;
}
