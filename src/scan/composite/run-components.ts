import { setTimeout as wait } from 'node:timers/promises';
import type { Signal } from '../../base/signal.ts';
import { limitTo, type Limiter } from '../../base/limit.ts';
import type { Delivery, JobQueue, Outcome } from '../../jobs/queue.ts';
import type { ComponentEnd } from '../../model/composite.ts';
import type { FoundComponent } from '../../store/composite-records.ts';
import { parseCredentialText } from '../requests/credential-text.ts';
import { ScannerFailure } from '../scanners/scanner.ts';
import { ABORTED, deadlineOf, toComponentError } from './component-failure.ts';
import {
  isOurs,
  lateFailure,
  noteProgress,
  NotBegun,
  taskOf,
  type ComponentParts,
  type ComponentRun,
} from './component-run.ts';
import { isBegun, settle } from './look-at-composite.ts';
import { neededFor } from './plan-components.ts';
import { doSharedWork, type WorkOutcome } from './shared-work.ts';

export interface RunComponentsOptions extends Omit<
  ComponentParts,
  'placesAt' | 'backoffMs' | 'firstLookMs' | 'lookMs' | 'now'
> {
  readonly queue: Pick<JobQueue, 'consume'>;
  readonly backoffMs?: readonly number[];
  readonly firstLookMs?: number;
  readonly lookMs?: number;
  /** Told of errors that are mistakes of ours, for the log. */
  readonly onUnexpected?: (error: unknown, componentId: string) => void;
  readonly now?: () => number;
}

const BACKOFF_MS = [1000, 4000, 16_000];
const FIRST_LOOK_MS = 2000;
const LOOK_MS = 750;
/** Parts mostly wait, for others or for their turn: they cost next to nothing. */
const CONCURRENCY = 1024;
/** Of one scanner, those that wait for a place included. One that hangs must not take all. */
const PER_SCANNER = 32;
/** How soon to look again after work that somebody else drives, and the later the longer it has waited. */
const [SOONEST_SECONDS, LATEST_SECONDS] = [1, 5];
const WAITED_PER_SECOND_MS = 10_000;

/** Has other scanners do the parts of scans that are theirs, until the signal is aborted. */
export async function runComponents(options: RunComponentsOptions, { signal }: Signal): Promise<void> {
  const parts: ComponentParts = {
    ...options,
    backoffMs: options.backoffMs ?? BACKOFF_MS,
    firstLookMs: options.firstLookMs ?? FIRST_LOOK_MS,
    lookMs: options.lookMs ?? LOOK_MS,
    now: options.now ?? Date.now,
    placesAt: openPlaces(),
  };
  const handle = (delivery: Delivery, taken: Signal): Promise<Outcome> =>
    runComponent(delivery.job.id, parts, options, taken);
  await options.queue.consume(handle, { signal, concurrency: CONCURRENCY, perLane: PER_SCANNER });
}

/** As many at one scanner as its registration says, in this process. */
function openPlaces(): ComponentParts['placesAt'] {
  const limiters = new Map<string, Limiter>();
  return (scannerId, places) => {
    const key = `${scannerId}/${places}`;
    const limiter = limiters.get(key) ?? limitTo(Math.max(1, places));
    limiters.set(key, limiter);
    return limiter;
  };
}

/** One delivery. Whoever had it before may have ended it, or died over it. */
async function runComponent(
  id: string,
  parts: ComponentParts,
  { onUnexpected }: Pick<RunComponentsOptions, 'onUnexpected'>,
  options: Signal,
): Promise<Outcome> {
  const { records, credentials } = parts;
  const found = await records.findComponent(id);
  if (!found || (await records.endOf(id))) {
    await credentials?.forget(id);
    return { kind: 'done' };
  }
  const started = await records.progressOf(id);
  if (started?.scanId !== undefined) return { kind: 'done' }; // Drydock's own scan says how it ends
  let run: ComponentRun | undefined;
  await using watch = watchForEnd(found, () => run?.progress ?? started, parts);
  const signal = AbortSignal.any([options.signal, watch.signal]);
  try {
    run = await openRun(found, started, parts, { signal });
    const outcome = await askInTurn(run, parts, { signal });
    if (outcome === 'waits') return { kind: 'retry', delaySeconds: againSeconds(run, parts) };
    if (outcome !== 'handed over') await end(run, { state: 'completed', ...outcome }, parts);
    return { kind: 'done' };
  } catch (error) {
    if (options.signal.aborted || isOurs(error)) throw error;
    if (!(error instanceof ScannerFailure)) onUnexpected?.(error, id);
    const progress = run?.progress ?? started ?? { candidate: 0 };
    await end({ ...found, progress }, { state: 'failed', error: toComponentError(error) }, parts);
    return { kind: 'done' };
  }
}

function againSeconds({ progress: { joinedAt } }: ComponentRun, { now }: ComponentParts): number {
  const waitedMs = joinedAt === undefined ? 0 : now() - Date.parse(joinedAt);
  return Math.min(LATEST_SECONDS, Math.max(SOONEST_SECONDS, waitedMs / WAITED_PER_SECOND_MS));
}

