import { setTimeout as wait } from 'node:timers/promises';
import type { Signal } from './signal.ts';

export interface RetryOptions {
  /** Attempts after the first. */
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Of all waiting together. */
  readonly maxTotalMs: number;
  /** Undefined: trying again is useless. Otherwise the least time to wait, often 0. */
  readonly leastDelayMs: (error: unknown) => number | undefined;
  /** Told before each wait. */
  readonly onRetry?: (error: unknown, delayMs: number) => void;
  /** 0 to 1. For tests. */
  readonly random?: () => number;
}

/** Counts the failures of one undertaking and says when to try again. */
export interface Patience {
  /** Waits until the next attempt is due, or throws the error when there shall be none. */
  afterFailure(error: unknown, options: Signal): Promise<void>;
  /** Something was achieved since the last failure: earlier ones are forgiven. */
  onProgress(): void;
}

export function startPatience(options: RetryOptions): Patience {
  let failures = 0;
  let waitedMs = 0;
  return {
    async afterFailure(error, { signal }) {
      signal.throwIfAborted();
      const least = options.leastDelayMs(error);
      if (least === undefined || failures >= options.maxRetries) throw error;
      const delayMs = Math.max(least, backoffMs(failures, options));
      if (waitedMs + delayMs > options.maxTotalMs) throw error;
      failures++;
      waitedMs += delayMs;
      options.onRetry?.(error, delayMs);
      await sleep(delayMs, { signal });
    },
    onProgress() {
      failures = 0;
      waitedMs = 0;
    },
  };
}

/** What the task gives, once an attempt succeeds. */
export async function retry<T>(task: () => Promise<T>, options: RetryOptions & Signal): Promise<T> {
  const patience = startPatience(options);
  for (;;) {
    try {
      return await task();
    } catch (error) {
      await patience.afterFailure(error, options);
    }
  }
}

/** Rejects with the signal's own reason, as everything else that is called off does. */
export async function sleep(ms: number, { signal }: Signal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Doubles with each failure; the random half keeps many clients from coming back at the same moment. */
function backoffMs(
  failures: number,
  { baseDelayMs, maxDelayMs, random = Math.random }: RetryOptions,
): number {
  const full = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(failures, 30));
  return Math.round(full * (0.5 + random() / 2));
}
