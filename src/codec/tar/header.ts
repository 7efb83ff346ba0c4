import { StreamError } from '../stream-error.ts';
import type { PaxRecords } from './pax.ts';

export const BLOCK_BYTES = 512;

export type TarEntryKind =
  | 'file'
  | 'hardlink'
  | 'symlink'
  | 'directory'
  | 'device'
  | 'pax'
  | 'pax-global'
  | 'gnu-long-name'
  | 'gnu-long-link'
  | 'sparse'
  | 'other';

/** One 512-byte header as it stands, before extended headers are applied. */
export interface RawHeader {
  readonly kind: TarEntryKind;
  readonly name: string;
  /** Empty where the entry is no link. */
  readonly linkName: string;
  /** Bytes of body that follow in the archive. */
  readonly bodyBytes: number;
  readonly mode: number;
  /** Absent where the field holds no such number. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Of device nodes and pipes. */
  readonly device?: TarDevice;
}

/** A special file, which has no content of its own. */
export interface TarDevice {
  readonly type: 'character' | 'block' | 'fifo';
  readonly major: number;
  readonly minor: number;
}

const KIND_OF_FLAG: readonly (TarEntryKind | undefined)[] = (() => {
  const kinds: [flag: string, kind: TarEntryKind][] = [
    ['\0', 'file'],
    ['0', 'file'],
    ['7', 'file'],
    ['1', 'hardlink'],
    ['2', 'symlink'],
    ['3', 'device'],
    ['4', 'device'],
    ['5', 'directory'],
    ['6', 'device'],
    ['x', 'pax'],
    ['X', 'pax'],
    ['g', 'pax-global'],
    ['L', 'gnu-long-name'],
    ['K', 'gnu-long-link'],
    ['S', 'sparse'],
  ];
  const byByte: (TarEntryKind | undefined)[] = new Array<undefined>(256).fill(undefined);
  for (const [flag, kind] of kinds) byByte[flag.charCodeAt(0)] = kind;
  return byByte;
})();

const BODILESS: ReadonlySet<TarEntryKind> = new Set(['hardlink', 'symlink', 'directory', 'device']);

/** True for a block of zeros, of which two end an archive. */
export function isZeroBlock(bytes: Uint8Array, at = 0): boolean {
  for (let i = at; i < at + BLOCK_BYTES; i++) if (bytes[i] !== 0) return false;
  return true;
}

/**
 * Reads a header of any of the formats: v7, ustar, GNU, PAX.
 *
 * @throws StreamError on a wrong checksum or an impossible size
 * @see POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"
 */
export function parseHeader(bytes: Buffer, at = 0): RawHeader {
  if (!hasGoodChecksum(bytes, at)) throw new StreamError('tar header with a wrong checksum');
  const kind = KIND_OF_FLAG[bytes[at + 156] ?? 0] ?? 'other';
  const size = number(bytes, at + 124, 12);
  if (size === undefined || size < 0) throw new StreamError('tar header with an impossible size');
  const isLink = kind === 'symlink' || kind === 'hardlink';
  return {
    kind,
    name: nameOf(bytes, at),
    linkName: isLink ? text(bytes, at + 157, 100) : '',
    bodyBytes: BODILESS.has(kind) ? 0 : size,
    mode: (number(bytes, at + 100, 8) ?? 0) & 0o7777,
    uid: ownerId(number(bytes, at + 108, 8)),
    gid: ownerId(number(bytes, at + 116, 8)),
    mtime: number(bytes, at + 136, 12) ?? 0,
    ...(kind === 'device' && { device: deviceOf(bytes, at) }),
  };
}

function deviceOf(bytes: Buffer, at: number): TarDevice {
  const flag = bytes[at + 156];
  return {
    type: flag === 0x33 ? 'character' : flag === 0x34 ? 'block' : 'fifo',
    major: number(bytes, at + 329, 8) ?? 0,
    minor: number(bytes, at + 337, 8) ?? 0,
  };
}

/** What Linux can have as the id of a user or group. */
function ownerId(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 && value <= 0xffff_ffff ? value : undefined;
}

/** The sum of the bytes, signed or unsigned (old writers differed), the checksum field counted as spaces. */
function hasGoodChecksum(bytes: Buffer, at: number): boolean {
  let unsigned = 256;
  let negative = 0;
  for (let i = at; i < at + 148; i++) {
    const byte = bytes[i] as number;
    unsigned += byte;
    negative += byte >> 7;
  }
  for (let i = at + 156; i < at + BLOCK_BYTES; i++) {
    const byte = bytes[i] as number;
    unsigned += byte;
    negative += byte >> 7;
  }
  const stored = number(bytes, at + 148, 8);
  return stored === unsigned || stored === unsigned - 256 * negative;
}

function nameOf(bytes: Buffer, at: number): string {
  const name = text(bytes, at, 100);
  // "ustar\0" alone has the prefix field; GNU's "ustar  " uses the place for other things.
  const isUstar = bytes[at + 257] === 0x75 && bytes[at + 261] === 0x72 && bytes[at + 262] === 0;
  const prefix = isUstar && bytes[at + 345] !== 0 ? text(bytes, at + 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** A field that ends at a NUL or its own end. */
function text(bytes: Buffer, offset: number, length: number): string {
  let end = offset;
  while (end < offset + length && bytes[end] !== 0) end++;
  return bytes.toString('utf8', offset, end);
}

/** Octal with padding, or GNU's base-256 (first bit set). Undefined when neither or beyond 2^53. */
export function number(block: Uint8Array, offset: number, length: number): number | undefined {
  const first = block[offset] ?? 0;
  if ((first & 0x80) !== 0) return base256(block, offset, length);
  let value = 0;
  let i = offset;
  const end = offset + length;
  while (i < end && (block[i] === 0x20 || block[i] === 0)) i++;
  for (; i < end; i++) {
    const byte = block[i] ?? 0;
    if (byte === 0x20 || byte === 0) break;
    if (byte < 0x30 || byte > 0x37) return undefined;
    value = value * 8 + (byte - 0x30);
  }
  return value;
}

function base256(block: Uint8Array, offset: number, length: number): number | undefined {
  const negative = ((block[offset] ?? 0) & 0x40) !== 0;
  let value = (block[offset] ?? 0) & 0x3f;
  for (let i = offset + 1; i < offset + length; i++) value = value * 256 + (block[i] ?? 0);
  if (negative) return -1;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The size a PAX record gives, when it gives a sound one. */
export function paxSize(records: PaxRecords, key: string): number | undefined {
  const value = records.get(key);
  if (value === undefined || !/^\d{1,16}$/.test(value)) return undefined;
  return Number(value);
}

/** The time a PAX record gives in seconds, fractions cut off. */
export function paxTime(records: PaxRecords): number | undefined {
  const value = records.get('mtime');
  if (value === undefined || !/^-?\d{1,15}(?:\.\d{0,15})?$/.test(value)) return undefined;
  return Math.floor(Number(value));
}

/** The id of a user or group that a PAX record gives, when it gives a sound one. */
export function paxOwner(records: PaxRecords, key: 'uid' | 'gid'): number | undefined {
  return ownerId(paxSize(records, key));
}
