import { CodecError } from '../codec-error.ts';
import type { TextEncoding } from './pages.ts';

/** Integers beyond 2^53 come as bigint. */
export type SqliteValue = null | number | bigint | string | Buffer;

/** SQLite's own limit (SQLITE_MAX_COLUMN). */
const MAX_COLUMNS = 2000;
const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

/**
 * The values of one record, in order of the columns.
 * @throws CodecError when it is cut or says more than it holds
 * @see https://www.sqlite.org/fileformat2.html#record_format
 */
export function parseRecord(record: Buffer, encoding: TextEncoding): SqliteValue[] {
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
    values.push(valueOf(type.value, record.subarray(at, at + length), encoding));
    at += length;
  }
  return values;
}

function lengthOf(type: number): number {
  if (type === 10 || type === 11) throw new CodecError('an SQLite value of a reserved kind');
  return type < 10 ? (INTEGER_BYTES[type] ?? 0) : (type - (type & 1 ? 13 : 12)) / 2;
}

function valueOf(type: number, bytes: Buffer, encoding: TextEncoding): SqliteValue {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) return bytes.readDoubleBE(0);
  if (type === 6) return integer(bytes.readBigInt64BE(0));
  if (type < 6) return bytes.readIntBE(0, bytes.length);
  return (type & 1) === 1 ? textOf(bytes, encoding) : bytes;
}

function integer(value: bigint): number | bigint {
  const rounded = Number(value);
  return Number.isSafeInteger(rounded) ? rounded : value;
}

function textOf(bytes: Buffer, encoding: TextEncoding): string {
  if (encoding !== 'utf16be') return bytes.toString(encoding);
  const whole = bytes.subarray(0, bytes.length & ~1);
  return Buffer.from(whole).swap16().toString('utf16le');
}

export interface Varint {
  /** Negative numbers of nine bytes come as unsigned; beyond 2^53 it is rounded: nothing here has a use for such. */
  readonly value: number;
  readonly end: number;
}

/**
 * Up to nine bytes, seven bits each, the last one eight.
 * @throws CodecError when it is cut
 */
export function varint(bytes: Buffer, at: number): Varint {
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
