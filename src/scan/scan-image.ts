import { applyLayers } from '../analysis/apply-layers.ts';
import type { AppliedLayer } from '../analysis/merge-tree.ts';
import type { EnrichmentSource } from '../advisories/enrichment/source.ts';
import type { JavaDbSource } from '../advisories/java-db/source.ts';
import type { AdvisorySource } from '../advisories/source.ts';
import { scanFinished } from '../base/channels.ts';
import { sha256Of } from '../base/digest.ts';
import { DrydockError } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import type { AdvisoryDbVersion } from '../model/advisory.ts';
import type { Inventory } from '../model/analysis.ts';
import type { Digest, Image, Platform } from '../model/image.ts';
import type { Report, ScanKey } from '../model/report.ts';
import type { ImageSource, StreamedArchive } from '../oci/source.ts';
import type { Inventories } from '../store/inventories.ts';
import type { LayerAnalyses } from '../store/layer-analyses.ts';
import type { ReportCache } from '../store/reports.ts';
import { analyzeDirectory } from './analyze-directory.ts';
import { analyzeLayers, originOf, skippedLayers } from './analyze-layers.ts';
import { analyzeStreamedArchive } from './analyze-streamed.ts';
import type { ChosenAnalyzers } from './analyzers.ts';
import { assess, type AssessOptions } from './assess.ts';
import { alone, type Flights } from './flights.ts';
import type { LayerPool } from './layer-pool.ts';

/** What judging an inventory needs, and remembering the report. */
export interface JudgeParts {
  readonly analyzers: ChosenAnalyzers;
  readonly reports: ReportCache;
  readonly advisories: AdvisorySource;
  readonly javaDb?: JavaDbSource;
  readonly enrichment?: EnrichmentSource;
  /** Program and version, part of every report and its key. */
  readonly engine: string;
  readonly now: () => Date;
}

/** Everything a scan needs that outlives it. */
export interface ScanParts extends JudgeParts {
  readonly pool: LayerPool;
  readonly layerAnalyses: LayerAnalyses;
  readonly inventories: Inventories;
  /** Where several may ask for the same at the same time. */
  readonly flights?: Flights;
}

export type ScanTarget =
  | { readonly kind: 'image'; readonly source: ImageSource }
  | { readonly kind: 'streamed'; readonly archive: StreamedArchive }
  | { readonly kind: 'directory'; readonly path: string; readonly name: string }
  | { readonly kind: 'inventory'; readonly image: Image; readonly inventory: Inventory };

export interface ScanOptions extends AssessOptions {
  readonly platform?: Platform;
  /** Scan again even if a report is known. Layers are still not read twice. */
  readonly force?: boolean;
  /** By which way it was asked for, for metrics. */
  readonly source?: string;
}

/** A report, and what it can be found by again. */
export interface Scanned {
  readonly report: Report;
  readonly key: ScanKey;
  /** It was known already. */
  readonly isKnown: boolean;
  /** Others who ask for the same image get this very report. */
  readonly isCacheable: boolean;
}

/**
 * The whole journey from an image to its report. What is known already (report, inventory, layer analyses) is not
 * done again; nothing is remembered of an image that could not be read whole.
 *
 * @throws DrydockError of every kind that sources, layers and databases give
 */
export async function scanImage(
  target: ScanTarget,
  options: ScanOptions,
  parts: ScanParts,
  { signal }: Signal,
): Promise<Scanned> {
  const startedAt = performance.now();
  if (options.vulnerabilities) await currentDatabases(parts); // before anything is read in vain
  const subject = await openSubject(target, options, parts, { signal });
  const scanned = await reportOn(subject, options, parts, { signal });
  const seconds = (performance.now() - startedAt) / 1000;
  const { source } = options;
  const by = source !== undefined && { source };
  scanFinished.publish({ image: subject.image.name, seconds, cached: scanned.isKnown, ...by });
  return scanned;
}

async function reportOn(
  subject: Subject,
  options: ScanOptions,
  parts: ScanParts,
  { signal }: Signal,
): Promise<Scanned> {
  const { image, isCacheable } = subject;
  const inventory = (): Promise<Inventory> => subject.inventory({ signal });
  if (!isCacheable) return { ...(await judge(image, inventory, options, parts)), isCacheable };
  const key = await currentKey(image, options, parts);
  const find = async (): Promise<Scanned | undefined> => {
    const report = await parts.reports.find(key);
    // Found by digest, told under the name it was asked by.
    return report && { report: { ...report, image }, key, isKnown: true, isCacheable };
  };
  const known = options.force ? undefined : await find();
  if (known) return known;
  let isOwn = false;
  const make = async (o: Signal): Promise<Scanned> => {
    isOwn = true;
    const judged = await judge(image, () => subject.inventory(o), options, parts);
    await parts.reports.remember(judged.key, judged.report);
    return { ...judged, isCacheable };
  };
  const flights = options.force ? alone : (parts.flights ?? alone);
  const flight = { name: `report/${JSON.stringify(key)}`, origin: originOf(image), find, make };
  const scanned = await flights.run(flight, { signal });
  // Whoever made it may have asked by another name, and for all others it was known then.
  return { ...scanned, isKnown: scanned.isKnown || !isOwn, report: { ...scanned.report, image } };
}

