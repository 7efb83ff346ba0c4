import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DrydockError, isAbort, messageOf } from '../../base/errors.ts';
import { sniffCompression, type Compression } from '../../codec/compression.ts';
import { invalid } from './tar-members.ts';

const OUTPUT_BYTES = 512 << 10;
/** The decoder copies each piece into memory of its own. */
const ZSTD_INPUT_BYTES = 1 << 20;
/** It answers damaged data with empty pieces for ever. */
const MAX_EMPTY_PIECES = 64;

/**
 * The content of a file that may be compressed as a whole, told by its first bytes.
 * @throws DrydockError (while read) ARCHIVE_INVALID
 */
export async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const { compression, all } = await sniff(chunks);
  if (compression === 'none') {
    yield* all;
    return;
  }
  try {
    yield* compression === 'gzip' ? gunzipped(all) : unzstd(all);
  } catch (cause) {
    // What the source threw is not the fault of the data.
    if (cause instanceof DrydockError || isAbort(cause)) throw cause;
    invalid(name, `holds damaged ${compression} data: ${messageOf(cause)}`, cause);
  }
}

async function sniff(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ compression: Compression; all: AsyncGenerator<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  let isDone = false;
  while (head.length < 4 && !isDone) {
    const result = await iterator.next();
    isDone = result.done === true;
    if (result.done !== true) head = head.length === 0 ? result.value : Buffer.concat([head, result.value]);
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head;
      for (;;) {
        const result = await iterator.next();
        if (result.done === true) return;
        yield result.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { compression: sniffCompression(head), all: all() };
}

async function* gunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: OUTPUT_BYTES });
  // Failures of either side come out of the iteration below; the callback keeps them from being unhandled.
  pipeline(Readable.from(chunks), gunzip, () => {});
  yield* gunzip as AsyncIterable<Uint8Array>;
}

/**
 * The decoder pulls its input synchronously, one piece for one or more pieces of output. So there is always one
 * piece laid ready before it is asked for output.
 */
async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Only now: the decoder is 80 KB of WebAssembly that most scans do without.
  const [{ ZSTDDecoder }, { loadZstd }] = await Promise.all([
    import('zstddec/stream'),
    import('../../codec/zstd.ts'),
  ]);
  await loadZstd();
  const iterator = slices(chunks);
  let ready = await iterator.next();
  let isTaken = false;
  let empty = 0;
  function* input(): Generator<Uint8Array> {
    while (ready.done !== true) {
      isTaken = true;
      yield ready.value;
    }
  }
  const output = new ZSTDDecoder().decodeStreaming(input());
  try {
    for (;;) {
      if (isTaken) {
        ready = await iterator.next();
        isTaken = false;
        empty = 0;
      }
      const piece = output.next();
      if (piece.done === true) return;
      if (piece.value.length > 0) yield piece.value;
      else if (++empty > MAX_EMPTY_PIECES) throw new Error('damaged, or a window of more than 128 MiB');
    }
  } finally {
    await iterator.return(undefined);
  }
}

/** Pieces that are neither empty, which the decoder would not answer at all, nor large. */
async function* slices(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined, undefined> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += ZSTD_INPUT_BYTES)
      yield chunk.subarray(at, at + ZSTD_INPUT_BYTES);
  }
}
