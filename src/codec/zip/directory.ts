import { CodecError } from '../codec-error.ts';
import {
  DIRECTORY_ENTRY_BYTES,
  DIRECTORY_SIGNATURE,
  directoryEntryBytes,
  parseDirectoryEntry,
  readUInt64,
  type ZipEntry,
} from './entry.ts';

/** The directory of an archive that lies in memory. */
export interface ZipDirectory {
  /** In the order of the directory; a name may come more than once. */
  readonly entries: readonly ZipEntry[];
  /** Bytes before the archive (the script of one that can be executed), which stated offsets do not count. */
  readonly prependedBytes: number;
}

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;
export const MAX_ENTRIES = 200_000;

/** Where the directory stands, according to what stands behind it. */
interface End {
  readonly directoryBytes: number;
  readonly directoryOffset: number;
  /** Where the directory ends, if nothing lies between. */
  readonly at: number;
}

/**
 * Reads the directory at the end of an archive.
 *
 * @throws CodecError when it is no zip archive, or is cut, or has more than 200,000 entries
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3.12 to 4.3.16
 */
export function readDirectory(bytes: Buffer): ZipDirectory {
  const end = findEnd(bytes);
  const { start, prependedBytes } = findStart(bytes, end);
  const entries: ZipEntry[] = [];
  for (let at = start; isDirectoryEntry(bytes, at, end.at);) {
    const next = at + directoryEntryBytes(bytes, at);
    if (next > end.at) throw new CodecError('a zip archive whose directory is cut');
    if (entries.length >= MAX_ENTRIES)
      throw new CodecError(`a zip archive of more than ${MAX_ENTRIES} files`);
    entries.push(parseDirectoryEntry(bytes, at));
    at = next;
  }
  return { entries, prependedBytes };
}

function isDirectoryEntry(bytes: Buffer, at: number, end: number): boolean {
  return at + DIRECTORY_ENTRY_BYTES <= end && bytes.readUInt32LE(at) === DIRECTORY_SIGNATURE;
}

function findEnd(bytes: Buffer): End {
  const last = bytes.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--) {
    if (bytes[at] !== 0x50 || bytes.readUInt32LE(at) !== END_SIGNATURE) continue;
    if (bytes.readUInt16LE(at + 20) > last - at) continue;
    return (
      findEnd64(bytes, at) ?? {
        directoryBytes: bytes.readUInt32LE(at + 12),
        directoryOffset: bytes.readUInt32LE(at + 16),
        at,
      }
    );
  }
  throw new CodecError('not a zip archive, or one that is cut');
}

function findEnd64(bytes: Buffer, end: number): End | undefined {
  const locator = end - LOCATOR_BYTES;
  if (locator < END64_BYTES || bytes.readUInt32LE(locator) !== LOCATOR_SIGNATURE) return undefined;
  const stated = readUInt64(bytes, locator + 8);
  // What was prepended moves it; then it stands right before its locator.
  const at = [stated, locator - END64_BYTES].find(
    (place) => place + END64_BYTES <= locator && bytes.readUInt32LE(place) === END64_SIGNATURE,
  );
  if (at === undefined) return undefined;
  return { directoryBytes: readUInt64(bytes, at + 40), directoryOffset: readUInt64(bytes, at + 48), at };
}

function findStart(bytes: Buffer, end: End): { readonly start: number; readonly prependedBytes: number } {
  const { directoryBytes, directoryOffset } = end;
  const start = end.at - directoryBytes;
  if (directoryBytes === 0) return { start: end.at, prependedBytes: 0 };
  if (start >= directoryOffset && isDirectoryEntry(bytes, start, end.at)) {
    return { start, prependedBytes: start - directoryOffset };
  }
  if (isDirectoryEntry(bytes, directoryOffset, end.at)) return { start: directoryOffset, prependedBytes: 0 };
  throw new CodecError('a zip archive whose directory is not where it should be');
}
