import { CodecError } from '../codec-error.ts';
import { readWal, type Wal } from './wal.ts';

const HEADER = 'SQLite format 3\0';
export const HEADER_BYTES = 100;

export type TextEncoding = 'utf8' | 'utf16le' | 'utf16be';

const ENCODINGS: readonly (TextEncoding | undefined)[] = ['utf8', 'utf8', 'utf16le', 'utf16be'];

/** The pages of a database in memory, a write-ahead log laid over them where there is one. */
export interface Pages {
  /** Without the bytes at the end of each page that extensions keep for themselves. */
  readonly usableBytes: number;
  readonly encoding: TextEncoding;
  /**
   * Pages count from 1.
   * @throws CodecError when it is not there
   */
  page(number: number): Buffer;
  /**
   * The page that follows one of an overflow chain. Chains are most of a package database: no view is made for each.
   * @throws CodecError when it is not there
   */
  nextOverflow(number: number): number;
  /** Copies what a page of an overflow chain holds to `at` in `target`, as far as there is room. */
  copyOverflow(number: number, target: Buffer, at: number): void;
}

/**
 * @param log content of the `-wal` file beside the database
 * @throws CodecError when it is no SQLite database, or the log is none of its
 * @see https://www.sqlite.org/fileformat2.html
 */
export function openPages(file: Uint8Array, log?: Uint8Array): Pages {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const wal = log && readWal(log);
  const first = wal ? firstPage(wal, bytes) : bytes;
  const { pageBytes, usableBytes, encoding } = readHeader(first);
  if (wal && wal.pageBytes !== pageBytes) throw new CodecError('an SQLite log of another page size');

  function locate(number: number): { readonly within: Buffer; readonly start: number } {
    const newer = wal?.startOf(number);
    if (wal && newer !== undefined) return { within: wal.bytes, start: newer };
    const start = (number - 1) * pageBytes;
    if (number < 1 || start + pageBytes > bytes.length)
      throw new CodecError(`SQLite page ${number} is not there`);
    return { within: bytes, start };
  }
  return {
    usableBytes,
    encoding,
    page(number) {
      const { within, start } = locate(number);
      return within.subarray(start, start + pageBytes);
    },
    nextOverflow(number) {
      const { within, start } = locate(number);
      return within.readUInt32BE(start);
    },
    copyOverflow(number, target, at) {
      const { within, start } = locate(number);
      within.copy(target, at, start + 4, start + usableBytes);
    },
  };
}

export interface SqliteHeader {
  readonly pageBytes: number;
  readonly usableBytes: number;
  readonly encoding: TextEncoding;
}

/** @throws CodecError when it is no SQLite database */
export function readHeader(first: Buffer): SqliteHeader {
  if (first.length < HEADER_BYTES || first.toString('latin1', 0, 16) !== HEADER)
    throw new CodecError('not an SQLite database');
  const stated = first.readUInt16BE(16);
  const pageBytes = stated === 1 ? 65_536 : stated;
  const reserved = first[20] ?? 0;
  if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0 || pageBytes - reserved < 480) {
    throw new CodecError('an SQLite database with an impossible page size');
  }
  const encoding = ENCODINGS[first.readUInt32BE(56)];
  if (!encoding) throw new CodecError('an SQLite database in an unknown text encoding');
  return { pageBytes, usableBytes: pageBytes - reserved, encoding };
}

function firstPage(wal: Wal, file: Buffer): Buffer {
  const start = wal.startOf(1);
  return start === undefined ? file : wal.bytes.subarray(start, start + wal.pageBytes);
}
