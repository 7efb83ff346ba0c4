import { CodecError } from '../codec-error.ts';
import { applyWal } from './wal.ts';

const HEADER = 'SQLite format 3\0';

/** The pages of a database in memory, a write-ahead log laid over them where there is one. */
export interface Pages {
  readonly pageBytes: number;
  /** Without the bytes at the end of each page that extensions keep for themselves. */
  readonly usableBytes: number;
  /** Pages count from 1. */
  page(number: number): Buffer;
}

/**
 * @param wal content of the `-wal` file beside the database
 * @throws CodecError when it is no SQLite database
 * @see https://www.sqlite.org/fileformat2.html
 */
export function openPages(file: Uint8Array, wal?: Uint8Array): Pages {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const overlaid = wal && wal.length > 0 ? applyWal(wal) : undefined;
  const first = overlaid?.pages.get(1) ?? bytes;
  if (first.length < 100 || first.toString('latin1', 0, 16) !== HEADER)
    throw new CodecError('not an SQLite database');
  const stated = first.readUInt16BE(16);
  const pageBytes = stated === 1 ? 65_536 : stated;
  const reserved = first[20] ?? 0;
  if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0 || pageBytes - reserved < 480) {
    throw new CodecError('an SQLite database with an impossible page size');
  }
  if (overlaid && overlaid.pageBytes !== pageBytes) throw new CodecError('a -wal file of another page size');
  return {
    pageBytes,
    usableBytes: pageBytes - reserved,
    page(number) {
      const newer = overlaid?.pages.get(number);
      if (newer) return newer;
      const start = (number - 1) * pageBytes;
      if (number < 1 || start + pageBytes > bytes.length)
        throw new CodecError(`SQLite page ${number} is not there`);
      return bytes.subarray(start, start + pageBytes);
    },
  };
}
