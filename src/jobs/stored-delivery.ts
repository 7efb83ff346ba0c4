import type { Signal } from '../base/signal.ts';
import type { Job } from '../model/job.ts';
import type { StoredJob } from './job-text.ts';
import type { JobLeases } from './needs.ts';
import type { Delivery, Outcome } from './queue.ts';
import { settle } from './settle.ts';

/** What one delivery may do to its job. */
export interface DeliveryParts extends Signal {
  readonly maxAttempts: number;
  readonly now: () => number;
  take(): ReturnType<JobLeases['take']>;
  read(): Promise<StoredJob | undefined>;
  write(stored: StoredJob): Promise<void>;
  begun(job: Job): Promise<void>;
  remove(): Promise<void>;
  bury(job: Job, reason: string): Promise<void>;
}

/**
 * Begins a job if it is still there and nobody else has it, and does what the handler says. When the lease was lost
 * meanwhile nothing is changed: the job is somebody else's.
 *
 * @returns the job when it is to be begun again later
 */
export async function runDelivery(
  id: string,
  handle: (delivery: Delivery, options: Signal) => Promise<Outcome>,
  parts: DeliveryParts,
): Promise<StoredJob | undefined> {
  const lease = await parts.take();
  if (!lease) return undefined;
  await using held = lease;
  const stored = await parts.read();
  if (!stored || stored.job.id !== id) return undefined;
  if (stored.notBefore > parts.now()) return stored;
  if (stored.attempt >= parts.maxAttempts) {
    await parts.bury(stored.job, `it was begun ${stored.attempt} times and never came to an end`);
    return await parts.remove().then(() => undefined);
  }
  if (parts.signal.aborted) return undefined;
  const begun = { ...stored, attempt: stored.attempt + 1 };
  await parts.write(begun);
  await parts.begun(stored.job);
  const signal = AbortSignal.any([parts.signal, held.lost]);
  const outcome = await settle(handle, { job: begun.job, attempt: begun.attempt }, { signal });
  return held.lost.aborted ? undefined : await carryOut(outcome, stored, parts);
}

async function carryOut(
  outcome: Outcome | 'called off',
  before: StoredJob,
  parts: DeliveryParts,
): Promise<StoredJob | undefined> {
  if (outcome === 'called off') {
    await parts.write(before);
    return before;
  }
  if (outcome.kind === 'retry') {
    const notBefore = parts.now() + outcome.delaySeconds * 1000;
    const again = { ...before, attempt: before.attempt + 1, notBefore };
    await parts.write(again);
    return again;
  }
  if (outcome.kind === 'dead') await parts.bury(before.job, outcome.reason);
  await parts.remove();
  return undefined;
}
