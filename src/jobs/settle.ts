import { DrydockError } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import type { Delivery, Outcome } from './queue.ts';

/** After a handler that failed without saying what shall become of the job. */
const FAILED_DELAY_SECONDS = 10;
const MAX_FAILURES = 5;
/** When a store or a server was away, which is nothing that the job could help. */
const AWAY_DELAY_SECONDS = 2;

/** What the handler says; something sound when it throws. One that was called off is not at fault. */
export async function settle(
  handle: (delivery: Delivery, options: Signal) => Promise<Outcome>,
  delivery: Delivery,
  { signal }: Signal,
): Promise<Outcome | 'called off'> {
  try {
    return await handle(delivery, { signal });
  } catch (error) {
    if (signal.aborted) return 'called off';
    if (error instanceof DrydockError && error.kind === 'upstream')
      return { kind: 'retry', delaySeconds: AWAY_DELAY_SECONDS };
    if (delivery.attempt < MAX_FAILURES) return { kind: 'retry', delaySeconds: FAILED_DELAY_SECONDS };
    const name = error instanceof Error ? error.name : typeof error;
    return {
      kind: 'dead',
      reason: `the handler of ${delivery.job.kind} failed ${delivery.attempt} times: ${name}`,
    };
  }
}
