import { StreamError } from '../stream-error.ts';

export type PaxRecords = ReadonlyMap<string, string>;

const decoder = new TextDecoder();

/**
 * The `length key=value\n` records of an extended header. Values are read as UTF-8.
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
    // The blob of an extended attribute is of no use here and may be large.
    else if (!key.startsWith('SCHILY.xattr.')) records.set(key, decoder.decode(value));
    offset = end;
  }
  if (sparseNumbers.length > 0) records.set('GNU.sparse.map', sparseNumbers.join(','));
  return records;
}

/** Sparse format 0.0 repeats these two keys for each run; 0.1 joined them into one. */
function isSparseNumber(key: string): boolean {
  return key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes';
}
