import { setTimeout as wait } from 'node:timers/promises';
import { notices } from '../base/channels.ts';
import { DrydockError, messageOf } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import type { Job } from '../model/job.ts';
import { openDeadLetters } from './dead-letters.ts';
import { openDedupe } from './dedupe.ts';
import { parseStoredJob, toBytes, type StoredJob } from './job-text.ts';
import type { JobJournal, JobLeases, JobStore } from './needs.ts';
import type { ConsumeOptions, Delivery, JobQueue, Outcome } from './queue.ts';
import { runDelivery } from './stored-delivery.ts';
import { openWaitingLine } from './waiting-line.ts';

export interface StoredQueueOptions {
  readonly store: JobStore;
  readonly leases: JobLeases;
  /** Of jobs; to be kept as long as a job may wait. */
  readonly journal: JobJournal;
  /** Of dead letters. */
  readonly deadJournal: JobJournal;
  /** More that wait are refused. */
  readonly maxWaiting?: number;
  /** A job that was begun so often without an outcome is dead: it may be what kills its workers. */
  readonly maxAttempts?: number;
  /** How often jobs are looked for that others have left, about. */
  readonly sweepSeconds?: number;
  readonly leaseSeconds?: number;
  readonly now?: () => number;
  readonly random?: () => number;
}

const DEFAULT_MAX_WAITING = 10_000;
const DEFAULT_MAX_ATTEMPTS = 20;
const DEFAULT_SWEEP_SECONDS = 3;
const DEFAULT_LEASE_SECONDS = 10;
/** How long a job may wait at all. */
const JOB_TTL_SECONDS = 30 * 86_400;
/** How long to leave a store alone that failed. */
const PAUSE_MS = 2000;
/** What waits is compared with the store at most so often. */
const PRUNE_EVERY_MS = 2000;
const PRUNE_AT_ONCE = 32;

const jobKey = (id: string): string => `job/1/${id}`;

/**
 * A queue whose jobs lie in a store, so that they outlive every process; all processes that share the store share
 * the work. A running job is guarded by a lease: when its worker dies, the lease ends and somebody else begins it.
 */
