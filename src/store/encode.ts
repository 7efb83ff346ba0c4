import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** Node's default of 11 takes a hundred times longer for a tenth less. */
const QUALITY = 4;
const CHUNK_BYTES = 1 << 17;
/** More than any sound value; beyond it lies damage. */
const MAX_DECODED_BYTES = 256 << 20;

/** A value as compressed JSON; undefined for one that is too large to be text. */
export function encode(value: unknown): Uint8Array | undefined {
  const text = textOf(value);
  if (!text) return undefined;
  return brotliCompressSync(text, {
    chunkSize: CHUNK_BYTES,
    params: {
      [constants.BROTLI_PARAM_QUALITY]: QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
}

/** What {@link encode} was given; undefined for anything that it did not write. */
export function decode(bytes: Uint8Array): unknown {
  try {
    const text = brotliDecompressSync(bytes, { chunkSize: CHUNK_BYTES, maxOutputLength: MAX_DECODED_BYTES });
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
