import { sha256Of } from '../base/digest.ts';
import { DrydockError } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';
import type { Image } from '../model/image.ts';
import type { NamedUpdate, PackageUpdate, PatchOutcome, PatchPlan } from '../model/patch.ts';
import type { ImageSource } from '../oci/source.ts';
import { withFileLists } from './file-lists.ts';
import { readBase, type BaseImage } from './image/base-image.ts';
import type { ImageDocuments } from './image/documents.ts';
import { writeLayer } from './image/layer.ts';
import { patchedImage, patchedSource, type PatchedImage, type PatchNote } from './image/patched-image.ts';
import { openRoot } from './image/root-of-image.ts';
import { managerOf } from './package-manager.ts';
import type { PlanOptions, PlanProgress } from './plan/plan-patch.ts';
import type { RootView } from './root/root-view.ts';
import type { ArchiveAccess } from './sources/archives.ts';
import type { FetchPackage } from './sources/fetch-packages.ts';

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
  | { readonly kind: 'reading' | 'scanning' | 'planning' | 'judging' | 'applying' | 'checking' }
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
  onStep?.({ kind: 'scanning' });
  // Where the scan has to read the layers too, it does so on threads of its own meanwhile.
  const scanning = find(base.image, fixedSource(base.image, source), base.earlier === undefined, { signal });
  const [read, scanned] = await Promise.allSettled([openRoot(base.image, source, { signal }), scanning]);
  if (read.status === 'rejected') throw read.reason;
  if (scanned.status === 'rejected') throw scanned.reason;
  const [root, findings] = [read.value, scanned.value];
  return { base, source, root, findings };
}

/** The same source, for one image that is known. */
export function fixedSource(image: Image, source: ImageSource): ImageSource {
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
  return await managerOf(root).plan({
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

/** What is fetched at most only to say what would become of it. */
const MAX_REVIEW_BYTES = 1 << 30;

/**
 * What {@link apply} would replace and refuse, and what is known of each package's scripts. For that the packages are
 * fetched, and kept where the archive access has a cache; nothing is made. Where they cannot be had, the notes say so.
 *
 * @throws DrydockError PATCH_UNSUPPORTED, PACKAGE_ARCHIVE_INVALID, ARCHIVE_UNTRUSTED
 */
export async function review(
  { root }: PatchSubject,
  planned: PatchPlan,
  options: PatchOptions,
  { signal }: Signal,
): Promise<PatchOutcome> {
  const { archive, scripts, onStep } = options;
  const { updates } = planned;
  const unjudged = (why: string): PatchOutcome => ({
    applied: updates,
    refused: [],
    notes: updates.length === 0 ? [] : [`scripts of packages were not judged: ${why}`],
  });
  const bytes = updates.reduce((sum, { archive: { sizeBytes } }) => sum + sizeBytes, 0);
  if (bytes > MAX_REVIEW_BYTES) return unjudged(`${bytes >> 20} MiB would have to be fetched`);
  if (updates.length === 0) return unjudged('');
  onStep?.({ kind: 'judging' });
  const manager = managerOf(root);
  const fetchPackage = await manager.openFetcher(root, options, archive, { signal });
  try {
    const judged = await manager.judge(root, updates, {
      fetch: fetching(fetchPackage, options, { signal }),
      ...(scripts && { scripts }),
      signal,
    });
    const { accepted, refused, risks, notes } = judged;
    return { applied: accepted.map(({ update }) => update), refused, notes: [...new Set(notes)], risks };
  } catch (error) {
    const isAway = error instanceof DrydockError && error.code === 'ARCHIVE_UNAVAILABLE';
    if (!isAway) throw error;
    return unjudged(error.message);
  }
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
  const manager = managerOf(root);
  const fetchPackage = await manager.openFetcher(root, options, archive, { signal });
  const { changes, outcome } = await manager.apply(root, planned.updates, {
    fetch: fetching(fetchPackage, options, { signal }),
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

/** Tells of each package that has come. */
function fetching(
  fetchPackage: FetchPackage,
  { onStep }: PatchOptions,
  { signal }: Signal,
): (update: PackageUpdate) => Promise<Uint8Array> {
  return async ({ archive }) => {
    const content = await fetchPackage(archive, { signal });
    const { sizeBytes: totalBytes } = archive;
    onStep?.({ kind: 'fetching', url: withoutLogin(archive.url), receivedBytes: content.length, totalBytes });
    return content;
  };
}

function withoutLogin(address: string): string {
  if (!URL.canParse(address)) return '';
  const url = new URL(address);
  url.username = url.password = '';
  return url.href;
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
  return proofOf(subject.findings, remaining, outcome.applied, { isTold });
}

/** What the findings after a patch say of it, whoever made it. */
export function proofOf(
  before: readonly VulnerabilityFinding[],
  remaining: readonly VulnerabilityFinding[],
  applied: readonly Pick<NamedUpdate, 'name' | 'fixes'>[],
  { isTold = false }: Pick<ProofOptions, 'isTold'> = {},
): PatchProof {
  const promised = new Set(applied.flatMap(({ name, fixes }) => fixes.map((id) => `${id} ${name}`)));
  const known = new Set(before.map(keyOf));
  return {
    remaining,
    notGone: remaining.filter((finding) => promised.has(keyOf(finding))),
    added: isTold ? [] : remaining.filter((finding) => !known.has(keyOf(finding))),
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
