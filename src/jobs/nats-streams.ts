import type { ConsumerConfig, JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import type { Job, JobPriority } from '../model/job.ts';
import { tokenOf } from './dedupe.ts';

export interface NatsStreamOptions {
  /** Begins the names of streams and subjects; several installations may share an account. */
  readonly namespace: string;
  readonly maxWaiting: number;
  /** How many jobs may be given out and not done, over all workers and for each priority. */
  readonly maxInFlight: number;
  readonly replicas: number;
  readonly ackWaitSeconds: number;
}

export interface NatsNames {
  readonly jobs: string;
  readonly dead: string;
  readonly consumer: (priority: JobPriority) => string;
  /** Of its own for every job that may be there once: the stream takes one message per subject. */
  subject(job: Job): string;
  deadSubject(jobId: string): string;
}

const NANOS = 1_000_000_000;
const DAY = 86_400;
const DUPLICATE_WINDOW_SECONDS = 120;
const DEAD_DAYS = 7;
const JOB_DAYS = 30;
const STREAM_EXISTS = 10058;
/** In which header a delayed job says when its time comes, in milliseconds since 1970. */
export const NOT_BEFORE = 'Drydock-Not-Before';
export const PRIORITIES: readonly JobPriority[] = ['interactive', 'background'];

export function natsNames(namespace: string): NatsNames {
  const upper = namespace.toUpperCase();
  return {
    jobs: `${upper}_JOBS`,
    dead: `${upper}_JOBS_DEAD`,
    consumer: (priority) => `${namespace}-jobs-${priority}`,
    subject: ({ kind, priority, id, dedupeKey }) =>
      `${namespace}.jobs.${kind}.${priority}.${tokenOf(dedupeKey ?? id)}`,
    deadSubject: (jobId) => `${namespace}.dead-jobs.${tokenOf(jobId)}`,
  };
}

/** Makes streams and consumers as they should be, whatever there is. */
export async function setUpStreams(manager: JetStreamManager, options: NatsStreamOptions): Promise<void> {
  const names = natsNames(options.namespace);
  await ensureStream(manager, jobsStream(names, options));
  await ensureStream(manager, deadStream(names, options));
  for (const priority of PRIORITIES)
    await manager.consumers.add(names.jobs, consumer(names, priority, options));
}

/** Literals, as the library's own constants would load it. */
function jobsStream(names: NatsNames, options: NatsStreamOptions): Partial<StreamConfig> & { name: string } {
  return {
    name: names.jobs,
    subjects: [`${options.namespace}.jobs.*.*.*`],
    retention: 'workqueue',
    storage: 'file',
    discard: 'new',
    max_msgs: options.maxWaiting,
    max_msgs_per_subject: 1,
    discard_new_per_subject: true,
    max_age: JOB_DAYS * DAY * NANOS,
    duplicate_window: DUPLICATE_WINDOW_SECONDS * NANOS,
    num_replicas: options.replicas,
  };
}

function deadStream(names: NatsNames, options: NatsStreamOptions): Partial<StreamConfig> & { name: string } {
  return {
    name: names.dead,
    subjects: [`${options.namespace}.dead-jobs.*`],
    retention: 'limits',
    storage: 'file',
    discard: 'old',
    max_msgs_per_subject: 1,
    max_age: DEAD_DAYS * DAY * NANOS,
    num_replicas: options.replicas,
  };
}

/**
 * The server never gives up on a message: one that it had given up on would lie in the stream for ever, out of sight.
 * How often a job may be begun is counted here instead.
 */
function consumer(
  names: NatsNames,
  priority: JobPriority,
  options: NatsStreamOptions,
): Partial<ConsumerConfig> {
  return {
    durable_name: names.consumer(priority),
    filter_subject: `${options.namespace}.jobs.*.${priority}.*`,
    ack_policy: 'explicit',
    deliver_policy: 'all',
    ack_wait: options.ackWaitSeconds * NANOS,
    max_deliver: -1,
    max_ack_pending: options.maxInFlight,
  };
}

async function ensureStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { name: string },
): Promise<void> {
  try {
    await manager.streams.add(config);
  } catch (error) {
    if (!isApiError(error, STREAM_EXISTS)) throw error;
    const { retention: _retention, storage: _storage, ...changeable } = config;
    await manager.streams.update(config.name, changeable);
  }
}

/** True for an answer of JetStream with that code. */
export function isApiError(error: unknown, code: number): boolean {
  return (
    error instanceof Error && error.name === 'JetStreamApiError' && 'code' in error && error.code === code
  );
}
