import { setTimeout as wait } from 'node:timers/promises';
import { notices } from '../base/channels.ts';
import { messageOf } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import type { Leases } from '../store/leases.ts';

/** Something to be done again and again, by one of all replicas at a time. */
export interface PeriodicTask {
  /** Of the lease, and in messages. */
  readonly name: string;
  readonly intervalSeconds: number;
  /** @param options signal: aborted also when the lease is lost */
  run(options: Signal): Promise<void>;
}

export interface SchedulerOptions {
  /** Absent: there is only this process. */
  readonly leases?: Leases;
  /** 0 to 1. */
  readonly random?: () => number;
}

const LEASE_SECONDS = 30;
/** Replicas that are started together shall not ask together. */
const JITTER = 0.1;
const FIRST_BACKOFF_SECONDS = 30;

/**
 * Runs tasks until it is called off, each for itself. A task that fails is tried again sooner than its interval, later
 * each time; that it failed is told as a notice.
 */
export async function schedule(
  tasks: readonly PeriodicTask[],
  { signal, leases, random = Math.random }: SchedulerOptions & Signal,
): Promise<void> {
  await Promise.all(
    tasks.map(async (task) => {
      for (let failures = 0; !signal.aborted;) {
        failures = (await runOnce(task, leases, { signal })) ? 0 : failures + 1;
        await pause(secondsToNext(task.intervalSeconds, failures, random), { signal });
      }
    }),
  );
}

/** A tenth more or less; after failures sooner than that, but later with each of them. */
export function secondsToNext(intervalSeconds: number, failures: number, random: () => number): number {
  const backoff = FIRST_BACKOFF_SECONDS * 2 ** Math.min(failures - 1, 20);
  const seconds = failures === 0 ? intervalSeconds : Math.min(intervalSeconds, backoff);
  return seconds * (1 - JITTER + 2 * JITTER * random());
}

/** True when there is no reason to try again soon: it was done, or is being done elsewhere. */
async function runOnce(task: PeriodicTask, leases: Leases | undefined, { signal }: Signal): Promise<boolean> {
  try {
    const lease = await leases?.take(`task/${task.name}`, { ttlSeconds: LEASE_SECONDS });
    if (leases && !lease) return true;
    try {
      await task.run({ signal: lease ? AbortSignal.any([signal, lease.lost]) : signal });
      return true;
    } finally {
      await lease?.[Symbol.asyncDispose]();
    }
  } catch (error) {
    if (!signal.aborted)
      notices.publish({
        code: 'TASK_FAILED',
        message: `${task.name}: ${messageOf(error)}; it is tried again`,
      });
    return signal.aborted;
  }
}

async function pause(seconds: number, { signal }: Signal): Promise<void> {
  await wait(seconds * 1000, undefined, { signal, ref: false }).catch(() => undefined); // called off
}
