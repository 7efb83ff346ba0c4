import { CodecError } from '../codec-error.ts';

export const LOCAL_SIGNATURE = 0x04034b50;
export const DIRECTORY_SIGNATURE = 0x02014b50;
export const LOCAL_BYTES = 30;
export const DIRECTORY_ENTRY_BYTES = 46;

export const STORED = 0;
export const DEFLATED = 8;

const ENCRYPTED_FLAG = 1;
const DESCRIPTOR_FLAG = 8;
const UTF8_FLAG = 0x800;
const ZIP64_FIELD = 1;
const IS_IN_ZIP64 = 0xffffffff;

/** One file of an archive, as the archive's directory tells of it. */
export interface ZipEntry {
  readonly name: string;
  /** 0: stored; 8: deflated; others are not read. */
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly compressedBytes: number;
  /** What it claims to inflate to. */
  readonly sizeBytes: number;
  /** Where its local header stands, as stated. */
  readonly localOffset: number;
}

/** A local header, from which an archive can be read that is still on its way. */
export interface LocalHeader extends Omit<ZipEntry, 'localOffset'> {
  /** Sizes are not known here and follow the content. */
  readonly hasDescriptor: boolean;
  readonly isZip64: boolean;
}

/** How many bytes a local header at `at` takes, once its fixed part is there. */
export function localHeaderBytes(bytes: Buffer, at: number): number {
  return LOCAL_BYTES + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
}

/** @param at of a whole local header */
export function parseLocalHeader(bytes: Buffer, at: number): LocalHeader {
  const flags = bytes.readUInt16LE(at + 6);
  const nameEnd = at + LOCAL_BYTES + bytes.readUInt16LE(at + 26);
  const extra = bytes.subarray(nameEnd, nameEnd + bytes.readUInt16LE(at + 28));
  const zip64 = zip64Field(extra);
  const wide = openZip64(zip64);
  const sizeBytes = wide(bytes.readUInt32LE(at + 22));
  const compressedBytes = wide(bytes.readUInt32LE(at + 18));
  const hasDescriptor = (flags & DESCRIPTOR_FLAG) !== 0;
  return {
    name: nameOf(bytes.subarray(at + LOCAL_BYTES, nameEnd), flags),
    method: bytes.readUInt16LE(at + 8),
    isEncrypted: (flags & ENCRYPTED_FLAG) !== 0,
    compressedBytes,
    sizeBytes,
    // Some writers set the flag and know the sizes all the same; what is stored then can be passed over.
    hasDescriptor: hasDescriptor && compressedBytes === 0,
    isZip64: zip64 !== undefined,
  };
}

/** How many bytes a record of the directory at `at` takes, once its fixed part is there. */
export function directoryEntryBytes(bytes: Buffer, at: number): number {
  const lengths = bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  return DIRECTORY_ENTRY_BYTES + lengths;
}

/** @param at of a whole record of the directory */
export function parseDirectoryEntry(bytes: Buffer, at: number): ZipEntry {
  const flags = bytes.readUInt16LE(at + 8);
  const nameEnd = at + DIRECTORY_ENTRY_BYTES + bytes.readUInt16LE(at + 28);
  const extra = bytes.subarray(nameEnd, nameEnd + bytes.readUInt16LE(at + 30));
  const wide = openZip64(zip64Field(extra));
  // The field holds only those that did not fit, in this order.
  const sizeBytes = wide(bytes.readUInt32LE(at + 24));
  const compressedBytes = wide(bytes.readUInt32LE(at + 20));
  const localOffset = wide(bytes.readUInt32LE(at + 42));
  return {
    name: nameOf(bytes.subarray(at + DIRECTORY_ENTRY_BYTES, nameEnd), flags),
    method: bytes.readUInt16LE(at + 10),
    isEncrypted: (flags & ENCRYPTED_FLAG) !== 0,
    compressedBytes,
    sizeBytes,
    localOffset,
  };
}

/** @throws CodecError for a number that no archive can mean */
export function readUInt64(bytes: Buffer, at: number): number {
  const value = bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
  if (!Number.isSafeInteger(value)) throw new CodecError('a zip archive with an impossible size');
  return value;
}

function openZip64(field: Buffer | undefined): (stated: number) => number {
  let at = 0;
  return (stated) => {
    if (stated !== IS_IN_ZIP64 || !field || at + 8 > field.length) return stated;
    const value = readUInt64(field, at);
    at += 8;
    return value;
  };
}

function zip64Field(extra: Buffer): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === ZIP64_FIELD) return extra.subarray(at + 4, end);
    at = end;
  }
  return undefined;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Java writes UTF-8 and often does not say so. What is neither said nor valid is in the code page of the first PCs. */
function nameOf(bytes: Buffer, flags: number): string {
  if ((flags & UTF8_FLAG) !== 0) return bytes.toString('utf8');
  try {
    return UTF8.decode(bytes);
  } catch {
    // Not valid UTF-8.
    return fromCodePage437(bytes);
  }
}

const UPPER_HALF =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

function fromCodePage437(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) text += byte < 128 ? String.fromCharCode(byte) : UPPER_HALF.charAt(byte - 128);
  return text;
}
