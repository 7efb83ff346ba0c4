import { bytesAtAddress, type Executable } from './executable/executable.ts';
import type { FileBytes } from './executable/file-bytes.ts';
import { numbersIn } from './executable/numbers.ts';
import { CodecError } from './codec-error.ts';
import { parseGoModules, type GoModules } from './go-modules.ts';

/** What the Go linker leaves in each program about how it was built. */
export interface GoBuildInfo extends GoModules {
  /** `go1.22.3`, with what follows it (` X:boringcrypto`). */
  readonly goVersion: string;
}

export const BUILD_INFO_MAGIC: Buffer = Buffer.from('\xff Go buildinf:', 'latin1');
/** Of its address. */
export const BUILD_INFO_ALIGNMENT = 16;

const HEADER_BYTES = 32;
const BIG_ENDIAN = 1;
const INLINE = 2;

const MAX_GO_VERSION_BYTES = 1024;
/** Programs have one or two; what claims many would be searched over and over. */
export const MAX_DATA_REGIONS = 4;

/** The largest programs have some hundred KiB. */
const MAX_MODULES_BYTES = 4 << 20;
/** Written around the modules so that they can be found. */
const FRAME_BYTES = 16;

/**
 * Build information of a program written in Go, also when it is stripped; undefined for other programs and for those
 * that were packed.
 *
 * @throws CodecError when there is some, but it does not hold together or was not kept
 * @see Go: src/debug/buildinfo/buildinfo.go
 */
export function readGoBuildInfo(executable: Executable, file: FileBytes): GoBuildInfo | undefined {
  const address = findHeader(executable, file);
  if (address === undefined) return undefined;
  const header = bytesAtAddress(executable, file, address, HEADER_BYTES);
  if (header?.length !== HEADER_BYTES) throw new CodecError('Go build information that is cut short');
  const reading: Reading = { executable, file };
  const isInline = ((header[15] ?? 0) & INLINE) !== 0;
  const texts = isInline ? inlineTexts(reading, address) : pointedTexts(reading, header);
  if (!texts) throw new CodecError('Go build information whose texts are not where it says');
  const goVersion = texts.goVersion.toString();
  if (!/^[\x20-\x7e]+$/.test(goVersion)) throw new CodecError('Go build information without a Go version');
  return { goVersion, ...parseGoModules(unframed(texts.modules).toString()) };
}

interface Reading {
  readonly executable: Executable;
  readonly file: FileBytes;
}

interface Texts {
  readonly goVersion: Buffer;
  readonly modules: Buffer;
}

/** In a section of its own, or somewhere in the data. */
function findHeader({ sections, regions }: Executable, file: FileBytes): number | undefined {
  const section = sections.find(({ name }) => name === '.go.buildinfo' || name === '__go_buildinfo');
  if (section) {
    const address = findMagic(file, section.offset, section.sizeBytes, section.address);
    if (address !== undefined) return address;
  }
  for (const { offset, fileBytes, address } of regions
    .filter(({ isData }) => isData)
    .slice(0, MAX_DATA_REGIONS)) {
    const found = findMagic(file, offset, fileBytes, address);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findMagic(file: FileBytes, offset: number, sizeBytes: number, address: number): number | undefined {
  for (const run of file.runs(offset, offset + sizeBytes)) {
    const { bytes } = run;
    for (let at = bytes.indexOf(BUILD_INFO_MAGIC); at >= 0; at = bytes.indexOf(BUILD_INFO_MAGIC, at + 1)) {
      const found = run.offset + at - offset + address;
      if (found % BUILD_INFO_ALIGNMENT === 0) return found;
    }
  }
  return undefined;
}

/** Since Go 1.18: both texts follow the header, each after its length. */
function inlineTexts({ executable, file }: Reading, address: number): Texts | undefined {
  const most = HEADER_BYTES + MAX_GO_VERSION_BYTES + MAX_MODULES_BYTES;
  const bytes = bytesAtAddress(executable, file, address, most) ?? keptAt(executable, file, address, most);
  const goVersion = bytes && countedText(bytes, HEADER_BYTES, MAX_GO_VERSION_BYTES);
  const modules = goVersion && countedText(bytes, goVersion.end, MAX_MODULES_BYTES);
  return modules && { goVersion: goVersion.text, modules: modules.text };
}

/** As much of what was asked for as there is, where not all of it was kept. */
function keptAt({ regions }: Executable, file: FileBytes, address: number, most: number): Buffer | undefined {
  const region = regions.find((each) => address >= each.address && address < each.address + each.fileBytes);
  if (!region) return undefined;
  const offset = region.offset + address - region.address;
  const parts: Buffer[] = [];
  let reached = offset;
  for (const run of file.runs(offset, Math.min(offset + most, region.offset + region.fileBytes))) {
    if (run.offset !== reached) break;
    parts.push(run.bytes);
    reached += run.bytes.length;
  }
  return Buffer.concat(parts);
}

function countedText(bytes: Buffer, at: number, most: number): { text: Buffer; end: number } | undefined {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    const start = at + i + 1;
    const isThere = length <= most && start + length <= bytes.length;
    return isThere ? { text: bytes.subarray(start, start + length), end: start + length } : undefined;
  }
  return undefined;
}

/** Before Go 1.18: the header points at two Go strings, each of which points at its text. */
function pointedTexts({ executable, file }: Reading, header: Buffer): Texts | undefined {
  const width = header[14] ?? 0;
  if (width !== 4 && width !== 8) return undefined;
  const numbersOf = (bytes: Buffer) => numbersIn(bytes, ((header[15] ?? 0) & BIG_ENDIAN) === 0, width === 8);

  function textAt(address: number, most: number): Buffer | undefined {
    const pair = bytesAtAddress(executable, file, address, 2 * width);
    if (pair?.length !== 2 * width) return undefined;
    const [start, length] = [numbersOf(pair).word(0), numbersOf(pair).word(width)];
    if (length === 0) return NOTHING;
    const text = length <= most ? bytesAtAddress(executable, file, start, length) : undefined;
    return text?.length === length ? text : undefined;
  }

  const pointers = numbersOf(header);
  const [versionAt, modulesAt] = [pointers.word(16), pointers.word(16 + width)];
  const goVersion = textAt(versionAt, MAX_GO_VERSION_BYTES);
  // Programs built without modules point nowhere.
  const modules = modulesAt === 0 ? NOTHING : textAt(modulesAt, MAX_MODULES_BYTES);
  return goVersion && modules && { goVersion, modules };
}

const NOTHING = Buffer.alloc(0);

function unframed(text: Buffer): Buffer {
  const isFramed = text.length > 2 * FRAME_BYTES && text[text.length - FRAME_BYTES - 1] === 0x0a;
  return isFramed ? text.subarray(FRAME_BYTES, -FRAME_BYTES) : NOTHING;
}
