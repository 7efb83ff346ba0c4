import { closeSync, openSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { sniffCompression } from '../codec/compression.ts';
import { gunzipChunks, hasSyncGunzip, type NextBuffer } from '../codec/gunzip.ts';
import { StreamError } from '../codec/stream-error.ts';
import { DrydockError } from '../base/errors.ts';

/** Reads and calls of this size cost next to nothing for their number; see docs/performance.md. */
export const CHUNK_BYTES = 1 << 19;

/** A part of a file in chunks. Each is a view into one reused buffer, valid until the next. */
export function* fileChunks(path: string, offset: number, length: number): Generator<Uint8Array> {
  const file = openFile(path);
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, Math.max(1, length)));
    for (let at = 0; at < length;) {
      const read = readSync(file, buffer, 0, Math.min(buffer.length, length - at), offset + at);
      if (read === 0) return; // shorter than said: the size check tells
      at += read;
      yield buffer.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new DrydockError('BLOB_NOT_FOUND', `cannot open the layer blob ${path}`, { cause });
  }
}

/** Where uncompressed pieces go, and what is said when they end early. */
export interface BytesReceiver {
  stored(chunk: Uint8Array): void;
  uncompressed(piece: Uint8Array): void;
  fail(message: string): void;
  /** Where the next uncompressed piece may be written, so that it need not be copied there. */
  readonly room?: () => Uint8Array;
}

/**
 * Pulls stored bytes to their end and hands them on both as stored and uncompressed. Yields now and then, so that
 * a caller on the main thread can let others have a turn; a caller with a thread of its own just runs it to its end.
 */
export async function loadDecompressor(head: Uint8Array): Promise<LayerPump> {
  const compression = sniffCompression(head);
  if (compression === 'zstd') {
    const { loadZstd, zstdChunks } = await import('../codec/zstd.ts');
    await loadZstd();
    return pumpWith(zstdChunks);
  }
  if (compression === 'gzip') return hasSyncGunzip() ? pumpWith(gunzipChunks) : pumpThroughStream;
  return pumpWith(undefined);
}

export type LayerPump = (
  input: Iterable<Uint8Array>,
  to: BytesReceiver,
) => AsyncGenerator<void> | Generator<void>;

type Decompress = (input: Iterable<Uint8Array>, nextBuffer?: NextBuffer) => Iterable<Uint8Array>;

function pumpWith(decompress: Decompress | undefined): LayerPump {
  return function* (input, to) {
    const tapped = tap(input, to);
    if (!decompress) {
      for (const chunk of tapped) {
        to.uncompressed(chunk);
        yield;
      }
      return;
    }
    try {
      for (const piece of decompress(tapped, to.room)) {
        to.uncompressed(piece);
        yield;
      }
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      to.fail(error.message);
    }
    for (const _ of tapped) yield; // what decompression left is still hashed
  };
}

/** For a Node.js without the synchronous zlib: the public stream, somewhat slower. */
async function* pumpThroughStream(input: Iterable<Uint8Array>, to: BytesReceiver): AsyncGenerator<void> {
  const tapped = tap(input, to);
  const copies = (function* () {
    for (const chunk of tapped) yield Buffer.from(chunk);
  })();
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  try {
    for await (const piece of Readable.from(copies, { objectMode: false }).pipe(gunzip)) {
      to.uncompressed(piece as Uint8Array);
      yield;
    }
  } catch (error) {
    to.fail(error instanceof Error ? error.message : String(error));
  }
  for (const _ of tapped) yield;
}

/** The same iterator for all who pull from it, so that ending one loop early does not end the input. */
function tap(input: Iterable<Uint8Array>, to: BytesReceiver): Iterable<Uint8Array> {
  const iterator = input[Symbol.iterator]();
  const tapped: Iterator<Uint8Array> = {
    next() {
      const step = iterator.next();
      if (!step.done) to.stored(step.value);
      return step;
    },
  };
  return { [Symbol.iterator]: () => tapped };
}
