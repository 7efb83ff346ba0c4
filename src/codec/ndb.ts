import { CodecError } from './codec-error.ts';

const PAGE_BYTES = 4096;
const HEADER_BYTES = 32;
const SLOT_BYTES = 16;
const BLOCK_BYTES = 16;
const BLOB_HEADER_BYTES = 16;
const BLOB_TAIL_BYTES = 12;
const DATABASE_MAGIC = 'RpmP';
const SLOT_MAGIC = 'Slot';
const BLOB_MAGIC = 'BlbS';
const TAIL_MAGIC = 'BlbE';
const VERSION = 0;
const MAX_SLOT_PAGES = 2048;

/**
 * The package headers in rpm's own database format (`Packages.db`), all numbers little-endian. They come as they are
 * asked for. In place of a damaged one stands an error, and reading goes on behind it; where only the checksum is
 * wrong, the error is followed by the header. Work and memory are linear in the size of the file.
 *
 * @throws CodecError (at the first step) when the file is no such database
 * @see rpm: lib/backend/ndb/rpmpkg.c
 */
export function* readNdb(file: Uint8Array): Generator<Uint8Array | CodecError> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < HEADER_BYTES || magicAt(bytes, 0) !== DATABASE_MAGIC) {
    throw new CodecError('not an ndb package database');
  }
  if (bytes.readUInt32LE(4) !== VERSION) throw new CodecError('an ndb package database of another version');
  const slotPages = bytes.readUInt32LE(12);
  if (slotPages === 0 || slotPages > MAX_SLOT_PAGES || slotPages * PAGE_BYTES > bytes.length) {
    throw new CodecError('an ndb package database with an impossible number of slots');
  }
  let left = bytes.length;
  for (let at = HEADER_BYTES; at + SLOT_BYTES <= slotPages * PAGE_BYTES; at += SLOT_BYTES) {
    if (magicAt(bytes, at) !== SLOT_MAGIC) {
      yield new CodecError('an ndb slot that is none');
      continue;
    }
    const index = bytes.readUInt32LE(at + 4);
    if (index === 0) continue;
    const blockStart = bytes.readUInt32LE(at + 8) * BLOCK_BYTES;
    const blockBytes = bytes.readUInt32LE(at + 12) * BLOCK_BYTES;
    // Slots that shared blobs would make a small file a large result.
    left -= blockBytes;
    if (left < 0) return void (yield new CodecError('an ndb package database whose packages overlap'));
    yield* blobAt(bytes, blockStart, blockBytes, index);
  }
}

function* blobAt(
  bytes: Buffer,
  start: number,
  blockBytes: number,
  index: number,
): Generator<Uint8Array | CodecError> {
  const end = start + blockBytes;
  if (end > bytes.length || blockBytes < BLOB_HEADER_BYTES + BLOB_TAIL_BYTES) {
    return void (yield new CodecError('an ndb package that reaches beyond the file'));
  }
  const length = bytes.readUInt32LE(start + 12);
  const isWhole =
    magicAt(bytes, start) === BLOB_MAGIC &&
    bytes.readUInt32LE(start + 4) === index &&
    length <= blockBytes - BLOB_HEADER_BYTES - BLOB_TAIL_BYTES;
  if (!isWhole) return void (yield new CodecError('an ndb package whose frame is damaged'));
  const tail = end - BLOB_TAIL_BYTES;
  const isSound =
    magicAt(bytes, end - 4) === TAIL_MAGIC &&
    bytes.readUInt32LE(tail + 4) === length &&
    bytes.readUInt32LE(tail) === adler32(bytes.subarray(start, tail));
  if (!isSound) yield new CodecError('an ndb package with a wrong checksum');
  yield bytes.subarray(start + BLOB_HEADER_BYTES, start + BLOB_HEADER_BYTES + length);
}

function magicAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 4);
}

/** The most bytes whose sums stay below 2^32 (RFC 1950). */
const ADLER_RUN = 5552;

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let start = 0; start < bytes.length; start += ADLER_RUN) {
    const end = Math.min(start + ADLER_RUN, bytes.length);
    for (let at = start; at < end; at++) {
      a += bytes[at] ?? 0;
      b += a;
    }
    a %= 65_521;
    b %= 65_521;
  }
  return b * 65_536 + a;
}
