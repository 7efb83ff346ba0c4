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
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  modularityLabel: 5096,
} as const;

export type RpmTag = (typeof RPM_TAG)[keyof typeof RPM_TAG];

/** Values by tag; undefined or nothing where a tag is missing, of another type, or reaches beyond the header. */
export interface RpmHeader {
  /** Cut after 4 KiB. */
  text(tag: RpmTag): string | undefined;
  /** As many as lie within 8 MiB; those longer than 1 KiB are left out. */
  texts(tag: RpmTag): readonly string[];
  number(tag: RpmTag): number | undefined;
  bytes(tag: RpmTag): Uint8Array | undefined;
  /**
   * The bytes of a list as they are stored, and what may follow them. Far faster than taking it apart: for what is
   * mostly not needed.
   */
  stored(tag: RpmTag): StoredList | undefined;
}

export interface StoredList {
  readonly bytes: Uint8Array;
  readonly count: number;
}

interface Entry {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(RPM_TAG));

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
const MAX_TEXT_BYTES = 4096;
const MAX_LISTED_TEXT_CHARS = 1024;
/** A kernel's symbols take one or two. */
const MAX_LIST_BYTES = 8 << 20;

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
  const entries = parseIndex(bytes.subarray(8, dataStart), data.length);
  return {
    text(tag) {
      const entry = entries.get(tag);
      if (!isText(entry)) return undefined;
      const end = data.indexOf(0, entry.offset);
      if (end < 0) return undefined;
      return data.toString('utf8', entry.offset, Math.min(end, entry.offset + MAX_TEXT_BYTES));
    },
    texts(tag) {
      const entry = entries.get(tag);
      return isText(entry) ? textsAt(data, entry) : [];
    },
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
    stored(tag) {
      const entry = entries.get(tag);
      if (!entry || (entry.type !== STRING_ARRAY && entry.type !== INT32)) return undefined;
      const end = Math.min(nextOffset(bytes.subarray(8, dataStart), entry.offset), data.length);
      const isTooLong = end - entry.offset > MAX_LIST_BYTES || entry.count > MAX_TEXTS;
      return isTooLong ? undefined : { bytes: data.subarray(entry.offset, end), count: entry.count };
    },
  };
}

/** Where a tag stands twice, the later one counts: rpm adds changes behind what was signed. */
function parseIndex(index: Buffer, dataBytes: number): ReadonlyMap<number, Entry> {
  const entries = new Map<number, Entry>();
  for (let at = 0; at < index.length; at += ENTRY_BYTES) {
    const tag = index.readUInt32BE(at);
    if (!KNOWN.has(tag)) continue;
    const offset = index.readUInt32BE(at + 8);
    if (offset > dataBytes) continue;
    entries.set(tag, { type: index.readUInt32BE(at + 4), offset, count: index.readUInt32BE(at + 12) });
  }
  return entries;
}

/** Where the value after the one at `offset` starts. */
function nextOffset(index: Buffer, offset: number): number {
  let next = Infinity;
  for (let at = 8; at < index.length; at += ENTRY_BYTES) {
    const other = index.readUInt32BE(at);
    if (other > offset && other < next) next = other;
  }
  return next;
}

/** Decoded at once and then split: far faster than one by one. */
function textsAt(data: Buffer, { type, offset, count }: Entry): string[] {
  const limit = Math.min(data.length, offset + MAX_LIST_BYTES);
  let left = type === STRING ? 1 : Math.min(count, MAX_TEXTS);
  let end = offset;
  for (let at = offset; at < limit && left > 0; at++) {
    if (data[at] !== 0) continue;
    end = at;
    left--;
  }
  const texts = data.toString('utf8', offset, end).split('\0');
  return texts.filter((text) => text !== '' && text.length <= MAX_LISTED_TEXT_CHARS);
}

function isText(entry: Entry | undefined): entry is Entry {
  return (
    entry !== undefined &&
    entry.count > 0 &&
    (entry.type === STRING || entry.type === STRING_ARRAY || entry.type === I18N_STRING)
  );
}
