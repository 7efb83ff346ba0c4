import { CodecError } from '../codec-error.ts';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;

/** Pages of the log that belong to finished transactions, the newest of each. */
export interface Wal {
  readonly pageBytes: number;
  readonly pages: ReadonlyMap<number, Buffer>;
}

/**
 * Reads a write-ahead log up to its last commit. What comes after it, has another salt or a wrong checksum is left
 * over from earlier use and counts for nothing. Undefined for a log without a header (an empty or unused one).
 *
 * @throws CodecError when the header is not one of a log
 * @see https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
export function applyWal(file: Uint8Array): Wal | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < HEADER_BYTES || bytes.subarray(0, HEADER_BYTES).every((byte) => byte === 0))
    return undefined;
  const magic = bytes.readUInt32BE(0);
  if ((magic & ~1) >>> 0 !== MAGIC) throw new CodecError('not a write-ahead log');
  const isBigEndian = (magic & 1) === 1;
  const pageBytes = bytes.readUInt32BE(8);
  if (pageBytes < 512 || pageBytes > 65_536)
    throw new CodecError('a write-ahead log with an impossible page size');
  let sum = checksum(bytes.subarray(0, 24), isBigEndian, [0, 0]);
  if (sum[0] !== bytes.readUInt32BE(24) || sum[1] !== bytes.readUInt32BE(28)) return undefined;

  const committed = new Map<number, Buffer>();
  const pending = new Map<number, Buffer>();
  for (let at = HEADER_BYTES; at + FRAME_HEADER_BYTES + pageBytes <= bytes.length;) {
    const header = bytes.subarray(at, at + FRAME_HEADER_BYTES);
    const page = bytes.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + pageBytes);
    if (!header.subarray(8, 16).equals(bytes.subarray(16, 24))) break;
    sum = checksum(page, isBigEndian, checksum(header.subarray(0, 8), isBigEndian, sum));
    if (sum[0] !== header.readUInt32BE(16) || sum[1] !== header.readUInt32BE(20)) break;
    pending.set(header.readUInt32BE(0), page);
    const isCommit = header.readUInt32BE(4) !== 0;
    if (isCommit) {
      for (const [number, content] of pending) committed.set(number, content);
      pending.clear();
    }
    at += FRAME_HEADER_BYTES + pageBytes;
  }
  return { pageBytes, pages: committed };
}

type Sum = readonly [number, number];

function checksum(bytes: Buffer, isBigEndian: boolean, [a, b]: Sum): Sum {
  let first = a;
  let second = b;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const x = isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    const y = isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4);
    first = (first + x + second) >>> 0;
    second = (second + y + first) >>> 0;
  }
  return [first, second];
}
