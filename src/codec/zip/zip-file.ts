import { crc32 } from 'node:zlib';
import { CodecError } from '../codec-error.ts';
import {
  DIRECTORY_ENTRY_BYTES,
  DIRECTORY_SIGNATURE,
  directoryEntryBytes,
  LOCAL_BYTES,
  LOCAL_SIGNATURE,
  localHeaderBytes,
  parseDirectoryEntry,
  readUInt64,
  type ZipEntry,
} from './entry.ts';
import { checkReadable, unpack } from './read-zip.ts';

/** Reads bytes at a position, as `fs.readSync` does: how many came, 0 at the end. */
type ReadAt = (into: Uint8Array, position: number) => number;

export interface ZipFileEntry extends ZipEntry {
  readonly checksum: number;
}

/** An archive on the disk, of which little is in memory at once. */
export interface ZipFile {
  /** In the order of the directory. @throws CodecError when it is damaged or has too many */
  entries(): Generator<ZipFileEntry>;
  /**
   * The content of an entry, compared with its checksum; valid until the next one is read.
   * @throws CodecError when it is damaged, encrypted, packed in an unknown way or longer than `maxBytes`
   */
  read(entry: ZipFileEntry, maxBytes: number): Uint8Array;
}

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;
const MAX_COMMENT_BYTES = 65_535;
const WINDOW_BYTES = 1 << 20;
/** Of an entry's record and its local header: three lengths of 16 bits. */
const MAX_HEADER_BYTES = DIRECTORY_ENTRY_BYTES + 3 * 65_535;

interface Directory {
  readonly offset: number;
  readonly end: number;
  readonly prependedBytes: number;
}

/**
 * Opens an archive of any size for reading entry by entry.
 * @throws CodecError when it is no zip archive or is cut
 */
export function openZipFile(
  read: ReadAt,
  sizeBytes: number,
  { maxEntries }: { readonly maxEntries: number },
): ZipFile {
  const directory = findDirectory(read, sizeBytes);
  const contents = openWindow(read, sizeBytes);
  return {
    *entries() {
      const window = openWindow(read, directory.end);
      let count = 0;
      for (let at = directory.offset; at + DIRECTORY_ENTRY_BYTES <= directory.end;) {
        const bytes = window(at, Math.min(MAX_HEADER_BYTES, directory.end - at));
        if (bytes.readUInt32LE(0) !== DIRECTORY_SIGNATURE)
          throw new CodecError('a zip archive whose directory is damaged');
        const length = directoryEntryBytes(bytes, 0);
        if (length > bytes.length) throw new CodecError('a zip archive whose directory is cut');
        if (++count > maxEntries) throw new CodecError(`a zip archive of more than ${maxEntries} files`);
        yield { ...parseDirectoryEntry(bytes, 0), checksum: bytes.readUInt32LE(16) };
        at += length;
      }
    },
    read(entry, maxBytes) {
      checkReadable(entry);
      // So much is never packed into so little, nor read for nothing.
      if (entry.compressedBytes > maxBytes + 1024)
        throw new CodecError(`a zip entry of more than ${maxBytes} bytes`);
      const at = entry.localOffset + directory.prependedBytes;
      const header = contents(at, LOCAL_BYTES);
      if (header.readUInt32LE(0) !== LOCAL_SIGNATURE)
        throw new CodecError('a zip entry that is not where it should be');
      const start = at + localHeaderBytes(header, 0);
      const content = unpack(entry.method, contents(start, entry.compressedBytes), maxBytes);
      if (crc32(content) !== entry.checksum) throw new CodecError('a zip entry that is damaged');
      return content;
    },
  };
}

function findDirectory(read: ReadAt, sizeBytes: number): Directory {
  const tailBytes = Math.min(sizeBytes, END_BYTES + MAX_COMMENT_BYTES + LOCATOR_BYTES + END64_BYTES);
  const offset = sizeBytes - tailBytes;
  const tail = readWhole(read, offset, tailBytes);
  for (let at = tailBytes - END_BYTES; at >= 0; at--) {
    if (tail[at] !== 0x50 || tail.readUInt32LE(at) !== END_SIGNATURE) continue;
    if (tail.readUInt16LE(at + 20) > tailBytes - END_BYTES - at) continue;
    const wide = wideEnd(tail, at, offset);
    const end = wide?.end ?? offset + at;
    const length = wide?.length ?? tail.readUInt32LE(at + 12);
    const stated = wide?.stated ?? tail.readUInt32LE(at + 16);
    const start = end - length;
    if (start < 0 || stated > start)
      throw new CodecError('a zip archive whose directory is not where it should be');
    return { offset: start, end, prependedBytes: start - stated };
  }
  throw new CodecError('not a zip archive, or one that is cut');
}

interface WideEnd {
  readonly end: number;
  readonly length: number;
  readonly stated: number;
}

function wideEnd(tail: Buffer, end: number, offset: number): WideEnd | undefined {
  const locator = end - LOCATOR_BYTES;
  const at = locator - END64_BYTES;
  if (at < 0 || tail.readUInt32LE(locator) !== LOCATOR_SIGNATURE) return undefined;
  if (tail.readUInt32LE(at) !== END64_SIGNATURE) return undefined;
  return { end: offset + at, length: readUInt64(tail, at + 40), stated: readUInt64(tail, at + 48) };
}

/** Reads ahead, as what is asked for next mostly lies behind. Views are valid until the next call. */
function openWindow(read: ReadAt, limit: number): (position: number, length: number) => Buffer {
  let window: Buffer = Buffer.alloc(0);
  let start = 0;
  return (position, length) => {
    if (position < 0 || position + length > limit) throw new CodecError('a zip archive that is cut');
    if (position < start || position + length > start + window.length) {
      window = readWhole(read, position, Math.min(limit - position, Math.max(length, WINDOW_BYTES)));
      start = position;
    }
    return window.subarray(position - start, position - start + length);
  };
}

function readWhole(read: ReadAt, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let at = 0; at < length;) {
    const count = read(bytes.subarray(at), position + at);
    if (count === 0) throw new CodecError('a zip archive that is cut');
    at += count;
  }
  return bytes;
}
