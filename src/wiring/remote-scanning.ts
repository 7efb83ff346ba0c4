import { availableParallelism } from 'node:os';
import { notices } from '../base/channels.ts';
import { DrydockError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { Config } from '../config/schema.ts';
import type { Report } from '../model/report.ts';
import type { Location } from '../oci/locate.ts';
import { parsePlatform } from '../oci/platform.ts';
import type { Transport } from '../oci/registry/transport.ts';
import { chooseAnalyzers } from '../scan/analyzers.ts';
import { openLayerPool } from '../scan/layer-pool.ts';
import { openRemoteScanner } from '../scan/remote/open-remote-scanner.ts';
import type { PullRequest } from '../scan/remote/remote-scanner.ts';
import { scanRemotely, type RemoteScanOptions } from '../scan/remote/scan-remotely.ts';
import { openFileStore } from '../store/files.ts';
import { openLayerAnalyses } from '../store/layer-analyses.ts';
import { openMemoryStore } from '../store/memory.ts';
import { storeDirectory } from './cache.ts';
import { chooseWhatToLookFor, licenseCategoriesOf } from './choice.ts';
import { lazily } from './lazily.ts';
import { filesAmong, locateFor, registriesOf } from './locate-images.ts';
import { givenCredential, openPlainTransport, openRegistryClient } from './registry-client.ts';
import type { Run } from './run.ts';
import type { Scanning } from './scanning.ts';
import { openTarget } from './targets.ts';

const THREADS_MAX = 8;
/** A busy server may judge for a while before it begins its answer. */
const ANSWER_TIMEOUT_MS = 180_000;

/**
 * As `openScanning`, with a server that judges: no advisory database is opened here.
 *
 * @throws DrydockError USAGE_INVALID
 */
export async function openRemoteScanning(
  run: Run,
  url: string,
  images: readonly string[],
): Promise<Scanning> {
  const { config } = run.loaded;
  refuseOffline(config);
  const located = new Map(images.map((image) => [image, locateFor(config, image)]));
  const registries = await registriesOf([...located.values()]);
  const registry = lazily(() => openRegistryClient(run, registries));
  const transport = await openPlainTransport(run, ANSWER_TIMEOUT_MS);
  const scanner = openScanner(run, url, transport);
  const options = optionsOf(config);
  const pool = openLayerPool({
    threads: Math.min(THREADS_MAX, availableParallelism()),
    downloads: config.parallel,
    keepsHeapSmall: true,
    ...(run.layerWorker && { script: run.layerWorker }),
  });
  const memory = images.length > 1 ? openMemoryStore() : undefined;
  const store = config.cache ? openFileStore(storeDirectory(config)) : memory;
  const analyzers = await chooseAnalyzers(await chooseWhatToLookFor(config));
  const layerAnalyses = openLayerAnalyses(store, analyzers.fingerprint);
  if (config.remotePull) tellWhoseSettings(config);

  async function scanHere(location: Location, signal: AbortSignal): Promise<Report> {
    await using target = await openTarget(location, run, registry.get);
    return scanRemotely(target, options, { scanner, analyzers, pool, layerAnalyses }, { signal });
  }

  return {
    files: await filesAmong([...located.values()]),
    prepareDatabase: () => Promise.resolve(),
    async scan(image, { signal }) {
      const location = await (located.get(image) ?? locateFor(config, image));
      if (!config.remotePull) return scanHere(location, signal);
      const report = await scanner.pull(pullOf(location, run), { signal });
      return asked(report, location.name, config);
    },
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await store?.[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
      await registry.close();
    },
  };
}

function refuseOffline({ offline }: Config): void {
  if (offline) throw new DrydockError('USAGE_INVALID', '--offline forbids the network, which --server needs');
}

function openScanner({ loaded: { config }, version }: Run, url: string, transport: Transport) {
  const { token, tokenHeader, pathPrefix } = config;
  return openRemoteScanner({
    url,
    ...(token !== undefined && { token: new Secret(token) }),
    tokenHeader,
    pathPrefix,
    transport,
    engine: `drydock/${version}`,
    now: () => new Date(),
  });
}

function optionsOf(config: Config): RemoteScanOptions {
  return {
    vulnerabilities: config.scanners.includes('vuln'),
    severitySources: config.vulnSeveritySource,
    licenseCategories: licenseCategoriesOf(config),
    ...(config.platform !== undefined && { platform: parsePlatform(config.platform) }),
  };
}

function pullOf(location: Location, run: Run): PullRequest {
  if (location.kind !== 'registry') {
    throw new DrydockError(
      'USAGE_INVALID',
      `${location.name} is in no registry, where a server could pull it`,
      {
        hint: 'Leave --remote-pull out: the image is read here and judged there.',
      },
    );
  }
  const { platform, force } = run.loaded.config;
  const credential = givenCredential(run);
  return {
    image: location.name.replace(/^(?:registry:|docker:\/\/)/, ''),
    ...(platform !== undefined && { platform }),
    ...(force && { force }),
    ...(credential && { credential }),
  };
}

function tellWhoseSettings({ scanners }: Config): void {
  if (scanners.every((name) => name === 'vuln')) return;
  notices.publish({
    code: 'SERVER_SETTINGS',
    message: 'with --remote-pull the settings of the server say what is looked for in the image',
  });
}

const SCANNER_OF = {
  vulnerability: 'vuln',
  secret: 'secret',
  license: 'license',
  misconfiguration: 'misconfig',
} as const;

/** Of all that the server looks for what was asked for, under the name that it was asked by. */
function asked(report: Report, name: string, { scanners }: Config): Report {
  const findings = report.findings.filter(({ kind }) => scanners.includes(SCANNER_OF[kind]));
  return { ...report, findings, image: { ...report.image, name } };
}
