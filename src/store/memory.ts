import { ownBytes } from '../base/own-bytes.ts';
import type { Store } from './store.ts';

/** Keeps everything in this process: for tests, and for scans that shall remember nothing. */
export function openMemoryStore(now: () => number = Date.now): Store {
  const entries = new Map<string, { readonly value: Uint8Array; readonly expiresAt: number }>();
  const live = (key: string): Uint8Array | undefined => {
    const entry = entries.get(key);
    return entry && entry.expiresAt > now() ? entry.value : undefined;
  };
  return {
    get: async (key) => live(key),
    async put(key, value, { ttlSeconds = Infinity, ifAbsent = false } = {}) {
      if (ifAbsent && live(key)) return false;
      entries.set(key, { value: ownBytes(value), expiresAt: now() + ttlSeconds * 1000 });
      return true;
    },
    async delete(key) {
      entries.delete(key);
    },
    async *keys(prefix) {
      for (const key of entries.keys()) if (key.startsWith(prefix) && live(key)) yield key;
    },
    async [Symbol.asyncDispose]() {
      entries.clear();
    },
  };
}
