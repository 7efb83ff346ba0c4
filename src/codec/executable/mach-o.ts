import type { Executable, Region, Section } from './executable.ts';
import type { FileBytes } from './file-bytes.ts';
import { numbersIn, textIn, type Numbers } from './numbers.ts';

const FAT = 0xcafebabe;
const FAT_64 = 0xcafebabf;
/** The same four bytes start a Java class, where a version of at least 45 follows. */
const MAX_ARCHITECTURES = 32;

const SEGMENT = 0x1;
const SEGMENT_64 = 0x19;
const READ_WRITE = 3;
const EXECUTE = 4;

const MAX_COMMANDS = 4096;
const MAX_COMMAND_BYTES = 1 << 20;
const MAX_SECTIONS = 1024;

/** Kinds of sections that take no room in the file. */
const ZERO_FILLED: ReadonlySet<number> = new Set([0x1, 0xc, 0x12]);

/**
 * Of a fat file the first architecture: all are built of the same sources.
 * @see Apple, "OS X ABI Mach-O File Format Reference"
 */
export function parseMachO(file: FileBytes): Executable | undefined {
  const start = sliceStart(file);
  const header = start === undefined ? undefined : file.at(start, 28);
  if (start === undefined || !header) return undefined;
  const magic = header.readUInt32BE(0);
  const isLittleEndian = (magic & 0xff) === 0xfe;
  const isWide = magic === 0xfeedfacf || magic === 0xcffaedfe;
  if (!isWide && magic !== 0xfeedface && magic !== 0xcefaedfe) return undefined;
  const { u32 } = numbersIn(header, isLittleEndian, isWide);
  const [count, sizeBytes] = [u32(16), u32(20)];
  if (count > MAX_COMMANDS || sizeBytes > MAX_COMMAND_BYTES) return undefined;
  const commands = file.at(start + (isWide ? 32 : 28), sizeBytes);
  if (!commands) return undefined;
  const reading: Reading = { start, isWide, sizeBytes: file.sizeBytes, regions: [], sections: [] };
  readCommands(commands, count, isLittleEndian, reading);
  return { format: 'mach-o', sections: reading.sections, regions: reading.regions, symbols: () => [] };
}

function sliceStart(file: FileBytes): number | undefined {
  const header = file.at(0, 8);
  const magic = header?.readUInt32BE(0);
  if (magic !== FAT && magic !== FAT_64) return 0;
  const count = header?.readUInt32BE(4) ?? 0;
  const entry = count > 0 && count <= MAX_ARCHITECTURES ? file.at(8, 32) : undefined;
  if (!entry) return undefined;
  return magic === FAT ? entry.readUInt32BE(8) : numbersIn(entry, false, true).u64(8);
}

interface Reading {
  /** Of the architecture within the file. */
  readonly start: number;
  readonly isWide: boolean;
  readonly sizeBytes: number;
  readonly regions: Region[];
  readonly sections: Section[];
}

function readCommands(commands: Buffer, count: number, isLittleEndian: boolean, reading: Reading): void {
  const numbers = numbersIn(commands, isLittleEndian, reading.isWide);
  const segmentBytes = reading.isWide ? 72 : 56;
  for (let i = 0, at = 0; i < count && at + 8 <= commands.length; i++) {
    const sizeBytes = numbers.u32(at + 4);
    if (sizeBytes < 8 || at + sizeBytes > commands.length) return;
    const isSegment = numbers.u32(at) === (reading.isWide ? SEGMENT_64 : SEGMENT);
    if (isSegment && sizeBytes >= segmentBytes) readSegment(commands, numbers, at, at + sizeBytes, reading);
    at += sizeBytes;
  }
}

function readSegment(commands: Buffer, numbers: Numbers, at: number, end: number, reading: Reading): void {
  const { start, isWide, sizeBytes, regions } = reading;
  const { u32, word } = numbers;
  const width = isWide ? 8 : 4;
  const fields = at + 24;
  const address = word(fields);
  const memoryBytes = word(fields + width);
  const offset = start + word(fields + 2 * width);
  const fileBytes = Math.min(word(fields + 3 * width), sizeBytes - offset);
  const [most, initial, sectionCount] = [0, 4, 8].map((each) => u32(fields + 4 * width + each));
  const isMapped = fileBytes > 0 && address > 0 && Number.isSafeInteger(address + memoryBytes);
  if (isMapped && textIn(commands.subarray(at + 8, at + 24)) !== '__PAGEZERO') {
    const isData = most === READ_WRITE && initial === READ_WRITE;
    regions.push({
      address,
      memoryBytes,
      offset,
      fileBytes,
      isCode: ((initial ?? 0) & EXECUTE) !== 0,
      isData,
    });
  }
  const sectionBytes = isWide ? 80 : 68;
  let sectionAt = at + (isWide ? 72 : 56);
  for (let i = 0; i < (sectionCount ?? 0) && sectionAt + sectionBytes <= end; i++) {
    if (reading.sections.length < MAX_SECTIONS) readSection(commands, numbers, sectionAt, reading);
    sectionAt += sectionBytes;
  }
}

function readSection(commands: Buffer, { u32, word }: Numbers, at: number, reading: Reading): void {
  const width = reading.isWide ? 8 : 4;
  const rest = at + 32 + 2 * width;
  const offset = u32(rest);
  if (ZERO_FILLED.has(u32(rest + 16) & 0xff)) return;
  reading.sections.push({
    name: textIn(commands.subarray(at, at + 16)),
    address: word(at + 32),
    sizeBytes: word(at + 32 + width),
    offset: reading.start + offset,
  });
}
