import { ZSTDDecoder } from 'zstddec/stream';
import { StreamError } from './stream-error.ts';

/** zstddec answers damaged data with empty pieces for ever. */
const MAX_EMPTY_PIECES = 64;
/** Bounds what the decoder copies into its own memory at once. */
const INPUT_BYTES = 1 << 20;

/** Prepares the decoder. Must have finished before {@link zstdChunks} is used on this thread. */
export async function loadZstd(): Promise<void> {
  await new ZSTDDecoder().init();
}

/**
 * Decompresses zstd data of one or more frames (skippable ones included), with windows up to 128 MiB.
 *
 * @throws StreamError on damaged or truncated data
 */
export function* zstdChunks(input: Iterable<Uint8Array>): Generator<Uint8Array> {
  const source = { failure: undefined as unknown };
  let empty = 0;
  try {
    for (const piece of new ZSTDDecoder().decodeStreaming(slices(input, source, () => (empty = 0)))) {
      if (piece.length > 0) {
        empty = 0;
        yield piece;
      } else if (++empty > MAX_EMPTY_PIECES) {
        throw new StreamError('damaged zstd data, or a window of more than 128 MiB');
      }
    }
  } catch (error) {
    if (error instanceof StreamError || error === source.failure) throw error;
    throw new StreamError('damaged or truncated zstd data', { cause: error });
  }
}

function* slices(
  input: Iterable<Uint8Array>,
  source: { failure: unknown },
  onInput: () => void,
): Generator<Uint8Array> {
  try {
    for (const chunk of input) {
      for (let offset = 0; offset < chunk.length; offset += INPUT_BYTES) {
        onInput();
        yield chunk.subarray(offset, offset + INPUT_BYTES);
      }
    }
  } catch (error) {
    source.failure = error;
    throw error;
  }
}
