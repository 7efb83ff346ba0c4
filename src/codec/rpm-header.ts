import { CodecError } from './codec-error.ts';

/** Tags of rpm headers that are read. @see rpm: include/rpm/rpmtag.h */
export const RPM_TAG = {
  sigMd5: 261,
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  license: 1014,
  arch: 1022,
  sourceRpm: 1044,
  provideName: 1047,
  requireName: 1049,
  modularityLabel: 5096,
} as const;

export interface RpmHeader {
  text(tag: number): string | undefined;
  texts(tag: number): readonly string[];
  number(tag: number): number | undefined;
  bytes(tag: number): Uint8Array | undefined;
}

interface Entry {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

const INT32 = 4;
const STRING = 6;
const BINARY = 7;
const STRING_ARRAY = 8;
const I18N_STRING = 9;

const ENTRY_BYTES = 16;
/** rpm's own limits (lib/header.c: HEADER_TAGS_MAX, HEADER_DATA_MAX). */
const MAX_ENTRIES = 65_535;
const MAX_DATA_BYTES = 256 << 20;
const MAX_TEXTS = 100_000;

/**
 * A header as it stands in a package database: counts, index, data. All numbers are big-endian.
 *
 * @throws CodecError when it is no header, or says more than it holds
 */
export function parseRpmHeader(blob: Uint8Array): RpmHeader {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.length < 8) throw new CodecError('an rpm header that is cut short');
  const count = bytes.readUInt32BE(0);
  const dataBytes = bytes.readUInt32BE(4);
  const dataStart = 8 + count * ENTRY_BYTES;
  if (count > MAX_ENTRIES || dataBytes > MAX_DATA_BYTES || dataStart + dataBytes > bytes.length) {
    throw new CodecError('an rpm header with impossible sizes');
  }
  const data = bytes.subarray(dataStart, dataStart + dataBytes);
  const entries = new Map<number, Entry>();
  for (let at = 8; at < dataStart; at += ENTRY_BYTES) {
    const entry = {
      type: bytes.readUInt32BE(at + 4),
      offset: bytes.readUInt32BE(at + 8),
      count: bytes.readUInt32BE(at + 12),
    };
    if (entry.offset <= data.length) entries.set(bytes.readUInt32BE(at), entry);
  }

  function texts(tag: number, limit = MAX_TEXTS): string[] {
    const entry = entries.get(tag);
    if (!entry || ![STRING, STRING_ARRAY, I18N_STRING].includes(entry.type)) return [];
    const found: string[] = [];
    let at = entry.offset;
    const wanted = Math.min(entry.type === STRING ? 1 : entry.count, limit);
    while (found.length < wanted) {
      const end = data.indexOf(0, at);
      if (end < 0) break;
      found.push(data.toString('utf8', at, end));
      at = end + 1;
    }
    return found;
  }

  return {
    text: (tag) => texts(tag, 1)[0],
    texts: (tag) => texts(tag),
    number(tag) {
      const entry = entries.get(tag);
      const isThere = entry?.type === INT32 && entry.count > 0 && entry.offset + 4 <= data.length;
      return isThere ? data.readUInt32BE(entry.offset) : undefined;
    },
    bytes(tag) {
      const entry = entries.get(tag);
      if (entry?.type !== BINARY || entry.offset + entry.count > data.length) return undefined;
      return data.subarray(entry.offset, entry.offset + entry.count);
    },
  };
}
