import { setTimeout as wait } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { notices } from '../base/channels.ts';
import { messageOf } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import type { JobPriority } from '../model/job.ts';
import { parseJob } from './job-text.ts';
import type { NatsDeadLetters } from './nats-dead.ts';
import { holdMessages, type Held } from './nats-held.ts';
import type { JobMessage } from './nats-message.ts';
import { pull } from './nats-pull.ts';
import { NOT_BEFORE, type NatsNames } from './nats-streams.ts';
import type { ConsumeOptions, Delivery, Outcome } from './queue.ts';
import { settle } from './settle.ts';

export interface NatsConsumeParts {
  readonly nats: NatsConnection;
  readonly names: NatsNames;
  readonly dead: NatsDeadLetters;
  readonly setUp: () => Promise<void>;
  readonly maxAttempts: number;
  readonly ackWaitSeconds: number;
}

/** How long to wait for an interactive job before a look at the others; so long may a background job lie. */
const LOOK_MS = 500;
/** How long to leave a server alone that failed. */
const PAUSE_MS = 2000;
const MAX_LANE_DELAY_SECONDS = 30;
const MAX_ACK_TRIES = 5;

/** Pulls jobs, interactive ones first, and settles each as the handler says. */
export async function consumeFromNats(
  parts: NatsConsumeParts,
  handle: (delivery: Delivery, options: Signal) => Promise<Outcome>,
  { concurrency, perLane, signal }: ConsumeOptions,
): Promise<void> {
  const { nats, names } = parts;
  const messages = holdMessages(nats, parts.ackWaitSeconds);
  const running = new Map<Held, Promise<void>>();
  // Kept here for a while, rather than sent back, where a lane is full.
  const parked = new Set<Held>();
  const ended = new AbortController();
  const stopped = aborted(signal);

  const hasRoom = (lane: string): boolean => {
    let inLane = 0;
    for (const { job } of running.keys()) if (job.lane === lane) inLane++;
    return inLane < perLane;
  };

  function begin(held: Held): void {
    parked.delete(held);
    const task = work(held, handle, parts, signal)
      .catch(tell) // the server gives it out again
      .finally(() => {
        messages.release(held);
        running.delete(held);
      });
    running.set(held, task);
  }

  function beginParked(): void {
    for (const held of parked) {
      if (held.lost.aborted) {
        parked.delete(held);
        messages.release(held);
      } else if (running.size < concurrency && hasRoom(held.job.lane)) begin(held);
    }
  }

  function accept(message: JobMessage): void {
    const job = parseJob(message.data);
    if (!job) return message.drop(); // not ours, and never will be
    const early = Number(message.header(NOT_BEFORE) ?? 0);
    if (early > Date.now()) return message.giveBack(early - Date.now());
    const attempt = Math.max(1, message.deliveries - (early > 0 ? 1 : 0));
    if (signal.aborted) return message.giveBack(0);
    const isRoom = running.size < concurrency && hasRoom(job.lane);
    if (!isRoom && parked.size >= concurrency) return message.giveBack(laneDelayMs(attempt));
    const held = messages.hold(job, attempt, message);
    if (isRoom) begin(held);
    else parked.add(held);
  }

  async function fetch(priority: JobPriority, waitMs: number): Promise<void> {
    const batch = waitMs > 0 ? 1 : concurrency - running.size;
    if (batch <= 0) return;
    const options = { stream: names.jobs, consumer: names.consumer(priority), batch, waitMs };
    for (const message of await pull(nats, options)) accept(message);
  }

  async function step(): Promise<void> {
    beginParked();
    if (running.size >= concurrency) {
      await Promise.race([...running.values(), stopped]);
      return;
    }
    const before = running.size;
    await fetch('interactive', 0);
    if (running.size < concurrency) await fetch('background', 0);
    if (running.size === before && !signal.aborted) await fetch('interactive', LOOK_MS);
  }

  const keeping = messages.keep({ signal: ended.signal });
  while (!signal.aborted) {
    try {
      await step();
    } catch (error) {
      tell(error);
      await pause(PAUSE_MS, signal);
      if (!signal.aborted) await parts.setUp().catch(tell);
    }
  }
  for (const held of parked) {
    held.message.giveBack(0);
    messages.release(held);
  }
  await Promise.all(running.values());
  ended.abort();
  await keeping;
}

async function work(
  held: Held,
  handle: (delivery: Delivery, options: Signal) => Promise<Outcome>,
  { dead, maxAttempts }: NatsConsumeParts,
  stop: AbortSignal,
): Promise<void> {
  const { job, attempt, message } = held;
  if (attempt > maxAttempts) {
    await dead.add(job, `it was given out ${attempt - 1} times and never came to an end`);
    return await acknowledge(message);
  }
  const signal = AbortSignal.any([stop, held.lost]);
  const outcome = await settle(handle, { job, attempt }, { signal });
  if (held.lost.aborted) return;
  if (outcome === 'called off') return message.giveBack(0);
  if (outcome.kind === 'retry') return message.giveBack(Math.round(outcome.delaySeconds * 1000));
  if (outcome.kind === 'dead') await dead.add(job, outcome.reason);
  await acknowledge(message);
}

/** Until the server has said that it knows; else it would give the job out again. */
async function acknowledge(message: JobMessage): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await message.acknowledge();
      return;
    } catch (error) {
      if (tries >= MAX_ACK_TRIES) throw error;
    }
  }
}

function laneDelayMs(attempt: number): number {
  const seconds = Math.min(MAX_LANE_DELAY_SECONDS, 2 ** Math.min(attempt, 10));
  return Math.round(seconds * 1000 * (0.5 + Math.random() / 2));
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined); // called off: no need to wait
}

function tell(error: unknown): void {
  notices.publish({
    code: 'QUEUE_UNAVAILABLE',
    message: `the queue in NATS is disturbed: ${messageOf(error)}`,
  });
}
