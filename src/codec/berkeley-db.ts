import { CodecError } from './codec-error.ts';

const HASH_MAGIC = 0x00061561;
const META_BYTES = 512;
const PAGE_HEADER_BYTES = 26;
const META_CHECKSUMS = 1;

const PAGE_HASH_UNSORTED = 2;
const PAGE_OVERFLOW = 7;
const PAGE_HASH = 13;

const ITEM_KEY_DATA = 1;
const ITEM_OFF_PAGE = 3;
const OFF_PAGE_BYTES = 12;
const MAX_VALUE_BYTES = 64 << 20;
/** rpm keeps a counter of four bytes among its headers. */
const COUNTER_BYTES = 4;

/** The file with what its first page says of it. */
interface HashFile {
  readonly bytes: Buffer;
  readonly pageBytes: number;
  readonly pages: number;
  uint16(offset: number): number;
  uint32(offset: number): number;
  /** Overflow pages that a value has claimed: a page belongs to one, which also ends chains in a circle. */
  readonly used: Set<number>;
}

/**
 * The values of a Berkeley DB hash table, in either byte order: rpm's `Packages` file, whose values are package
 * headers. They come as they are asked for; keys are passed over. In place of a damaged value stands an error, and
 * reading goes on behind it. Work and memory are linear in the size of the file.
 *
 * @throws CodecError (at the first step) when the file is no such table
 * @see Berkeley DB: dbinc/db_page.h
 */
export function* readBerkeleyDb(content: Uint8Array): Generator<Uint8Array | CodecError> {
  const file = openHashFile(content);
  for (let page = 1; page < file.pages; page++) {
    const kind = file.bytes[page * file.pageBytes + 25];
    if (kind === PAGE_HASH || kind === PAGE_HASH_UNSORTED) yield* valuesOnPage(file, page * file.pageBytes);
  }
}

function openHashFile(content: Uint8Array): HashFile {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length < META_BYTES) throw new CodecError('not a Berkeley DB');
  const isLittle = bytes.readUInt32LE(12) === HASH_MAGIC;
  if (!isLittle && bytes.readUInt32BE(12) !== HASH_MAGIC)
    throw new CodecError('not a Berkeley DB hash table');
  const uint16 = (at: number): number => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const uint32 = (at: number): number => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const pageBytes = uint32(20);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) {
    throw new CodecError('a Berkeley DB with an impossible page size');
  }
  // Both change where things lie on a page; rpm uses neither.
  if (bytes[24] !== 0) throw new CodecError('an encrypted Berkeley DB');
  if (((bytes[26] ?? 0) & META_CHECKSUMS) !== 0) throw new CodecError('a Berkeley DB with page checksums');
  const pages = Math.min(uint32(32) + 1, Math.floor(bytes.length / pageBytes));
  return { bytes, pageBytes, pages, uint16, uint32, used: new Set() };
}

/** Items come in pairs, the key before its value. */
function* valuesOnPage(file: HashFile, start: number): Generator<Uint8Array | CodecError> {
  const entries = file.uint16(start + 20);
  if (PAGE_HEADER_BYTES + 2 * entries > file.pageBytes) {
    return void (yield new CodecError('a Berkeley DB page with too many items'));
  }
  let left = file.pageBytes;
  for (let index = 1; index < entries; index += 2) {
    const value = valueAt(file, start, index);
    if (value instanceof CodecError) {
      yield value;
    } else if (value.item === 'inline') {
      // Items that shared bytes would make a small file a large result.
      left -= value.bytes.length;
      if (left < 0) return void (yield new CodecError('a Berkeley DB page whose items overlap'));
      if (value.bytes.length > COUNTER_BYTES) yield value.bytes;
    } else {
      yield overflowValue(file, value.page, value.length);
    }
  }
}

type Item =
  | { readonly item: 'inline'; readonly bytes: Uint8Array }
  | { readonly item: 'off-page'; readonly page: number; readonly length: number };

function valueAt(file: HashFile, start: number, index: number): Item | CodecError {
  const pointer = start + PAGE_HEADER_BYTES + 2 * index;
  const offset = file.uint16(pointer);
  // Items fill the page from its end: one ends where the one before it begins.
  const end = file.uint16(pointer - 2);
  if (offset < PAGE_HEADER_BYTES || end <= offset || end > file.pageBytes) {
    return new CodecError('a Berkeley DB item that lies outside its page');
  }
  const item = start + offset;
  const kind = file.bytes[item];
  if (kind === ITEM_KEY_DATA) return { item: 'inline', bytes: file.bytes.subarray(item + 1, start + end) };
  if (kind !== ITEM_OFF_PAGE || end - offset < OFF_PAGE_BYTES) {
    return new CodecError('a Berkeley DB item of a kind that rpm does not write');
  }
  return { item: 'off-page', page: file.uint32(item + 4), length: file.uint32(item + 8) };
}

function overflowValue(file: HashFile, first: number, length: number): Uint8Array | CodecError {
  if (length > MAX_VALUE_BYTES) return new CodecError('a Berkeley DB value that is too large');
  const parts: Uint8Array[] = [];
  let left = length;
  for (let page = first; left > 0;) {
    const start = page * file.pageBytes;
    if (page === 0 || page >= file.pages || file.bytes[start + 25] !== PAGE_OVERFLOW)
      return new CodecError('a Berkeley DB overflow chain that is cut');
    if (file.used.has(page)) return new CodecError('a Berkeley DB overflow chain that runs in a circle');
    file.used.add(page);
    const partBytes = Math.min(file.uint16(start + 22), left, file.pageBytes - PAGE_HEADER_BYTES);
    if (partBytes === 0) return new CodecError('a Berkeley DB overflow page that is empty');
    parts.push(file.bytes.subarray(start + PAGE_HEADER_BYTES, start + PAGE_HEADER_BYTES + partBytes));
    left -= partBytes;
    page = file.uint32(start + 16);
  }
  return Buffer.concat(parts);
}
