import type { ReadAt } from '../bbolt/pages.ts';
import { CodecError } from '../codec-error.ts';
import { HEADER_BYTES, readHeader } from './pages.ts';

/** The pages of a database in a file, of which only those that are asked for are read. */
export interface FilePages {
  /** Without the bytes at the end of each page that extensions keep for themselves. */
  readonly usableBytes: number;
  /**
   * Pages count from 1.
   * @throws CodecError when it is not there
   */
  page(number: number): Buffer;
}

/**
 * @param cacheBytes pages are kept up to this size, the latest ones
 * @throws CodecError when it is no SQLite database, or one whose texts are not UTF-8
 */
export function openFilePages(read: ReadAt, sizeBytes: number, cacheBytes: number): FilePages {
  const { pageBytes, usableBytes, encoding } = readHeader(readWhole(read, HEADER_BYTES, 0));
  if (encoding !== 'utf8') throw new CodecError('an SQLite database whose texts are not UTF-8');
  const pageCount = Math.floor(sizeBytes / pageBytes);
  const most = Math.max(16, Math.floor(cacheBytes / pageBytes));
  const kept = new Map<number, Buffer>();
  return {
    usableBytes,
    page(number) {
      if (number < 1 || number > pageCount) throw new CodecError(`SQLite page ${number} is not there`);
      const known = kept.get(number);
      if (known) kept.delete(number);
      const page = known ?? readWhole(read, pageBytes, (number - 1) * pageBytes);
      kept.set(number, page);
      if (kept.size > most)
        for (const [oldest] of kept) {
          kept.delete(oldest);
          break;
        }
      return page;
    },
  };
}

function readWhole(read: ReadAt, length: number, position: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let at = 0; at < length;) {
    const count = read(bytes.subarray(at), position + at);
    if (count === 0) throw new CodecError('an SQLite database that is cut');
    at += count;
  }
  return bytes;
}
