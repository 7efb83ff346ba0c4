import { CodecError } from './codec-error.ts';

const PAGE_BYTES = 4096;
const HEADER_BYTES = 32;
const SLOT_BYTES = 16;
const BLOCK_BYTES = 16;
const BLOB_HEADER_BYTES = 16;
const DATABASE_MAGIC = 'RpmP';
const SLOT_MAGIC = 'Slot';
const BLOB_MAGIC = 'BlbS';
const MAX_SLOT_PAGES = 2048;

/**
 * The package headers in rpm's own database format (`Packages.db`), all numbers little-endian. A blob that is
 * damaged is left out and counted.
 *
 * @throws CodecError when the file is no such database
 * @see rpm: lib/backend/ndb/rpmpkg.c
 */
export function readNdb(file: Uint8Array): { readonly blobs: Uint8Array[]; readonly damaged: number } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== DATABASE_MAGIC) {
    throw new CodecError('not an ndb package database');
  }
  const slotPages = bytes.readUInt32LE(12);
  if (slotPages === 0 || slotPages > MAX_SLOT_PAGES || slotPages * PAGE_BYTES > bytes.length) {
    throw new CodecError('an ndb package database with an impossible number of slots');
  }
  const blobs: Uint8Array[] = [];
  let damaged = 0;
  let total = 0;
  for (let at = HEADER_BYTES; at + SLOT_BYTES <= slotPages * PAGE_BYTES; at += SLOT_BYTES) {
    if (bytes.toString('latin1', at, at + 4) !== SLOT_MAGIC) {
      damaged++;
      continue;
    }
    const index = bytes.readUInt32LE(at + 4);
    if (index === 0) continue;
    const blob = blobAt(bytes, bytes.readUInt32LE(at + 8) * BLOCK_BYTES, index);
    total += blob?.length ?? 0;
    // Slots that share blobs would make a small file a large result.
    if (total > bytes.length) throw new CodecError('an ndb package database with overlapping packages');
    if (blob) blobs.push(blob);
    else damaged++;
  }
  return { blobs, damaged };
}

function blobAt(bytes: Buffer, start: number, index: number): Uint8Array | undefined {
  if (start + BLOB_HEADER_BYTES > bytes.length) return undefined;
  if (bytes.toString('latin1', start, start + 4) !== BLOB_MAGIC || bytes.readUInt32LE(start + 4) !== index)
    return undefined;
  const length = bytes.readUInt32LE(start + 12);
  const data = start + BLOB_HEADER_BYTES;
  return data + length > bytes.length ? undefined : bytes.subarray(data, data + length);
}
