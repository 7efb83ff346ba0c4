import { randomUUID } from 'node:crypto';
import { notices } from '../base/channels.ts';
import { DrydockError, messageOf } from '../base/errors.ts';
import { openCircuit, type Circuit } from './circuit.ts';
import type { Store } from './store.ts';

export interface StoreHealth {
  readonly state: 'up' | 'degraded';
  /** Milliseconds since 1970. */
  readonly since: number;
  /** The last thing that went wrong, even when all is well again. */
  readonly lastError?: string;
}

export interface DegradingOptions {
  /** For people: "redis", "s3". */
  readonly name: string;
  readonly maxFailures?: number;
  readonly slowMs?: number;
  readonly probeEveryMs?: number;
  readonly now?: () => number;
}

/** A store that may fail, seen in two ways. */
export interface DegradingStore extends AsyncDisposable {
  /**
   * For what can be made again. It never throws: what cannot be read is absent, a list that cannot be read to its end
   * is empty, what cannot be written is not kept, and `put` answers false for it.
   */
  readonly cache: Store;
  /** For what must not be taken for absent or written. It throws DrydockError STORE_UNAVAILABLE. */
  readonly strict: Store;
  health(): StoreHealth;
}

const DEFAULTS = { maxFailures: 5, slowMs: 3000, probeEveryMs: 1000 } as const;
const PROBE_TTL_SECONDS = 60;

/**
 * Stands between a store and those who can do without it. After several failures or slow answers in a row nobody waits
 * for it any more, until it answers again. Reading and writing are judged apart: one that is full or read-only still
 * gives what it has. One notice tells of each change (`STORE_UNAVAILABLE`, `STORE_AVAILABLE`).
 */
export function openDegradingStore(inner: Store, options: DegradingOptions): DegradingStore {
  const { name, now = Date.now, ...limits } = options;
  const broken = new Map<string, string>();
  let since = now();
  let lastError: string | undefined;

  function onChange(what: string, isOpen: boolean, error: unknown): void {
    const before = broken.size;
    if (isOpen) broken.set(what, messageOf(error));
    else broken.delete(what);
    if (before === 0 || broken.size === 0) since = now();
    const message = isOpen
      ? `${name} is not ${what}, work goes on without it: ${messageOf(error)}`
      : `${name} is ${what} again`;
    notices.publish({ code: isOpen ? 'STORE_UNAVAILABLE' : 'STORE_AVAILABLE', message });
  }

  const probeKey = `probe/1/${randomUUID()}`;
  const circuit = (what: string, probe: () => Promise<unknown>): Circuit =>
    openCircuit({
      ...DEFAULTS,
      ...limits,
      probe,
      onChange: (isOpen, error) => onChange(what, isOpen, error),
    });
  const reading = circuit('read', () => inner.get(probeKey));
  const writing = circuit('written', () =>
    inner.put(probeKey, Buffer.from('1'), { ttlSeconds: PROBE_TTL_SECONDS }),
  );

  async function through<T>(way: Circuit, act: () => Promise<T>): Promise<T> {
    try {
      return await way.run(act);
    } catch (error) {
      lastError = messageOf(error);
      if (error instanceof DrydockError && error.code === 'STORE_UNAVAILABLE') throw error;
      throw new DrydockError('STORE_UNAVAILABLE', `${name} failed: ${lastError}`, { cause: error });
    }
  }

  const strict: Store = {
    get: (key) => through(reading, () => inner.get(key)),
    put: (key, value, how) => through(writing, () => inner.put(key, value, how)),
    delete: (key) => through(writing, () => inner.delete(key)),
    async *keys(prefix) {
      const listing = inner.keys(prefix)[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await through(reading, () => listing.next());
          if (next.done) return;
          yield next.value;
        }
      } finally {
        await listing.return?.();
      }
    },
    [Symbol.asyncDispose]: dispose,
  };

  async function dispose(): Promise<void> {
    reading[Symbol.dispose]();
    writing[Symbol.dispose]();
    await inner[Symbol.asyncDispose]();
  }

  return {
    strict,
    cache: forgiving(strict),
    health: () => ({
      state: broken.size > 0 ? 'degraded' : 'up',
      since,
      ...(lastError !== undefined && { lastError }),
    }),
    [Symbol.asyncDispose]: dispose,
  };
}

/** Every failure is told by the circuits already. */
function forgiving(strict: Store): Store {
  return {
    get: (key) => strict.get(key).catch(() => undefined),
    put: (key, value, how) => strict.put(key, value, how).catch(() => false),
    delete: (key) => strict.delete(key).catch(() => undefined),
    async *keys(prefix) {
      const keys: string[] = [];
      try {
        for await (const key of strict.keys(prefix)) keys.push(key);
      } catch {
        return; // a part of a list looks like all of it
      }
      yield* keys;
    },
    [Symbol.asyncDispose]: () => strict[Symbol.asyncDispose](),
  };
}
