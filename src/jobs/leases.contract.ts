import { randomUUID } from 'node:crypto';
import type { JobStore } from './needs.ts';

interface TestLease extends AsyncDisposable {
  readonly name: string;
  readonly fence: number;
  readonly lost: AbortSignal;
}

/** Leases in a store, good enough for the tests of queues: kept alive by a timer, free when the holder is gone. */
export function leasesIn(store: JobStore): AsyncDisposable & {
  take(name: string, options: { readonly ttlSeconds: number }): Promise<TestLease | undefined>;
} {
  const timers = new Set<NodeJS.Timeout>();
  return {
    async take(name, { ttlSeconds }) {
      const key = `lease/1/${name}`;
      const holder = Buffer.from(randomUUID());
      if (!(await store.put(key, holder, { ttlSeconds, ifAbsent: true }))) return undefined;
      const lost = new AbortController();
      let released = false;
      const isOurs = async (): Promise<boolean> => holder.equals((await store.get(key)) ?? Buffer.alloc(0));
      const timer = setInterval(
        () => {
          void isOurs().then(async (ours) => {
            if (released) return;
            if (ours) await store.put(key, holder, { ttlSeconds });
            else lost.abort();
          });
        },
        (ttlSeconds * 1000) / 3,
      );
      timers.add(timer);
      return {
        name,
        fence: Date.now(),
        lost: lost.signal,
        async [Symbol.asyncDispose]() {
          released = true;
          clearInterval(timer);
          timers.delete(timer);
          if (await isOurs()) await store.delete(key);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
