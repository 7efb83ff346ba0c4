import { availableParallelism } from 'node:os';
import { flightJoined, scanFailed } from '../../base/channels.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { toCatalogEntry } from '../../crawler/catalog-entry.ts';
import type { ScanRequest } from '../../model/job.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { parseReference } from '../../oci/reference.ts';
import { registryImageSource } from '../../oci/registry/registry-image.ts';
import type { RegistryClient } from '../../oci/registry/registry.ts';
import type { ChosenAnalyzers } from '../../scan/analyzers.ts';
import type { Flights } from '../../scan/flights.ts';
import { openLayerPool } from '../../scan/layer-pool.ts';
import { scanImage, type Scanned, type ScanOptions, type ScanParts } from '../../scan/scan-image.ts';
import type { Catalog, CatalogEntry, CatalogImage } from '../../store/catalog/catalog.ts';
import { openImageRecords } from '../../store/catalog/image-records.ts';
import { openInventories } from '../../store/inventories.ts';
import { openLayerAnalyses } from '../../store/layer-analyses.ts';
import type { Readers } from '../../store/readers.ts';
import type { ReportCache } from '../../store/reports.ts';
import { openSharedFlight } from '../../store/shared-flight.ts';
import type { Databases } from '../database-set.ts';
import type { Run } from '../run.ts';
import { openAnalyzerSets, type AnalyzerSets } from './analyzer-sets.ts';
import { openJudging, type Judging } from './judging.ts';
import type { Registries } from './registries.ts';
import type { SharedStore } from './shared-store.ts';

const ASKED_AGAIN_MS = 86_400_000;
const TOLD_MS = 86_400_000;
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
  /** Of all rules that file systems and settings are checked by where somebody wants that. */
  readonly ruleIds: AnalyzerSets['ruleIds'];
  scan(request: ScanRequest, credential: RegistryCredential | undefined, options: Signal): Promise<Scanned>;
  readonly assess: Judging['assess'];
  /** Of the sets of analyzers that `assess` knows. */
  readonly choices: AnalyzerSets['choices'];
}

interface SetInUse {
  readonly parts: ScanParts;
  readonly options: ScanOptions;
  /** It looks for what the settings of the server say. */
  readonly isUsual: boolean;
}

function partsFor(
  analyzers: ChosenAnalyzers,
  { cache }: SharedStore,
): Pick<ScanParts, 'analyzers' | 'layerAnalyses' | 'inventories'> {
  return {
    analyzers,
    layerAnalyses: openLayerAnalyses(cache, analyzers.fingerprint),
    inventories: openInventories(cache, analyzers.fingerprint),
  };
}

export async function openImageScans(given: ImageScansParts): Promise<ImageScans> {
  const { run, store, registries, reports, catalog, readers } = given;
  const { config } = run.loaded;
  const pool = openLayerPool({
    threads: Math.min(THREADS_MAX, availableParallelism()),
    downloads: config.parallel,
    ...(run.layerWorker && { script: run.layerWorker }),
  });
  const images = openImageRecords(store.cache);
  const sets = await openAnalyzerSets(config);
  const judging = openJudging({ ...given, sets });
  const { options } = judging;
  const parts: ScanParts = {
    ...judging.parts,
    ...partsFor(sets.own, store),
    pool,
    flights: flightsOver(store),
  };

  async function note(
    { report, key, isKnown }: Scanned,
    request: ScanRequest,
    isOwn: boolean,
    isUsual: boolean,
  ): Promise<void> {
    const { image } = request;
    await readers.grant(report.image.digest, image, isOwn ? request.requestedBy : undefined);
    const known = isKnown || !isUsual ? await catalog.find(key.image) : undefined;
    if (known && isNoted(known, image, parts.now())) return;
    // By rules of one asker, which are nobody else's business: nobody could judge the image again by them.
    if (!known && request.watchPaths) return;
    const entry = toCatalogEntry(report, key, { name: image, at: parts.now() });
    await images.remember(key.image, report.image);
    if (!known) await catalog.note(entry);
    // What is told of an image does not depend on what somebody has looked for besides.
    else await catalog.note(isUsual ? withPlaceOfReport(entry, known) : withReportOf(entry, known));
  }

  /** What is told of a known report is told for a day, however long it has been kept already. */
  async function keepLonger({ report, key, isKnown }: Scanned, { source }: ScanRequest): Promise<void> {
    const endsAt = Date.parse(report.scannedAt) + config.reportTtl * 1000;
    if (isKnown && source === 'composite' && endsAt - parts.now().getTime() < TOLD_MS)
      await reports.remember(key, report);
  }

  async function setFor(request: ScanRequest): Promise<SetInUse> {
    const set = await sets.forRequest(request);
    const vulnerabilities = options.vulnerabilities || (request.lookFor?.includes('vulnerability') ?? false);
    const isUsual = set === sets.own;
    const using = isUsual ? parts : { ...parts, ...partsFor(set, store) };
    return { parts: using, options: { ...options, vulnerabilities }, isUsual };
  }

  return {
    parts,
    options,
    ruleIds: sets.ruleIds,
    async scan(request, credential, { signal }) {
      const startedAt = performance.now();
      const by = request.source !== undefined && { source: request.source };
      try {
        const reference = parseReference(request.image);
        await registries.check(reference.registry, { signal });
        const { plainHttp } = request;
        const act = async (client: RegistryClient): Promise<Scanned> => {
          const source = sourceOf(client, request);
          const using = await setFor(request);
          const asked = {
            ...using.options,
            ...(request.platform !== undefined && { platform: parsePlatform(request.platform) }),
            ...(request.force && { force: true }),
            ...by,
          };
          const scanned = await scanImage({ kind: 'image', source }, asked, using.parts, { signal });
          await keepLonger(scanned, request);
          await note(scanned, request, credential !== undefined, using.isUsual);
          return scanned;
        };
        return await registries.using(credential, reference.registry, act, { plainHttp });
      } catch (error) {
        const seconds = (performance.now() - startedAt) / 1000;
        scanFailed.publish({ kind: error instanceof DrydockError ? error.kind : 'bug', seconds, ...by });
        throw error;
      }
    },
    assess: judging.assess,
    choices: sets.choices,
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await judging[Symbol.asyncDispose]();
    },
  };
}

/** Not each time that it is asked for, as much is asked for all the time. */
function isNoted({ names, askedAt }: CatalogImage, name: string, now: Date): boolean {
  return names.includes(name) && now.getTime() - Date.parse(askedAt ?? '') < ASKED_AGAIN_MS;
}

/** A report that was carried over lies where it lay before. */
function withPlaceOfReport(entry: CatalogEntry, { heldUnder, report }: CatalogImage): CatalogEntry {
  if (heldUnder === undefined || report.advisoryDbs !== entry.image.report.advisoryDbs) return entry;
  return { ...entry, image: { ...entry.image, heldUnder } };
}

/** Known by one name more, else as it was. */
function withReportOf(entry: CatalogEntry, known: CatalogImage): CatalogEntry {
  const { names, askedAt } = entry.image;
  return { ...entry, image: { ...known, names, ...(askedAt !== undefined && { askedAt }) } };
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
