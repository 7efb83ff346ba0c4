import { isAbort } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';

export interface BreakerOptions {
  /** Failures in a row after which nobody is sent there any more. */
  readonly maxFailures: number;
  /** For so long, which doubles with each trial that fails. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Whether a failure tells that there is nobody, and not that a task was bad. */
  readonly counts: (error: unknown) => boolean;
  /** For those who are not let through. */
  readonly refusal: () => Error;
  readonly onChange?: (isOpen: boolean) => void;
  readonly now?: () => number;
}

/** `half-open`: the next one may try whether it works again. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** Keeps those away from somebody who does not answer who would only wait for him. */
export interface Breaker {
  state(): BreakerState;
  /** What was called off tells nothing of him. */
  run<T>(act: () => Promise<T>, options: Signal): Promise<T>;
}

export function openBreaker(options: BreakerOptions): Breaker {
  const { maxFailures, openMs, maxOpenMs, counts, refusal, onChange, now = Date.now } = options;
  let failures = 0;
  let pauseMs = openMs;
  let openUntil: number | undefined;
  let isTrying = false;

  const state = (): BreakerState => {
    if (openUntil === undefined) return 'closed';
    return now() < openUntil || isTrying ? 'open' : 'half-open';
  };
  const open = (ms: number): void => {
    const wasOpen = openUntil !== undefined;
    openUntil = now() + ms;
    pauseMs = Math.min(maxOpenMs, ms * 2);
    if (!wasOpen) onChange?.(true);
  };
  const close = (): void => {
    const wasOpen = openUntil !== undefined;
    [failures, pauseMs, openUntil] = [0, openMs, undefined];
    if (wasOpen) onChange?.(false);
  };
  const note = (error: unknown, isTrial: boolean): void => {
    if (!counts(error)) {
      // Whoever answers is there, whatever he says.
      if (!isAbort(error)) close();
      return;
    }
    failures++;
    if (isTrial) open(pauseMs);
    else if (openUntil === undefined && failures >= maxFailures) open(openMs);
  };

  return {
    state,
    async run(act, { signal }) {
      const found = state();
      if (found === 'open') throw refusal();
      const isTrial = found === 'half-open';
      if (isTrial) isTrying = true;
      try {
        const result = await act();
        close();
        return result;
      } catch (error) {
        if (!signal.aborted) note(error, isTrial);
        throw error;
      } finally {
        if (isTrial) isTrying = false;
      }
    },
  };
}