/** Judges what is known of an image by the databases in use now, and remembers the report. Reads no image. */
export async function assessAgain(
  image: Image,
  inventory: Inventory,
  options: ScanOptions,
  parts: JudgeParts,
): Promise<Scanned> {
  const judged = await judge(image, () => Promise.resolve(inventory), options, parts);
  await parts.reports.remember(judged.key, judged.report);
  return { ...judged, isCacheable: true };
}

/** How often databases may be replaced while one and the same inventory is judged. */
const MAX_SWAPS = 5;

/** A report and its key, which speak of the same databases: they may be replaced at any moment. */
async function judge(
  image: Image,
  inventory: () => Promise<Inventory>,
  options: ScanOptions,
  parts: JudgeParts,
): Promise<Pick<Scanned, 'report' | 'key' | 'isKnown'>> {
  const subject = await inventory();
  let key = await currentKey(image, options, parts);
  for (let swaps = 0; swaps < MAX_SWAPS; swaps++) {
    const report = await assess(image, subject, options, parts);
    const now = await currentKey(image, options, parts);
    if (now.advisoryDbs === key.advisoryDbs) return { report, key, isKnown: false };
    key = now;
  }
  throw new DrydockError('DATABASE_UNAVAILABLE', 'the advisory database is replaced again and again', {
    hint: 'Look for two programs that update the same database.',
  });
}

/** What a report of that image is found by as of now. */
export async function currentKey(image: Image, options: ScanOptions, parts: JudgeParts): Promise<ScanKey> {
  return scanKey(image, options.vulnerabilities ? await currentDatabases(parts) : [], options, parts);
}

/** An image that is known by now, and its inventory for when it is needed. */
interface Subject {
  readonly image: Image;
  readonly isCacheable: boolean;
  readonly inventory: (options: Signal) => Promise<Inventory>;
}

async function openSubject(
  target: ScanTarget,
  options: ScanOptions,
  parts: ScanParts,
  { signal }: Signal,
): Promise<Subject> {
  if (target.kind === 'inventory') {
    const { image, inventory } = target;
    return { image, isCacheable: false, inventory: () => Promise.resolve(inventory) };
  }
  if (target.kind === 'directory') {
    const { image, inventory } = await analyzeDirectory(target.path, target.name, parts.analyzers, {
      signal,
    });
    return { image, isCacheable: false, inventory: () => Promise.resolve(inventory) };
  }
  if (target.kind === 'streamed') {
    const { image, layers } = await analyzeStreamedArchive(target.archive, options.platform, parts, {
      signal,
    });
    return { image, isCacheable: true, inventory: () => merge(image, () => Promise.resolve(layers), parts) };
  }
  const image = await target.source.resolve(options.platform, { signal });
  const layers = (o: Signal): Promise<AppliedLayer[]> => analyzeLayers(image, target.source, parts, o);
  return { image, isCacheable: true, inventory: (o) => merge(image, () => layers(o), parts) };
}

async function merge(
  image: Image,
  layers: () => Promise<AppliedLayer[]>,
  parts: ScanParts,
): Promise<Inventory> {
  const key = identityOf(image);
  const known = await parts.inventories.find(key);
  if (known) return known;
  const applied = applyLayers(await layers(), parts.analyzers.list);
  const inventory = { ...applied, diagnostics: [...skippedLayers(image), ...applied.diagnostics] };
  await parts.inventories.remember(key, inventory);
  return inventory;
}

/**
 * What decides on all that can be learnt of an image. A manifest's digest does; where there is none, as in Docker's
 * archives, layers may be stored in different ways, or be left out, for one and the same configuration.
 */
export function identityOf({ digest, configDigest, layers }: Image): Digest {
  if (digest !== configDigest) return digest;
  const told = layers.map((layer) => [layer.digest, layer.diffId, layer.skipped !== undefined]);
  return sha256Of(JSON.stringify([digest, told]));
}

/** The versions of all that a report depends on. @throws DrydockError DATABASE_MISSING */
export async function currentDatabases({
  advisories,
  javaDb,
  enrichment,
}: Pick<JudgeParts, 'advisories' | 'javaDb' | 'enrichment'>): Promise<AdvisoryDbVersion[]> {
  const versions = [await advisories.current(), ...(javaDb ? [await javaDb.current()] : [])];
  if (!versions.every((version) => version !== undefined)) {
    throw new DrydockError('DATABASE_MISSING', 'there is no advisory database yet', {
      hint: 'Run "drydock db update" where there is a network, or "drydock db import FILE" where there is none.',
    });
  }
  if (!enrichment) return versions;
  using opened = await enrichment.open();
  return [...versions, opened.version];
}

/** How keys name the databases. */
export function databasesText(databases: readonly AdvisoryDbVersion[]): string {
  return databases.map(({ source, digest }) => `${source}@${digest}`).join(',') || 'none';
}

function scanKey(
  image: Image,
  databases: readonly AdvisoryDbVersion[],
  options: ScanOptions,
  parts: JudgeParts,
): ScanKey {
  return {
    image: identityOf(image),
    analyzers: parts.analyzers.fingerprint,
    advisoryDbs: databasesText(databases),
    options: JSON.stringify([options.severitySources, options.licenseCategories ?? {}]),
    engine: parts.engine,
  };
}
