import { randomUUID } from 'node:crypto';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { DrydockError, messageOf } from '../base/errors.ts';
import type { Job } from '../model/job.ts';
import { toBytes } from './job-text.ts';
import { connectToNats, type NatsServerOptions } from './nats-connect.ts';
import { consumeFromNats } from './nats-consume.ts';
import { lastOf, natsDeadLetters } from './nats-dead.ts';
import { isApiError, natsNames, NOT_BEFORE, PRIORITIES, setUpStreams } from './nats-streams.ts';
import type { JobQueue } from './queue.ts';

export interface NatsQueueOptions extends NatsServerOptions {
  /** Begins the names of streams and subjects. */
  readonly namespace?: string;
  /** More that wait are refused. */
  readonly maxWaiting?: number;
  /** How many jobs may be given out and not done, over all workers and for each priority. */
  readonly maxInFlight?: number;
  /** Copies of the streams, in a cluster. */
  readonly replicas?: number;
  /** A job that was given out so often without an outcome is dead. Waiting for room in a lane counts, too. */
  readonly maxAttempts?: number;
  /** A worker that was not heard of for so long has lost its job. */
  readonly ackWaitSeconds?: number;
}

const DEFAULT_MAX_WAITING = 100_000;
const DEFAULT_MAX_IN_FLIGHT = 1000;
const DEFAULT_MAX_ATTEMPTS = 100;
const DEFAULT_ACK_WAIT_SECONDS = 30;
const STREAM_FULL = 10077;
const MAX_TRIES = 3;
const CLOSE_MS = 5000;
const NAMESPACE = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * A queue in NATS JetStream, for workers on many machines. Every job that is there has a subject of its own, and the
 * stream takes one message per subject: so nothing is queued twice, for as long as it is there.
 *
 * @throws DrydockError QUEUE_UNAVAILABLE, CONFIG_INVALID
 */
export async function openNatsQueue(options: NatsQueueOptions): Promise<JobQueue> {
  const { namespace = 'drydock', maxAttempts = DEFAULT_MAX_ATTEMPTS } = options;
  if (!NAMESPACE.test(namespace))
    throw new DrydockError(
      'CONFIG_INVALID',
      `not a namespace for NATS: ${JSON.stringify(namespace.slice(0, 40))}`,
      {
        hint: 'Use up to 32 lower case letters, digits and hyphens.',
      },
    );
  const { ackWaitSeconds = DEFAULT_ACK_WAIT_SECONDS } = options;
  const streams = {
    namespace,
    maxWaiting: options.maxWaiting ?? DEFAULT_MAX_WAITING,
    maxInFlight: options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT,
    replicas: options.replicas ?? 1,
    ackWaitSeconds,
  };
  const nats = await connectToNats(options);
  const manager = await openJetStream(nats);
  const setUp = (): Promise<void> => setUpStreams(manager, streams);
  const names = natsNames(namespace);
  const dead = natsDeadLetters(manager, names);
  const closed = new AbortController();
  /** When the stream of jobs was made that was last seen. */
  let streamOf: string | undefined;
  try {
    await setUp();
  } catch (error) {
    await nats.close();
    throw unavailable(error);
  }

  /** @returns false when a message of that subject is there */
  async function publish(job: Job, delaySeconds: number): Promise<boolean> {
    const subject = names.subject(job);
    const { headers } = await import('@nats-io/transport-node');
    const header = headers();
    if (delaySeconds > 0) header.set(NOT_BEFORE, String(Date.now() + delaySeconds * 1000));
    // Not the job's id alone: within the server's window a job that is done could not be queued anew.
    const msgID = `${job.id}/${randomUUID()}`;
    for (let tries = 1; ; tries++) {
      try {
        const { duplicate } = await manager
          .jetstream()
          .publish(subject, toBytes(job), { msgID, headers: header });
        return !duplicate || tries > 1;
      } catch (error) {
        if (isApiError(error, STREAM_FULL)) {
          if (await lastOf(manager, names.jobs, subject)) return false;
          if (tries >= MAX_TRIES) throw full(streams.maxWaiting);
        } else if (tries >= MAX_TRIES) throw error;
        else if (isMissingStream(error)) await setUp(); // the server was wiped
      }
    }
  }

  async function enqueue(job: Job, delaySeconds: number): Promise<boolean> {
    try {
      return await publish(job, delaySeconds);
    } catch (error) {
      throw error instanceof DrydockError ? error : unavailable(error);
    }
  }

  return {
    enqueue: (job, { delaySeconds = 0 } = {}) => enqueue(job, delaySeconds),
    consume: (handle, given) =>
      consumeFromNats({ nats, names, dead, setUp, maxAttempts, ackWaitSeconds }, handle, {
        ...given,
        signal: AbortSignal.any([given.signal, closed.signal]),
      }),
    async isEmptied() {
      try {
        const { created } = await manager.streams.info(names.jobs);
        const isOther = created !== streamOf;
        streamOf = created;
        return isOther;
      } catch (error) {
        throw unavailable(error);
      }
    },
    async depth() {
      try {
        const count = async (name: string): Promise<number> =>
          (await manager.consumers.info(names.jobs, name)).num_pending;
        const [interactive = 0, background = 0] = await Promise.all(
          PRIORITIES.map(names.consumer).map(count),
        );
        return { interactive, background };
      } catch (error) {
        throw unavailable(error);
      }
    },
    deadLetters: () => dead.list(),
    async replay(id) {
      const found = await dead.find(id);
      if (!found) return false;
      await enqueue(found.letter.job, 0);
      await dead.remove(found.sequence);
      return true;
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
      const late = setTimeout(() => void nats.close(), CLOSE_MS);
      await nats.drain().catch(() => nats.close());
      clearTimeout(late);
    },
  };
}

async function openJetStream(nats: NatsConnection): Promise<JetStreamManager> {
  try {
    const { jetstreamManager } = await import('@nats-io/jetstream');
    return await jetstreamManager(nats);
  } catch (error) {
    await nats.close();
    throw unavailable(error);
  }
}

/** No stream listens to that subject, or nobody to JetStream's own. */
function isMissingStream(error: unknown): boolean {
  const names = ['NoRespondersError', 'StreamNotFoundError', 'JetStreamNotEnabled', 'JetStreamStatusError'];
  return error instanceof Error && (names.includes(error.name) || isCausedBy(error, 'NoRespondersError'));
}

function isCausedBy(error: Error, name: string): boolean {
  return error.cause instanceof Error && error.cause.name === name;
}

function full(maxWaiting: number): DrydockError {
  return new DrydockError('QUEUE_FULL', `${maxWaiting} jobs wait already`, {
    hint: 'Try again later, or let more workers run.',
  });
}

function unavailable(error: unknown): DrydockError {
  return new DrydockError('QUEUE_UNAVAILABLE', `the queue in NATS cannot be reached: ${messageOf(error)}`, {
    cause: error,
    hint: 'See whether the server runs, and whether JetStream is on with room for files.',
  });
}
