import { StreamError } from '../stream-error.ts';

/** Values of extended attributes hold bytes: each character of theirs is one (see {@link isXattrKey}). */
export type PaxRecords = ReadonlyMap<string, string>;

/** The kernel takes no larger ones. */
const MAX_XATTR_BYTES = 64 << 10;
const XATTR_PREFIXES = ['SCHILY.xattr.', 'LIBARCHIVE.xattr.'] as const;

const decoder = new TextDecoder();

/**
 * The `length key=value\n` records of an extended header. Values are read as UTF-8, but those of extended attributes.
 *
 * @throws StreamError when the lengths do not fit
 * @see POSIX.1-2017, pax, "pax Extended Header"
 */
export function parsePax(body: Uint8Array): PaxRecords {
  const records = new Map<string, string>();
  const sparseNumbers: string[] = [];
  let offset = 0;
  while (offset < body.length && body[offset] !== 0) {
    const space = body.indexOf(0x20, offset);
    const digits = space < 0 || space - offset > 10 ? '' : decoder.decode(body.subarray(offset, space));
    const length = /^\d+$/.test(digits) ? Number(digits) : 0;
    const end = offset + length;
    const equals = body.indexOf(0x3d, space);
    if (length === 0 || end > body.length || equals < 0 || equals >= end || body[end - 1] !== 0x0a) {
      throw new StreamError('tar extended header with a malformed record');
    }
    const key = decoder.decode(body.subarray(space + 1, equals));
    const value = body.subarray(equals + 1, end - 1);
    if (isSparseNumber(key)) sparseNumbers.push(decoder.decode(value));
    else if (!isXattrKey(key)) records.set(key, decoder.decode(value));
    else if (value.length <= MAX_XATTR_BYTES) records.set(key, bytesAsText(value));
    offset = end;
  }
  if (sparseNumbers.length > 0) records.set('GNU.sparse.map', sparseNumbers.join(','));
  return records;
}

/** Sparse format 0.0 repeats these two keys for each run; 0.1 joined them into one. */
function isSparseNumber(key: string): boolean {
  return key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes';
}

function isXattrKey(key: string): boolean {
  return key.startsWith(XATTR_PREFIXES[0]) || key.startsWith(XATTR_PREFIXES[1]);
}

/**
 * The extended attributes among records, by their own names; undefined where there are none.
 *
 * @see star(5), "SCHILY.xattr"; libarchive-formats(5), "LIBARCHIVE.xattr"
 */
export function xattrsOf(records: PaxRecords): ReadonlyMap<string, Uint8Array> | undefined {
  let found: Map<string, Uint8Array> | undefined;
  for (const [key, value] of records) {
    if (!isXattrKey(key)) continue;
    found ??= new Map();
    if (key.startsWith(XATTR_PREFIXES[0]))
      found.set(key.slice(XATTR_PREFIXES[0].length), Buffer.from(value, 'latin1'));
    else found.set(unescapeName(key.slice(XATTR_PREFIXES[1].length)), Buffer.from(value, 'base64'));
  }
  return found;
}

function bytesAsText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** libarchive writes the names as in URLs. */
function unescapeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // not so written
  }
}
