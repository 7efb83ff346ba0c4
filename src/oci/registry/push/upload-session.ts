import { DrydockError } from '../../../base/errors.ts';
import type { Signal } from '../../../base/signal.ts';
import type { Digest } from '../../../model/image.ts';
import type { Endpoint } from '../endpoint.ts';
import { HttpFailure } from '../http-failure.ts';
import { targetOf } from '../redirect.ts';
import { discard, headerOf, type HttpAnswer } from '../transport.ts';
import type { PushParts } from './push-parts.ts';

/** An upload that the registry has begun. */
export interface UploadSession {
  /** Where it goes on; another one after each part. */
  readonly location: URL;
  /** The smallest part but the last that the registry takes. */
  readonly leastBytes: number;
}

const MAX_LEAST_BYTES = 512 << 20;

/**
 * Begins an upload, or finds it done because the registry could take the blob from another repository.
 * @see OCI Distribution Spec 1.1, "Pushing blobs", "Mounting a blob from another repository"
 */
export async function beginUpload(
  parts: PushParts,
  endpoint: Endpoint,
  mount: Digest | undefined,
  options: Signal,
): Promise<UploadSession | 'mounted'> {
  const from = endpoint.push?.mountFrom;
  const query =
    mount !== undefined && from !== undefined
      ? `?mount=${encodeURIComponent(mount)}&from=${encodeURIComponent(from)}`
      : '';
  const answer = await parts.exchange(
    endpoint,
    { method: 'POST', path: `blobs/uploads/${query}`, body: NO_BODY },
    options,
  );
  await discard(answer, options);
  if (answer.status === 201 && query !== '') return 'mounted';
  return sessionOf(answer, parts);
}

/** Where the upload stands; undefined where the registry has forgotten it. */
export async function askOffset(
  parts: PushParts,
  endpoint: Endpoint,
  { location, leastBytes }: UploadSession,
  options: Signal,
): Promise<{ session: UploadSession; offset: number } | undefined> {
  try {
    const answer = await parts.exchange(endpoint, { method: 'GET', path: location }, options);
    await discard(answer, options);
    const offset = offsetOf(answer);
    if (offset === undefined) return undefined;
    const hasMoved = headerOf(answer.headers, 'location') !== undefined;
    return { session: hasMoved ? sessionOf(answer, parts) : { location, leastBytes }, offset };
  } catch (error) {
    if (error instanceof HttpFailure && error.status >= 400 && error.status < 500 && error.status !== 429)
      return undefined;
    throw error;
  }
}

/** Tells the registry to forget it. Whether it does is its own affair. */
export async function cancelUpload(
  parts: PushParts,
  endpoint: Endpoint,
  { location }: UploadSession,
): Promise<void> {
  const options = { signal: AbortSignal.timeout(5000) };
  try {
    await discard(await parts.exchange(endpoint, { method: 'DELETE', path: location }, options), options);
  } catch {
    // it will find out by itself
  }
}

/** @throws DrydockError REGISTRY_PROTOCOL */
export function sessionOf(answer: HttpAnswer, { isPlainHttp }: PushParts): UploadSession {
  const text = headerOf(answer.headers, 'location');
  if (text === undefined) {
    throw new DrydockError('REGISTRY_PROTOCOL', `${answer.url.host} begins an upload but does not say where`);
  }
  const least = Number(headerOf(answer.headers, 'oci-chunk-min-length') ?? 0);
  return {
    location: targetOf(sameScheme(text, answer.url), answer.url, isPlainHttp),
    leastBytes: Number.isSafeInteger(least) && least > 0 ? Math.min(least, MAX_LEAST_BYTES) : 0,
  };
}

/** A registry behind a proxy that ends TLS often believes that it speaks plain http. */
function sameScheme(location: string, from: URL): string {
  const http = `http://${from.host}/`;
  return from.protocol === 'https:' && location.startsWith(http)
    ? `${from.origin}/${location.slice(http.length)}`
    : location;
}

/** `0-1023` means that 1024 bytes have come; a new session may say `0-0` for none. */
function offsetOf(answer: HttpAnswer): number | undefined {
  const match = /^(?:bytes=)?0-(-?\d{1,15})$/.exec(headerOf(answer.headers, 'range')?.trim() ?? '');
  if (!match) return undefined;
  const last = Number(match[1]);
  return last <= 0 ? 0 : last + 1;
}

export const NO_BODY = {
  sizeBytes: 0,
  async *open(): AsyncGenerator<Uint8Array> {
    // nothing
  },
} as const;
