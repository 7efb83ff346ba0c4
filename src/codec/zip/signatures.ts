import { readUInt64 } from './entry.ts';

export type Signature = 'local' | 'directory' | 'end64' | 'end';

export interface Mark {
  readonly kind: Signature;
  readonly at: number;
}

/** What a mark takes at least. */
export const MARK_BYTES = 4;
/** The longest form: a signature, a checksum and two sizes of 64 bits. */
export const MAX_DESCRIPTOR_BYTES = 24;

const DESCRIPTOR_SIGNATURE = 0x08074b50;

/** The next mark of a part of an archive; a loop, as its time must not depend on what the bytes are. */
export function nextMark(bytes: Buffer, from: number): Mark | undefined {
  const last = bytes.length - MARK_BYTES;
  for (let at = from; at <= last; at++) {
    if (bytes[at] !== 0x50 || bytes[at + 1] !== 0x4b) continue;
    const kind = kindOf(bytes[at + 2], bytes[at + 3]);
    if (kind) return { kind, at };
  }
  return undefined;
}

function kindOf(third: number | undefined, fourth: number | undefined): Signature | undefined {
  if (third === 3 && fourth === 4) return 'local';
  if (third === 1 && fourth === 2) return 'directory';
  if (third === 6 && fourth === 6) return 'end64';
  return third === 5 && fourth === 6 ? 'end' : undefined;
}

interface Content {
  /** Where in `bytes` the content, or what is left of it, begins. */
  readonly at: number;
  /** How much of it came before. */
  readonly passed: number;
}

/**
 * Where content of unknown length ends: a descriptor that tells its true length stands before the next part. That no
 * other bytes look like that is as sure as that 8 of them are not what they must be by chance.
 */
export function findContentEnd(
  bytes: Buffer,
  content: Content,
): { readonly end: number; readonly next: number } | undefined {
  for (let from = content.at; ;) {
    const mark = nextMark(bytes, from);
    if (!mark) return undefined;
    const length = mark.kind === 'end' ? undefined : descriptorBytes(bytes, mark.at, content);
    if (length !== undefined) return { end: mark.at - length, next: mark.at };
    from = mark.at + 1;
  }
}

/** Of a descriptor that ends at `end`, if there is one. Its signature is optional, and its sizes have 32 or 64 bits. */
function descriptorBytes(bytes: Buffer, end: number, { at, passed }: Content): number | undefined {
  const tells = (length: number, sizeAt: number, isWide: boolean): boolean => {
    const start = end - length;
    if (start < at) return false;
    const stated = isWide ? wideAt(bytes, start + sizeAt) : bytes.readUInt32LE(start + sizeAt);
    return stated === passed + start - at;
  };
  const isSigned = (length: number): boolean =>
    end - length >= at && bytes.readUInt32LE(end - length) === DESCRIPTOR_SIGNATURE;
  if (isSigned(16) && tells(16, 8, false)) return 16;
  if (isSigned(24) && tells(24, 8, true)) return 24;
  if (tells(12, 4, false)) return 12;
  return tells(20, 4, true) ? 20 : undefined;
}

function wideAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) > 0xffff ? -1 : readUInt64(bytes, at);
}
