import type { Digest } from '../model/image.ts';
import { decode, encode } from './encode.ts';
import type { Store } from './store.ts';

/** Who may be told about an image: those for whom a registry let it be read, for as long as that is believed. */
export interface Readers {
  /**
   * @param name by which it was asked for; absent: only by its digest
   * @param caller absent: everybody, as it was read without anybody's own credentials
   */
  grant(image: Digest, name: string | undefined, caller?: string): Promise<void>;
  /** The names by which the caller may know the image; undefined when he may not be told about it at all. */
  namesFor(image: Digest, caller: string): Promise<readonly string[] | undefined>;
}

const MAX_NAMES = 50;

/** @param ttlSeconds how long a registry's word is believed; no longer than reports are kept */
export function openReaders(store: Store, ttlSeconds: number): Readers {
  const keyOf = (image: Digest, caller?: string): string =>
    `reader/1/${image}/${caller === undefined ? '*' : `=${caller}`}`;

  async function namesUnder(key: string): Promise<readonly string[] | undefined> {
    const bytes = await store.get(key);
    const names = bytes && (await decode(bytes));
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : undefined;
  }

  return {
    async grant(image, name, caller) {
      const key = keyOf(image, caller);
      const others = ((await namesUnder(key)) ?? []).filter((other) => other !== name);
      const names = name === undefined ? others : [...others, name].slice(-MAX_NAMES);
      const bytes = await encode(names);
      if (bytes) await store.put(key, bytes, { ttlSeconds });
    },
    async namesFor(image, caller) {
      const [open, own] = await Promise.all([namesUnder(keyOf(image)), namesUnder(keyOf(image, caller))]);
      return open || own ? [...new Set([...(open ?? []), ...(own ?? [])])] : undefined;
    },
  };
}