export function openStoredQueue(options: StoredQueueOptions): JobQueue {
  const { store, leases, journal, now = Date.now, random = Math.random } = options;
  const { maxWaiting = DEFAULT_MAX_WAITING, maxAttempts = DEFAULT_MAX_ATTEMPTS } = options;
  const { sweepSeconds = DEFAULT_SWEEP_SECONDS, leaseSeconds = DEFAULT_LEASE_SECONDS } = options;
  const dead = openDeadLetters(store, options.deadJournal, now);
  const dedupe = openDedupe(store);
  const line = openWaitingLine();
  const running = new Set<string>();
  const idlers = new Set<() => void>();
  const closed = new AbortController();
  let prunedAt = -Infinity;

  const wakeAll = (): void => {
    for (const wake of [...idlers]) wake();
  };

  async function read(id: string): Promise<StoredJob | undefined> {
    const bytes = await store.get(jobKey(id));
    return bytes && parseStoredJob(bytes);
  }

  async function write(stored: StoredJob, ifAbsent = false): Promise<boolean> {
    return await store.put(jobKey(stored.job.id), toBytes(stored), { ttlSeconds: JOB_TTL_SECONDS, ifAbsent });
  }

  /** Forgets what others have done meanwhile: this process may never take a job itself. */
  async function prune(): Promise<void> {
    if (now() - prunedAt < PRUNE_EVERY_MS) return;
    prunedAt = now();
    const ids = [...line.ids()];
    for (let first = 0; first < ids.length; first += PRUNE_AT_ONCE) {
      const some = ids.slice(first, first + PRUNE_AT_ONCE);
      const stored = await Promise.all(some.map(read));
      for (const [i, id] of some.entries()) if (!stored[i]) line.remove(id);
    }
  }

  async function checkRoom(): Promise<void> {
    if (line.size < maxWaiting) return;
    await prune();
    if (line.size < maxWaiting) return;
    throw new DrydockError('QUEUE_FULL', `${line.size} jobs wait already`, {
      hint: 'Try again later, or let more workers run.',
    });
  }

  async function enqueue(job: Job, delaySeconds: number): Promise<boolean> {
    await checkRoom();
    const acceptedAt = now();
    const stored = { job, attempt: 0, acceptedAt, notBefore: acceptedAt + delaySeconds * 1000 };
    const isWaiting = async (id: string): Promise<boolean> => (await read(id))?.attempt === 0;
    const isNew = await dedupe.claim(job, isWaiting, () => writeNew(stored));
    if (isNew) await announce(stored);
    else await adopt(job.id);
    return isNew;
  }

  async function announce(stored: StoredJob): Promise<void> {
    await journal.append(toEntry(stored.job.id, now()), now());
    line.add(stored);
    wakeAll();
  }

  /** Whoever wrote a job may have died, or have been cut off, before he could tell anybody of it. */
  async function adopt(id: string): Promise<void> {
    const stored = line.has(id) || running.has(id) ? undefined : await read(id);
    if (stored) await announce(stored);
  }

  async function writeNew(stored: StoredJob): Promise<boolean> {
    if (await write(stored, true)) return true;
    if (await store.get(jobKey(stored.job.id))) return false;
    throw new DrydockError('QUEUE_UNAVAILABLE', 'the store of the queue does not take what it is given');
  }

  /** Finds what others have accepted and nobody has done. */
  async function sweep(signal: AbortSignal): Promise<void> {
    const isKnown = (id: string): boolean => line.has(id) || running.has(id);
    const isSettled = async (entry: string): Promise<boolean> =>
      !isKnown(idOf(entry)) && !(await store.get(jobKey(idOf(entry))));
    for await (const entry of journal.unsettled(isSettled)) {
      const id = idOf(entry);
      if (signal.aborted) return;
      if (isKnown(id) || line.size >= 2 * maxWaiting) continue;
      const stored = await read(id);
      if (stored && !isKnown(id)) line.add(stored);
    }
    wakeAll();
  }

  async function sweepAgainAndAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sweep(signal).catch(tell);
      await pause(sweepSeconds * 1000 * (0.5 + random()), signal);
    }
  }

  /** Until something changes, or the next delayed job is due that could begin. */
  async function idle(isFull: boolean, signal: AbortSignal): Promise<void> {
    const due = isFull ? undefined : line.nextDue();
    const over = new AbortController();
    const wake = (): void => over.abort();
    idlers.add(wake);
    const ms = due === undefined ? 60_000 : Math.min(60_000, Math.max(1, due - now()));
    await pause(ms, AbortSignal.any([signal, over.signal]));
    idlers.delete(wake);
  }

  async function deliver(
    id: string,
    handle: (delivery: Delivery, options: Signal) => Promise<Outcome>,
    signal: AbortSignal,
  ): Promise<void> {
    const later = await runDelivery(id, handle, {
      signal,
      maxAttempts,
      now,
      take: () => leases.take(`job/${id}`, { ttlSeconds: leaseSeconds }),
      read: () => read(id),
      write: async (stored) => void (await write(stored)),
      begun: (job) => dedupe.release(job),
      remove: () => store.delete(jobKey(id)),
      bury: (job, reason) => dead.add(job, reason),
    });
    if (later) line.add(later);
  }

  async function consume(
    handle: (delivery: Delivery, options: Signal) => Promise<Outcome>,
    { concurrency, perLane, ...given }: ConsumeOptions,
  ): Promise<void> {
    const signal = AbortSignal.any([given.signal, closed.signal]);
    const inLane = new Map<string, number>();
    const tasks = new Set<Promise<void>>();
    const hasRoom = (lane: string): boolean => (inLane.get(lane) ?? 0) < perLane;
    const count = (lane: string, by: number): void => {
      const left = (inLane.get(lane) ?? 0) + by;
      if (left > 0) inLane.set(lane, left);
      else inLane.delete(lane);
    };

    async function begin(id: string, lane: string): Promise<void> {
      try {
        await deliver(id, handle, signal);
      } catch (error) {
        tell(error);
        await pause(PAUSE_MS, signal); // the sweep finds the job again
      } finally {
        running.delete(id);
        count(lane, -1);
        wakeAll();
      }
    }

    const sweeping = sweepAgainAndAgain(signal);
    while (!signal.aborted) {
      const isFull = tasks.size >= concurrency;
      const next = isFull ? undefined : line.take(hasRoom, now());
      if (!next) {
        await idle(isFull, signal);
        continue;
      }
      running.add(next.job.id);
      count(next.job.lane, 1);
      const task = begin(next.job.id, next.job.lane).finally(() => tasks.delete(task));
      tasks.add(task);
    }
    await Promise.all([...tasks, sweeping]);
  }

  return {
    enqueue: (job, { delaySeconds = 0 } = {}) => enqueue(job, delaySeconds),
    consume,
    async depth() {
      await prune();
      return line.depth();
    },
    deadLetters: () => dead.list(),
    async replay(id) {
      const letter = await dead.find(id);
      if (!letter) return false;
      await enqueue(letter.job, 0);
      await dead.remove(id);
      return true;
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
    },
  };
}

/** What is settled once is never looked at again: a job that comes back under its id needs an entry of its own. */
const toEntry = (id: string, at: number): string => `${id}~${at.toString(36)}`;

function idOf(entry: string): string {
  const end = entry.lastIndexOf('~');
  return end < 0 ? entry : entry.slice(0, end);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined); // called off: no need to wait
}

function tell(error: unknown): void {
  notices.publish({ code: 'QUEUE_UNAVAILABLE', message: `a job is put off: ${messageOf(error)}` });
}
