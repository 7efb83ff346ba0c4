import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DrydockError, hasErrno, isAbort, messageOf } from '../../base/errors.ts';
import { retry } from '../../base/retry.ts';
import type { Signal } from '../../base/signal.ts';
import { discard, headerOf, type HttpAnswer, type Transport } from '../../oci/registry/transport.ts';
import type { Addresses } from './addresses.ts';
import { basicAuthorization, loginFor, type ArchiveLogin } from './auth-conf.ts';

export interface FetchOptions extends Signal {
  readonly maxBytes: number;
  /** Asks for it only where it is another one than this. */
  readonly known?: Stamp;
  readonly onBytes?: (received: number) => void;
}

/** How a server tells whether something has changed. */
export interface Stamp {
  readonly etag?: string;
  readonly lastModified?: string;
}

export type Fetched =
  | { readonly kind: 'content'; readonly content: Uint8Array; readonly stamp: Stamp }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'missing' };

/** Gets files of archives, over HTTP or from the operator's own. */
export interface ArchiveClient {
  readonly isOffline: boolean;
  /**
   * @param url rewritten already; where the server leads to elsewhere, that is rewritten here
   * @throws DrydockError ARCHIVE_UNAVAILABLE, ARCHIVE_LIMIT
   */
  fetch(url: URL, options: FetchOptions): Promise<Fetched>;
}

export interface ClientOptions {
  readonly transport: () => Promise<Transport>;
  readonly addresses: Addresses;
  readonly logins: readonly ArchiveLogin[];
  /** Asks no server. */
  readonly offline: boolean;
}

const MAX_REDIRECTS = 5;
const RETRIES = { maxRetries: 3, baseDelayMs: 300, maxDelayMs: 5_000, maxTotalMs: 30_000 };

export function openArchiveClient(options: ClientOptions): ArchiveClient {
  return {
    isOffline: options.offline,
    async fetch(target, fetching) {
      const refusal = options.addresses.refusal(target);
      if (refusal !== undefined) throw unavailable(target, refusal);
      if (target.protocol === 'file:') return readLocal(target, fetching);
      if (options.offline) throw unavailable(target, 'servers are not to be asked');
      return retry(() => overHttp(target, options, fetching), {
        ...RETRIES,
        signal: fetching.signal,
        leastDelayMs: (error) => (error instanceof PassingFailure ? 0 : undefined),
      }).catch((error: unknown) => {
        throw error instanceof PassingFailure ? error.error : error;
      });
    },
  };
}

/** A failure that may be gone a moment later. */
class PassingFailure extends Error {
  readonly error: DrydockError;

  constructor(error: DrydockError) {
    super(error.message);
    this.error = error;
  }
}

export function unavailable(url: URL, why: string, cause?: unknown): DrydockError {
  return new DrydockError('ARCHIVE_UNAVAILABLE', `cannot get ${url.href}: ${why}`, {
    ...(cause !== undefined && { cause }),
  });
}

async function readLocal(url: URL, { maxBytes, signal }: FetchOptions): Promise<Fetched> {
  try {
    const path = fileURLToPath(url);
    const found = await stat(path);
    if (!found.isFile()) return { kind: 'missing' };
    const content = await collect(createReadStream(path, { signal }), { maxBytes, signal }, url);
    return { kind: 'content', content, stamp: {} };
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return { kind: 'missing' };
    signal.throwIfAborted();
    if (error instanceof DrydockError) throw error;
    throw unavailable(url, messageOf(error), error);
  }
}

async function overHttp(start: URL, options: ClientOptions, fetching: FetchOptions): Promise<Fetched> {
  const { signal } = fetching;
  const transport = await options.transport();
  try {
    const { answer, url } = await followed(start, transport, options, fetching);
    if (answer.status === 200) return await contentOf(answer, url, fetching);
    await discard(answer, { signal });
    if (answer.status === 304 && fetching.known) return { kind: 'unchanged' };
    if (answer.status === 404 || answer.status === 410) return { kind: 'missing' };
    const error = unavailable(url, `the server answered ${answer.status}`);
    throw answer.status >= 500 || answer.status === 429 ? new PassingFailure(error) : error;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DrydockError || error instanceof PassingFailure) throw error;
    if (isAbort(error)) throw error;
    throw new PassingFailure(unavailable(start, messageOf(error), error));
  }
}

async function followed(
  start: URL,
  transport: Transport,
  { addresses, logins }: ClientOptions,
  { known, signal }: FetchOptions,
): Promise<{ answer: HttpAnswer; url: URL }> {
  let url = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const login = loginFor(url, logins);
    const headers = {
      ...(login && { authorization: basicAuthorization(login) }),
      ...(known?.etag !== undefined && { 'if-none-match': known.etag }),
      ...(known?.lastModified !== undefined && { 'if-modified-since': known.lastModified }),
    };
    const answer = await transport.send({ method: 'GET', url, headers }, { signal });
    const location = headerOf(answer.headers, 'location');
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return { answer, url };
    await discard(answer, { signal });
    url = nextHop(url, location, addresses);
  }
  throw unavailable(start, `more than ${MAX_REDIRECTS} redirections`);
}

function nextHop(from: URL, location: string, addresses: Addresses): URL {
  if (!URL.canParse(location, from.href)) throw unavailable(from, 'it leads to what is no URL');
  const next = new URL(location, from);
  // A login that a server writes there is none of ours.
  [next.username, next.password] = ['', ''];
  const target = addresses.rewriteHop(next);
  if (from.protocol === 'https:' && target.protocol !== 'https:')
    throw unavailable(from, 'it leads out of TLS');
  if (target.protocol === 'file:') throw unavailable(from, 'it leads to a file');
  const refusal = addresses.refusal(target);
  if (refusal !== undefined) throw unavailable(from, `it leads to ${target.host}: ${refusal}`);
  return target;
}

async function contentOf({ body, headers }: HttpAnswer, url: URL, fetching: FetchOptions): Promise<Fetched> {
  const length = Number(headerOf(headers, 'content-length') ?? 0);
  if (length > fetching.maxBytes) {
    body.destroy();
    throw tooLarge(url, fetching.maxBytes);
  }
  const content = await collect(body as AsyncIterable<Uint8Array>, fetching, url);
  const [etag, lastModified] = [headerOf(headers, 'etag'), headerOf(headers, 'last-modified')];
  return {
    kind: 'content',
    content,
    stamp: { ...(etag !== undefined && { etag }), ...(lastModified !== undefined && { lastModified }) },
  };
}

async function collect(
  pieces: AsyncIterable<Uint8Array>,
  { maxBytes, signal, onBytes }: FetchOptions,
  url: URL,
): Promise<Uint8Array> {
  const found: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    signal.throwIfAborted();
    length += piece.length;
    if (length > maxBytes) throw tooLarge(url, maxBytes);
    found.push(piece);
    onBytes?.(length);
  }
  return Buffer.concat(found, length);
}

function tooLarge(url: URL, maxBytes: number): DrydockError {
  return new DrydockError('ARCHIVE_LIMIT', `${url.href} is larger than the ${maxBytes} bytes that are taken`);
}
