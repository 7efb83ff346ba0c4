import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Secret } from '../base/secret.ts';
import type { Signal } from '../base/signal.ts';
import type { AdapterTarget, ProgramTarget, ScannerRegistration } from '../model/scanner-registration.ts';
import type { ConnectionGuard } from '../oci/registry/dispatchers.ts';
import { fetchPullToken } from '../oci/registry/pull-token.ts';
import { openAdapterConnection, type AdapterConnection } from '../scan/scanners/adapter/connection.ts';
import { fetchMetadata, openHarborScanner } from '../scan/scanners/adapter/harbor-scanner.ts';
import type { AdapterMetadata } from '../scan/scanners/adapter/metadata.ts';
import { openProgramScanner } from '../scan/scanners/programs/program-scanner.ts';
import type { ProgramPlace } from '../scan/scanners/programs/run-scan.ts';
import type { OpenedScanner } from '../scan/scanners/registered-scanners.ts';
import type { ScanTask } from '../scan/scanners/scanner.ts';
import { openPlainTransport } from './registry-client.ts';
import type { Run } from './run.ts';

export interface ScannerSurroundings {
  readonly run: Run;
  /** Says where scanners may not lie. */
  readonly guard?: ConnectionGuard;
  /** Says where registries may not lie, of which tokens are bought. */
  readonly registryGuard?: ConnectionGuard;
}

const PROBE_TIMEOUT_MS = 5000;
const SPARE_MS = 5000;

/** A scanner that is ready to be asked. @throws DrydockError CONFIG_INVALID for certificates that are none */
export async function openScanner(
  registration: ScannerRegistration,
  credential: Secret | undefined,
  around: ScannerSurroundings,
): Promise<OpenedScanner> {
  const { target } = registration;
  if (target.kind === 'program') return openProgram(registration, target, around);
  return await openAdapter(registration, target, credential, around);
}

/** Asks a scanner that is not registered yet what it makes. @throws ScannerFailure */
export async function probeScanner(
  target: AdapterTarget,
  credential: Secret | undefined,
  around: ScannerSurroundings,
  options: Signal,
): Promise<AdapterMetadata> {
  await using connection = await connect(target, credential, around, PROBE_TIMEOUT_MS);
  return await fetchMetadata(connection, 'that is asked', options);
}

async function openAdapter(
  { id, name, timeouts }: ScannerRegistration,
  target: AdapterTarget,
  credential: Secret | undefined,
  around: ScannerSurroundings,
): Promise<OpenedScanner> {
  const longest = Math.max(timeouts.submitSeconds, timeouts.reportSeconds) * 1000 + SPARE_MS;
  const connection = await connect(target, credential, around, longest);
  return {
    metadata: (options) => fetchMetadata(connection, name, options),
    scanner: (metadata) =>
      openHarborScanner({
        id,
        name,
        connection,
        timeouts,
        metadata,
        tokenFor: (task, options) => tokenFor(task, around, options),
        secrets: credential ? [credential.reveal()] : [],
      }),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

const PLACES = 32;

async function connect(
  target: AdapterTarget,
  credential: Secret | undefined,
  { run, guard }: ScannerSurroundings,
  timeoutMs: number,
): Promise<AdapterConnection & AsyncDisposable> {
  const { host } = new URL(target.url);
  const transport = await openPlainTransport(run, timeoutMs, {
    places: PLACES,
    ...(guard && { guard }),
    ...(target.skipCertVerify && { insecureTlsHosts: [host] }),
    ...(target.caCertificate !== undefined && { caCertificates: [target.caCertificate] }),
  });
  const { url, auth } = target;
  const connection = openAdapterConnection({ transport, url, auth, ...(credential && { credential }) });
  return { ...connection, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}

/** For scanners that take nothing but a token of the registry. */
async function tokenFor(
  { registryUrl, repository, credential }: ScanTask,
  { run, registryGuard }: ScannerSurroundings,
  options: Signal,
) {
  const more = registryGuard ? { guard: registryGuard } : {};
  await using transport = await openPlainTransport(run, undefined, more);
  const registry = new URL(registryUrl);
  const token = await fetchPullToken(transport, { registry, repository, credential }, options);
  if (!token) return undefined;
  return { kind: 'registry-token' as const, token: new Secret(token.text) };
}

function openProgram(
  { id, name, timeouts, maxInFlight }: ScannerRegistration,
  target: ProgramTarget,
  { run }: ScannerSurroundings,
): OpenedScanner {
  const scanner = openProgramScanner({
    id,
    name,
    target,
    timeouts,
    maxInFlight,
    place: programPlace(name, run),
  });
  return {
    metadata: (options) => scanner.metadata(options),
    scanner: () => scanner,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Where a program works: a home of its own that stays, so that it has to bring its database once only. */
export function programPlace(name: string, { loaded: { config, surroundings } }: Run): ProgramPlace {
  const own = createHash('sha256').update(name).digest('hex').slice(0, 16);
  const folder = join(config.cacheDir, 'programs');
  const { http, https, no } = surroundings.proxy;
  return {
    path: surroundings.path ?? '/usr/local/bin:/usr/bin:/bin',
    stateFolder: join(folder, own),
    scratchFolder: join(folder, 'runs'),
    environment: {
      ...(http !== undefined && { HTTP_PROXY: http, http_proxy: http }),
      ...(https !== undefined && { HTTPS_PROXY: https, https_proxy: https }),
      ...(no !== undefined && { NO_PROXY: no, no_proxy: no }),
    },
  };
}
