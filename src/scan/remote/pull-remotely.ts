import { DrydockError, isErrorCode } from '../../base/errors.ts';
import { sleep } from '../../base/retry.ts';
import type { Signal } from '../../base/signal.ts';
import { quoted } from '../../oci/quoted.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import type { PullRequest } from './remote-scanner.ts';
import type { ServerConnection } from './server-connection.ts';
import { plain } from './server-failure.ts';

interface PullParts {
  readonly connection: ServerConnection;
  readonly base: URL;
  readonly headers: Readonly<Record<string, string>>;
}

interface ScanState {
  readonly id: string;
  readonly state: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** How long an answer may be kept back until the scan is over. */
const WAIT_SECONDS = 20;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 5_000;

/** Asks the server for a scan and gives the report, once there is one, as it is sent. */
export async function pullRemotely(
  request: PullRequest,
  { connection, base, headers }: PullParts,
  { signal }: Signal,
): Promise<Uint8Array> {
  const { image, platform, force, credential } = request;
  if (credential) refuseInTheClear(base);
  const body = JSON.stringify({
    image,
    ...(platform !== undefined && { platform }),
    ...(force && { force }),
    ...(credential && { credential: written(credential) }),
  });
  const ask = { ...headers, prefer: `wait=${WAIT_SECONDS}` };
  const url = new URL('api/scans', base);
  const accepted = await connection.ask({ method: 'POST', url, headers: ask, body }, { signal });
  let scan = readScan(accepted.body, connection.host);
  const own = new URL(`api/scans/${encodeURIComponent(scan.id)}`, base);
  for (let pauseMs = FIRST_PAUSE_MS; !isOver(scan); pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
    await sleep(pauseMs, { signal });
    scan = readScan(
      (await connection.ask({ method: 'GET', url: own, headers }, { signal })).body,
      connection.host,
    );
  }
  if (scan.state !== 'completed') throw failureOf(scan, image, connection.host);
  const report = { method: 'GET', url: new URL(`${own.pathname}/report`, own), headers } as const;
  return (await connection.ask(report, { signal })).body;
}

const isOver = ({ state }: ScanState): boolean => state !== 'queued' && state !== 'running';

/** A token was given for this server, whatever the way there; a login is somebody else's. */
function refuseInTheClear({ protocol, hostname }: URL): void {
  if (protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return;
  throw new DrydockError('USAGE_INVALID', 'a login for a registry is not sent to a server over plain HTTP', {
    hint: 'Use https:// with --server, or let the server use its own login.',
  });
}

function written(credential: RegistryCredential): object {
  switch (credential.kind) {
    case 'basic':
      return { username: credential.username, password: credential.password.reveal() };
    case 'identity-token':
      return { identitytoken: credential.token.reveal() };
    case 'registry-token':
      return { registrytoken: credential.token.reveal() };
  }
}

const STATES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;

function readScan(body: Uint8Array, host: string): ScanState {
  const raw = objectOf(parse(body));
  const [id, word] = [raw.get('id'), raw.get('state')];
  const state = STATES.find((known) => known === word);
  if (typeof id !== 'string' || !/^[\w.-]{1,128}$/.test(id) || !state) {
    throw new DrydockError('SERVER_PROTOCOL', `server ${host} does not say how the scan stands`);
  }
  const error = objectOf(raw.get('error'));
  const [code, message, hint] = ['code', 'message', 'hint'].map((name) => error.get(name));
  if (typeof code !== 'string' || typeof message !== 'string') return { id, state };
  return { id, state, error: { code, message, ...(typeof hint === 'string' && { hint }) } };
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined; // which says nothing of a scan, and is told as that
  }
}

function objectOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

/** The server's own word for it, so that it ends as it would have ended here. */
function failureOf({ state, error }: ScanState, image: string, host: string): DrydockError {
  if (state === 'cancelled')
    return new DrydockError('SERVER_FAILED', `the scan of ${quoted(image)} was called off on server ${host}`);
  const code = error && isErrorCode(error.code) ? error.code : 'SERVER_FAILED';
  const message = error ? plain(error.message) : `the scan of ${quoted(image)} failed`;
  return new DrydockError(code, `server ${host}: ${message}`, {
    hint: error?.hint === undefined ? undefined : plain(error.hint),
  });
}
