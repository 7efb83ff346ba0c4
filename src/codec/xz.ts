import type * as Xz from 'xz-decompress';
import { StreamError } from './stream-error.ts';

/** Pieces without content that may follow each other while nothing is read: the decoder has stopped moving. */
const MAX_EMPTY_PIECES = 64;
/** What `maxBytes` may be at most is for callers to say; a signal calls the work off between two pieces. */
export interface XzOptions {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Decompresses xz data. Only one stream is decoded at a time on a thread, so the pieces must be taken without waiting
 * for another xz stream in between; who stops early ends the stream by leaving the loop.
 *
 * @throws StreamError on damaged or truncated data, and on more than `maxBytes`
 */
export async function* xzChunks(
  input: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { maxBytes, signal }: XzOptions,
): AsyncGenerator<Uint8Array> {
  const XzReadableStream = await loadXz();
  const feed: Feed = { failure: undefined, isFresh: false };
  const reader = new XzReadableStream(toStream(input, feed)).getReader();
  let bytes = 0;
  let empty = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await read(reader, feed);
      if (done) return;
      bytes += value.length;
      if (bytes > maxBytes) throw new StreamError(`xz data of more than ${maxBytes} bytes`);
      empty = value.length > 0 || feed.isFresh ? 0 : empty + 1;
      feed.isFresh = false;
      if (empty > MAX_EMPTY_PIECES) throw new StreamError('truncated xz data');
      if (value.length > 0) yield value;
    }
  } finally {
    // Gives the decoder back, for which the next stream waits. What has failed has given it back already.
    await reader.cancel().catch(() => undefined);
  }
}

/**
 * Decompresses xz data in memory.
 *
 * @throws StreamError on damaged or truncated data, and on more than `maxBytes`
 */
export async function unxz(content: Uint8Array, options: XzOptions): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of xzChunks([content], options)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** A module of the older kind: who loads it decides whether its names stand on their own or below `default`. */
async function loadXz(): Promise<typeof Xz.XzReadableStream> {
  const loaded = (await import('xz-decompress')) as Partial<typeof Xz> & { readonly default: typeof Xz };
  return loaded.XzReadableStream ?? loaded.default.XzReadableStream;
}

interface Feed {
  failure: Error | undefined;
  /** Something was read since the last piece. */
  isFresh: boolean;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function read(reader: Reader, feed: Feed): ReturnType<Reader['read']> {
  try {
    return await reader.read();
  } catch (error) {
    if (feed.failure) throw feed.failure;
    throw new StreamError('damaged or truncated xz data', { cause: error });
  }
}

function toStream(
  input: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  feed: Feed,
): ReadableStream<Uint8Array> {
  const iterator: Iterator<Uint8Array> | AsyncIterator<Uint8Array> =
    Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator]();
  return new ReadableStream({
    async pull(controller) {
      try {
        let next: IteratorResult<Uint8Array, unknown> = await iterator.next();
        // Who gives nothing is not asked again.
        while (next.done !== true && next.value.length === 0) next = await iterator.next();
        if (next.done === true) {
          controller.close();
          return;
        }
        feed.isFresh = true;
        controller.enqueue(next.value);
      } catch (error) {
        feed.failure = error instanceof Error ? error : new Error(String(error));
        controller.error(error);
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
