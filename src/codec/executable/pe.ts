import type { Executable, Region, Section } from './executable.ts';
import type { FileBytes } from './file-bytes.ts';
import { numbersIn, textIn } from './numbers.ts';

const SIGNATURE = 0x50450000;
const COFF_HEADER_BYTES = 20;
const SECTION_BYTES = 40;
/** The loader of Windows takes no more. */
const MAX_SECTIONS = 96;

const IMAGE_32 = 0x10b;
const IMAGE_64 = 0x20b;

const CODE = 0x20;
const EXECUTE = 0x20000000;
/** Initialised data that can be read and written; the alignment, in the bits of the mask, does not matter. */
const DATA = 0xc0000040;
const ALIGNMENT = 0x00600000;

/** @see Microsoft Portable Executable and Common Object File Format Specification */
export function parsePe(file: FileBytes): Executable | undefined {
  const coffAt = file.at(0x3c, 4)?.readUInt32LE(0);
  const coff = coffAt === undefined ? undefined : file.at(coffAt, 4 + COFF_HEADER_BYTES);
  if (coffAt === undefined || coff?.readUInt32BE(0) !== SIGNATURE) return undefined;
  const count = coff.readUInt16LE(6);
  const optionalBytes = coff.readUInt16LE(20);
  const optionalAt = coffAt + 4 + COFF_HEADER_BYTES;
  const base = imageBase(file, optionalAt, optionalBytes);
  const table = file.at(optionalAt + optionalBytes, count * SECTION_BYTES);
  if (base === undefined || !table || count > MAX_SECTIONS) return undefined;
  const sections: Section[] = [];
  const regions: Region[] = [];
  for (let at = 0; at < table.length; at += SECTION_BYTES) {
    const entry = table.subarray(at, at + SECTION_BYTES);
    const region = toRegion(entry, base, file.sizeBytes);
    if (!region) continue;
    regions.push(region);
    const { address, offset, fileBytes } = region;
    // What the file holds is padded to whole sectors.
    const sizeBytes = region.memoryBytes > 0 ? Math.min(fileBytes, region.memoryBytes) : fileBytes;
    sections.push({ name: textIn(entry.subarray(0, 8)), address, offset, sizeBytes });
  }
  return { format: 'pe', sections, regions, symbols: () => [] };
}

function imageBase(file: FileBytes, at: number, sizeBytes: number): number | undefined {
  const header = sizeBytes >= 32 ? file.at(at, 32) : undefined;
  const magic = header?.readUInt16LE(0);
  if (!header || (magic !== IMAGE_32 && magic !== IMAGE_64)) return undefined;
  return magic === IMAGE_32 ? header.readUInt32LE(28) : numbersIn(header, true, true).u64(24);
}

function toRegion(entry: Buffer, base: number, fileSizeBytes: number): Region | undefined {
  const flags = entry.readUInt32LE(36);
  const offset = entry.readUInt32LE(20);
  const relative = entry.readUInt32LE(12);
  const fileBytes = Math.min(entry.readUInt32LE(16), fileSizeBytes - offset);
  if (fileBytes <= 0 || relative === 0 || !Number.isSafeInteger(base + 2 ** 33)) return undefined;
  return {
    address: base + relative,
    memoryBytes: entry.readUInt32LE(8),
    offset,
    fileBytes,
    isCode: (flags & (CODE | EXECUTE)) !== 0,
    isData: (flags & ~ALIGNMENT) >>> 0 === DATA,
  };
}
