import { setTimeout as wait } from 'node:timers/promises';
import { DrydockError } from '../../base/errors.ts';
import type { Limiter } from '../../base/limit.ts';
import type { Signal } from '../../base/signal.ts';
import type { Candidate, ComponentProgress, CompositeArtifact } from '../../model/composite.ts';
import type { ScanRequest } from '../../model/job.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import type { ComponentWork } from '../../store/component-work.ts';
import type { CompositeRecords, FoundComponent } from '../../store/composite-records.ts';
import type { Leases } from '../../store/leases.ts';
import type { SealedValues } from '../../store/sealed-values.ts';
import type { ScannerChoice } from '../scanners/choice.ts';
import { ScannerFailure, type Scanner, type ScanTask } from '../scanners/scanner.ts';
import { timedOut, type TimeLimits } from './component-failure.ts';

/** Whether somebody may read an artifact; `unknown` where no registry could be asked. */
export type Readability = 'yes' | 'no' | 'unknown';

/** Everything that the work of other scanners needs. */
export interface ComponentParts extends TimeLimits {
  readonly records: CompositeRecords;
  readonly work: ComponentWork;
  readonly leases: Leases;
  readonly choice: Pick<ScannerChoice, 'find'>;
  readonly credentials?: SealedValues;
  /** Scanners may not be sent to where nobody here may go. @throws ScannerFailure */
  readonly checkRegistry: (artifact: CompositeArtifact, options: Signal) => Promise<void>;
  /** Asks the registry, with the credential of whoever wants the report. */
  readonly isReadable: (
    artifact: CompositeArtifact,
    credential: RegistryCredential | undefined,
    options: Signal,
  ) => Promise<Readability>;
  /** Has Drydock scan instead. @returns the id of the scan */
  readonly scanHere: (request: ScanRequest, credential: RegistryCredential | undefined) => Promise<string>;
  /** Between attempts at what may pass by itself. */
  readonly backoffMs: readonly number[];
  /** From the begin of a task to the first look at it. */
  readonly firstLookMs: number;
  /** How often it is looked whether a part was called off. */
  readonly lookMs: number;
  /** How long a report is served to others, if its scanner says how old its databases are, and if not. */
  readonly sharedSeconds: { readonly known: number; readonly unknown: number };
  readonly now: () => number;
  /** Places at a scanner, by its id. */
  readonly placesAt: (scannerId: string, places: number) => Limiter;
}

/** One part, on its way. */
export interface ComponentRun extends FoundComponent {
  readonly credential: RegistryCredential | undefined;
  readonly task: ScanTask;
  progress: Omit<ComponentProgress, 'schema'>;
}

/** A candidate that is another scanner. */
export type Other = Extract<Candidate, { kind: 'scanner' }>;

/** A scanner that did not even begin, so that the next one may be asked. */
export class NotBegun extends Error {
  override readonly name = 'NotBegun';
  readonly failure: ScannerFailure;

  constructor(failure: ScannerFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

export function taskOf(
  { composite, component }: FoundComponent,
  credential: RegistryCredential | undefined,
): ScanTask {
  const { registryUrl, repository, digest, tag, manifestType } = composite.artifact;
  return {
    registryUrl,
    repository,
    digest,
    mediaType: component.mediaType,
    parameters: component.parameters,
    ...(tag !== undefined && { tag }),
    ...(manifestType !== undefined && { manifestType }),
    ...(credential && { credential }),
  };
}

/** Says how far a part is, for whoever looks and for whoever goes on with it. */
export async function noteProgress(
  run: ComponentRun,
  change: Partial<ComponentRun['progress']>,
  { records }: ComponentParts,
): Promise<void> {
  run.progress = { ...run.progress, ...change };
  await records.note(run.component.id, run.progress);
}

/** A few attempts at what may pass by itself. */
export async function patiently<T>(
  act: () => Promise<T>,
  waits: readonly number[],
  { signal }: Signal,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await act();
    } catch (error) {
      signal.throwIfAborted();
      const ms = waits[failures];
      if (ms === undefined || !(error instanceof ScannerFailure) || !error.retryable || error.isForgotten)
        throw error;
      await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** Not even a scanner that does not listen keeps its part from ending. */
export async function unlessAborted<T>(task: Promise<T>, { signal }: Signal): Promise<T> {
  let leave = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    leave = () => signal.removeEventListener('abort', onAbort);
  });
  task.catch(() => undefined); // nobody may wait for it any more
  try {
    return await Promise.race([task, aborted]);
  } finally {
    leave();
  }
}

/** @param wasBegun and not done within so many seconds; else it was not begun */
export function lateFailure(seconds: number, wasBegun: boolean): ScannerFailure {
  const { message, retryable } = timedOut(seconds, wasBegun);
  return new ScannerFailure('SCAN_TIMEOUT', message, { retryable });
}

/** Our own store being away, or our own mistake: nothing that a scanner has to do with. */
export function isOurs(error: unknown): boolean {
  return error instanceof DrydockError && error.kind === 'upstream';
}

/** @throws ScannerFailure NO_SCANNER */
export async function scannerOf({ id, name }: Other, { choice }: ComponentParts): Promise<Scanner> {
  const scanner = await choice.find(id);
  if (scanner) return scanner;
  throw new ScannerFailure('NO_SCANNER', `scanner ${name} is not registered any more`);
}
