import { availableParallelism } from 'node:os';
import type { Signal } from '../base/signal.ts';
import type { Report } from '../model/report.ts';
import { parsePlatform } from '../oci/platform.ts';
import type { ImageSource } from '../oci/source.ts';
import { chooseAnalyzers, type AnalyzerChoice } from '../scan/analyzers.ts';
import { openLayerPool, type LayerPool } from '../scan/layer-pool.ts';
import { scanImage, type ScanOptions, type ScanParts } from '../scan/scan-image.ts';
import { openFileStore } from '../store/files.ts';
import { openInventories } from '../store/inventories.ts';
import { openLayerAnalyses } from '../store/layer-analyses.ts';
import { openMemoryStore } from '../store/memory.ts';
import { openReports } from '../store/reports.ts';
import type { Store } from '../store/store.ts';
import { storeDirectory } from './cache.ts';
import { chooseWhatToLookFor, licenseCategoriesOf } from './choice.ts';
import type { Databases } from './database-set.ts';
import { openDatabases } from './databases.ts';
import { lazily } from './lazily.ts';
import { filesAmong, locateFor, registriesOf } from './locate-images.ts';
import { prepareDatabases } from './prepare-databases.ts';
import { openRegistryClient } from './registry-client.ts';
import type { Run } from './run.ts';
import { openTarget } from './targets.ts';

/** Beyond this many threads disk and network are the limit, and each costs memory. */
const THREADS_MAX = 8;

export interface Scanning extends AsyncDisposable {
  /** Paths of those images that are files. */
  readonly files: readonly string[];
  /** Brings the advisory database when it is due and may be. */
  prepareDatabase(options: Signal): Promise<void>;
  /** @param image one of those that it was opened for, as it was named */
  scan(image: string, options: Signal): Promise<Report>;
}

export interface LocalScanning extends Scanning {
  /**
   * Scans an image that somebody else has opened.
   *
   * @param isWhole false: it is not what its digest stands for, so that nothing is remembered of it but its layers
   */
  scanSource(source: ImageSource, isWhole: boolean, options: Signal): Promise<Report>;
}

/** Everything a scan needs. The network is not touched before an image or the database is asked for. */
export async function openScanning(run: Run, images: readonly string[]): Promise<LocalScanning> {
  const { config } = run.loaded;
  const isAsked = images.length > 0 && config.platform !== undefined;
  const platform = isAsked ? parsePlatform(config.platform ?? '') : undefined;
  const options: ScanOptions = {
    vulnerabilities: config.scanners.includes('vuln'),
    severitySources: config.vulnSeveritySource,
    licenseCategories: licenseCategoriesOf(config),
    force: config.force,
    ...(platform && { platform }),
  };
  const located = new Map(images.map((image) => [image, locateFor(config, image)]));
  const registries = await registriesOf([...located.values()]);
  const registry = lazily(() => openRegistryClient(run, registries));
  const databases = await openDatabases(run, registry.get);
  const pool = openLayerPool({
    threads: Math.min(THREADS_MAX, availableParallelism()),
    downloads: config.parallel,
    keepsHeapSmall: true,
    ...(run.layerWorker && { script: run.layerWorker }),
  });
  // Without a cache, images of one run may still share layers; a single one has nothing to remember.
  const memory = images.length > 1 ? openMemoryStore() : undefined;
  const store = config.cache ? openFileStore(storeDirectory(config)) : memory;
  const choice = await chooseWhatToLookFor(config);
  const parts = await scanParts(run, pool, store, databases, choice);
  return {
    files: await filesAmong([...located.values()]),
    prepareDatabase: (signal) => prepareDatabases(config, databases, signal),
    async scan(image, signal) {
      const location = await (located.get(image) ?? locateFor(config, image));
      await using target = await openTarget(location, run, registry.get);
      return (await scanImage(target, options, parts, signal)).report;
    },
    async scanSource(source, isWhole, signal) {
      const forgetful = {
        inventories: openInventories(undefined, parts.analyzers.fingerprint),
        reports: openReports(undefined),
      };
      const using = isWhole ? parts : { ...parts, ...forgetful };
      return (await scanImage({ kind: 'image', source }, options, using, signal)).report;
    },
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await store?.[Symbol.asyncDispose]();
      await databases[Symbol.asyncDispose]();
      await registry.close();
    },
  };
}

async function scanParts(
  run: Run,
  pool: LayerPool,
  store: Store | undefined,
  databases: Databases,
  choice: AnalyzerChoice,
): Promise<ScanParts> {
  const analyzers = await chooseAnalyzers(choice);
  return {
    analyzers,
    pool,
    layerAnalyses: openLayerAnalyses(store, analyzers.fingerprint),
    inventories: openInventories(store, analyzers.fingerprint),
    reports: openReports(store),
    advisories: databases.advisories,
    ...(databases.java && { javaDb: databases.java }),
    ...(databases.enrichment && { enrichment: databases.enrichment }),
    engine: `drydock/${run.version}`,
    now: () => new Date(),
  };
}
