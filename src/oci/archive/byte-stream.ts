import type { ArchiveBytes } from './tar-members.ts';

/** Bytes that pass by once. */
export interface ByteStream extends ArchiveBytes {
  /** The next `count` bytes piece by piece, as they come; fewer at the end only. */
  pieces(count: number): AsyncGenerator<Uint8Array>;
  /** Lets the producer go. */
  close(): Promise<void>;
}

/**
 * Reads pieces of any size as one stream, of which it holds one at a time. Waiting for a producer that gives
 * nothing (an idle pipe) ends when the signal is aborted.
 */
export function openByteStream(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): ByteStream {
  const iterator = chunks[Symbol.asyncIterator]();
  let piece: Uint8Array = new Uint8Array(0);
  let position = 0;
  let isWaiting = false;

  /** The unread part of the current piece, at most `limit` of it; empty at the end. */
  async function next(limit: number): Promise<Uint8Array> {
    while (piece.length === 0) {
      isWaiting = true;
      const result = await abortable(iterator.next(), signal);
      isWaiting = false;
      if (result.done === true) return piece;
      piece = result.value;
    }
    const part = piece.subarray(0, limit);
    piece = piece.subarray(part.length);
    position += part.length;
    return part;
  }

  async function* pieces(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      const part = await next(left);
      if (part.length === 0) return;
      left -= part.length;
      yield part;
    }
  }

  return {
    get position() {
      return position;
    },
    pieces,
    async take(count) {
      const parts: Uint8Array[] = [];
      for await (const part of pieces(count)) parts.push(part);
      return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    },
    async skip(count) {
      const start = position;
      for await (const _ of pieces(count));
      return position - start;
    },
    async close() {
      const closed = iterator.return?.();
      // A generator that is waiting for its own source answers only after it, which may be never.
      if (isWaiting) closed?.catch(() => {});
      else await closed;
    },
  };
}

/** A listener for each wait, as a promise raced for the whole stream would gather what it was raced with. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
