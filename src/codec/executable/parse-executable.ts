import { parseElf } from './elf.ts';
import type { Executable } from './executable.ts';
import type { FileBytes } from './file-bytes.ts';
import { parseMachO } from './mach-o.ts';
import { parsePe } from './pe.ts';

/** Enough to see that a file is none of the formats. */
export const MAGIC_BYTES = 4;

/** True when a file that starts so may be an executable. Scripts, archives and data are not. */
export function hasExecutableMagic(start: Uint8Array): boolean {
  if (start.length < MAGIC_BYTES) return false;
  const bytes = Buffer.from(start.buffer, start.byteOffset, MAGIC_BYTES);
  return bytes.readUInt16BE(0) === 0x4d5a || MAGICS.has(bytes.readUInt32BE(0));
}

const ELF_MAGIC = 0x7f454c46;
/** Both widths in both byte orders, and fat files. */
const MACH_O_MAGICS = [0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe, 0xcafebabf];
const MAGICS: ReadonlySet<number> = new Set([ELF_MAGIC, ...MACH_O_MAGICS]);

/**
 * What its headers say, as far as they hold together; undefined for what is no executable. Never throws: all numbers
 * are checked against the file's size.
 */
export function parseExecutable(file: FileBytes): Executable | undefined {
  const magic = file.at(0, MAGIC_BYTES);
  if (!magic || !hasExecutableMagic(magic)) return undefined;
  if (magic.readUInt32BE(0) === ELF_MAGIC) return parseElf(file);
  return magic.readUInt16BE(0) === 0x4d5a ? parsePe(file) : parseMachO(file);
}