/** Calls a part off that takes too long, or that nobody wants any more: neither its asker nor who wants the same. */
function watchForEnd(
  found: FoundComponent,
  progressNow: () => ComponentRun['progress'] | undefined,
  parts: ComponentParts,
): AsyncDisposable & Signal {
  const { records, work, lookMs } = parts;
  const { id } = found.component;
  const [stop, ended] = [new AbortController(), new AbortController()];
  async function isUnwanted(): Promise<boolean> {
    if (!(await records.endOf(id))) return false;
    const workKey = progressNow()?.workKey;
    return workKey === undefined || !(await work.isWanted(workKey));
  }
  async function watch(): Promise<void> {
    while (!ended.signal.aborted && !stop.signal.aborted) {
      await wait(lookMs, undefined, { signal: ended.signal }).catch(() => undefined); // it has ended
      if (ended.signal.aborted) return;
      const late = lateNow(found, progressNow(), parts);
      if (late) stop.abort(late);
      // While the store is away nobody can call it off.
      else if (await isUnwanted().catch(() => false))
        stop.abort(new ScannerFailure('ABORTED', ABORTED.message));
    }
  }
  const watching = watch();
  return {
    signal: stop.signal,
    async [Symbol.asyncDispose]() {
      ended.abort();
      await watching;
    },
  };
}

function lateNow(
  { composite: { createdAt } }: FoundComponent,
  progress: ComponentRun['progress'] | undefined,
  parts: ComponentParts,
): ScannerFailure | undefined {
  const startedAt = progress?.startedAt;
  if (parts.now() <= deadlineOf({ createdAt, startedAt }, parts)) return undefined;
  const wasBegun = startedAt !== undefined;
  return lateFailure(wasBegun ? parts.scanSeconds : parts.queueSeconds, wasBegun);
}

/** @throws ScannerFailure SCAN_TIMEOUT, SCAN_FAILED, REGISTRY_AUTH */
async function openRun(
  found: FoundComponent,
  progress: ComponentRun['progress'] | undefined,
  parts: ComponentParts,
  options: Signal,
): Promise<ComponentRun> {
  const late = lateNow(found, progress, parts);
  if (late) throw late;
  if (!progress) await parts.checkRegistry(found.composite.artifact, options);
  const text = found.composite.hasCredential ? await parts.credentials?.find(found.component.id) : undefined;
  const credential = text && parseCredentialText(text);
  if (found.composite.hasCredential && !credential)
    throw new ScannerFailure('REGISTRY_AUTH', 'the login that came with this scan is not there any more');
  return {
    ...found,
    credential,
    task: taskOf(found, credential),
    progress: progress ?? { candidate: 0 },
  };
}

/** Asks one after the other, until one takes the task. */
async function askInTurn(
  run: ComponentRun,
  parts: ComponentParts,
  options: Signal,
): Promise<WorkOutcome | 'handed over'> {
  const { plan } = run.component;
  const candidates = plan.kind === 'remote' ? plan.candidates : [];
  for (;;) {
    const candidate = candidates[run.progress.candidate];
    if (!candidate) throw new ScannerFailure('NO_SCANNER', 'no scanner is there any more for this type');
    try {
      if (candidate.kind === 'local') return await handOver(run, parts);
      if (run.progress.scanner !== candidate.name)
        await noteProgress(run, { scanner: candidate.name }, parts);
      return await doSharedWork(run, candidate, parts, options);
    } catch (error) {
      const failure = error instanceof NotBegun ? error.failure : undefined;
      if (!failure) throw error;
      if (run.progress.candidate + 1 >= candidates.length) throw failure;
      const { candidate: asked, startedAt } = run.progress;
      const wasBegun = isBegun(run.progress);
      // What was found out with one scanner is of no use for the next.
      run.progress = {
        candidate: asked + 1,
        ...(startedAt !== undefined && { startedAt }),
        ...(wasBegun && { isBegun: true }),
      };
      await noteProgress(run, {}, parts);
    }
  }
}

/** Drydock's own scan, where those who were to be asked first could not. */
async function handOver(run: ComponentRun, parts: ComponentParts): Promise<'handed over'> {
  const { composite, component, credential } = run;
  const { image, plainHttp, manifestType } = composite.artifact;
  const scanId = await parts.scanHere(
    {
      image,
      priority: 'interactive',
      source: 'composite',
      requestedBy: composite.requestedBy,
      ...neededFor([component]),
      ...(plainHttp && { plainHttp }),
      ...(manifestType !== undefined && { manifestType }),
    },
    credential,
  );
  await noteProgress(run, { scanId }, parts);
  await parts.credentials?.forget(component.id);
  return 'handed over';
}

async function end(
  { component, progress }: Pick<ComponentRun, 'component' | 'progress'>,
  how: Omit<ComponentEnd, 'schema' | 'finishedAt'>,
  parts: ComponentParts,
): Promise<void> {
  const { startedAt, scanner } = progress;
  const finishedAt = new Date(parts.now()).toISOString();
  await settle(
    component,
    {
      ...how,
      finishedAt,
      ...(startedAt !== undefined && { startedAt }),
      ...(scanner !== undefined && { scanner }),
    },
    parts,
  );
}
