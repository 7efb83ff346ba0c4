import { DrydockError } from '../../../base/errors.ts';
import type { Signal } from '../../../base/signal.ts';
import type { Digest, ImageReference } from '../../../model/image.ts';
import { toDigest } from '../../../base/digest.ts';
import type { Endpoint } from '../endpoint.ts';
import { HttpFailure } from '../http-failure.ts';
import { discard, headerOf, type RequestBody } from '../transport.ts';
import { blobSubject, pushEndpoint, type PushParts } from './push-parts.ts';
import {
  askOffset,
  beginUpload,
  cancelUpload,
  NO_BODY,
  sessionOf,
  type UploadSession,
} from './upload-session.ts';

/** A blob that can be read from any place on, as often as the network makes it necessary. */
export interface BlobToPush {
  readonly digest: Digest;
  readonly sizeBytes: number;
  open(offset: number): AsyncIterable<Uint8Array>;
  /** A repository of the target's registry that has it. */
  readonly mountFrom?: string;
}

/** How a blob came to be where it is now. */
export type PushedBlob = 'present' | 'mounted' | 'uploaded';

/** Up to this a blob goes in one request; what is larger goes in parts of this size, each of which is kept. */
const PART_BYTES = 16 << 20;

/**
 * Sees to it that a repository has a blob, with as few bytes sent as can be: none when it is there, or can be mounted.
 * An upload that breaks is taken up where the registry says it stopped, or begun anew.
 *
 * @throws DrydockError as the client of the registry, and what reading the blob throws
 */
export async function pushBlob(
  parts: PushParts,
  reference: ImageReference,
  blob: BlobToPush,
  options: Signal,
): Promise<PushedBlob> {
  const subject = blobSubject(reference, blob.digest);
  const plain = pushEndpoint(reference);
  const isThere = (): Promise<boolean> =>
    parts.attempts.run(plain, subject, () => hasBlob(parts, plain, blob.digest, options), options);
  if (await isThere()) return 'present';
  const mounting = blob.mountFrom === undefined ? plain : pushEndpoint(reference, blob.mountFrom);
  const begun = await parts.attempts.run(
    plain,
    subject,
    () => beginMounted(parts, mounting, plain, blob, options),
    options,
  );
  if (begun === 'mounted') return 'mounted';

  const patience = parts.attempts.start(plain, subject);
  const upload = startUpload(parts, plain, blob, begun, options);
  try {
    for (;;) {
      try {
        await upload.goOn(() => patience.onProgress());
        return 'uploaded';
      } catch (error) {
        await patience.afterFailure(upload.excuse(error), options);
        // The last answer may have been lost on its way.
        if (await isThere()) return 'uploaded';
        await parts.attempts.run(plain, subject, () => upload.findOut(), options);
      }
    }
  } catch (error) {
    await upload.cancel();
    throw error;
  }
}

async function hasBlob(
  parts: PushParts,
  endpoint: Endpoint,
  digest: Digest,
  options: Signal,
): Promise<boolean> {
  try {
    const answer = await parts.exchange(endpoint, { method: 'HEAD', path: `blobs/${digest}` }, options);
    await discard(answer, options);
    return true;
  } catch (error) {
    if (error instanceof HttpFailure && (error.status === 404 || error.status === 405)) return false;
    throw error;
  }
}

/** Who may not look into the other repository can still upload. */
async function beginMounted(
  parts: PushParts,
  mounting: Endpoint,
  plain: Endpoint,
  { digest }: BlobToPush,
  options: Signal,
): Promise<UploadSession | 'mounted'> {
  if (mounting === plain) return await beginUpload(parts, plain, undefined, options);
  try {
    return await beginUpload(parts, mounting, digest, options);
  } catch (error) {
    const isRefusal = error instanceof HttpFailure && error.status < 500 && error.status !== 429;
    if (!isRefusal) throw error;
    return await beginUpload(parts, plain, undefined, options);
  }
}

