import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openDisposal } from '../../base/disposal.ts';
import { DrydockError, messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Config } from '../../config/schema.ts';
import { systemReason } from '../../config/system-reason.ts';
import { currentDatabases } from '../../scan/scan-image.ts';
import { openServer, type Server, type ServerOptions } from '../../server/app.ts';
import { openAuthentication, type Authentication } from '../../server/auth/authentication.ts';
import type { Door } from '../../server/door.ts';
import { mirrorDoor } from '../../server/mirror/door.ts';
import { mirroredDatabase } from '../../server/mirror/mirrored-database.ts';
import { TRIVY_DB, TRIVY_JAVA_DB } from '../../server/mirror/artifact.ts';
import { startTraces } from '../../server/traces/start.ts';
import type { AdvisorySource } from '../../advisories/source.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import type { DatabaseVersion, VersionAnswer } from '../../server/version.ts';
import type { Databases } from '../database-set.ts';
import type { Run } from '../run.ts';
import { openApiDoor } from './api-clients.ts';
import { openCompareDoor, openCompositeDoor } from './composite-clients.ts';
import { openHarborDoor } from './harbor-clients.ts';
import { openServerAuthentication, tlsOptions } from './authentication.ts';
import type { ImageScans } from './image-scans.ts';
import { parseListen } from './listen.ts';
import { keepDatabasesFresh } from './refreshing.ts';
import type { ScanWork } from './scan-work.ts';
import { openScannersDoor } from './scanner-registrations.ts';
import type { SharedStore } from './shared-store.ts';
import { openTrivyDoor } from './trivy-clients.ts';
import { openWorks, type Works } from './works.ts';

/** Serves until it is called off, then lets what is being answered and done end. */
export async function serve(
  run: Run,
  { signal, log, onListening }: Signal & { log: (line: string) => void; onListening: (url: string) => void },
): Promise<void> {
  const { config } = run.loaded;
  await using stack = openDisposal();
  if (config.otlpEndpoint !== undefined)
    stack.use(startTraces({ endpoint: config.otlpEndpoint, serviceVersion: run.version }));
  const authentication = await openServerAuthentication(config);
  stack.defer(() => authentication[Symbol.dispose]());
  const works = stack.use(await openWorks(run, 'server'));
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // one for each request that waits
  const server = await openServer(serverOptions(works, authentication, log), [
    openTrivyDoor(config, works.store, works.scans, authentication),
    openApiDoor(works, stopping.signal),
    openHarborDoor(works),
    openCompositeDoor(works),
    openCompareDoor(works),
    openScannersDoor(run, works.scanners),
    ...mirror(works, stopping.signal),
  ]);
  await listen(server, config.listen, '--listen');
  using hurry = openHurry(stopping.signal, config);
  const working = keepWorking(works, { signal: stopping.signal, hurry: hurry.signal }, server);
  onListening(server.url);
  await aborted(signal);
  stopping.abort(signal.reason);
  await server.close(finishingMs(config));
  await working;
}

/** Before anything is worked on, as nothing is left to stop then. @throws DrydockError CONFIG_INVALID */
async function listen(server: Server, at: string, setting: string): Promise<void> {
  try {
    await server.listen();
  } catch (cause) {
    await server.close(0);
    const message = `cannot listen on ${at}: ${systemReason(cause)}`;
    throw new DrydockError('CONFIG_INVALID', message, {
      cause,
      hint: `Choose another address or port with ${setting}.`,
    });
  }
}

/** Of the time to stop in, what is left is for putting things away and handing jobs over. */
const FINISHING_SHARE = 0.8;
const finishingMs = ({ shutdownGrace }: Config): number => shutdownGrace * 1000 * FINISHING_SHARE;

