import { DrydockError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Signal } from '../../base/signal.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import { quoted } from '../../oci/quoted.ts';
import type { Transport } from '../../oci/registry/transport.ts';
import type { OwnParts } from './own-findings.ts';
import type { RemoteScanner } from './remote-scanner.ts';
import { openServerConnection, type ServerConnection } from './server-connection.ts';

export interface RemoteScannerOptions extends OwnParts {
  /** Of a server of Drydock's or Trivy's, which is found out. */
  readonly url: string;
  readonly token?: Secret;
  /** The header that Trivy's servers look for the token in. */
  readonly tokenHeader: string;
  /** What Trivy's methods stand behind. */
  readonly pathPrefix: string;
  readonly transport: Transport;
  /** The first wait before trying again. For tests. */
  readonly retryBaseDelayMs?: number;
}

/**
 * A server that judges what is found here. Nothing is asked of it before it is needed.
 *
 * @throws DrydockError USAGE_INVALID for an address that is none
 */
export function openRemoteScanner(options: RemoteScannerOptions): RemoteScanner {
  const base = parseServerUrl(options.url);
  checkHeader(options);
  const connection = openServerConnection({
    transport: options.transport,
    host: base.host,
    hasToken: options.token !== undefined,
    ...(options.retryBaseDelayMs !== undefined && { retryBaseDelayMs: options.retryBaseDelayMs }),
  });
  let opening: Promise<RemoteScanner> | undefined;
  const opened = (signal: Signal): Promise<RemoteScanner> =>
    (opening ??= openFor(connection, base, options, signal));
  return {
    judgeImage: async (subject, wanted, o) => (await opened(o)).judgeImage(subject, wanted, o),
    judgeInventory: async (image, inventory, wanted, o) =>
      (await opened(o)).judgeInventory(image, inventory, wanted, o),
    pull: async (request, o) => (await opened(o)).pull(request, o),
  };
}

/** With a slash at its end, so that paths can be joined to it. @throws DrydockError USAGE_INVALID */
export function parseServerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The text may hold a password, so it is not told.
  if (url && (url.username !== '' || url.password !== '')) {
    throw new DrydockError('USAGE_INVALID', '--server takes no login in its URL', { hint: 'Use --token.' });
  }
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new DrydockError('USAGE_INVALID', `--server is no http:// or https:// URL: ${quoted(text)}`);
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** What cannot be a header would fail later, and less clearly. */
function checkHeader({ token, tokenHeader }: RemoteScannerOptions): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(tokenHeader))
    throw new DrydockError('USAGE_INVALID', `${quoted(tokenHeader)} cannot be the name of a header`);
  if (token && !/^[\x21-\x7e]+$/.test(token.reveal()))
    throw new DrydockError('USAGE_INVALID', 'the token holds characters that no header can');
}

async function openFor(
  connection: ServerConnection,
  base: URL,
  options: RemoteScannerOptions,
  signal: Signal,
): Promise<RemoteScanner> {
  const { token, engine, now, tokenHeader, pathPrefix } = options;
  const version = await askVersion(connection, base, signal);
  if (version.isDrydock) {
    const { openDrydockServer } = await import('./drydock-server.ts');
    return openDrydockServer({ connection, base, token, engine, now });
  }
  const { openTrivyServer } = await import('./trivy-server.ts');
  const { database } = version;
  return openTrivyServer({ connection, base, token, tokenHeader, pathPrefix, engine, now, database });
}

interface ServerVersion {
  readonly isDrydock: boolean;
  readonly database: AdvisoryDbVersion | undefined;
}

/**
 * Behind a path Trivy's servers tell their version at the root; if the path is a proxy's, below it. Older ones tell it
 * nowhere: what is neither is found out with the first method.
 */
async function askVersion(connection: ServerConnection, base: URL, signal: Signal): Promise<ServerVersion> {
  const places = new Set([new URL('version', base).href, new URL('/version', base).href]);
  let isTold = false;
  for (const place of places) {
    const url = new URL(place);
    const accept = { accept: 'application/json' };
    const answer = await connection.ask({ method: 'GET', url, headers: accept, takes: [404] }, signal);
    if (answer.status === 404) continue;
    isTold = true;
    const found = readVersion(answer.body);
    if (found) return found;
  }
  if (!isTold) return { isDrydock: false, database: undefined };
  throw new DrydockError('SERVER_PROTOCOL', `what answers at ${connection.host} does not tell its version`, {
    hint: 'Is it a server of Drydock or Trivy?',
  });
}

function readVersion(body: Uint8Array): ServerVersion | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    const version = membersOf(value);
    if (typeof version.get('Version') !== 'string') return undefined;
    return {
      isDrydock: typeof membersOf(version.get('Drydock')).get('Version') === 'string',
      database: databaseOf(membersOf(version.get('VulnerabilityDB'))),
    };
  } catch {
    return undefined; // a page of somebody else
  }
}

function databaseOf(told: ReadonlyMap<string, unknown>): AdvisoryDbVersion | undefined {
  const [updated, next] = [told.get('UpdatedAt'), told.get('NextUpdate')].map(timeOf);
  if (updated === undefined) return undefined;
  return { source: 'trivy', digest: '', builtAt: updated, ...(next !== undefined && { nextUpdateAt: next }) };
}

function timeOf(value: unknown): string | undefined {
  const time = typeof value === 'string' && value.length < 64 ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}
