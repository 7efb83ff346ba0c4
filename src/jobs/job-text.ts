import type { Job } from '../model/job.ts';
import type { DeadLetter } from './queue.ts';

/** A pointer is short; anything longer is not ours. */
const MAX_BYTES = 16 << 10;
const MAX_NAME = 1024;
const KINDS: readonly unknown[] = ['scan', 'patch', 'crawl', 'component'] satisfies Job['kind'][];
const PRIORITIES: readonly unknown[] = ['interactive', 'background'] satisfies Job['priority'][];

/** A job as it lies in the store. */
export interface StoredJob {
  readonly job: Job;
  /** How often it was begun. */
  readonly attempt: number;
  /** Milliseconds since 1970, like the next. */
  readonly acceptedAt: number;
  readonly notBefore: number;
}

export function toBytes(value: Job | StoredJob | DeadLetter): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** Undefined for what is not a job. */
export function parseJob(bytes: Uint8Array): Job | undefined {
  return toJob(parse(bytes));
}

/** Undefined for what is not a stored job. */
export function parseStoredJob(bytes: Uint8Array): StoredJob | undefined {
  const value = parse(bytes);
  const job = toJob(value?.['job']);
  const numbers = [value?.['attempt'], value?.['acceptedAt'], value?.['notBefore']];
  if (!job || !numbers.every((number) => Number.isFinite(number))) return undefined;
  const [attempt = 0, acceptedAt = 0, notBefore = 0] = numbers as number[];
  return { job, attempt, acceptedAt, notBefore };
}

/** Undefined for what is not a dead letter. */
export function parseDeadLetter(bytes: Uint8Array): DeadLetter | undefined {
  const value = parse(bytes);
  const job = toJob(value?.['job']);
  const [reason, at] = [value?.['reason'], value?.['at']];
  return job && typeof reason === 'string' && typeof at === 'string' ? { job, reason, at } : undefined;
}

type Fields = Partial<Record<string, unknown>>;

function parse(bytes: Uint8Array): Fields | undefined {
  if (bytes.length > MAX_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return isFields(value) ? value : undefined;
  } catch {
    return undefined; // not ours
  }
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME;

function toJob(value: unknown): Job | undefined {
  if (!isFields(value)) return undefined;
  const { id, kind, priority, lane, dedupeKey } = value;
  if (!isName(id) || !isName(lane) || !KINDS.includes(kind) || !PRIORITIES.includes(priority))
    return undefined;
  const job = { id, kind: kind as Job['kind'], priority: priority as Job['priority'], lane };
  return isName(dedupeKey) ? { ...job, dedupeKey } : job;
}
