import { open } from 'node:fs/promises';
import { databaseProgress, notices } from '../../base/channels.ts';
import { DrydockError, messageOf } from '../../base/errors.ts';
import { startPatience } from '../../base/retry.ts';
import type { Signal } from '../../base/signal.ts';
import { networkFault } from '../../oci/registry/network-fault.ts';
import { discard, headerOf, type HttpAnswer, type Transport } from '../../oci/registry/transport.ts';
import { toUrl } from '../../oci/registry/urls.ts';

export interface FetchOptions extends Signal {
  readonly transport: Transport;
  readonly maxBytes: number;
  /** Of the file that is here; it is not sent again when it is still the same. */
  readonly etag?: string;
}

export interface Fetched {
  readonly etag?: string;
  readonly sizeBytes: number;
}

const MAX_REDIRECTS = 5;
const MAX_ETAG_LENGTH = 500;
const PUBLISH_BYTES = 256 << 10;
const PATIENCE = { maxRetries: 3, baseDelayMs: 500, maxDelayMs: 10_000, maxTotalMs: 60_000 };

/**
 * Fetches a file by plain HTTP. What breaks off is tried again from its beginning.
 *
 * @returns undefined when the server has still what `etag` names
 * @throws DrydockError DATABASE_UNAVAILABLE, DATABASE_LIMIT, and the file system's errors
 */
export async function fetchFile(url: URL, path: string, options: FetchOptions): Promise<Fetched | undefined> {
  const shown = withoutSecrets(url);
  const patience = startPatience({
    ...PATIENCE,
    leastDelayMs: (error) => (isPassing(error) ? 0 : undefined),
    onRetry: (error) =>
      notices.publish({ code: 'DATABASE_RETRIED', message: `${shown}: ${messageOf(error)}; trying again` }),
  });
  for (;;) {
    try {
      return await fetchOnce(url, path, shown, options);
    } catch (error) {
      options.signal.throwIfAborted();
      await patience.afterFailure(error, options).catch((last: unknown) => {
        throw asUnavailable(last, shown);
      });
    }
  }
}

/** A URL for messages: without what may be a secret in it. */
export function withoutSecrets(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** An answer that may be another one the next time. */
class PassingAnswer extends Error {}

function isPassing(error: unknown): boolean {
  return error instanceof PassingAnswer || networkFault(error) === 'passing';
}

function asUnavailable(error: unknown, shown: string): unknown {
  const isOther =
    error instanceof DrydockError || (!(error instanceof PassingAnswer) && networkFault(error) === undefined);
  if (isOther) return error;
  return new DrydockError('DATABASE_UNAVAILABLE', `${shown} cannot be fetched: ${messageOf(error)}`, {
    cause: error,
  });
}

async function fetchOnce(
  url: URL,
  path: string,
  shown: string,
  options: FetchOptions,
): Promise<Fetched | undefined> {
  const answer = await ask(url, shown, options);
  const { status, headers } = answer;
  if (status === 304 && options.etag !== undefined) {
    await discard(answer, options);
    return undefined;
  }
  if (status !== 200) {
    await discard(answer, options);
    if (status === 408 || status === 429 || status >= 500) throw new PassingAnswer(`it answered ${status}`);
    throw new DrydockError('DATABASE_UNAVAILABLE', `${shown} answered ${status}`);
  }
  const sizeBytes = await receive(answer, path, shown, options);
  const etag = headerOf(headers, 'etag');
  return { sizeBytes, ...(etag !== undefined && etag.length <= MAX_ETAG_LENGTH && { etag }) };
}

async function ask(url: URL, shown: string, options: FetchOptions): Promise<HttpAnswer> {
  let at = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const headers = { accept: '*/*', ...(options.etag !== undefined && { 'if-none-match': options.etag }) };
    const answer = await options.transport.send({ method: 'GET', url: at, headers }, options);
    const location = headerOf(answer.headers, 'location');
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
    await discard(answer, options);
    const next = toUrl(location, at);
    if (!next || !isFetchable(next) || (at.protocol === 'https:' && next.protocol !== 'https:')) {
      throw new DrydockError(
        'DATABASE_UNAVAILABLE',
        `${shown} redirects to where it must not be fetched from`,
      );
    }
    at = next;
  }
  throw new DrydockError('DATABASE_UNAVAILABLE', `${shown} redirects more than ${MAX_REDIRECTS} times`);
}

export function isFetchable({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

async function receive(
  { body, headers }: HttpAnswer,
  path: string,
  shown: string,
  { maxBytes, signal }: FetchOptions,
): Promise<number> {
  const stated = Number(headerOf(headers, 'content-length') ?? Number.NaN);
  if (stated > maxBytes) {
    body.destroy();
    tooLarge(shown, maxBytes);
  }
  const totalBytes = Number.isSafeInteger(stated) ? stated : 0;
  const file = await open(path, 'w');
  let sizeBytes = 0;
  let published = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      signal.throwIfAborted();
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) tooLarge(shown, maxBytes);
      for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
      if (sizeBytes - published < PUBLISH_BYTES) continue;
      databaseProgress.publish({ source: shown, receivedBytes: sizeBytes, totalBytes, done: false });
      published = sizeBytes;
    }
  } finally {
    await file.close();
    databaseProgress.publish({ source: shown, receivedBytes: sizeBytes, totalBytes, done: true });
  }
  if (!Number.isNaN(stated) && sizeBytes !== stated)
    throw new PassingAnswer(`${sizeBytes} of ${stated} bytes came`);
  return sizeBytes;
}

function tooLarge(shown: string, maxBytes: number): never {
  throw new DrydockError('DATABASE_LIMIT', `${shown} has more than ${maxBytes} bytes`);
}
