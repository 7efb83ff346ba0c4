/** Values that a store did not take when they were put, and that are offered to it again until it does. */
export interface PutAgain extends AsyncDisposable {
  add(key: string, value: Uint8Array, ttlSeconds: number | undefined): void;
  forget(key: string): void;
}

export interface PutAgainOptions {
  readonly put: (key: string, value: Uint8Array, ttlSeconds: number | undefined) => Promise<boolean>;
  readonly everyMs?: number;
  /** Of all that waits; the oldest are dropped first. */
  readonly maxBytes?: number;
  /** What was not taken for so long, as it is too large, is given up. */
  readonly patienceMs?: number;
  readonly now?: () => number;
}

interface Pending {
  readonly value: Uint8Array;
  readonly ttlSeconds: number | undefined;
  readonly since: number;
}

const DEFAULTS = { everyMs: 1000, maxBytes: 64 << 20, patienceMs: 600_000 } as const;

/** The first one is tried alone: when it is refused, so would be all others. */
export function openPutAgain(options: PutAgainOptions): PutAgain {
  const { put, now = Date.now, everyMs, maxBytes, patienceMs } = { ...DEFAULTS, ...options };
  const pending = new Map<string, Pending>();
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;

  function forget(key: string): void {
    bytes -= pending.get(key)?.value.length ?? 0;
    pending.delete(key);
  }

  async function offer(): Promise<void> {
    for (const [key, entry] of [...pending]) {
      const { value, ttlSeconds, since } = entry;
      const left = ttlSeconds === undefined ? undefined : ttlSeconds - (now() - since) / 1000;
      const isTaken = (left === undefined || left > 0) && (await put(key, value, left).catch(() => false));
      if (pending.get(key) !== entry) continue; // another value has come meanwhile
      forget(key);
      if (isTaken || (left !== undefined && left <= 0)) continue;
      // Behind the others, so that one which is never taken holds nobody up.
      if (now() - since < patienceMs) keep(key, entry);
      return;
    }
  }

  function offerLater(): void {
    if (timer || pending.size === 0) return;
    timer = setTimeout(() => {
      void offer().finally(() => {
        timer = undefined;
        offerLater();
      });
    }, everyMs).unref();
  }

  function keep(key: string, entry: Pending): void {
    pending.set(key, entry);
    bytes += entry.value.length;
    for (const oldest of pending.keys()) {
      if (bytes <= maxBytes) break;
      forget(oldest);
    }
  }

  return {
    add(key, value, ttlSeconds) {
      forget(key);
      keep(key, { value, ttlSeconds, since: now() });
      offerLater();
    },
    forget,
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      timer = undefined;
      await offer();
      pending.clear();
    },
  };
}
