import { brotliDecompress } from 'node:zlib';
import { DrydockError } from '../../base/errors.ts';
import { isWithinJsonBounds } from '../../codec/bounded-json.ts';

const MAX_UNPACKED_BYTES = 256 << 20;
const BOUNDS = { depth: 16, containers: 2_000_000 };

/** @throws DrydockError REQUEST_INVALID, REQUEST_TOO_LARGE */
export async function readPackedJson(packed: Uint8Array): Promise<unknown> {
  const bytes = await unpack(packed);
  if (!isWithinJsonBounds(bytes, BOUNDS))
    throw new DrydockError('REQUEST_TOO_LARGE', 'the body is nested too deep or has too many members');
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new DrydockError('REQUEST_INVALID', 'the body is not JSON');
  }
}

function unpack(packed: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    brotliDecompress(packed, { maxOutputLength: MAX_UNPACKED_BYTES, chunkSize: 1 << 17 }, (error, bytes) => {
      if (!error) return resolve(bytes);
      const isTooLarge = 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
      reject(
        isTooLarge
          ? new DrydockError('REQUEST_TOO_LARGE', `the body has more than ${MAX_UNPACKED_BYTES >> 20} MiB`)
          : new DrydockError('REQUEST_INVALID', 'the body is not compressed with brotli'),
      );
    });
  });
}
