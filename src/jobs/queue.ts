import type { Signal } from '../base/signal.ts';
import type { Job, JobPriority } from '../model/job.ts';

export interface Delivery {
  readonly job: Job;
  /** From 1. Grows at least with every time the job was begun. */
  readonly attempt: number;
}

/** What became of a delivery. */
export type Outcome =
  | { readonly kind: 'done' }
  /** Deliver it again, no sooner than that. */
  | { readonly kind: 'retry'; readonly delaySeconds: number }
  /** Never again: kept among the dead letters for people to look at. */
  | { readonly kind: 'dead'; readonly reason: string };

/** A job that nobody could do. */
export interface DeadLetter {
  readonly job: Job;
  readonly reason: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

export interface ConsumeOptions extends Signal {
  readonly concurrency: number;
  /** How many of one lane may run at once, in this process. */
  readonly perLane: number;
}

/**
 * Work for later, or for somebody else. At least once: a job whose worker died is delivered again, so handlers look at
 * the job's record first.
 */
export interface JobQueue extends AsyncDisposable {
  /**
   * @returns false when a job of the same `dedupeKey` waits already, or this very job is not done yet
   * @throws DrydockError QUEUE_FULL, QUEUE_UNAVAILABLE
   */
  enqueue(job: Job, options?: { readonly delaySeconds?: number }): Promise<boolean>;
  /**
   * Runs until the signal is aborted; then waits for what is running, whose own signal is aborted too. A handler's
   * signal is also aborted when the job may have been given to somebody else.
   */
  consume(
    handle: (delivery: Delivery, options: Signal) => Promise<Outcome>,
    options: ConsumeOptions,
  ): Promise<void>;
  /**
   * Whether it has lost its jobs since it was last asked; true the first time, too. Absent: it is as lasting as its
   * store.
   *
   * @throws DrydockError QUEUE_UNAVAILABLE
   */
  isEmptied?(): Promise<boolean>;
  /** Jobs that wait. */
  depth(): Promise<Readonly<Record<JobPriority, number>>>;
  /** Newest last. */
  deadLetters(): AsyncIterable<DeadLetter>;
  /**
   * Takes the job out of the dead letters and queues it anew.
   *
   * @returns false when no dead letter is of that id
   * @throws DrydockError QUEUE_FULL, QUEUE_UNAVAILABLE
   */
  replay(id: string): Promise<boolean>;
}
