import { constants, createGunzip, gzipSync, type Gunzip } from 'node:zlib';
import { StreamError } from './stream-error.ts';

/** Large enough that the cost of a call into zlib no longer shows; see docs/performance.md. */
const OUTPUT_BYTES = 1 << 19;

/**
 * The object behind node's public Gunzip stream. Undocumented but unchanged in Node 20 to 24; it inflates in step
 * with its caller, without a stream, an allocation or a promise per chunk.
 */
interface ZlibHandle {
  onerror: (message: string, errno: number, code: string) => void;
  writeSync(
    flush: number,
    input: Uint8Array | null,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void;
  close(): void;
}

type GunzipInternals = Gunzip & { _handle?: ZlibHandle; _writeState?: Uint32Array };

const EMPTY = new Uint8Array(0);

/** Gives the buffer for the next piece; asked before each. */
export type NextBuffer = () => Uint8Array;

/** One buffer, used again and again. */
export function reusedBuffer(bytes = OUTPUT_BYTES): NextBuffer {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  return () => buffer;
}

/**
 * Inflates gzip data of one or more members. Each piece is a view into the buffer given for it.
 *
 * @throws StreamError on damaged or truncated data
 */
export function* gunzipChunks(
  input: Iterable<Uint8Array>,
  nextBuffer: NextBuffer = reusedBuffer(),
): Generator<Uint8Array> {
  const stream: GunzipInternals = createGunzip({ chunkSize: 64 });
  const handle = stream._handle;
  const state = stream._writeState;
  if (!handle || !state) throw new Error('this Node.js has no synchronous zlib');
  const failure: { message?: string } = {};
  handle.onerror = (message) => (failure.message ??= message);

  function* feed(chunk: Uint8Array, flush: number): Generator<Uint8Array> {
    let left = chunk.length;
    for (;;) {
      const output = nextBuffer();
      handle?.writeSync(flush, chunk, chunk.length - left, left, output, 0, output.length);
      if (failure.message !== undefined) throw new StreamError(failure.message);
      const written = output.length - (state?.[0] ?? 0);
      left = state?.[1] ?? 0;
      if (written > 0) yield output.subarray(0, written);
      // Output not filled: zlib waits for more input, and what it left is padding behind the last member.
      if (written < output.length) return;
    }
  }

  try {
    for (const chunk of input) if (chunk.length > 0) yield* feed(chunk, constants.Z_NO_FLUSH);
    // Without this a truncated stream would pass for a whole one.
    yield* feed(EMPTY, constants.Z_FINISH);
  } finally {
    stream.destroy();
  }
}

/** True when {@link gunzipChunks} works on this Node.js; otherwise callers take the public stream. */
export function hasSyncGunzip(): boolean {
  try {
    const sample = Buffer.concat([gzipSync('dry'), gzipSync('dock')]);
    let text = '';
    for (const piece of gunzipChunks([sample.subarray(0, 25), sample.subarray(25)], reusedBuffer(64))) {
      text += Buffer.from(piece).toString('latin1');
    }
    if (text !== 'drydock') return false;
    for (const _ of gunzipChunks([sample.subarray(0, 12)], reusedBuffer(64)));
    return false;
  } catch (error) {
    return error instanceof StreamError;
  }
}
