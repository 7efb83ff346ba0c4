import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { crc32, createDeflateRaw, type DeflateRaw } from 'node:zlib';
import type { Signal } from '../../base/signal.ts';
import type { Digest } from '../../model/image.ts';
import type { LayerChange, RootView } from '../root/root-view.ts';
import { layerMembers, type LayerMember } from './layer-members.ts';
import { BLOCK_BYTES, memberHeader, paddingAfter } from './tar-member.ts';

/** A layer that was written, gzipped; it lies in memory, since a patch is small. */
export interface WrittenLayer {
  readonly digest: Digest;
  readonly diffId: Digest;
  readonly sizeBytes: number;
  readonly uncompressedBytes: number;
  /** The stored bytes from `offset` on; as often as wanted. */
  open(offset?: number): AsyncIterable<Uint8Array>;
}

export interface LayerOptions extends Signal {
  /** RFC 3339. No time in the layer is later. */
  readonly latest: string;
}

/** Level, memory and strategy are part of what makes the same bytes again. */
const COMPRESSION = { level: 6, memLevel: 8, windowBits: 15 } as const;
/** No name, no time, system unknown. @see RFC 1952, section 2.3 */
const GZIP_HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
const PIECE_BYTES = 1 << 20;

/**
 * Writes changes as one layer. The same changes to the same image give the same bytes.
 *
 * @throws DrydockError INTERNAL for changes that contradict each other, and what `view.read` throws
 * @see OCI Image Spec 1.1, "Image Layer Filesystem Changeset"
 */
export async function writeLayer(
  changes: readonly LayerChange[],
  view: RootView,
  { signal, latest }: LayerOptions,
): Promise<WrittenLayer> {
  const members = await layerMembers(changes, view, Math.floor(Date.parse(latest) / 1000), { signal });
  const unpacked = createHash('sha256');
  const stored = createHash('sha256');
  const chunks: Uint8Array[] = [];
  const keep = (chunk: Uint8Array): void => {
    stored.update(chunk);
    chunks.push(chunk);
  };
  let checksum = 0;
  let uncompressedBytes = 0;
  keep(GZIP_HEADER);
  const deflate = createDeflateRaw(COMPRESSION);
  deflate.on('data', keep);
  try {
    for (const piece of archiveOf(members)) {
      signal.throwIfAborted();
      unpacked.update(piece);
      checksum = crc32(piece, checksum);
      uncompressedBytes += piece.length;
      if (!deflate.write(piece)) await once(deflate, 'drain', { signal });
    }
    await ended(deflate, signal);
  } finally {
    deflate.destroy();
  }
  keep(trailer(checksum, uncompressedBytes));
  return {
    digest: `sha256:${stored.digest('hex')}` as Digest,
    diffId: `sha256:${unpacked.digest('hex')}` as Digest,
    sizeBytes: chunks.reduce((total, { length }) => total + length, 0),
    uncompressedBytes,
    open: (offset = 0) => from(chunks, offset),
  };
}

async function ended(deflate: DeflateRaw, signal: AbortSignal): Promise<void> {
  const end = once(deflate, 'end', { signal });
  deflate.end();
  await end;
}

function* archiveOf(members: Iterable<LayerMember>): Generator<Uint8Array> {
  for (const member of members) {
    yield memberHeader(member);
    const { content, sizeBytes } = member;
    if (!content) continue;
    for (let at = 0; at < sizeBytes; at += PIECE_BYTES) yield content.subarray(at, at + PIECE_BYTES);
    yield paddingAfter(sizeBytes);
  }
  yield new Uint8Array(2 * BLOCK_BYTES);
}

function trailer(checksum: number, bytes: number): Uint8Array {
  const end = Buffer.alloc(8);
  end.writeUInt32LE(checksum, 0);
  end.writeUInt32LE(bytes % 2 ** 32, 4);
  return end;
}

async function* from(chunks: readonly Uint8Array[], offset: number): AsyncGenerator<Uint8Array> {
  let skip = offset;
  for (const chunk of chunks) {
    if (skip < chunk.length) yield chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}
