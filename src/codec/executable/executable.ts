import type { FileBytes } from './file-bytes.ts';

export interface Section {
  readonly name: string;
  readonly address: number;
  readonly offset: number;
  /** In the file. */
  readonly sizeBytes: number;
}

/** A part of the file that is mapped into memory. */
export interface Region {
  readonly address: number;
  readonly memoryBytes: number;
  readonly offset: number;
  readonly fileBytes: number;
  /** May be executed. */
  readonly isCode: boolean;
  /** Where linkers put initialised data: writable and not to be executed. */
  readonly isData: boolean;
}

/** A name for a place in memory. */
export interface ExecutableSymbol {
  readonly name: string;
  readonly address: number;
  readonly sizeBytes: number;
}

export interface Executable {
  readonly format: 'elf' | 'pe' | 'mach-o';
  /** None where their table was not kept, or cannot be read. */
  readonly sections: readonly Section[];
  readonly regions: readonly Region[];
  /** Symbols whose name ends so. Only of ELF, and only before it is stripped. */
  symbols(suffix: string): readonly ExecutableSymbol[];
}

/** From an address to the end of what the file holds of the region around it, but no more than `most` bytes. */
export function bytesAtAddress(
  { regions }: Executable,
  file: FileBytes,
  address: number,
  most: number,
): Buffer | undefined {
  const region = regions.find((each) => address >= each.address && address < each.address + each.fileBytes);
  if (!region) return undefined;
  const length = Math.min(most, region.address + region.fileBytes - address);
  return file.at(region.offset + address - region.address, length);
}
