import { sleep } from '../../base/retry.ts';
import type { Signal } from '../../base/signal.ts';

/** How long to wait after each failure; one attempt more than there are waits. */
export type Waits = readonly number[];

const SECOND = 1000;
const MAX_ASKED_MS = 60 * SECOND;

export const SUBMIT_WAITS: Waits = [1 * SECOND, 4 * SECOND];
export const REPORT_WAITS: Waits = [1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND];

/**
 * Tries until it goes well, fails for good, or was tried often enough.
 *
 * @param leastWaitMs undefined: another attempt is useless
 */
export async function attempts<T>(
  task: () => Promise<T>,
  waits: Waits,
  leastWaitMs: (error: unknown) => number | undefined,
  { signal }: Signal,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await task();
    } catch (error) {
      signal.throwIfAborted();
      const [wait, least] = [waits[failures], leastWaitMs(error)];
      if (wait === undefined || least === undefined) throw error;
      await sleep(Math.max(wait, Math.min(least, MAX_ASKED_MS)), { signal });
    }
  }
}
