import { createHash } from 'node:crypto';
import { parseDigest, toDigest } from '../../base/digest.ts';
import { DrydockError, isAbort } from '../../base/errors.ts';
import { sniffCompression, type Compression } from '../../codec/compression.ts';
import { StreamError } from '../../codec/stream-error.ts';
import { BLOCK_BYTES, isZeroBlock, parseHeader } from '../../codec/tar/header.ts';
import type { Digest } from '../../model/image.ts';
import type { StreamedArchive } from '../source.ts';
import type { ByteStream } from './byte-stream.ts';
import { follow } from './links.ts';
import { invalid, tooMuch, walkMembers, type Member } from './tar-members.ts';

const MAX_DOCUMENT_BYTES = 8 << 20;
const MAX_ALL_DOCUMENTS_BYTES = 64 << 20;
const MAX_DOCUMENTS = 10_000;

export type OnBlob = Parameters<StreamedArchive['read']>[1];

/** A member that may be a layer and has been read. */
export interface PassedBlob {
  readonly digest: Digest;
  readonly diffId: Digest;
  readonly sizeBytes: number;
  readonly compression: Compression;
}

/** What is left of an archive that has passed by. */
export interface PassedMembers {
  document(path: string): Uint8Array | undefined;
  /**
   * The member as it was read by `onBlob`; it is read now when it was kept as a document.
   * @throws DrydockError what went wrong when it passed by, so that only those who need it fail
   */
  blob(path: string): Promise<PassedBlob | undefined>;
}

interface Collected {
  readonly documents: Map<string, Uint8Array>;
  readonly blobs: Map<string, PassedBlob | DrydockError | 'no layer'>;
  readonly links: Map<string, string>;
  documentBytes: number;
}

/**
 * Reads an archive to its end: keeps what may be a document, hands each member that may be a layer to `onBlob`.
 *
 * @throws DrydockError ARCHIVE_INVALID, ARCHIVE_LIMIT, and what `onBlob` throws when it is not about the blob
 */
export async function collectMembers(
  stream: ByteStream,
  onBlob: OnBlob,
  name: string,
): Promise<PassedMembers> {
  const collected: Collected = { documents: new Map(), blobs: new Map(), links: new Map(), documentBytes: 0 };
  await walkMembers(stream, name, async (member) => await collect(member, stream, collected, onBlob, name));
  const { documents, blobs, links } = collected;
  return {
    document: (path) => follow(path, documents, links),
    async blob(path) {
      const found = follow(path, blobs, links);
      if (found instanceof DrydockError) throw found;
      if (found === 'no layer') {
        throw new DrydockError('LAYER_CORRUPT', `${path} of ${name} is neither tar, gzip nor zstd`);
      }
      const kept = found ? undefined : follow(path, documents, links);
      return kept ? await readBlob([kept], kept, kept.length, path, onBlob) : found;
    },
  };
}

async function collect(
  member: Member,
  stream: ByteStream,
  collected: Collected,
  onBlob: OnBlob,
  name: string,
): Promise<void> {
  const { path, kind, sizeBytes, leadsTo } = member;
  if (leadsTo !== undefined) collected.links.set(path, leadsTo);
  // A second member of the same name is not read again; its digest would have to be the same anyway.
  if (kind !== 'file' || collected.blobs.has(path)) return;

  const head = Uint8Array.from(await stream.take(Math.min(sizeBytes, BLOCK_BYTES)));
  if (head.length < Math.min(sizeBytes, BLOCK_BYTES)) return; // cut off, which the walk is about to find
  const left = sizeBytes - head.length;
  if (mayBeLayer(head)) {
    collected.blobs.set(path, await tryToRead(bodyOf(head, left, stream, name), head, member, onBlob));
  } else if (mayBeDocument(head) && sizeBytes <= MAX_DOCUMENT_BYTES) {
    const bytes = left === 0 ? head : Buffer.concat([head, await stream.take(left)]);
    keep(path, bytes, collected, name);
  } else {
    collected.blobs.set(path, 'no layer');
  }
}

function keep(path: string, bytes: Uint8Array, collected: Collected, name: string): void {
  collected.documentBytes += bytes.length;
  collected.documents.set(path, bytes);
  if (collected.documents.size > MAX_DOCUMENTS) tooMuch(name, `more than ${MAX_DOCUMENTS} documents`);
  if (collected.documentBytes > MAX_ALL_DOCUMENTS_BYTES) {
    tooMuch(name, `more than ${MAX_ALL_DOCUMENTS_BYTES} bytes of documents`);
  }
}

/** Compressed data or tar. Other things (a VERSION file, an encrypted layer) are no business of layer readers. */
function mayBeLayer(head: Uint8Array): boolean {
  if (sniffCompression(head) !== 'none') return true;
  if (head.length < BLOCK_BYTES) return false;
  if (isZeroBlock(head)) return true;
  try {
    parseHeader(Buffer.from(head.buffer, head.byteOffset, head.length));
    return true;
  } catch (error) {
    if (error instanceof StreamError) return false;
    throw error;
  }
}

/** JSON. An empty member is kept, too: it costs nothing, and can be read as a layer later. */
function mayBeDocument(head: Uint8Array): boolean {
  const first = head.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return head.length === 0 || first === 0x7b || first === 0x5b;
}

/** Not every blob is a layer of the image asked for, so damage is told only to those who need this one. */
async function tryToRead(
  chunks: AsyncIterable<Uint8Array>,
  head: Uint8Array,
  { path, sizeBytes }: Member,
  onBlob: OnBlob,
): Promise<PassedBlob | DrydockError> {
  try {
    return await readBlob(chunks, head, sizeBytes, path, onBlob);
  } catch (error) {
    if (!(error instanceof DrydockError) || isAbort(error.cause)) throw error;
    if (error.kind !== 'corrupt' && error.code !== 'LAYER_LIMIT') throw error;
    return error;
  }
}

async function readBlob(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  head: Uint8Array,
  sizeBytes: number,
  path: string,
  onBlob: OnBlob,
): Promise<PassedBlob> {
  // Whoever reads layers computes sha256; a layout may name its blobs by the other algorithm.
  const hash = path.startsWith('blobs/sha512/') ? createHash('sha512') : undefined;
  async function* hashing(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash?.update(chunk);
      yield chunk;
    }
  }
  const read = await onBlob(hashing(), sizeBytes);
  const strong = hash && toDigest(`sha512:${hash.digest('hex')}`);
  return {
    digest: strong ?? parseDigest(read.digest, path),
    diffId: parseDigest(read.diffId, path),
    sizeBytes: read.sizeBytes,
    compression: sniffCompression(head),
  };
}

/** Whoever reads it must not take what is left of a cut archive for the whole. */
async function* bodyOf(
  head: Uint8Array,
  restBytes: number,
  stream: ByteStream,
  name: string,
): AsyncGenerator<Uint8Array> {
  yield head;
  const start = stream.position;
  yield* stream.pieces(restBytes);
  if (stream.position - start < restBytes) invalid(name, 'is cut off');
}
