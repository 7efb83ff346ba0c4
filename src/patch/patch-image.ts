import { sha256Of } from '../base/digest.ts';
import type { Signal } from '../base/signal.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';
import type { Image } from '../model/image.ts';
import type { PatchOutcome, PatchPlan } from '../model/patch.ts';
import type { ImageSource } from '../oci/source.ts';
import { applyUpdates } from './embedded/apply-updates.ts';
import { withFileLists } from './file-lists.ts';
import { readBase, type BaseImage } from './image/base-image.ts';
import type { ImageDocuments } from './image/documents.ts';
import { writeLayer } from './image/layer.ts';
import { patchedImage, patchedSource, type PatchedImage, type PatchNote } from './image/patched-image.ts';
import { openRoot } from './image/root-of-image.ts';
import { planPatch, type PlanOptions, type PlanProgress } from './plan/plan-patch.ts';
import type { RootView } from './root/root-view.ts';
import type { ArchiveAccess } from './sources/archives.ts';
import { openPackageFetcher } from './sources/fetch-packages.ts';

/** An image that is to be patched, looked into. */
export interface PatchSubject {
  /** Without the layer of an earlier patch, which the new one replaces. */
  readonly base: BaseImage;
  readonly source: ImageSource;
  readonly root: RootView;
  readonly findings: readonly VulnerabilityFinding[];
}

/** Tells what an image suffers from. */
export type FindVulnerabilities = (
  image: Image,
  source: ImageSource,
  /** What was learnt of it may be kept under its digest. */
  isWhole: boolean,
  options: Signal,
) => Promise<readonly VulnerabilityFinding[]>;

export type PatchStep =
  | { readonly kind: 'reading' | 'scanning' | 'planning' | 'applying' | 'checking' }
  | ({ readonly kind: 'fetching' } & PlanProgress);

export interface PatchOptions extends PlanOptions {
  readonly archive: ArchiveAccess;
  /** Program and version. */
  readonly version: string;
  /** Seconds since 1970: the time that the image is said to be made at. The default follows from the inputs. */
  readonly sourceDateEpoch?: number;
  /** Whether unknown maintainer scripts may pass that are the same as before. */
  readonly scripts?: 'catalogued' | 'equal';
  readonly now: Date;
  readonly onStep?: (step: PatchStep) => void;
}

/**
 * Reads all that a patch needs to know of an image.
 *
 * @throws DrydockError what the source, its documents and its layers throw
 */
export async function openSubject(
  image: Image,
  source: ImageSource,
  documents: ImageDocuments,
  find: FindVulnerabilities,
  { signal, onStep }: Signal & Pick<PatchOptions, 'onStep'>,
): Promise<PatchSubject> {
  onStep?.({ kind: 'reading' });
  const base = await readBase(documents, image, { signal });
  const root = await openRoot(base.image, source, { signal });
  onStep?.({ kind: 'scanning' });
  const findings = await find(base.image, fixedSource(base.image, source), base.earlier === undefined, {
    signal,
  });
  return { base, source, root, findings };
}

