import { CodecError } from '../codec-error.ts';
import { openPages, type Pages } from './pages.ts';

export type SqliteValue = null | number | bigint | string | Buffer;

/** Rows of a table in order of their rowid; values in order of the columns. */
export interface SqliteDatabase {
  rows(table: string): IterableIterator<readonly SqliteValue[]>;
}

const INTERIOR_TABLE = 5;
const LEAF_TABLE = 13;
const MAX_DEPTH = 32;
/** Larger than any real row of a package database. */
const MAX_PAYLOAD_BYTES = 64 << 20;
const MAX_COLUMNS = 2000;

/**
 * Reads tables of an SQLite database that lies in memory. No SQL, no writing, no file.
 *
 * @throws CodecError from here and from `rows` when the file is damaged
 * @see https://www.sqlite.org/fileformat2.html
 */
export function openSqlite(file: Uint8Array, wal?: Uint8Array): SqliteDatabase {
  const pages = openPages(file, wal);
  return {
    *rows(table) {
      const root = rootPageOf(pages, table);
      if (root !== undefined) yield* tableRows(pages, root);
    },
  };
}

/** sqlite_schema: type, name, tbl_name, rootpage, sql. */
function rootPageOf(pages: Pages, table: string): number | undefined {
  for (const [type, name, , root] of tableRows(pages, 1)) {
    if (type === 'table' && name === table && typeof root === 'number') return root;
  }
  return undefined;
}

function* tableRows(pages: Pages, root: number): Generator<readonly SqliteValue[]> {
  const seen = new Set<number>();
  for (const cell of cells(pages, root, seen, 0)) yield parseRecord(cell);
}

function* cells(pages: Pages, number: number, seen: Set<number>, depth: number): Generator<Buffer> {
  if (seen.has(number) || depth > MAX_DEPTH) throw new CodecError('an SQLite tree that runs in a circle');
  seen.add(number);
  const page = pages.page(number);
  const header = number === 1 ? 100 : 0;
  const kind = page[header];
  if (kind !== INTERIOR_TABLE && kind !== LEAF_TABLE)
    throw new CodecError(`SQLite page ${number} is of no table`);
  const count = page.readUInt16BE(header + 3);
  const pointers = header + (kind === LEAF_TABLE ? 8 : 12);
  if (pointers + 2 * count > page.length) throw new CodecError(`SQLite page ${number} has too many cells`);
  for (let index = 0; index < count; index++) {
    const at = page.readUInt16BE(pointers + 2 * index);
    if (kind === LEAF_TABLE) yield payload(pages, page, at, seen);
    else yield* cells(pages, uint32(page, at), seen, depth + 1);
  }
  if (kind === INTERIOR_TABLE) yield* cells(pages, uint32(page, header + 8), seen, depth + 1);
}

/** The record of a leaf cell, what did not fit on its page fetched from the overflow pages. */
function payload(pages: Pages, page: Buffer, at: number, seen: Set<number>): Buffer {
  const size = varint(page, at);
  const rowId = varint(page, size.end);
  const usable = pages.usableBytes;
  if (size.value > MAX_PAYLOAD_BYTES) throw new CodecError('an SQLite row that is too large');
  const most = usable - 35;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((size.value - least) % (usable - 4));
  const local = size.value <= most ? size.value : fitting <= most ? fitting : least;
  const start = rowId.end;
  if (start + local > page.length) throw new CodecError('an SQLite row that reaches beyond its page');
  if (local === size.value) return page.subarray(start, start + local);

  const parts = [page.subarray(start, start + local)];
  let left = size.value - local;
  for (let next = uint32(page, start + local); left > 0;) {
    if (seen.has(next)) throw new CodecError('an SQLite overflow chain that runs in a circle');
    seen.add(next);
    const overflow = pages.page(next);
    const part = overflow.subarray(4, 4 + Math.min(left, usable - 4));
    parts.push(part);
    left -= part.length;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function parseRecord(record: Buffer): SqliteValue[] {
  const header = varint(record, 0);
  if (header.value > record.length) throw new CodecError('an SQLite row with a header longer than itself');
  const values: SqliteValue[] = [];
  let at = header.value;
  for (let position = header.end; position < header.value;) {
    const type = varint(record, position);
    position = type.end;
    const length = lengthOf(type.value);
    if (at + length > record.length || values.length >= MAX_COLUMNS)
      throw new CodecError('an SQLite row that is cut');
    values.push(valueOf(type.value, record, at, length));
    at += length;
  }
  return values;
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function lengthOf(type: number): number {
  if (type === 10 || type === 11) throw new CodecError('an SQLite value of a reserved kind');
  return type < 10 ? (INTEGER_BYTES[type] ?? 0) : (type - (type & 1 ? 13 : 12)) / 2;
}

function valueOf(type: number, record: Buffer, at: number, length: number): SqliteValue {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) return record.readDoubleBE(at);
  if (type === 6) return record.readBigInt64BE(at);
  if (type < 6) return record.readIntBE(at, length);
  const bytes = record.subarray(at, at + length);
  return (type & 1) === 1 ? bytes.toString() : bytes;
}

/** Up to nine bytes, seven bits each, the last one eight. Beyond 2^53 nothing here has a use. */
function varint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) throw new CodecError('an SQLite number that is cut');
    if (index === 8) return { value: value * 256 + byte, end: at + 9 };
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  throw new CodecError('an SQLite number that is too long');
}

function uint32(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw new CodecError('an SQLite page that is cut');
  return bytes.readUInt32BE(at);
}
