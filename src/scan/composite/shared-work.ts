import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Signal } from '../../base/signal.ts';
import { isWithinJsonBounds } from '../../codec/bounded-json.ts';
import type { ComponentEnd } from '../../model/composite.ts';
import type { WorkRecord, WorkResult } from '../../store/component-work.ts';
import { ScannerFailure, type Scanner, type ScannerIdentity, type TaskLook } from '../scanners/scanner.ts';
import { toComponentError } from './component-failure.ts';
import {
  lateFailure,
  noteProgress,
  NotBegun,
  patiently,
  scannerOf,
  unlessAborted,
  type ComponentParts,
  type ComponentRun,
  type Other,
} from './component-run.ts';

/** How a part came out; or that somebody else is at the same, and it waits for that. */
export type WorkOutcome = Pick<ComponentEnd, 'result' | 'cached'> | 'waits';

const LEASE_SECONDS = 5;
/** Seconds. */
const [SHORTEST_WAIT, LONGEST_WAIT] = [1, 120];
const MAX_RESUBMITS = 1;
const MAX_TIMER_MS = 2 ** 31 - 1;
const JSON_BOUNDS = { depth: 100, containers: 10_000_000 };
/** What went wrong for one asker says nothing of another one. */
const OWN_FAILURES: ReadonlySet<string> = new Set(['REGISTRY_AUTH', 'ARTIFACT_NOT_FOUND', 'ABORTED']);

/**
 * Has another scanner make a report, unless it is there already or somebody has it made: equal parts of different
 * scans share one piece of work, each after a registry has said that its asker may read the artifact. Whoever holds
 * the lease drives the work; when he dies, or is called off, the next one goes on with what was begun.
 *
 * @throws NotBegun, ScannerFailure
 */
export async function doSharedWork(
  run: ComponentRun,
  candidate: Other,
  parts: ComponentParts,
  options: Signal,
): Promise<WorkOutcome> {
  const scanner = await scannerOf(candidate, parts);
  const isLast = run.progress.candidate + 1 >= candidatesOf(run);
  const waits = isLast ? parts.backoffMs : [];
  // Work that was begun goes on, whatever its scanner says of itself by now.
  const identity =
    run.progress.workKey === undefined
      ? await beginning(
          patiently(() => scanner.identity(options), waits, options),
          options,
        )
      : undefined;
  const key = run.progress.workKey ?? keyOf(run, scanner, identity);
  const known = await knownResult(run, key, identity, parts, options);
  if (known) return known === 'alone' ? await doSharedWork(run, candidate, parts, options) : known;
  await using lease = await parts.leases.take(`component/${key}`, { ttlSeconds: LEASE_SECONDS });
  if (!lease) return await waitForOther(run, key, parts, options);
  const signal = AbortSignal.any([options.signal, lease.lost]);
  // Whoever held it before has perhaps just ended.
  const made = await knownResult(run, key, identity, parts, { signal });
  if (made && made !== 'alone') return made;
  const begun = await parts.work.find(key);
  if (begun && begun.owner !== run.component.id && !(await isProven(run, parts, { signal })))
    return await doSharedWork(run, candidate, parts, options);
  try {
    return await drive({ run, candidate, scanner, key, waits }, begun, parts, { signal });
  } catch (error) {
    // Somebody else has it by now, and goes on.
    if (lease.lost.aborted && !options.signal.aborted) return 'waits';
    throw error;
  }
}

function candidatesOf({ component: { plan } }: ComponentRun): number {
  return plan.kind === 'remote' ? plan.candidates.length : 0;
}

/**
 * All that decides on a report. The repository is part of it, as reports name it; so is the registration, as scanners
 * of one version may be set up in different ways.
 */
function keyOf(
  { composite, component, progress }: ComponentRun,
  { id }: Scanner,
  who: ScannerIdentity | undefined,
): string {
  const { registryUrl, repository, digest } = composite.artifact;
  const scanner = [id, who?.name, who?.vendor, who?.version, who?.databaseUpdatedAt];
  const what = [registryUrl, repository, digest, component.mediaType, component.parameters];
  const alone = progress.isAlone ? component.id : '';
  return createHash('sha256')
    .update(JSON.stringify([scanner, what, alone]))
    .digest('base64url');
}

/** @returns `alone` when it must not be shared with this asker, as nobody could say whether he may have it */
async function knownResult(
  run: ComponentRun,
  key: string,
  identity: ScannerIdentity | undefined,
  parts: ComponentParts,
  options: Signal,
): Promise<WorkOutcome | 'alone' | undefined> {
  const { joinedAt, workKey } = run.progress;
  const failure = joinedAt === undefined ? undefined : await parts.work.findFailure(key);
  if (failure && failure.at >= Date.parse(joinedAt ?? '') && !OWN_FAILURES.has(failure.error.code)) {
    const { code, message, retryable } = failure.error;
    throw new ScannerFailure(code as ScannerFailure['code'], message, { retryable });
  }
  const result = await parts.work.findResult(key);
  const { known, unknown } = parts.sharedSeconds;
  const seconds = identity?.databaseUpdatedAt === undefined ? unknown : known;
  const isOwn = run.progress.isAlone === true;
  const isWaitedFor = joinedAt !== undefined || workKey !== undefined || isOwn;
  if (!result || (!isWaitedFor && parts.now() - result.madeAt > seconds * 1000)) return undefined;
  if (!isOwn && !(await isProven(run, parts, options))) return 'alone';
  // Kept as long as any scan that was told of it.
  await parts.work.keepResult(key, result);
  return { result: key, ...(!isWaitedFor && { cached: true }) };
}

