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
import { analyzeLayers, skippedLayers } from './analyze-layers.ts';
import { analyzeStreamedArchive } from './analyze-streamed.ts';
import type { ChosenAnalyzers } from './analyzers.ts';
import { assess, type AssessOptions } from './assess.ts';
import type { LayerPool } from './layer-pool.ts';

/** Everything a scan needs that outlives it. */
export interface ScanParts {
  readonly analyzers: ChosenAnalyzers;
  readonly pool: LayerPool;
  readonly layerAnalyses: LayerAnalyses;
  readonly inventories: Inventories;
  readonly reports: ReportCache;
  readonly advisories: AdvisorySource;
  readonly javaDb?: JavaDbSource;
  readonly enrichment?: EnrichmentSource;
  /** Program and version, part of every report and its key. */
  readonly engine: string;
  readonly now: () => Date;
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
): Promise<Report> {
  const startedAt = performance.now();
  const databases = options.vulnerabilities ? await currentDatabases(parts) : [];
  const subject = await openSubject(target, options, parts, { signal });
  const key = scanKey(subject.image, databases, options, parts);
  const known = options.force || !subject.isCacheable ? undefined : await parts.reports.find(key);
  // Found by digest, told under the name it was asked by.
  const report = known
    ? { ...known, image: subject.image }
    : await assess(subject.image, await subject.inventory(), options, parts);
  if (!known && subject.isCacheable) await parts.reports.remember(key, report);
  const seconds = (performance.now() - startedAt) / 1000;
  scanFinished.publish({ image: subject.image.name, seconds, cached: known !== undefined });
  return report;
}

/** An image that is known by now, and its inventory for when it is needed. */
interface Subject {
  readonly image: Image;
  readonly isCacheable: boolean;
  readonly inventory: () => Promise<Inventory>;
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
  const layers = (): Promise<AppliedLayer[]> => analyzeLayers(image, target.source, parts, { signal });
  return { image, isCacheable: true, inventory: () => merge(image, layers, parts) };
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
function identityOf({ digest, configDigest, layers }: Image): Digest {
  if (digest !== configDigest) return digest;
  const told = layers.map((layer) => [layer.digest, layer.diffId, layer.skipped !== undefined]);
  return sha256Of(JSON.stringify([digest, told]));
}

/** The versions of all that a report depends on. */
async function currentDatabases({ advisories, javaDb, enrichment }: ScanParts): Promise<AdvisoryDbVersion[]> {
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

function scanKey(
  image: Image,
  databases: readonly AdvisoryDbVersion[],
  options: ScanOptions,
  parts: ScanParts,
): ScanKey {
  return {
    image: identityOf(image),
    analyzers: parts.analyzers.fingerprint,
    advisoryDbs: databases.map(({ source, digest }) => `${source}@${digest}`).join(',') || 'none',
    options: JSON.stringify([options.severitySources, options.licenseCategories ?? {}]),
    engine: parts.engine,
  };
}