interface Upload {
  /** Sends what is left. */
  goOn(onProgress: () => void): Promise<void>;
  /** After a failure: asks where it stands, and begins anew where nobody knows. */
  findOut(): Promise<void>;
  /** The failure as it shall be judged: some are reasons to try another way. */
  excuse(error: unknown): unknown;
  cancel(): Promise<void>;
}

function startUpload(
  parts: PushParts,
  endpoint: Endpoint,
  blob: BlobToPush,
  begun: UploadSession,
  options: Signal,
): Upload {
  let session = begun;
  let offset = 0;
  let inParts = blob.sizeBytes > PART_BYTES;
  let isOver = false;

  async function sendPart(onProgress: () => void): Promise<void> {
    const length = Math.min(Math.max(PART_BYTES, session.leastBytes), blob.sizeBytes - offset);
    const answer = await parts.exchange(
      endpoint,
      {
        method: 'PATCH',
        path: session.location,
        headers: { ...OCTETS, 'content-range': `${offset}-${offset + length - 1}` },
        body: bodyOf(blob, offset, length),
      },
      options,
    );
    await discard(answer, options);
    session = { ...sessionOf(answer, parts), leastBytes: session.leastBytes };
    offset += length;
    onProgress();
  }

  async function finish(): Promise<void> {
    const url = new URL(session.location);
    url.searchParams.set('digest', blob.digest);
    const left = blob.sizeBytes - offset;
    const answer = await parts.exchange(
      endpoint,
      {
        method: 'PUT',
        path: url,
        headers:
          offset > 0 && left > 0 ? { ...OCTETS, 'content-range': `${offset}-${blob.sizeBytes - 1}` } : OCTETS,
        body: left === 0 ? NO_BODY : bodyOf(blob, offset, left),
      },
      options,
    );
    await discard(answer, options);
    isOver = true;
    checkStated(toDigest(headerOf(answer.headers, 'docker-content-digest')), blob.digest, endpoint);
  }

  return {
    async goOn(onProgress) {
      while (inParts && offset < blob.sizeBytes) await sendPart(onProgress);
      await finish();
    },
    async findOut() {
      const known = await askOffset(parts, endpoint, session, options);
      if (known && known.offset > 0 && known.offset <= blob.sizeBytes) {
        ({ session, offset } = known);
        return;
      }
      await cancelUpload(parts, endpoint, session);
      const again = await beginUpload(parts, endpoint, undefined, options);
      if (again === 'mounted') return;
      session = again;
      offset = 0;
    },
    excuse(error) {
      if (!(error instanceof HttpFailure)) return error;
      // Wrong place: the registry kept less or more than we believe. No such session: it was restarted.
      const isLost = error.status === 416 || error.status === 404;
      const isUnknown = inParts && (error.status === 405 || error.status === 501);
      if (isUnknown) inParts = false;
      return isLost || isUnknown ? passing(error) : error;
    },
    async cancel() {
      if (!isOver) await cancelUpload(parts, endpoint, session);
    },
  };
}

const OCTETS = { 'content-type': 'application/octet-stream' } as const;

/** The same, as one that is worth another attempt. */
function passing(failure: HttpFailure): HttpFailure {
  const { role, host, signedIn, detail } = failure;
  return new HttpFailure({ status: 503, role, host, signedIn, detail });
}

function bodyOf(blob: BlobToPush, offset: number, length: number): RequestBody {
  return {
    sizeBytes: length,
    async *open() {
      let left = length;
      for await (const chunk of blob.open(offset)) {
        const piece = chunk.length > left ? chunk.subarray(0, left) : chunk;
        left -= piece.length;
        yield piece;
        if (left === 0) return;
      }
    },
  };
}

function checkStated(stated: Digest | undefined, digest: Digest, { registry }: Endpoint): void {
  if (stated === undefined || stated === digest || !stated.startsWith('sha256:')) return;
  throw new DrydockError('BLOB_DIGEST_MISMATCH', `registry ${registry} stored blob ${digest} as ${stated}`);
}
