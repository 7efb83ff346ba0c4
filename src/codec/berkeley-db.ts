import { CodecError } from './codec-error.ts';

const HASH_MAGIC = 0x00061561;
const META_BYTES = 512;
const PAGE_HEADER_BYTES = 26;

const PAGE_HASH_UNSORTED = 2;
const PAGE_OVERFLOW = 7;
const PAGE_HASH = 13;

const ITEM_KEY_DATA = 1;
const ITEM_OFF_PAGE = 3;
const MAX_VALUE_BYTES = 64 << 20;

/**
 * The values of a Berkeley DB hash table, in either byte order: rpm's `Packages` file, whose values are package
 * headers. Keys are passed over. An item that is damaged is left out and counted.
 *
 * @throws CodecError when the file is no such table
 * @see Berkeley DB: dbinc/db_page.h
 */
export function readBerkeleyDb(file: Uint8Array): {
  readonly values: Uint8Array[];
  readonly damaged: number;
} {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const order = byteOrderOf(bytes);
  const pageBytes = order.uint32(20);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) {
    throw new CodecError('a Berkeley DB with an impossible page size');
  }
  if ((bytes[24] ?? 0) !== 0) throw new CodecError('an encrypted Berkeley DB');
  const pageCount = Math.min(order.uint32(32) + 1, Math.floor(bytes.length / pageBytes));
  const values: Uint8Array[] = [];
  let damaged = 0;
  const used = new Set<number>();
  for (let page = 1; page < pageCount; page++) {
    const start = page * pageBytes;
    const type = bytes[start + 25];
    if (type !== PAGE_HASH && type !== PAGE_HASH_UNSORTED) continue;
    const entries = order.uint16(start + 20);
    // Items come in pairs, the key before its value.
    for (let index = 1; index < entries; index += 2) {
      const pointer = start + PAGE_HEADER_BYTES + 2 * index;
      if (pointer + 2 > start + pageBytes) break;
      const value = valueAt(bytes, order, start, pageBytes, index, used);
      if (value === 'none') continue;
      if (value) values.push(value);
      else damaged++;
    }
  }
  return { values, damaged };
}

interface ByteOrder {
  uint16(offset: number): number;
  uint32(offset: number): number;
}

function byteOrderOf(bytes: Buffer): ByteOrder {
  if (bytes.length < META_BYTES) throw new CodecError('not a Berkeley DB');
  const little: ByteOrder = {
    uint16: (at) => bytes.readUInt16LE(at),
    uint32: (at) => bytes.readUInt32LE(at),
  };
  const big: ByteOrder = { uint16: (at) => bytes.readUInt16BE(at), uint32: (at) => bytes.readUInt32BE(at) };
  const order = [little, big].find((candidate) => candidate.uint32(12) === HASH_MAGIC);
  if (!order) throw new CodecError('not a Berkeley DB hash table');
  return order;
}

function valueAt(
  bytes: Buffer,
  order: ByteOrder,
  start: number,
  pageBytes: number,
  index: number,
  used: Set<number>,
): Uint8Array | 'none' | undefined {
  const offset = order.uint16(start + PAGE_HEADER_BYTES + 2 * index);
  if (offset < PAGE_HEADER_BYTES || offset >= pageBytes) return undefined;
  const item = start + offset;
  const kind = bytes[item];
  if (kind === ITEM_KEY_DATA) {
    // Items fill the page from its end: one ends where the one before it begins.
    const end = order.uint16(start + PAGE_HEADER_BYTES + 2 * (index - 1));
    return end <= offset || end > pageBytes ? undefined : inlineValue(bytes.subarray(item + 1, start + end));
  }
  if (kind !== ITEM_OFF_PAGE || item + 12 > start + pageBytes)
    return kind === ITEM_OFF_PAGE ? undefined : 'none';
  return overflowValue(bytes, order, pageBytes, order.uint32(item + 4), order.uint32(item + 8), used);
}

/** rpm keeps a counter of four bytes among the headers. */
function inlineValue(value: Uint8Array): Uint8Array | 'none' {
  return value.length <= 4 ? 'none' : value;
}

function overflowValue(
  bytes: Buffer,
  order: ByteOrder,
  pageBytes: number,
  first: number,
  length: number,
  used: Set<number>,
): Uint8Array | undefined {
  if (length > MAX_VALUE_BYTES || length > bytes.length) return undefined;
  const parts: Uint8Array[] = [];
  let left = length;
  for (let page = first; page !== 0 && left > 0;) {
    const start = page * pageBytes;
    // A page belongs to one value: this also ends chains that run in a circle.
    if (used.has(page) || start + pageBytes > bytes.length || bytes[start + 25] !== PAGE_OVERFLOW)
      return undefined;
    used.add(page);
    const part = bytes.subarray(
      start + PAGE_HEADER_BYTES,
      start + PAGE_HEADER_BYTES + Math.min(order.uint16(start + 22), left),
    );
    if (part.length === 0) return undefined;
    parts.push(part);
    left -= part.length;
    page = order.uint32(start + 16);
  }
  return left > 0 ? undefined : Buffer.concat(parts);
}
