import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { quoted } from '../quoted.ts';
import { addressKind } from './addresses.ts';
import { discard, headerOf, type HttpAnswer, type HttpRequest, type Transport } from './transport.ts';
import { toUrl } from './urls.ts';

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and goes where the answer points to, with `authorization` on its own scheme, host and port only.
 *
 * @param isPlainHttp hosts that may be spoken to without TLS, even when coming from a host with it
 * @throws DrydockError REGISTRY_PROTOCOL, and what the network throws
 */
export async function sendFollowing(
  transport: Transport,
  request: HttpRequest,
  isPlainHttp: (url: URL) => boolean,
  options: Signal,
): Promise<HttpAnswer> {
  let current = request;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await transport.send(current, options);
    const location = REDIRECTS.has(answer.status) ? headerOf(answer.headers, 'location') : undefined;
    if (location === undefined) return answer;
    await discard(answer, options);
    const next = targetOf(location, current.url, isPlainHttp);
    current = { ...current, url: next, headers: headersFor(next, current) };
  }
  throw new DrydockError(
    'REGISTRY_PROTOCOL',
    `${request.url.host} redirects more than ${MAX_REDIRECTS} times`,
  );
}

export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * Where a registry says to go on.
 * @throws DrydockError REGISTRY_PROTOCOL for what is no web address, or one that it must not send us to
 */
export function targetOf(location: string, from: URL, isPlainHttp: (url: URL) => boolean): URL {
  const target = toUrl(location, from);
  // The whole address is never shown: what comes behind the host is often signed and good for anybody.
  if (!target) throw refused(from, 'something that is not a URL');
  const shown = quoted(target.host);
  if (target.protocol !== 'https:' && target.protocol !== 'http:')
    throw refused(from, 'something that is no web address');
  if (target.username !== '' || target.password !== '') throw refused(from, `${shown} with credentials`);
  if (from.protocol === 'https:' && target.protocol === 'http:' && !isPlainHttp(target)) {
    throw refused(from, `plain http at ${shown}`, `Pass --plain-http ${target.host} if that is meant.`);
  }
  if (target.hostname !== from.hostname && leadsIntoThisMachine(target, from)) throw refused(from, shown);
  target.hash = '';
  return target;
}

/** Storage on a private network is usual; storage on our own machine, or where clouds keep their keys, is not. */
function leadsIntoThisMachine(target: URL, from: URL): boolean {
  const kind = addressKind(target.hostname);
  return kind === 'link-local' || (kind === 'loopback' && addressKind(from.hostname) !== 'loopback');
}

function headersFor(next: URL, { url, headers }: HttpRequest): Readonly<Record<string, string>> {
  if (next.origin === url.origin) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
}

function refused(from: URL, what: string, hint?: string): DrydockError {
  return new DrydockError('REGISTRY_PROTOCOL', `${from.host} redirects to ${what}: refused`, { hint });
}
