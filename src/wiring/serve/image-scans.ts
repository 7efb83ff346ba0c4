import { availableParallelism } from 'node:os';
import { flightJoined, scanFailed } from '../../base/channels.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { toCatalogEntry } from '../../crawler/catalog-entry.ts';
import { shareAdvisories } from '../../crawler/shared-advisories.ts';
import type { Inventory } from '../../model/analysis.ts';
import type { Image } from '../../model/image.ts';
import type { ScanRequest } from '../../model/job.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { parseReference } from '../../oci/reference.ts';
import { registryImageSource } from '../../oci/registry/registry-image.ts';
import type { RegistryClient } from '../../oci/registry/registry.ts';
import { chooseAnalyzers } from '../../scan/analyzers.ts';
import type { Flights } from '../../scan/flights.ts';
import { openLayerPool } from '../../scan/layer-pool.ts';
import {
  assessAgain,
  scanImage,
  type Scanned,
  type ScanOptions,
  type ScanParts,
} from '../../scan/scan-image.ts';
import type { Catalog } from '../../store/catalog/catalog.ts';
import { openInventories } from '../../store/inventories.ts';
import { openLayerAnalyses } from '../../store/layer-analyses.ts';
import type { Readers } from '../../store/readers.ts';
import type { ReportCache } from '../../store/reports.ts';
import { openSharedFlight } from '../../store/shared-flight.ts';
import { chooseWhatToLookFor, licenseCategoriesOf } from '../choice.ts';
import type { Databases } from '../database-set.ts';
import type { Run } from '../run.ts';
import type { Registries } from './registries.ts';
import type { SharedStore } from './shared-store.ts';

const THREADS_MAX = 8;
/** Who died over a layer or a report is replaced after so long. */
const FLIGHT_TTL_SECONDS = 5;

export interface ImageScansParts {
  readonly run: Run;
  readonly store: SharedStore;
  readonly databases: Databases;
  readonly registries: Registries;
  readonly reports: ReportCache;
  readonly catalog: Catalog;
  readonly readers: Readers;
}

/** Scans of images in registries, for whoever asks. */
export interface ImageScans extends AsyncDisposable {
  readonly parts: ScanParts;
  readonly options: ScanOptions;
  scan(request: ScanRequest, credential: RegistryCredential | undefined, options: Signal): Promise<Scanned>;
  /** Judges again what is known, by the databases in use now. */
  assess(image: Image, inventory: Inventory): Promise<Scanned>;
}

export async function openImageScans(given: ImageScansParts): Promise<ImageScans> {
  const { run, store, databases, registries, reports, catalog, readers } = given;
  const { config } = run.loaded;
  const pool = openLayerPool({
    threads: Math.min(THREADS_MAX, availableParallelism()),
    downloads: config.parallel,
    ...(run.layerWorker && { script: run.layerWorker }),
  });
  const advisories = shareAdvisories(databases.advisories);
  const analyzers = await chooseAnalyzers(await chooseWhatToLookFor(config));
  const parts: ScanParts = {
    analyzers,
    pool,
    layerAnalyses: openLayerAnalyses(store.cache, analyzers.fingerprint),
    inventories: openInventories(store.cache, analyzers.fingerprint),
    reports,
    advisories,
    ...(databases.java && { javaDb: databases.java }),
    ...(databases.enrichment && { enrichment: databases.enrichment }),
    flights: flightsOver(store),
    engine: `drydock/${run.version}`,
    now: () => new Date(),
  };
  const options: ScanOptions = {
    vulnerabilities: config.scanners.includes('vuln'),
    severitySources: config.vulnSeveritySource,
    licenseCategories: licenseCategoriesOf(config),
  };

  async function note(
    { report, key, isKnown }: Scanned,
    request: ScanRequest,
    isOwn: boolean,
  ): Promise<void> {
    const { image } = request;
    await readers.grant(report.image.digest, image, isOwn ? request.requestedBy : undefined);
    const known = isKnown ? await catalog.find(key.image) : undefined;
    if (!known?.names.includes(image)) await catalog.note(toCatalogEntry(report, key, image));
  }

  return {
    parts,
    options,
    async scan(request, credential, { signal }) {
      const startedAt = performance.now();
      const by = request.source !== undefined && { source: request.source };
      try {
        const reference = parseReference(request.image);
        await registries.check(reference.registry, { signal });
        const { plainHttp } = request;
        const act = async (client: RegistryClient): Promise<Scanned> => {
          const source = sourceOf(client, request);
          const asked = {
            ...options,
            ...(request.platform !== undefined && { platform: parsePlatform(request.platform) }),
            ...(request.force && { force: true }),
            ...by,
          };
          const scanned = await scanImage({ kind: 'image', source }, asked, parts, { signal });
          await note(scanned, request, credential !== undefined);
          return scanned;
        };
        return await registries.using(credential, reference.registry, act, { plainHttp });
      } catch (error) {
        const seconds = (performance.now() - startedAt) / 1000;
        scanFailed.publish({ kind: error instanceof DrydockError ? error.kind : 'bug', seconds, ...by });
        throw error;
      }
    },
    assess: (image, inventory) => assessAgain(image, inventory, options, parts),
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await advisories[Symbol.asyncDispose]();
    },
  };
}

const sourceOf = (client: RegistryClient, { image }: ScanRequest) =>
  registryImageSource(client, parseReference(image), image);

function flightsOver({ leases }: SharedStore): Flights {
  const shared = openSharedFlight(leases);
  return {
    run: (flight, { signal }) =>
      shared.run({
        ...flight,
        ttlSeconds: FLIGHT_TTL_SECONDS,
        signal,
        onJoin: () => flightJoined.publish({ what: flight.name.split('/')[0] ?? '' }),
      }),
  };
}
