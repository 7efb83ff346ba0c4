import {
  brotliCompress,
  brotliCompressSync,
  brotliDecompress,
  brotliDecompressSync,
  constants,
  type BrotliOptions,
} from 'node:zlib';
import { promisify } from 'node:util';
import { ownBytes } from '../base/own-bytes.ts';

/** Node's default of 11 takes a hundred times longer for a tenth less. */
const QUALITY = 4;
const CHUNK_BYTES = 1 << 17;
/** More than any sound value; beyond it lies damage. */
const MAX_DECODED_BYTES = 256 << 20;
/** Smaller ones are done sooner than another thread could be told of them. */
const [MIN_TEXT_BYTES, MIN_PACKED_BYTES] = [64 << 10, 32 << 10];
const DECODING: BrotliOptions = { chunkSize: CHUNK_BYTES, maxOutputLength: MAX_DECODED_BYTES };

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** A value as compressed JSON; undefined for one that is too large to be text. */
export async function encode(value: unknown): Promise<Uint8Array | undefined> {
  const text = textOf(value);
  if (!text) return undefined;
  const options: BrotliOptions = {
    chunkSize: CHUNK_BYTES,
    params: {
      [constants.BROTLI_PARAM_QUALITY]: QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  };
  return ownBytes(
    text.length < MIN_TEXT_BYTES ? brotliCompressSync(text, options) : await compress(text, options),
  );
}

/** What {@link encode} was given; undefined for anything that it did not write. */
export async function decode(bytes: Uint8Array): Promise<unknown> {
  try {
    const text =
      bytes.length < MIN_PACKED_BYTES
        ? brotliDecompressSync(bytes, DECODING)
        : await decompress(bytes, DECODING);
    return JSON.parse(text.toString());
  } catch {
    return undefined; // damage is a miss
  }
}

function textOf(value: unknown): Buffer | undefined {
  try {
    return Buffer.from(JSON.stringify(value));
  } catch {
    return undefined; // longer than the language's longest text
  }
}
