import { DrydockError } from '../base/errors.ts';
import type { ComponentError } from '../model/composite.ts';
import { decode, encode } from './encode.ts';
import type { Store } from './store.ts';

/** A task that a scanner was given, and by what it knows it: whoever looks after it may die meanwhile. */
export interface WorkRecord {
  readonly schema: 1;
  readonly scannerId: string;
  readonly handle: string;
  /** The part for which it was begun. */
  readonly owner: string;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  /** How often it was begun anew because the scanner had forgotten it. */
  readonly resubmits: number;
}

/** A report that somebody else made. */
export interface WorkResult {
  /** Milliseconds since 1970. */
  readonly madeAt: number;
  readonly contentType: string;
  /** JSON. */
  readonly text: string;
}

export interface WorkFailure {
  readonly error: ComponentError;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Work of other scanners, by what decides on its outcome: equal parts of different scans share it. */
export interface ComponentWork {
  find(key: string): Promise<WorkRecord | undefined>;
  note(key: string, record: Omit<WorkRecord, 'schema'>): Promise<void>;
  forget(key: string): Promise<void>;
  /** @throws DrydockError STORE_UNAVAILABLE, REQUEST_TOO_LARGE */
  keepResult(key: string, result: WorkResult): Promise<void>;
  findResult(key: string): Promise<WorkResult | undefined>;
  noteFailure(key: string, failure: WorkFailure): Promise<void>;
  findFailure(key: string): Promise<WorkFailure | undefined>;
  /** Says that somebody waits for it, for a few seconds. */
  want(key: string): Promise<void>;
  isWanted(key: string): Promise<boolean>;
}

export interface ComponentWorkOptions {
  readonly resultSeconds: number;
  /** Longer than any work may take. */
  readonly workSeconds: number;
}

const WANTED_SECONDS = 10;
const FAILURE_SECONDS = 60;

const workKey = (key: string): string => `component-work/1/${key}`;
const resultKey = (key: string): string => `component-result/1/${key}`;
const failureKey = (key: string): string => `component-failure/1/${key}`;
const wantedKey = (key: string): string => `component-wanted/1/${key}`;

export function openComponentWork(
  store: Store,
  { resultSeconds, workSeconds }: ComponentWorkOptions,
): ComponentWork {
  async function read<T>(key: string): Promise<T | undefined> {
    const bytes = await store.get(key);
    const value = bytes && ((await decode(bytes)) as { readonly schema?: unknown } | null | undefined);
    return value?.schema === 1 ? (value as T) : undefined;
  }

  async function put(key: string, value: object, ttlSeconds: number): Promise<void> {
    const bytes = await encode({ schema: 1, ...value });
    if (!bytes)
      throw new DrydockError('REQUEST_TOO_LARGE', 'the report of a scanner is too large to be kept');
    if (await store.put(key, bytes, { ttlSeconds })) return;
    throw new DrydockError('STORE_UNAVAILABLE', 'the store of scans does not take what it is given');
  }

  return {
    find: (key) => read<WorkRecord>(workKey(key)),
    note: (key, record) => put(workKey(key), record, workSeconds),
    forget: (key) => store.delete(workKey(key)),
    keepResult: (key, result) => put(resultKey(key), result, resultSeconds),
    findResult: (key) => read<WorkResult>(resultKey(key)),
    noteFailure: (key, failure) => put(failureKey(key), failure, FAILURE_SECONDS),
    findFailure: (key) => read<WorkFailure>(failureKey(key)),
    want: (key) => put(wantedKey(key), {}, WANTED_SECONDS),
    isWanted: async (key) => (await store.get(wantedKey(key))) !== undefined,
  };
}