/** Aborted when there is no more time for what was begun before the signal was. */
function openHurry(stop: AbortSignal, config: Config): Disposable & Signal {
  const hurry = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => hurry.abort(stop.reason), finishingMs(config));
  };
  if (stop.aborted) begin();
  else stop.addEventListener('abort', begin, { once: true });
  return { signal: hurry.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Works until it is called off. */
export async function workOn(
  run: Run,
  { signal, log, onWorking }: Signal & { log: (message: string) => void; onWorking: () => void },
): Promise<void> {
  await using stack = openDisposal();
  if (run.loaded.config.otlpEndpoint !== undefined)
    stack.use(startTraces({ endpoint: run.loaded.config.otlpEndpoint, serviceVersion: run.version }));
  const works = stack.use(await openWorks(run, 'worker'));
  const probes = await answerProbes(works);
  stack.defer(async () => await probes?.close(0));
  onWorking();
  const onUnexpected = (error: unknown, id: string): void => log(`scan ${id}: ${messageOf(error)}`);
  using hurry = openHurry(signal, run.loaded.config);
  await Promise.all([
    workWhenReady(works, { signal, hurry: hurry.signal, onUnexpected }),
    keepDatabasesFresh(works, { signal }),
    works.scanners.watch({ signal }),
    works.composite.run({ signal, onUnexpected }),
  ]);
}

/** A worker has no doors, so nobody needs to say who he is. */
async function answerProbes(works: Works): Promise<Server | undefined> {
  const { probeListen } = works.run.loaded.config;
  if (probeListen === undefined) return undefined;
  const authentication = await openAuthentication({});
  const { version, checks, metrics } = serverOptions(works, authentication, () => undefined);
  const server = await openServer(
    {
      ...{ listen: parseListen(probeListen), authentication, insecureNoAuth: true, version },
      ...(checks && { checks }),
      ...(metrics && { metrics }),
    },
    [],
  );
  await listen(server, probeListen, '--probe-listen');
  return server;
}

/** How often a database is looked for that is not there yet. */
const DATABASE_LOOK_MS = 1000;

/** Without a database every scan would fail: those that are asked for wait until there is one. */
async function workWhenReady({ work, scans }: Works, options: Parameters<ScanWork['run']>[1]): Promise<void> {
  const { signal } = options;
  while (scans.options.vulnerabilities && !signal.aborted && !(await hasDatabases(scans)))
    await wait(DATABASE_LOOK_MS, undefined, { signal }).catch(() => undefined); // called off
  if (!signal.aborted) await work.run(scans, options);
}

async function hasDatabases({ parts }: ImageScans): Promise<boolean> {
  return await currentDatabases(parts).then(
    () => true,
    () => false,
  );
}

async function keepWorking(
  works: Works,
  { signal, hurry }: Signal & { hurry: AbortSignal },
  server: Server,
): Promise<void> {
  const onUnexpected = (error: unknown, scanId: string): void =>
    server.log.error({ err: error, scanId }, 'scan failed');
  const tasks = [
    workWhenReady(works, { signal, hurry, onUnexpected }),
    keepDatabasesFresh(works, { signal }),
    works.scanners.watch({ signal }),
    works.composite.run({ signal, onUnexpected }),
  ].map((task) =>
    task.catch((error: unknown) => {
      if (!signal.aborted) server.log.error({ err: error }, 'background work ended');
    }),
  );
  await Promise.all(tasks);
}

function serverOptions(
  works: Works,
  authentication: Authentication,
  log: (line: string) => void,
): ServerOptions {
  const { run, work } = works;
  const { config } = run.loaded;
  const tls = tlsOptions(config);
  return {
    listen: parseListen(config.listen),
    authentication,
    insecureNoAuth: config.insecureNoAuth,
    ...(tls && { tls }),
    version: () => versionOf(run, works.databases),
    checks: { database: () => databaseCheck(works), store: () => Promise.resolve(storeCheck(works.store)) },
    metrics: {
      queueDepth: async () => {
        const { interactive, background } = await work.queue.depth();
        return interactive + background;
      },
      databases: async () =>
        (await currentDatabases(works.scans.parts)).map(({ source, digest, builtAt }) => ({
          source,
          digest,
          updatedAt: Date.parse(builtAt),
        })),
      scanners: () => works.scanners.gauges(),
      ...(config.metricsAccess !== 'auto' && { access: config.metricsAccess }),
    },
    ...(config.rateLimit > 0 && { rateLimit: { perSecond: config.rateLimit, burst: config.rateLimit * 2 } }),
    trustedProxies: config.trustedProxy,
    log: { stream: { write: log }, level: config.logLevel },
  };
}

async function databaseCheck({ scans }: Works): Promise<{ ok: boolean; detail: string }> {
  try {
    const versions = await currentDatabases(scans.parts);
    return { ok: true, detail: versions.map(({ source, builtAt }) => `${source} of ${builtAt}`).join(', ') };
  } catch (error) {
    return { ok: false, detail: messageOf(error) };
  }
}

/** Scans go on without a store, only slower: that is said, but no reason to send the work elsewhere. */
function storeCheck(store: SharedStore): { ok: boolean; detail: string } {
  const { ok, detail } = store.health();
  return { ok: true, detail: ok ? detail : `degraded: ${detail}` };
}

async function versionOf(run: Run, { trivy, java, advisories }: Databases): Promise<VersionAnswer> {
  const currentOf = (source: Pick<AdvisorySource, 'current'> | undefined) =>
    Promise.resolve(source?.current()).catch(() => undefined);
  const [vulnerabilities, jars, all] = await Promise.all([
    currentOf(trivy?.used),
    currentOf(java),
    currentOf(advisories),
  ]);
  return {
    Version: run.version,
    ...(vulnerabilities && { VulnerabilityDB: toDatabaseVersion(vulnerabilities, 2) }),
    ...(jars && { JavaDB: toDatabaseVersion(jars, 1) }),
    Drydock: {
      Version: run.version,
      Databases: (all ? (all.parts ?? [all]) : []).map(({ source, digest, builtAt }) => ({
        Source: source,
        Digest: digest,
        UpdatedAt: builtAt,
      })),
    },
  };
}

function toDatabaseVersion(
  { builtAt, nextUpdateAt = builtAt }: AdvisoryDbVersion,
  schema: number,
): DatabaseVersion {
  return { Version: schema, NextUpdate: nextUpdateAt, UpdatedAt: builtAt, DownloadedAt: builtAt };
}

function mirror({ run, databases }: Works, signal: AbortSignal): Door[] {
  const { config } = run.loaded;
  if (config.dbPath !== undefined) return [];
  const options = { directory: join(config.cacheDir, 'mirror'), signal };
  const offered = [
    ...(databases.trivy ? [mirroredDatabase(TRIVY_DB, databases.trivy.own, options)] : []),
    ...(databases.java ? [mirroredDatabase(TRIVY_JAVA_DB, databases.java, options)] : []),
  ];
  return [mirrorDoor({ databases: offered, isOpen: config.mirrorAccess === 'open' })];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
