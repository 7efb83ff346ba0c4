import type { Executable, ExecutableSymbol, Region, Section } from './executable.ts';
import type { FileBytes } from './file-bytes.ts';
import { numbersIn, textIn, type Numbers } from './numbers.ts';

const TYPE_EXECUTABLE = 2;
const TYPE_SHARED = 3;

const LOAD = 1;
const EXECUTABLE = 1;
const WRITABLE = 2;

const SYMBOL_TABLE = 2;
const NO_BITS = 8;

/** Real files have a dozen; a core file may have thousands, but is no program. */
const MAX_SEGMENTS = 512;
/** Those of a debug build with a section for each function. */
const MAX_SECTIONS = 100_000;
const MAX_SECTION_NAME_CHARS = 64;
const MAX_STRING_TABLE_BYTES = 64 << 20;
const MAX_SYMBOL_NAME_CHARS = 1024;
const MAX_SYMBOLS_FOUND = 1000;

interface Header {
  readonly isLittleEndian: boolean;
  readonly isWide: boolean;
  readonly segments: { readonly offset: number; readonly entryBytes: number; readonly count: number };
  readonly sections: { readonly offset: number; readonly entryBytes: number; readonly count: number };
  readonly namesIndex: number;
}

/** @see System V Application Binary Interface, "Object Files" */
export function parseElf(file: FileBytes): Executable | undefined {
  const header = parseHeader(file);
  if (!header) return undefined;
  const sections = readSections(file, header);
  return {
    format: 'elf',
    regions: readRegions(file, header),
    sections: sections.filter(({ type }) => type !== NO_BITS),
    symbols: (suffix) => readSymbols(file, header, sections, suffix),
  };
}

function parseHeader(file: FileBytes): Header | undefined {
  const bytes = file.at(0, 64) ?? file.at(0, 52);
  const [width, order] = [bytes?.[4], bytes?.[5]];
  if (!bytes || (width !== 1 && width !== 2) || (order !== 1 && order !== 2)) return undefined;
  const isWide = width === 2;
  if (isWide && bytes.length < 64) return undefined;
  const isLittleEndian = order === 1;
  const { u16, word } = numbersIn(bytes, isLittleEndian, isWide);
  if (![TYPE_EXECUTABLE, TYPE_SHARED].includes(u16(16))) return undefined;
  const counts = isWide ? 54 : 42;
  return {
    isLittleEndian,
    isWide,
    segments: { offset: word(isWide ? 32 : 28), entryBytes: u16(counts), count: u16(counts + 2) },
    sections: { offset: word(isWide ? 40 : 32), entryBytes: u16(counts + 4), count: u16(counts + 6) },
    namesIndex: u16(counts + 8),
  };
}

function readRegions(file: FileBytes, { segments, isWide, isLittleEndian }: Header): Region[] {
  const { offset, entryBytes, count } = segments;
  if (count > MAX_SEGMENTS || entryBytes < (isWide ? 56 : 32)) return [];
  const bytes = file.at(offset, count * entryBytes);
  if (!bytes) return [];
  const numbers = numbersIn(bytes, isLittleEndian, isWide);
  const regions: Region[] = [];
  for (let at = 0; at < bytes.length; at += entryBytes) {
    const region = toRegion(numbers, at, isWide, file.sizeBytes);
    if (region) regions.push(region);
  }
  return regions;
}

function toRegion(
  { u32, word }: Numbers,
  at: number,
  isWide: boolean,
  sizeBytes: number,
): Region | undefined {
  if (u32(at) !== LOAD) return undefined;
  const flags = u32(at + (isWide ? 4 : 24));
  const offset = word(at + (isWide ? 8 : 4));
  const address = word(at + (isWide ? 16 : 8));
  const fileBytes = Math.min(word(at + (isWide ? 32 : 16)), sizeBytes - offset);
  const memoryBytes = word(at + (isWide ? 40 : 20));
  if (fileBytes <= 0 || !Number.isSafeInteger(address + memoryBytes)) return undefined;
  const isCode = (flags & EXECUTABLE) !== 0;
  return { address, memoryBytes, offset, fileBytes, isCode, isData: !isCode && (flags & WRITABLE) !== 0 };
}