/** The same source, for one image that is known. */
function fixedSource(image: Image, source: ImageSource): ImageSource {
  return {
    ...(source.isStreamed && { isStreamed: true }),
    resolve: () => Promise.resolve(image),
    openLayer: (of, layer, options) => source.openLayer(of, layer, options),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Which packages are to be replaced, and what stays unfixed for which reason. @throws DrydockError as planPatch */
export async function plan(
  subject: PatchSubject,
  options: PatchOptions,
  { signal }: Signal,
): Promise<PatchPlan> {
  const { base, root, findings } = subject;
  const { archive, now, onStep } = options;
  onStep?.({ kind: 'planning' });
  return await planPatch({
    image: base.image,
    root,
    findings,
    options,
    archive,
    now,
    signal,
    ...(onStep && { onProgress: (progress) => onStep({ kind: 'fetching', ...progress }) }),
  });
}

export interface AppliedPatch {
  readonly outcome: PatchOutcome;
  /** Absent where nothing was replaced. */
  readonly patched?: PatchedImage;
}

/**
 * Makes the patched image. Nothing is published, and nothing of the image is ever run.
 *
 * @throws DrydockError PATCH_UNSUPPORTED, PACKAGE_ARCHIVE_INVALID, PATCH_VERIFY_FAILED, ARCHIVE_UNAVAILABLE
 */
export async function apply(
  subject: PatchSubject,
  planned: PatchPlan,
  options: PatchOptions,
  { signal }: Signal,
): Promise<AppliedPatch> {
  const { base, root } = subject;
  const { archive, version, scripts, onStep } = options;
  if (planned.updates.length === 0) return { outcome: { applied: [], refused: [], notes: [] } };
  onStep?.({ kind: 'applying' });
  const created = createdAt(base, planned, options.sourceDateEpoch);
  const fetchPackage = await openPackageFetcher(root, options, archive, { signal });
  const { changes, outcome } = await applyUpdates(root, planned.updates, {
    fetch: (update) => fetchPackage(update.archive, { signal }),
    sourceDateEpoch: Math.floor(Date.parse(created) / 1000),
    ...(scripts && { scripts }),
    signal,
  });
  if (outcome.applied.length === 0) return { outcome };
  const whole = await withFileLists(changes, outcome.applied, root, { signal });
  const layer = await writeLayer(whole, root, { signal, latest: created });
  const note: PatchNote = {
    created,
    version,
    input: inputOf(base, outcome),
    packages: outcome.applied.map(({ name, to }) => ({ name, to })),
  };
  const patched = patchedImage(base, layer, note);
  const { digest, diffId, sizeBytes } = layer;
  return { outcome: { ...outcome, layer: { digest, diffId, sizeBytes } }, patched };
}

/** What a scan of the patched image says. */
export interface PatchProof {
  /** Of the patched image. */
  readonly remaining: readonly VulnerabilityFinding[];
  /** Of what was to be fixed, what is still found. */
  readonly notGone: readonly VulnerabilityFinding[];
  /** What was not found before; empty where that is not known. */
  readonly added: readonly VulnerabilityFinding[];
}

export interface ProofOptions extends Signal, Pick<PatchOptions, 'onStep'> {
  /** What was found before was read in a report, which may name a part of it only. */
  readonly isTold?: boolean;
}

/** Scans the result. @throws what the scan throws */
export async function prove(
  subject: PatchSubject,
  patched: PatchedImage,
  outcome: PatchOutcome,
  find: FindVulnerabilities,
  { signal, onStep, isTold = false }: ProofOptions,
): Promise<PatchProof> {
  onStep?.({ kind: 'checking' });
  const remaining = await find(patched.image, patchedSource(patched, subject.source), true, { signal });
  const promised = new Set(outcome.applied.flatMap(({ name, fixes }) => fixes.map((id) => `${id} ${name}`)));
  const before = new Set(subject.findings.map(keyOf));
  return {
    remaining,
    notGone: remaining.filter((finding) => promised.has(keyOf(finding))),
    added: isTold ? [] : remaining.filter((finding) => !before.has(keyOf(finding))),
  };
}

const keyOf = ({ id, package: { name } }: VulnerabilityFinding): string => `${id} ${name}`;

/** The same for the same inputs, so never the clock: the newest of what the patch was made from. */
function createdAt({ image }: BaseImage, { indexes }: PatchPlan, epoch: number | undefined): string {
  if (epoch !== undefined) return new Date(epoch * 1000).toISOString();
  const times = [image.config.created, ...indexes.map(({ date }) => date)]
    .map((text) => Date.parse(text ?? ''))
    .filter((time) => Number.isFinite(time));
  return new Date(Math.floor(Math.max(0, ...times) / 1000) * 1000).toISOString();
}

function inputOf({ origin }: BaseImage, { applied }: PatchOutcome): string {
  const packages = applied.map(({ name, architecture, to, archive }) => [
    name,
    architecture,
    to,
    archive.sha256,
  ]);
  return sha256Of(JSON.stringify([origin.digest, packages.sort()]));
}
