import { createHash } from 'node:crypto';
import { algorithmOf, hexOf } from '../base/digest.ts';
import { DrydockError } from '../base/errors.ts';
import type { Digest } from '../model/image.ts';

/** What is known of bytes before they are read. */
export interface Expected {
  readonly digest: Digest;
  readonly sizeBytes?: number;
}

/**
 * The bytes, which are what they should be.
 * @throws DrydockError BLOB_SIZE_MISMATCH, BLOB_DIGEST_MISMATCH
 */
export function checkBytes(bytes: Uint8Array, expected: Expected, of: string): Uint8Array {
  checkSize(bytes.length, expected, of);
  const hex = createHash(algorithmOf(expected.digest)).update(bytes).digest('hex');
  if (hex !== hexOf(expected.digest)) {
    throw new DrydockError(
      'BLOB_DIGEST_MISMATCH',
      `${of} ${expected.digest} has other content than its digest says`,
    );
  }
  return bytes;
}

/** @throws DrydockError BLOB_SIZE_MISMATCH */
export function checkSize(sizeBytes: number, expected: Expected, of: string): void {
  if (expected.sizeBytes === undefined || expected.sizeBytes === sizeBytes) return;
  throw new DrydockError(
    'BLOB_SIZE_MISMATCH',
    `${of} ${expected.digest} has ${sizeBytes} bytes where its descriptor says ${expected.sizeBytes}`,
  );
}
