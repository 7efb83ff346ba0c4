import { DrydockError } from '../../base/errors.ts';

/**
 * A table of sorted keys with one or more values each, in one file that is written once:
 *
 *     magic · blocks · index · places of the index's records · footer
 *
 * A block is deflated and holds entries (key length u16, value length u32, key, value) in the order of their keys, as
 * bytes, then of their values. The index has a record for each block: offset u48, deflated length u32, length u32,
 * CRC-32 of the deflated bytes u32, length of the first key u16, the first key. All numbers have their high byte first.
 */
export const MAGIC = Buffer.from('DDTABLE1', 'latin1');
export const ENTRY_HEADER_BYTES = 6;
export const INDEX_HEADER_BYTES = 20;
export const PLACE_BYTES = 4;
export const FOOTER_BYTES = 40;

export const MAX_KEY_BYTES = 4096;
export const MAX_VALUE_BYTES = 32 << 20;
/** A block is closed once it has as many; one value may be longer. */
export const BLOCK_BYTES = 16 << 10;
export const MAX_BLOCK_BYTES = BLOCK_BYTES + ENTRY_HEADER_BYTES + MAX_KEY_BYTES + MAX_VALUE_BYTES;
/** Some million blocks. */
export const MAX_INDEX_BYTES = 512 << 20;

export interface Footer {
  readonly indexOffset: number;
  /** With the places. */
  readonly indexBytes: number;
  readonly blockCount: number;
  readonly entryCount: number;
  readonly indexCrc: number;
}

/** The key as it is compared: each byte a character, so that texts are ordered as bytes are. */
export function keyOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function damagedTable(problem: string): DrydockError {
  return new DrydockError('DATABASE_CORRUPT', `an indexed database is damaged: ${problem}`, {
    hint: 'Run "drydock db update --force" to make it anew.',
  });
}
