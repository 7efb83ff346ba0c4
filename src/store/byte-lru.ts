import { ownBytes } from '../base/own-bytes.ts';

interface Held {
  readonly value: Uint8Array;
  readonly expiresAt: number;
}

/** What was used last, up to so many bytes. */
export interface ByteLru {
  get(key: string): Uint8Array | undefined;
  set(key: string, value: Uint8Array, seconds: number): void;
  delete(key: string): void;
  readonly bytes: number;
  clear(): void;
}

/** What an entry costs besides its text and bytes. */
const ENTRY_BYTES = 200;
/** One value must not drive out all others. */
const MOST_SHARE = 0.25;

export function openByteLru(maxBytes: number, now: () => number): ByteLru {
  // A Map keeps the order in which keys were put: the first is the one that was not used for the longest time.
  const entries = new Map<string, Held>();
  let bytes = 0;
  const costOf = (key: string, { value }: Held): number => ENTRY_BYTES + 2 * key.length + value.length;

  function remove(key: string): Held | undefined {
    const held = entries.get(key);
    if (!held) return undefined;
    entries.delete(key);
    bytes -= costOf(key, held);
    return held;
  }

  function add(key: string, held: Held): void {
    entries.set(key, held);
    bytes += costOf(key, held);
  }

  return {
    get(key) {
      const held = remove(key);
      if (!held || held.expiresAt <= now()) return undefined;
      add(key, held);
      return held.value;
    },
    set(key, value, seconds) {
      remove(key);
      const expiresAt = now() + seconds * 1000;
      if (seconds <= 0 || costOf(key, { value, expiresAt }) > maxBytes * MOST_SHARE) return;
      add(key, { value: ownBytes(value), expiresAt });
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) return;
        remove(oldest);
      }
    },
    delete: (key) => void remove(key),
    get bytes() {
      return bytes;
    },
    clear() {
      entries.clear();
      bytes = 0;
    },
  };
}
