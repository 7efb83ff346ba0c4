import { notices } from '../../base/channels.ts';
import { messageOf } from '../../base/errors.ts';
import { retry, startPatience, type Patience, type RetryOptions } from '../../base/retry.ts';
import type { Signal } from '../../base/signal.ts';
import { quoted } from '../quoted.ts';
import type { Endpoint } from './endpoint.ts';
import { explain, type Subject } from './explain.ts';
import type { HostGates } from './host-gates.ts';
import { HttpFailure } from './http-failure.ts';
import { codeOf, networkFault } from './network-fault.ts';

/** Trying again, and in the end saying why it was in vain. */
export interface Attempts {
  /** What an attempt gives. Throws DrydockError. */
  run<T>(endpoint: Endpoint, subject: Subject, attempt: () => Promise<T>, options: Signal): Promise<T>;
  /** For what goes on in steps. Its errors are DrydockErrors. */
  start(endpoint: Endpoint, subject: Subject): Patience;
}

export interface AttemptOptions {
  readonly maxRetries: number;
  readonly retryBaseDelayMs: number;
}

const PASSING_STATUS: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 522]);
const MAX_DELAY_MS = 30_000;
/** A registry that wants to be left alone for longer gets its wish: the scan ends. */
const MAX_TOTAL_MS = 180_000;
/** There is still somebody else to ask. */
const MAX_MIRROR_RETRIES = 1;

export function openAttempts(gates: HostGates, { maxRetries, retryBaseDelayMs }: AttemptOptions): Attempts {
  const policyFor = (endpoint: Endpoint): RetryOptions => ({
    maxRetries: endpoint.mirrorOf === undefined ? maxRetries : Math.min(maxRetries, MAX_MIRROR_RETRIES),
    baseDelayMs: retryBaseDelayMs,
    maxDelayMs: MAX_DELAY_MS,
    maxTotalMs: MAX_TOTAL_MS,
    leastDelayMs,
    onRetry(error, delayMs) {
      if (error instanceof HttpFailure && wantsRest(error)) gates.pause(error.host, delayMs);
      tell(error, endpoint, delayMs);
    },
  });
  return {
    async run(endpoint, subject, attempt, { signal }) {
      try {
        return await retry(attempt, { ...policyFor(endpoint), signal });
      } catch (error) {
        signal.throwIfAborted();
        throw explain(error, subject, endpoint);
      }
    },
    start(endpoint, subject) {
      const patience = startPatience(policyFor(endpoint));
      return {
        onProgress: () => patience.onProgress(),
        async afterFailure(error, options) {
          try {
            await patience.afterFailure(error, options);
          } catch (final) {
            options.signal.throwIfAborted();
            throw explain(final, subject, endpoint);
          }
        },
      };
    },
  };
}

function leastDelayMs(error: unknown): number | undefined {
  if (error instanceof HttpFailure)
    return PASSING_STATUS.has(error.status) ? (error.retryAfterMs ?? 0) : undefined;
  return networkFault(error) === 'passing' ? 0 : undefined;
}

/** These two speak for the whole host, not for what was asked. */
function wantsRest({ status, retryAfterMs }: HttpFailure): boolean {
  return status === 429 || (status === 503 && retryAfterMs !== undefined);
}

function tell(error: unknown, { registry }: Endpoint, delayMs: number): void {
  const what =
    error instanceof HttpFailure
      ? `answered ${error.status}`
      : `broke the connection (${codeOf(error) ?? quoted(messageOf(error))})`;
  const message = `registry ${registry} ${what}; trying again in ${Math.ceil(delayMs / 100) / 10} s`;
  notices.publish({ code: 'REGISTRY_RETRY', message });
}
