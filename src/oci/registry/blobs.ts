import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, ImageReference } from '../../model/image.ts';
import { checkBytes } from '../checked-bytes.ts';
import { formatReference } from '../reference.ts';
import { contentRange, lengthOf } from './content-range.ts';
import type { Endpoint } from './endpoint.ts';
import type { Subject } from './explain.ts';
import { HttpFailure, ShortBody } from './http-failure.ts';
import type { RegistryParts } from './manifests.ts';
import type { HttpAnswer } from './transport.ts';

/** What a manifest says of a blob. */
export interface BlobDescriptor {
  readonly digest: Digest;
  readonly sizeBytes?: number;
}

/** How far a blob has been handed on. */
interface Position {
  next: number;
}

/** So much makes a fresh start worth it: earlier failures no longer count. */
const PROGRESS_BYTES = 1024 * 1024;

/**
 * A blob's bytes from `offset` on. A connection that breaks is taken up where it broke, elsewhere if need be.
 * @see OCI Distribution Spec 1.1, "Pulling blobs"
 */
export async function* streamBlob(
  parts: RegistryParts,
  reference: ImageReference,
  blob: BlobDescriptor,
  options: Signal & { readonly offset?: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const position = { next: options.offset ?? 0 };
  for (const endpoint of parts.fallOver.candidates(reference)) {
    try {
      yield* streamFrom(parts, endpoint, reference, blob, position, options);
      return;
    } catch (error) {
      parts.fallOver.afterFailure(error, endpoint, options);
    }
  }
}

/** The whole blob, checked against its digest. A mirror that has something else is passed over. */
export function readBlob(
  parts: RegistryParts,
  reference: ImageReference,
  blob: BlobDescriptor,
  maxBytes: number,
  options: Signal,
): Promise<Uint8Array> {
  const of = subjectOf(reference, blob).of;
  const read = async (endpoint: Endpoint): Promise<Uint8Array> => {
    const chunks: Uint8Array[] = [];
    const position = { next: 0 };
    for await (const chunk of streamFrom(parts, endpoint, reference, blob, position, options)) {
      chunks.push(chunk);
      if (position.next > maxBytes) throw tooLarge(of, maxBytes);
    }
    return checkBytes(
      Buffer.concat(chunks, position.next),
      blob,
      `the blob of ${formatReference(reference)}`,
    );
  };
  if ((blob.sizeBytes ?? 0) > maxBytes) return Promise.reject(tooLarge(of, maxBytes));
  return parts.fallOver.first(reference, read, options);
}

async function* streamFrom(
  { exchange, attempts }: RegistryParts,
  endpoint: Endpoint,
  reference: ImageReference,
  blob: BlobDescriptor,
  position: Position,
  options: Signal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const subject = subjectOf(reference, blob);
  const patience = attempts.start(endpoint, subject);
  let failedAt = position.next;
  while (position.next === 0 || position.next !== blob.sizeBytes) {
    try {
      const range = position.next > 0 ? { headers: { range: `bytes=${position.next}-` } } : {};
      const request = { method: 'GET', path: `blobs/${blob.digest}`, ...range } as const;
      const answer = await exchange(endpoint, request, options);
      yield* chunksOf(answer, blob, position, subject);
      return;
    } catch (error) {
      if (isEnd(error, blob, position, subject)) return;
      if (position.next - failedAt >= PROGRESS_BYTES) patience.onProgress();
      failedAt = position.next;
      await patience.afterFailure(error, options);
    }
  }
}

/** What is new in an answer, which may begin at the beginning though a range was asked for. */
async function* chunksOf(
  answer: HttpAnswer,
  blob: BlobDescriptor,
  position: Position,
  subject: Subject,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const { start, total } = extentOf(answer, position, subject);
    if (total !== undefined) checkTotal(total, blob, subject);
    const end = blob.sizeBytes ?? total;
    let skip = position.next - start;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      const fresh = skip > 0 ? chunk.subarray(skip) : chunk;
      skip -= chunk.length - fresh.length;
      if (fresh.length === 0) continue;
      if (end !== undefined && position.next + fresh.length > end) throw wrongSize(subject, blob, 'more');
      position.next += fresh.length;
      yield fresh;
    }
    if (end !== undefined && position.next < end)
      throw new ShortBody(`it ended ${end - position.next} bytes early`);
  } finally {
    answer.body.destroy();
  }
}

function extentOf(
  answer: HttpAnswer,
  position: Position,
  { of }: Subject,
): { start: number; total: number | undefined } {
  if (answer.status !== 206) return { start: 0, total: lengthOf(answer.headers) };
  const range = contentRange(answer.headers);
  if (range && range.start <= position.next) return range;
  throw new DrydockError(
    'REGISTRY_PROTOCOL',
    `${answer.url.host} sent another part of the ${of} than was asked for`,
  );
}

/** A 416 on going on means that nothing is left, when the server says how much there was. */
function isEnd(error: unknown, blob: BlobDescriptor, position: Position, subject: Subject): boolean {
  if (!(error instanceof HttpFailure) || error.status !== 416 || error.totalBytes === undefined) return false;
  checkTotal(error.totalBytes, blob, subject);
  return error.totalBytes === position.next;
}

function checkTotal(total: number, blob: BlobDescriptor, subject: Subject): void {
  if (blob.sizeBytes !== undefined && total !== blob.sizeBytes) throw wrongSize(subject, blob, String(total));
}

function wrongSize({ of }: Subject, { sizeBytes }: BlobDescriptor, actual: string): DrydockError {
  const message = `the ${of} has ${actual} bytes where its descriptor says ${sizeBytes ?? 'nothing'}`;
  return new DrydockError('BLOB_SIZE_MISMATCH', message);
}

function tooLarge(of: string, maxBytes: number): DrydockError {
  return new DrydockError('MANIFEST_TOO_LARGE', `the ${of} is larger than ${maxBytes} bytes`);
}

function subjectOf(reference: ImageReference, { digest }: BlobDescriptor): Subject {
  return { of: `blob ${digest} of ${formatReference(reference)}`, missing: 'BLOB_NOT_FOUND' };
}