interface ElfSection extends Section {
  readonly type: number;
  readonly link: number;
  readonly entryBytes: number;
}

function readSections(file: FileBytes, header: Header): ElfSection[] {
  const { isWide, isLittleEndian } = header;
  const { offset, entryBytes } = header.sections;
  if (offset === 0 || entryBytes < (isWide ? 64 : 40)) return [];
  const first = file.at(offset, entryBytes);
  if (!first) return [];
  const firstNumbers = numbersIn(first, isLittleEndian, isWide);
  // Where there are too many for the header's small numbers, the first section tells them.
  const count = header.sections.count || firstNumbers.word(isWide ? 32 : 20);
  const namesIndex = header.namesIndex === 0xffff ? firstNumbers.u32(isWide ? 40 : 24) : header.namesIndex;
  const bytes = count <= MAX_SECTIONS ? file.at(offset, count * entryBytes) : undefined;
  if (!bytes || namesIndex >= count) return [];
  const numbers = numbersIn(bytes, isLittleEndian, isWide);
  const names = toSection(numbers, namesIndex * entryBytes, isWide, undefined);
  const strings = names && file.at(names.offset, names.sizeBytes);
  const sections: ElfSection[] = [];
  for (let at = 0; at < bytes.length; at += entryBytes)
    sections.push(toSection(numbers, at, isWide, strings));
  return sections;
}

function toSection(
  { u32, word }: Numbers,
  at: number,
  isWide: boolean,
  names: Buffer | undefined,
): ElfSection {
  const nameAt = u32(at);
  return {
    name: names ? textIn(names.subarray(nameAt, nameAt + MAX_SECTION_NAME_CHARS)) : '',
    type: u32(at + 4),
    address: word(at + (isWide ? 16 : 12)),
    offset: word(at + (isWide ? 24 : 16)),
    sizeBytes: word(at + (isWide ? 32 : 20)),
    link: u32(at + (isWide ? 40 : 24)),
    entryBytes: word(at + (isWide ? 56 : 36)),
  };
}

function readSymbols(
  file: FileBytes,
  header: Header,
  sections: readonly ElfSection[],
  suffix: string,
): ExecutableSymbol[] {
  const table = sections.find(({ type }) => type === SYMBOL_TABLE);
  const strings = table && sections[table.link];
  const symbolBytes = header.isWide ? 24 : 16;
  if (!strings || table.entryBytes !== symbolBytes || strings.sizeBytes > MAX_STRING_TABLE_BYTES) return [];
  const entries = file.at(table.offset, table.sizeBytes - (table.sizeBytes % symbolBytes));
  const texts = file.at(strings.offset, strings.sizeBytes);
  if (!entries || !texts) return [];
  const names = namesEndingIn(texts, suffix);
  if (names.size === 0) return [];
  const { u32, word } = numbersIn(entries, header.isLittleEndian, header.isWide);
  const found: ExecutableSymbol[] = [];
  for (let at = 0; at < entries.length && found.length < MAX_SYMBOLS_FOUND; at += symbolBytes) {
    const name = names.get(u32(at));
    if (name === undefined) continue;
    const [address, sizeBytes] = header.isWide ? [word(at + 8), word(at + 16)] : [word(at + 4), word(at + 8)];
    found.push({ name, address, sizeBytes });
  }
  return found;
}

/** By where they start in the table, so that only few of the symbols' names need be read. */
function namesEndingIn(texts: Buffer, suffix: string): Map<number, string> {
  const needle = Buffer.from(`${suffix}\0`, 'latin1');
  const names = new Map<number, string>();
  for (let at = texts.indexOf(needle); at >= 0; at = texts.indexOf(needle, at + 1)) {
    if (names.size >= MAX_SYMBOLS_FOUND) break;
    const earliest = Math.max(0, at - MAX_SYMBOL_NAME_CHARS);
    const start = texts.subarray(earliest, at).lastIndexOf(0);
    if (start < 0 && earliest > 0) continue;
    const from = start < 0 ? 0 : earliest + start + 1;
    names.set(from, texts.toString('utf8', from, at + suffix.length));
  }
  return names;
}
