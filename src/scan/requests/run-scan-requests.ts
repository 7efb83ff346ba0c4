import { setTimeout as wait } from 'node:timers/promises';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Delivery, JobQueue, Outcome } from '../../jobs/queue.ts';
import type { ScanRecord, ScanRequest } from '../../model/job.ts';
import type { Report, ScanKey } from '../../model/report.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import { isFinal, type ScanRecords } from '../../store/scan-records.ts';
import type { SealedValues } from '../../store/sealed-values.ts';
import { parseCredentialText } from './credential-text.ts';
import { judge, type Verdict } from './failure.ts';

export interface ScanOutcome {
  readonly report: Report;
  readonly key: ScanKey;
  readonly cached: boolean;
}

export interface RunScanRequestsOptions {
  readonly records: ScanRecords;
  readonly queue: JobQueue;
  readonly credentials?: SealedValues;
  readonly scan: (
    request: ScanRequest,
    credential: RegistryCredential | undefined,
    options: Signal,
  ) => Promise<ScanOutcome>;
  /** Of one attempt. */
  readonly timeoutSeconds: number;
  readonly concurrency: number;
  readonly perLane: number;
  readonly maxAttempts?: number;
  /** Aborted some time after the worker's own signal: until then what was begun may come to its end. */
  readonly hurry?: AbortSignal;
  /** Does the jobs that are not scans. */
  readonly others?: (delivery: Delivery, options: Signal) => Promise<Outcome>;
  /** Told of errors that are mistakes of ours, for the log. */
  readonly onUnexpected?: (error: unknown, scanId: string) => void;
  readonly now?: () => number;
  readonly random?: () => number;
}

const DEFAULT_MAX_ATTEMPTS = 5;
const LOOK_MS = 750;
/** So long a scan that was called off may take to put things away. */
const GRACE_MS = 5000;

/** The worker: does the scans of the queue, until the signal is aborted. */
export async function runScanRequests(options: RunScanRequestsOptions, { signal }: Signal): Promise<void> {
  const { queue, concurrency, perLane, others, hurry = signal } = options;
  const handle = async (delivery: Delivery, taken: Signal): Promise<Outcome> => {
    const given = { signal: whenLeft(taken.signal, signal, hurry) };
    if (delivery.job.kind === 'scan') return await runScan(delivery.job.id, options, given);
    if (others) return await others(delivery, given);
    return { kind: 'dead', reason: `this worker does not know how to ${delivery.job.kind}` };
  };
  await queue.consume(handle, { signal, concurrency, perLane });
}

/** Called off at once when the job is lost; when the worker is to end, only once there is no more time. */
function whenLeft(taken: AbortSignal, stop: AbortSignal, hurry: AbortSignal): AbortSignal {
  const lost = new AbortController();
  const leave = (): void => (stop.aborted ? undefined : lost.abort(taken.reason));
  if (taken.aborted) leave();
  else taken.addEventListener('abort', leave, { once: true });
  return AbortSignal.any([lost.signal, hurry]);
}

/** One delivery. Whoever had the job before may have ended it, or died over it. */
async function runScan(id: string, options: RunScanRequestsOptions, { signal }: Signal): Promise<Outcome> {
  const { records, credentials, maxAttempts = DEFAULT_MAX_ATTEMPTS, now = Date.now } = options;
  const record = await records.find(id);
  if (!record) return { kind: 'done' };
  if (isFinal(record.state)) {
    await credentials?.forget(id);
    return { kind: 'done' };
  }
  const attempt = record.attempts + 1;
  if (attempt > maxAttempts) return await endWorkerKiller(record, options);
  const startedAt = new Date(now()).toISOString();
  await records.note(id, { state: 'running', attempts: attempt, startedAt });
  try {
    const outcome = await attemptScan(record, options, signal);
    await end(id, completed(outcome), options);
    return { kind: 'done' };
  } catch (error) {
    if (await records.isOver(id)) return await forgotten(id, options);
    if (signal.aborted || isStoreAway(error)) {
      // Somebody goes on with it, here or elsewhere, and this attempt does not count.
      await records.note(id, { ...progressOf(record), state: 'queued' });
      throw error;
    }
    const { random } = options;
    const verdict = judge(error, { attempt, maxAttempts, ...(random && { random }) });
    if (!(error instanceof DrydockError)) options.onUnexpected?.(error, id);
    return await carryOut(verdict, { id, attempt, startedAt }, options);
  }
}

/** Our own, which is nothing that the image or its registry has to do with. */
function isStoreAway(error: unknown): boolean {
  return error instanceof DrydockError && error.code === 'STORE_UNAVAILABLE';
}

