import { constants, createInflateRaw, deflateRawSync, type InflateRaw } from 'node:zlib';
import { CodecError } from '../codec-error.ts';

const OUTPUT_BYTES = 1 << 16;

/** As in `gunzip.ts`: the object behind node's public stream, which inflates in step with its caller. */
interface ZlibHandle {
  onerror: (message: string, errno: number, code: string) => void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void;
}
type Internals = InflateRaw & { _handle?: ZlibHandle; _writeState?: Uint32Array };

/** Inflates a deflated stream that comes in pieces. */
export interface Inflater {
  /**
   * Hands on what the piece inflates to; a view that is valid until `take` returns. What follows the end of the
   * stream is passed over.
   *
   * @returns false when `take` has: nothing more is wanted
   * @throws CodecError on damaged data
   */
  write(piece: Uint8Array, take: (inflated: Uint8Array) => boolean): boolean;
  /** Frees its memory; may be called twice. */
  close(): void;
}

/** @throws CodecError where this Node.js has no synchronous zlib; see {@link hasSyncInflate} */
export function openInflater(): Inflater {
  const stream: Internals = createInflateRaw({ chunkSize: 64 });
  const handle = stream._handle;
  const state = stream._writeState;
  if (!handle || !state) throw new CodecError('this Node.js has no synchronous zlib');
  const failure: { message?: string } = {};
  handle.onerror = (message) => (failure.message ??= message);
  const output = Buffer.allocUnsafeSlow(OUTPUT_BYTES);

  return {
    write(piece, take) {
      let left = piece.length;
      while (piece.length > 0) {
        const at = piece.length - left;
        handle.writeSync(constants.Z_NO_FLUSH, piece, at, left, output, 0, output.length);
        if (failure.message !== undefined)
          throw new CodecError('a zip entry whose deflated bytes are damaged');
        const written = output.length - (state[0] ?? 0);
        left = state[1] ?? 0;
        if (written > 0 && !take(output.subarray(0, written))) return false;
        // Output not filled: it waits for more input, and what it left is behind the end of the stream.
        if (written < output.length) return true;
      }
      return true;
    },
    close: () => stream.destroy(),
  };
}

/** False on a Node.js where archives can only be read whole. */
export function hasSyncInflate(): boolean {
  const text: string[] = [];
  const take = (piece: Uint8Array): boolean => text.push(Buffer.from(piece).toString('latin1')) > 0;
  try {
    const inflater = openInflater();
    const sample = deflateRawSync('drydock');
    inflater.write(sample.subarray(0, 4), take);
    inflater.write(sample.subarray(4), take);
    inflater.close();
  } catch {
    // Whatever it is that this Node.js lacks.
    return false;
  }
  return text.join('') === 'drydock';
}
