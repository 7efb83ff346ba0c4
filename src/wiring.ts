import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { AdvisorySource } from './advisories/source.ts';
import { trivyDbSource, type TrivyDbSource } from './advisories/trivy-db/source.ts';
import { useDirectory, type UsedDirectory } from './advisories/trivy-db/use-directory.ts';
import { notices } from './base/channels.ts';
import { DrydockError, messageOf } from './base/errors.ts';
import { Secret } from './base/secret.ts';
import type { Signal } from './base/signal.ts';
import { readCertificates } from './config/certificates.ts';
import type { LoadedConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { registryHosts } from './config/registries.ts';
import type { Report } from './model/report.ts';
import type { RegistryCredential } from './oci/credentials/credential.ts';
import { openLayout } from './oci/layout/layout.ts';
import { locate, type Location } from './oci/locate.ts';
import { parsePlatform } from './oci/platform.ts';
import type { ImageSource } from './oci/source.ts';
import type { RegistryClient } from './oci/registry/registry.ts';
import { chooseAnalyzers } from './scan/analyzers.ts';
import { openLayerPool, type LayerPool } from './scan/layer-pool.ts';
import { scanImage, type ScanOptions, type ScanParts, type ScanTarget } from './scan/scan-image.ts';
import { openFileStore, type FileStore } from './store/files.ts';
import { openInventories } from './store/inventories.ts';
import { openLayerAnalyses } from './store/layer-analyses.ts';
import { openMemoryStore } from './store/memory.ts';
import { openReports } from './store/reports.ts';
import type { Store } from './store/store.ts';

/** What stays the same for one run of the program. */
export interface Run {
  readonly loaded: LoadedConfig;
  readonly version: string;
  /** The script for layer threads; without it everything is read on one thread. */
  readonly layerWorker?: URL;
  /** Standard input, when asked for. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** Of the user that the settings name. */
  readonly password?: string;
}

/** Beyond this many threads disk and network are the limit, and each costs memory. */
const THREADS_MAX = 8;
const READ_BYTES = 1 << 20;

export interface Scanning extends AsyncDisposable {
  /** Paths of those images that are files. */
  readonly files: readonly string[];
  /** Brings the advisory database when it is due and may be. */
  prepareDatabase(options: Signal): Promise<void>;
  /** @param image one of those that it was opened for, as it was named */
  scan(image: string, options: Signal): Promise<Report>;
}

/** Everything a scan needs. The network is not touched before an image or the database is asked for. */
export async function openScanning(run: Run, images: readonly string[]): Promise<Scanning> {
  const { config } = run.loaded;
  const platform = config.platform === undefined ? undefined : parsePlatform(config.platform);
  const options: ScanOptions = {
    severitySources: config.vulnSeveritySource,
    force: config.force,
    ...(platform && { platform }),
  };
  const located = new Map(images.map((image) => [image, locateFor(config, image)]));
  const registries = await registriesOf([...located.values()]);
  const registry = lazily(() => openRegistryClient(run, registries));
  const { used } = databasesOf(run, registry.get);
  const pool = openLayerPool({
    threads: Math.min(THREADS_MAX, availableParallelism()),
    downloads: config.parallel,
    ...(run.layerWorker && { script: run.layerWorker }),
  });
  // Without a cache, images of one run may still share layers; a single one has nothing to remember.
  const memory = images.length > 1 ? openMemoryStore() : undefined;
  const store = config.cache ? openFileStore(storeDirectory(config)) : memory;
  const parts = scanParts(run, pool, store, used);
  return {
    files: await filesAmong([...located.values()]),
    prepareDatabase: (signal) => prepareDatabase(config, used, signal),
    async scan(image, signal) {
      const location = await (located.get(image) ?? locateFor(config, image));
      await using target = await openTarget(location, run, registry.get);
      return await scanImage(target, options, parts, signal);
    },
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await store?.[Symbol.asyncDispose]();
      await registry.close();
    },
  };
}

