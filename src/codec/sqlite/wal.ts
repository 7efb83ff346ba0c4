import { CodecError } from '../codec-error.ts';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;

/** A write-ahead log: the newest of each page that a finished transaction wrote. */
export interface Wal {
  readonly pageBytes: number;
  readonly bytes: Buffer;
  /** Where in `bytes` the newest committed content of a page begins. */
  startOf(number: number): number | undefined;
}

/**
 * Reads a write-ahead log up to its last commit. A frame with another salt or a wrong checksum, and all that
 * follows it, is left over from earlier use and counts for nothing. Undefined for a log that is empty or whose
 * header was never finished: SQLite passes over it too.
 *
 * @throws CodecError when it is no log
 * @see https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
export function readWal(file: Uint8Array): Wal | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < HEADER_BYTES || isZero(bytes, HEADER_BYTES)) return undefined;
  const magic = bytes.readUInt32BE(0);
  if ((magic & ~1) >>> 0 !== MAGIC) throw new CodecError('not an SQLite write-ahead log');
  const pageBytes = bytes.readUInt32BE(8);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0)
    throw new CodecError('an SQLite write-ahead log with an impossible page size');
  const sum = openChecksum(bytes, (magic & 1) === 1);
  sum.add(0, 24);
  if (!sum.agreesAt(24)) return undefined;
  const starts = committedPages(bytes, pageBytes, sum);
  return { pageBytes, bytes, startOf: (number) => starts.get(number) };
}

/** Where the newest committed content of each page lies. */
function committedPages(bytes: Buffer, pageBytes: number, sum: Checksum): ReadonlyMap<number, number> {
  const committed = new Map<number, number>();
  const pending = new Map<number, number>();
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  for (let at = HEADER_BYTES; at + frameBytes <= bytes.length; at += frameBytes) {
    if (bytes.compare(bytes, 16, 24, at + 8, at + 16) !== 0) break;
    sum.add(at, at + 8);
    sum.add(at + FRAME_HEADER_BYTES, at + frameBytes);
    if (!sum.agreesAt(at + 16)) break;
    pending.set(bytes.readUInt32BE(at), at + FRAME_HEADER_BYTES);
    const isCommit = bytes.readUInt32BE(at + 4) !== 0;
    if (!isCommit) continue;
    for (const [number, start] of pending) committed.set(number, start);
    pending.clear();
  }
  return committed;
}

interface Checksum {
  /** Takes in whole pairs of 32-bit words; `end` is not among them. */
  add(start: number, end: number): void;
  agreesAt(offset: number): boolean;
}

/** Each frame goes on from the sum of the one before it. The magic says the byte order of the summed words. */
function openChecksum(bytes: Buffer, isBigEndian: boolean): Checksum {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let first = 0;
  let second = 0;
  return {
    add(start, end) {
      for (let at = start; at < end; at += 8) {
        first = (first + view.getUint32(at, !isBigEndian) + second) >>> 0;
        second = (second + view.getUint32(at + 4, !isBigEndian) + first) >>> 0;
      }
    },
    agreesAt: (offset) => first === view.getUint32(offset) && second === view.getUint32(offset + 4),
  };
}

function isZero(bytes: Buffer, length: number): boolean {
  return bytes.subarray(0, length).every((byte) => byte === 0);
}
