/** What a program or library says to the dynamic linker. */
export interface DynamicObject {
  readonly soname: string | undefined;
  readonly needed: readonly string[];
  /** `RPATH` and `RUNPATH`, with `$ORIGIN` as written. */
  readonly searchPaths: readonly string[];
  /** Versions of symbols that it defines. */
  readonly defines: ReadonlySet<string>;
  /** Versions that it needs, by library; weak ones are left out. */
  readonly requires: ReadonlyMap<string, ReadonlySet<string>>;
  /** Width and machine: only objects of the same kind work together. */
  readonly kind: string;
}

const LOAD = 1;
const DYNAMIC = 2;
const MAX_SEGMENTS = 512;
const MAX_TAGS = 10_000;
const MAX_VERSIONS = 10_000;
const MAX_NAME = 4096;
const WEAK = 2;

const TAG = { needed: 1, strings: 5, stringsSize: 10, soname: 14, rpath: 15, runpath: 29 } as const;
const VERSION_TAG = {
  defined: 0x6ffffffc,
  definedCount: 0x6ffffffd,
  needed: 0x6ffffffe,
  neededCount: 0x6fffffff,
} as const;

export function isElf(content: Uint8Array): boolean {
  return content[0] === 0x7f && content[1] === 0x45 && content[2] === 0x4c && content[3] === 0x46;
}

/**
 * Reads the dynamic section. Undefined for what is no such object, static programs, and what does not hold together.
 *
 * @see System V ABI, "Dynamic Linking"; LSB, "Symbol Versioning"
 */
export function parseDynamic(content: Uint8Array): DynamicObject | undefined {
  if (!isElf(content) || content.length < 64) return undefined;
  try {
    return parse(Buffer.from(content.buffer, content.byteOffset, content.length));
  } catch (error) {
    if (error instanceof RangeError) return undefined; // a number that leads out of the file
    throw error;
  }
}

interface Reading {
  readonly bytes: Buffer;
  readonly u16: (at: number) => number;
  readonly u32: (at: number) => number;
  readonly word: (at: number) => number;
  /** Where an address lies in the file. */
  readonly offsetOf: (address: number) => number;
}

function parse(bytes: Buffer): DynamicObject | undefined {
  const isWide = bytes[4] === 2;
  const isLittle = bytes[5] === 1;
  const u16 = (at: number): number => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number): number => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const u64 = (at: number): number =>
    Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  const word = isWide ? u64 : u32;
  const [start, size, count] = isWide ? [word(32), u16(54), u16(56)] : [word(28), u16(42), u16(44)];
  if (count > MAX_SEGMENTS) return undefined;
  const segments = Array.from({ length: count }, (_, i) => {
    const at = start + i * size;
    return isWide
      ? { type: u32(at), offset: u64(at + 8), address: u64(at + 16), bytes: u64(at + 32) }
      : { type: u32(at), offset: u32(at + 4), address: u32(at + 8), bytes: u32(at + 16) };
  });
  const dynamic = segments.find(({ type }) => type === DYNAMIC);
  if (!dynamic) return undefined;
  const offsetOf = (address: number): number => {
    const load = segments.find(
      (each) => each.type === LOAD && address >= each.address && address < each.address + each.bytes,
    );
    if (!load) throw new RangeError('address outside of the file');
    return address - load.address + load.offset;
  };
  const reading = { bytes, u16, u32, word, offsetOf };
  return toObject(reading, tagsIn(reading, dynamic, isWide ? 8 : 4), `${isWide}/${u16(18)}`);
}

function tagsIn(
  { word }: Reading,
  { offset, bytes }: { offset: number; bytes: number },
  width: number,
): Map<number, number[]> {
  const tags = new Map<number, number[]>();
  const count = Math.min(MAX_TAGS, Math.floor(bytes / (2 * width)));
  for (let i = 0; i < count; i++) {
    const tag = word(offset + i * 2 * width);
    if (tag === 0) break;
    const value = word(offset + i * 2 * width + width);
    const known = tags.get(tag);
    if (known) known.push(value);
    else tags.set(tag, [value]);
  }
  return tags;
}

function toObject(
  reading: Reading,
  tags: ReadonlyMap<number, number[]>,
  kind: string,
): DynamicObject | undefined {
  const first = (tag: number): number | undefined => tags.get(tag)?.[0];
  const strings = first(TAG.strings);
  if (strings === undefined) return undefined;
  const table = reading.offsetOf(strings);
  const text = (at: number): string => {
    const from = table + at;
    const end = reading.bytes.indexOf(0, from);
    if (at < 0 || end < 0 || end - from > MAX_NAME) throw new RangeError('text outside of the file');
    return reading.bytes.toString('utf8', from, end);
  };
  const texts = (tag: number): string[] => (tags.get(tag) ?? []).map(text);
  return {
    soname: texts(TAG.soname)[0],
    needed: texts(TAG.needed),
    searchPaths: [...texts(TAG.rpath), ...texts(TAG.runpath)]
      .flatMap((paths) => paths.split(':'))
      .filter((path) => path !== ''),
    defines: definitions(reading, first(VERSION_TAG.defined), first(VERSION_TAG.definedCount), text),
    requires: requirements(reading, first(VERSION_TAG.needed), first(VERSION_TAG.neededCount), text),
    kind,
  };
}

function definitions(
  { u16, u32, offsetOf }: Reading,
  address: number | undefined,
  count = 0,
  text: (at: number) => string,
): Set<string> {
  const found = new Set<string>();
  if (address === undefined) return found;
  let at = offsetOf(address);
  for (let i = 0; i < Math.min(count, MAX_VERSIONS); i++) {
    if (u16(at + 6) > 0) found.add(text(u32(at + u32(at + 12))));
    const next = u32(at + 16);
    if (next === 0) break;
    at += next;
  }
  return found;
}

function requirements(
  { u16, u32, offsetOf }: Reading,
  address: number | undefined,
  count = 0,
  text: (at: number) => string,
): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  if (address === undefined) return found;
  let at = offsetOf(address);
  for (let i = 0; i < Math.min(count, MAX_VERSIONS); i++) {
    const versions = new Set<string>();
    let each = at + u32(at + 8);
    for (let left = Math.min(u16(at + 2), MAX_VERSIONS); left > 0; left--) {
      if ((u16(each + 4) & WEAK) === 0) versions.add(text(u32(each + 8)));
      const next = u32(each + 12);
      if (next === 0) break;
      each += next;
    }
    found.set(text(u32(at + 4)), versions);
    const next = u32(at + 12);
    if (next === 0) break;
    at += next;
  }
  return found;
}