async function attemptScan(
  { id, request }: ScanRecord,
  options: RunScanRequestsOptions,
  signal: AbortSignal,
): Promise<ScanOutcome> {
  const credential = await findCredential(id, options);
  const ended = new AbortController();
  const calledOff = new AbortController();
  const late = AbortSignal.timeout(options.timeoutSeconds * 1000);
  const stop = AbortSignal.any([signal, late, calledOff.signal]);
  const watching = watchForEnd(id, options.records, calledOff, ended.signal);
  try {
    return await orGiveUp(options.scan(request, credential, { signal: stop }), stop, ended.signal);
  } catch (error) {
    if (late.aborted && !signal.aborted)
      throw new DrydockError('TIMED_OUT', `the scan took longer than ${options.timeoutSeconds} seconds`, {
        hint: 'Raise the time limit of scans, or see whether the registry is slow.',
      });
    throw error;
  } finally {
    ended.abort();
    await watching;
  }
}

async function findCredential(
  id: string,
  { records, credentials }: RunScanRequestsOptions,
): Promise<RegistryCredential | undefined> {
  if (!(await records.hadCredential(id))) return undefined;
  const text = await credentials?.find(id);
  const credential = text && parseCredentialText(text);
  if (credential) return credential;
  throw new DrydockError(
    'CREDENTIALS_INVALID',
    'the credentials that came with this scan are not there any more',
    {
      hint: 'They are kept for an hour at most: ask for the scan again. Servers and workers need the same sealing key.',
    },
  );
}

/** Calls the scan off once somebody else has ended it. */
async function watchForEnd(
  id: string,
  records: ScanRecords,
  calledOff: AbortController,
  ended: AbortSignal,
): Promise<void> {
  let changed = new AbortController();
  const unlisten = records.onChange(id, () => changed.abort());
  while (!ended.aborted && !calledOff.signal.aborted) {
    const early = AbortSignal.any([ended, changed.signal]);
    await wait(LOOK_MS, undefined, { signal: early }).catch(() => undefined); // it ends, or may be cancelled
    changed = new AbortController();
    // While the store is away nobody can cancel.
    const isOver = !ended.aborted && (await records.isOver(id).catch(() => false));
    if (isOver) calledOff.abort(new DrydockError('CANCELLED', 'the scan was cancelled'));
  }
  unlisten();
}

/** A scan that does not listen must not keep its place for ever. */
async function orGiveUp<T>(task: Promise<T>, stop: AbortSignal, ended: AbortSignal): Promise<T> {
  const givenUp = new Promise<never>((_, reject) => {
    const giveUp = async (): Promise<void> => {
      await wait(GRACE_MS, undefined, { signal: ended }).catch(() => undefined); // it has come to an end
      reject(stop.reason as Error);
    };
    if (stop.aborted) void giveUp();
    else stop.addEventListener('abort', () => void giveUp(), { once: true });
  });
  return await Promise.race([task, givenUp]);
}

async function carryOut(
  verdict: Verdict,
  { id, attempt, startedAt }: { readonly id: string; readonly attempt: number; readonly startedAt: string },
  options: RunScanRequestsOptions,
): Promise<Outcome> {
  const { error } = verdict;
  if (verdict.kind === 'retry') {
    const { delaySeconds } = verdict;
    const retryAt = new Date((options.now ?? Date.now)() + delaySeconds * 1000).toISOString();
    await options.records.note(id, { state: 'queued', attempts: attempt, startedAt, retryAt, error });
    return { kind: 'retry', delaySeconds };
  }
  await end(id, { state: 'failed', error }, options);
  return verdict.kind === 'dead'
    ? { kind: 'dead', reason: `${error.code}: ${error.message}` }
    : { kind: 'done' };
}

/** Begun as often as it may be, and nobody came back to say how it went. */
async function endWorkerKiller(record: ScanRecord, options: RunScanRequestsOptions): Promise<Outcome> {
  const message = `the scan was begun ${record.attempts} times, and its worker ended each time before it did`;
  const hint = 'See whether workers have memory enough for this image.';
  await end(record.id, { state: 'failed', error: { code: 'INTERNAL', message, hint } }, options);
  return { kind: 'dead', reason: message };
}

async function end(
  id: string,
  how: Parameters<ScanRecords['end']>[1],
  { records, credentials }: RunScanRequestsOptions,
): Promise<void> {
  await records.end(id, how);
  await credentials?.forget(id);
}

async function forgotten(id: string, { credentials }: RunScanRequestsOptions): Promise<Outcome> {
  await credentials?.forget(id);
  return { kind: 'done' };
}

function completed({ report, key, cached }: ScanOutcome): Parameters<ScanRecords['end']>[1] {
  return { state: 'completed', digest: report.image.digest, report: key, cached };
}

function progressOf({
  attempts,
  startedAt,
  error,
}: ScanRecord): Pick<ScanRecord, 'attempts' | 'startedAt' | 'error'> {
  return { attempts, ...(startedAt !== undefined && { startedAt }), ...(error && { error }) };
}
