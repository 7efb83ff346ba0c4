import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { algorithmOf } from '../../base/digest.ts';
import { DrydockError, isAbort, messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { StreamError } from '../../codec/stream-error.ts';
import { openTarWalker, type TarVisitor } from '../../codec/tar/walker.ts';
import type { Image, Layer } from '../../model/image.ts';
import { decompressed } from '../../oci/archive/decompress.ts';
import type { ImageSource, LayerContent } from '../../oci/source.ts';

const CHUNK_BYTES = 512 << 10;
/** More than any sound layer unpacks to; beyond it lies only a bomb. */
const MAX_UNCOMPRESSED_BYTES = 64 * 2 ** 30;
const DAMAGED = 'The blob is damaged or was cut short: pull or push the image again.';

export interface ReadOptions extends Signal {
  /**
   * The layer was read before and was what config and manifest say. What its digest stands for unpacks to the same again,
   * so that the diffID need not be made once more.
   */
  readonly isKnown?: boolean;
}

/**
 * Reads a layer once from end to end and shows its members to a visitor. When it returns, size, digest and diffID
 * are what manifest and config say; until then nothing of what was seen may be believed.
 *
 * @throws DrydockError LAYER_SIZE_MISMATCH, LAYER_DIGEST_MISMATCH, LAYER_DIFF_ID_MISMATCH, LAYER_CORRUPT, LAYER_LIMIT,
 *   PATCH_UNSUPPORTED, and what the source throws
 */
export async function readLayer(
  image: Image,
  layer: Layer,
  source: ImageSource,
  visitor: TarVisitor,
  { signal, isKnown = false }: ReadOptions,
): Promise<void> {
  const name = layerName(image, layer);
  const isVouched = isKnown && layer.digestUnknown !== true;
  if (layer.skipped !== undefined) {
    throw new DrydockError('PATCH_UNSUPPORTED', `${name} cannot be patched upon: ${layer.skipped}`);
  }
  const stored = tapped(await source.openLayer(image, layer, { signal }), layer, signal);
  const unpacked = createHash(algorithmOf(layer.diffId));
  const tar = openTarWalker(visitor);
  let damage: unknown;
  try {
    let bytes = 0;
    for await (const piece of decompressed(stored.chunks, name)) {
      signal.throwIfAborted();
      bytes += piece.length;
      if (bytes > MAX_UNCOMPRESSED_BYTES) throw tooLarge(name);
      if (!isVouched) unpacked.update(piece);
      tar.push(piece);
    }
    tar.end();
    await stored.drain();
  } catch (error) {
    if (!isDamage(error)) throw error;
    damage = error;
    // A wrong digest shall be told as such and not as damage, so the rest is hashed too.
    await stored.drain();
  } finally {
    await stored.close();
  }
  checkStored(stored, layer, name);
  if (damage !== undefined) {
    throw new DrydockError('LAYER_CORRUPT', `${name} cannot be read: ${messageOf(damage)}`, {
      hint: 'The image was built or stored damaged: build and push it again.',
    });
  }
  if (!isVouched) checkDiffId(`${algorithmOf(layer.diffId)}:${unpacked.digest('hex')}`, layer, name);
}

/** `layer 2 of 5 (sha256:…)`: what people find in the manifest. */
function layerName(image: Image, layer: Layer): string {
  return `layer ${image.layers.indexOf(layer) + 1} of ${image.layers.length} (${layer.digest})`;
}

interface Tapped {
  readonly chunks: AsyncIterable<Uint8Array>;
  drain(): Promise<void>;
  close(): Promise<void>;
  digest(): string;
  sizeBytes(): number;
}

/** Hashes what passes. Whoever leaves early does not end it, so that the rest can still be drained. */
function tapped(content: LayerContent, { digest }: Layer, signal: AbortSignal): Tapped {
  const hash = createHash(algorithmOf(digest));
  let bytes = 0;
  async function* pass(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunksOf(content)) {
      signal.throwIfAborted();
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  const passing = pass();
  return {
    chunks: { [Symbol.asyncIterator]: () => ({ next: () => passing.next() }) },
    async drain() {
      while ((await passing.next()).done !== true);
    },
    async close() {
      await passing.return(undefined);
    },
    digest: () => `${algorithmOf(digest)}:${hash.digest('hex')}`,
    sizeBytes: () => bytes,
  };
}

function chunksOf(content: LayerContent): AsyncIterable<Uint8Array> {
  if (content.kind === 'stream') return content.chunks;
  const { path, offset, length } = content;
  if (length === 0) return nothing();
  const file = createReadStream(path, {
    start: offset,
    end: offset + length - 1,
    highWaterMark: CHUNK_BYTES,
  });
  return file as AsyncIterable<Uint8Array>;
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // an empty blob
}

/** What the bytes are to blame for, and not who brought them. */
function isDamage(error: unknown): boolean {
  if (isAbort(error)) return false;
  return error instanceof StreamError || (error instanceof DrydockError && error.code === 'ARCHIVE_INVALID');
}

function checkStored(stored: Tapped, layer: Layer, name: string): void {
  if (layer.digestUnknown) return;
  if (stored.sizeBytes() !== layer.sizeBytes) {
    throw new DrydockError(
      'LAYER_SIZE_MISMATCH',
      `${name} has ${stored.sizeBytes()} bytes where the manifest says ${layer.sizeBytes}`,
      { hint: DAMAGED },
    );
  }
  const digest = stored.digest();
  if (digest !== layer.digest) {
    throw new DrydockError('LAYER_DIGEST_MISMATCH', `${name} has the digest ${digest}`, { hint: DAMAGED });
  }
}

function checkDiffId(actual: string, { diffId }: Layer, name: string): void {
  if (actual === diffId) return;
  throw new DrydockError(
    'LAYER_DIFF_ID_MISMATCH',
    `${name} unpacks to ${actual} where the image config says ${diffId}`,
    { hint: 'The image config does not belong to these layers: build and push the image again.' },
  );
}

function tooLarge(name: string): DrydockError {
  return new DrydockError(
    'LAYER_LIMIT',
    `${name} unpacks to more than ${MAX_UNCOMPRESSED_BYTES / 2 ** 30} GiB`,
  );
}