async function locateFor({ offline }: Config, image: string): Promise<Location> {
  const location = await locate(image);
  if (location.kind !== 'registry' || !offline) return location;
  throw new DrydockError('USAGE_INVALID', `${image} is in a registry, and --offline forbids the network`, {
    hint: 'Copy the image to an OCI layout or archive and scan that.',
  });
}

/** One that is not found concerns only who asks for it; when none is, there is nothing to open. */
async function registriesOf(located: readonly Promise<Location>[]): Promise<string[]> {
  const found = await Promise.allSettled(located);
  if (found.every(({ status }) => status === 'rejected')) await Promise.all(located);
  return found.flatMap((one) => {
    return one.status === 'fulfilled' && one.value.kind === 'registry' ? [one.value.reference.registry] : [];
  });
}

async function filesAmong(located: readonly Promise<Location>[]): Promise<string[]> {
  const found = await Promise.allSettled(located);
  return found.flatMap((one) =>
    one.status === 'fulfilled' && one.value.kind === 'archive' ? [one.value.path] : [],
  );
}

function scanParts(
  run: Run,
  pool: LayerPool,
  store: Store | undefined,
  advisories: AdvisorySource,
): ScanParts {
  const analyzers = chooseAnalyzers({ subject: 'installed', scanners: [] });
  return {
    analyzers,
    pool,
    layerAnalyses: openLayerAnalyses(store, analyzers.fingerprint),
    inventories: openInventories(store, analyzers.fingerprint),
    reports: openReports(store),
    advisories,
    engine: `drydock/${run.version}`,
    now: () => new Date(),
  };
}

/** With a database at hand, asking for a newer one must not cost more than this. */
const UPDATE_PATIENCE_MS = 20_000;

/** An old database is better than none, as long as it is said. */
async function prepareDatabase(config: Config, database: AdvisorySource, { signal }: Signal): Promise<void> {
  if (config.skipDbUpdate || config.offline || config.dbPath !== undefined) return;
  const current = await database.current().catch(() => undefined); // an update mends what cannot be read
  const patience = current ? AbortSignal.any([signal, AbortSignal.timeout(UPDATE_PATIENCE_MS)]) : signal;
  try {
    await database.update({ signal: patience });
  } catch (error) {
    if (!current || signal.aborted) throw error;
    const reason = patience.aborted
      ? `no newer database came within ${UPDATE_PATIENCE_MS / 1000} s`
      : messageOf(error);
    const message = `${reason}; the one of ${current.builtAt.slice(0, 10)} is used`;
    notices.publish({ code: 'DATABASE_NOT_UPDATED', message });
  }
}

type OpenTarget = ScanTarget & AsyncDisposable;