/** False: it works alone from now on. @throws ScannerFailure REGISTRY_AUTH */
async function isProven(run: ComponentRun, parts: ComponentParts, options: Signal): Promise<boolean> {
  if (run.progress.isProven) return true;
  const readable = await parts.isReadable(run.composite.artifact, run.credential, options);
  if (readable === 'no')
    throw new ScannerFailure(
      'REGISTRY_AUTH',
      'the registry does not let the artifact be read with this login',
    );
  if (readable === 'yes') await noteProgress(run, { isProven: true }, parts);
  else {
    // Nothing of what others have made, nor of what it has begun where they might go on with it.
    const { workKey: _shared, joinedAt: _since, ...own } = run.progress;
    run.progress = own;
    await noteProgress(run, { isAlone: true }, parts);
  }
  return readable === 'yes';
}

async function waitForOther(
  run: ComponentRun,
  key: string,
  parts: ComponentParts,
  options: Signal,
): Promise<WorkOutcome> {
  if (!(await isProven(run, parts, options))) return 'waits';
  await parts.work.want(key);
  if (run.progress.joinedAt === undefined)
    await noteProgress(run, { joinedAt: new Date(parts.now()).toISOString() }, parts);
  return 'waits';
}

interface Drive {
  readonly run: ComponentRun;
  readonly candidate: Other;
  readonly scanner: Scanner;
  readonly key: string;
  readonly waits: readonly number[];
}

/** From the begin of the work, or from where somebody has left it, to its end. */
async function drive(
  given: Drive,
  begun: WorkRecord | undefined,
  parts: ComponentParts,
  options: Signal,
): Promise<WorkOutcome> {
  const { run, candidate, key } = given;
  const { placesAt, work, now } = parts;
  await noteProgress(run, { workKey: key }, parts);
  try {
    const leave = await placesAt(candidate.id, candidate.maxInFlight).enter(options);
    try {
      const startedAt = run.progress.startedAt ?? new Date(now()).toISOString();
      await noteProgress(run, { startedAt }, parts);
      using limit = timeLimit(candidate.timeoutSeconds);
      const signal = AbortSignal.any([options.signal, limit.signal]);
      const record = begun ?? (await begin(given, 0, parts, { signal }));
      const made = await lookUntilMade(given, record, parts, { signal });
      await work.keepResult(key, made);
      await work.forget(key);
      return { result: key };
    } finally {
      leave();
    }
  } catch (error) {
    const failure = error instanceof NotBegun ? error.failure : error;
    // What was called off is taken up again by whoever asks for the same.
    if (failure instanceof ScannerFailure && failure.code !== 'ABORTED') {
      await work.forget(key);
      if (failure === error) await work.noteFailure(key, { error: toComponentError(failure), at: now() });
    }
    throw error;
  }
}

/** Of a registration. */
function timeLimit(seconds: number): Disposable & Signal {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(lateFailure(seconds, true)),
    Math.min(seconds * 1000, MAX_TIMER_MS),
  );
  return { signal: late.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

async function begin(
  { run, scanner, key, waits }: Drive,
  resubmits: number,
  parts: ComponentParts,
  options: Signal,
): Promise<WorkRecord> {
  const handle = await beginning(
    patiently(() => scanner.begin(run.task, options), waits, options),
    options,
  );
  const record = {
    scannerId: scanner.id,
    handle,
    owner: run.component.id,
    begunAt: parts.now(),
    resubmits,
  };
  await parts.work.note(key, record);
  return { schema: 1, ...record };
}

/** Whatever goes wrong until the scanner has taken the task may be tried with another one. */
async function beginning<T>(task: Promise<T>, options: Signal): Promise<T> {
  try {
    return await unlessAborted(task, options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw error instanceof ScannerFailure ? new NotBegun(error) : error;
  }
}

async function lookUntilMade(
  given: Drive,
  first: WorkRecord,
  parts: ComponentParts,
  options: Signal,
): Promise<WorkResult> {
  const { run, scanner } = given;
  let record = first;
  // Work that somebody else began long ago may be done by now.
  let waitMs = Math.max(0, record.begunAt + parts.firstLookMs - parts.now());
  for (;;) {
    await pause(waitMs, options);
    try {
      const look = (): Promise<TaskLook> => scanner.look(record.handle, run.task, options);
      const seen = await unlessAborted(patiently(look, parts.backoffMs, options), options);
      if (seen.state === 'completed') return toResult(seen, parts.now());
      waitMs = Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, seen.afterSeconds)) * 1000;
    } catch (error) {
      options.signal.throwIfAborted();
      const isForgotten = error instanceof ScannerFailure && error.isForgotten;
      if (!isForgotten || record.resubmits >= MAX_RESUBMITS) throw error;
      record = await begin(given, record.resubmits + 1, parts, options);
      waitMs = parts.firstLookMs;
    }
  }
}

async function pause(ms: number, { signal }: Signal): Promise<void> {
  if (ms > 0) await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** @throws ScannerFailure BACKEND_PROTOCOL */
function toResult(
  { report, contentType }: Extract<TaskLook, { state: 'completed' }>,
  madeAt: number,
): WorkResult {
  const garbage = (): ScannerFailure =>
    new ScannerFailure('BACKEND_PROTOCOL', 'the scanner answered with something that is no report');
  if (!isWithinJsonBounds(report, JSON_BOUNDS)) throw garbage();
  try {
    const text = Buffer.from(report.buffer, report.byteOffset, report.byteLength).toString();
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw garbage();
    return { madeAt, contentType, text: text.trim() };
  } catch {
    throw garbage(); // the parser's own error would show the text
  }
}