async function openTarget(
  location: Location,
  run: Run,
  registry: () => Promise<RegistryClient>,
): Promise<OpenTarget> {
  const { name } = location;
  switch (location.kind) {
    case 'registry': {
      const { registryImageSource } = await import('./oci/registry/registry-image.ts');
      return imageTarget(registryImageSource(await registry(), location.reference, name));
    }
    case 'layout':
      return imageTarget(await openLayout(location.path, location, name));
    case 'archive': {
      const { openArchive } = await import('./oci/archive/archive.ts');
      const source = await openArchive(location.path, location.archive, location, name);
      if (source) return imageTarget(source);
      return await streamTarget(location, () =>
        createReadStream(location.path, { highWaterMark: READ_BYTES }),
      );
    }
    case 'stdin':
      return await streamTarget(location, run.stdin);
    case 'directory':
      return { kind: 'directory', path: location.path, name, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}

function imageTarget(source: ImageSource): OpenTarget {
  return { kind: 'image', source, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
}

async function streamTarget(
  location: Location & { kind: 'archive' | 'stdin' },
  open: () => AsyncIterable<Uint8Array>,
): Promise<OpenTarget> {
  const { openStreamedArchive } = await import('./oci/archive/streamed-archive.ts');
  const archive = openStreamedArchive(open, location.archive, location, location.name);
  return { kind: 'streamed', archive, [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose]() };
}

/** Advisory databases: what scans use, and our own copy of a published one. */
export interface Databases extends AsyncDisposable {
  readonly used: TrivyDbSource | UsedDirectory;
  readonly own: TrivyDbSource;
}

export function openDatabases(run: Run): Databases {
  const hosts = new Set(run.loaded.config.dbRepository.map((source) => source.split('/')[0] ?? ''));
  // A login for one registry is not shown to a list of them.
  const registry = lazily(() => openRegistryClient(run, hosts.size === 1 ? [...hosts] : []));
  return { ...databasesOf(run, registry.get), [Symbol.asyncDispose]: registry.close };
}

function databasesOf(
  { loaded: { config } }: Run,
  registry: () => Promise<RegistryClient>,
): Omit<Databases, keyof AsyncDisposable> {
  const own = trivyDbSource({
    root: config.cacheDir,
    sources: config.dbRepository,
    offline: config.offline,
    registry,
  });
  return { own, used: config.dbPath === undefined ? own : useDirectory(config.dbPath) };
}

/** @param registries those for which a user name or token was given: no other host shall see it */
async function openRegistryClient(run: Run, registries: readonly string[]): Promise<RegistryClient> {
  const { config, surroundings } = run.loaded;
  const [{ openRegistry }, { dockerConfigCredentials, firstOf, staticCredentials }] = await Promise.all([
    import('./oci/registry/registry.ts'),
    import('./oci/credentials/credentials.ts'),
  ]);
  const { http, https, no } = surroundings.proxy;
  const hosts = [...registryHosts(config)];
  const certificates = await readCertificates(config);
  const given = givenCredential(run);
  const hostsNamed = [...new Set(registries)];
  if (given && hostsNamed.length > 1) {
    throw new DrydockError(
      'USAGE_INVALID',
      `one login is given for several registries: ${hostsNamed.join(', ')}`,
      {
        hint: 'Scan the images of one registry at a time, or store a login for each with "docker login".',
      },
    );
  }
  return openRegistry({
    credentials: firstOf([
      ...(given ? hostsNamed.map((registry) => staticCredentials(given, registry)) : []),
      dockerConfigCredentials({
        configFiles: surroundings.loginFiles,
        ...(surroundings.path && { path: surroundings.path }),
      }),
    ]),
    mirrors: Object.fromEntries(hosts.map(([host, { mirrors }]) => [host, mirrors])),
    plainHttpHosts: hosts.flatMap(([host, { plainHttp }]) => (plainHttp ? [host] : [])),
    insecureTlsHosts: hosts.flatMap(([host, { insecure }]) => (insecure ? [host] : [])),
    caCertificates: certificates.authorities,
    caCertificatesByHost: certificates.authoritiesByHost,
    clientCertificates: certificates.clientByHost,
    proxy: { ...(http && { http }), ...(https && { https }), ...(no && { noProxy: no }) },
    userAgent: `drydock/${run.version}`,
  });
}

function givenCredential({ loaded: { config }, password }: Run): RegistryCredential | undefined {
  if (config.registryToken !== undefined)
    return { kind: 'registry-token', token: new Secret(config.registryToken) };
  if (config.username === undefined || password === undefined) return undefined;
  return { kind: 'basic', username: config.username, password: new Secret(password) };
}

/** Opened when first asked for, closed only if it was. */
function lazily<T extends AsyncDisposable>(
  open: () => Promise<T>,
): { get: () => Promise<T>; close: () => Promise<void> } {
  let opened: Promise<T> | undefined;
  return {
    get: () => (opened ??= open()),
    async close() {
      // One that could not be opened has said so to who asked for it.
      const value = await opened?.catch(() => undefined);
      await value?.[Symbol.asyncDispose]();
    },
  };
}

/** The remembered layers and results, whether or not scans may use them. */
export function openCache({ config }: LoadedConfig): FileStore & { readonly directory: string } {
  const directory = storeDirectory(config);
  return { ...openFileStore(directory), directory };
}

function storeDirectory({ cacheDir }: Config): string {
  return join(cacheDir, 'store');
}
