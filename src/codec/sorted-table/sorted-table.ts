import { crc32, inflateRawSync } from 'node:zlib';
import {
  damagedTable,
  ENTRY_HEADER_BYTES,
  FOOTER_BYTES,
  INDEX_HEADER_BYTES,
  MAGIC,
  MAX_BLOCK_BYTES,
  MAX_INDEX_BYTES,
  PLACE_BYTES,
  type Footer,
} from './layout.ts';

/** Reads bytes at a position, as `fs.readSync` does: how many came, 0 at the end. */
export type ReadAt = (into: Uint8Array, position: number) => number;

/** A table that is open for reading. Look-ups read and check a block or two each. */
export interface SortedTable {
  readonly entryCount: number;
  /**
   * All values of a key, in their order; views that must not be changed.
   * @throws DrydockError DATABASE_CORRUPT
   */
  get(key: string): readonly Buffer[];
  /** @throws DrydockError DATABASE_CORRUPT */
  has(key: string): boolean;
  /** All entries in order; each block is checked, and so is the order. @throws DrydockError DATABASE_CORRUPT */
  entries(): Generator<{ readonly key: string; readonly value: Buffer }>;
}

interface Block {
  readonly offset: number;
  readonly storedBytes: number;
  readonly rawBytes: number;
  readonly crc: number;
  readonly firstKey: Buffer;
}

/** Decoded blocks that are kept, as names that are asked for together often lie together. */
const KEPT_BLOCKS = 32;
const MAX_KEPT_BYTES = 256 << 10;
/** Of one key; the most that real ones have is some ten thousand. */
const MAX_VALUES = 100_000;

/**
 * Opens a table by its index, which is checked and held.
 * @throws DrydockError DATABASE_CORRUPT
 */
export function openSortedTable(read: ReadAt, sizeBytes: number): SortedTable {
  const footer = readFooter(read, sizeBytes);
  const index = readBytes(read, footer.indexOffset, footer.indexBytes, 'its index');
  if (crc32(index) !== footer.indexCrc) throw damagedTable('its index has other content than was written');
  const places = index.length - footer.blockCount * PLACE_BYTES;
  const kept = new Map<number, Buffer>();

  function blockAt(number: number): Block {
    const at = index.readUInt32BE(places + number * PLACE_BYTES);
    if (at + INDEX_HEADER_BYTES > places) throw damagedTable('its index points beyond itself');
    const keyEnd = at + INDEX_HEADER_BYTES + index.readUInt16BE(at + 18);
    if (keyEnd > places) throw damagedTable('its index is cut');
    return {
      offset: index.readUIntBE(at, 6),
      storedBytes: index.readUInt32BE(at + 6),
      rawBytes: index.readUInt32BE(at + 10),
      crc: index.readUInt32BE(at + 14),
      firstKey: index.subarray(at + INDEX_HEADER_BYTES, keyEnd),
    };
  }

  function content(number: number): Buffer {
    const known = kept.get(number);
    if (known) return known;
    const bytes = readBlock(read, blockAt(number), footer.indexOffset);
    if (bytes.length > MAX_KEPT_BYTES) return bytes;
    const [oldest] = kept.keys();
    if (kept.size >= KEPT_BLOCKS && oldest !== undefined) kept.delete(oldest);
    kept.set(number, bytes);
    return bytes;
  }

  /** The first block that may hold the key: equal keys may go on over several. */
  function firstBlockOf(key: Buffer): number {
    let low = 0;
    let high = footer.blockCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Buffer.compare(blockAt(middle).firstKey, key) < 0) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  function* valuesOf(text: string): Generator<Buffer> {
    const key = Buffer.from(text, 'utf8');
    for (let number = firstBlockOf(key); number < footer.blockCount; number++) {
      for (const entry of entriesIn(content(number))) {
        const order = Buffer.compare(entry.key, key);
        if (order > 0) return;
        if (order === 0) yield entry.value;
      }
    }
  }

  return {
    entryCount: footer.entryCount,
    get(key) {
      const values: Buffer[] = [];
      for (const value of valuesOf(key)) {
        if (values.length >= MAX_VALUES) throw damagedTable(`a key has more than ${MAX_VALUES} values`);
        values.push(value);
      }
      return values;
    },
    has: (key) => valuesOf(key).next().done !== true,
    *entries() {
      let last: { readonly key: Buffer; readonly value: Buffer } | undefined;
      let seen = 0;
      for (let number = 0; number < footer.blockCount; number++) {
        const block = blockAt(number);
        for (const entry of entriesIn(readBlock(read, block, footer.indexOffset))) {
          if (last && compare(last, entry) >= 0) throw damagedTable('its keys are not in order');
          last = entry;
          seen++;
          yield { key: entry.key.toString('utf8'), value: entry.value };
        }
      }
      if (seen !== footer.entryCount) throw damagedTable(`it holds ${seen} of ${footer.entryCount} entries`);
    },
  };
}

type Entry = { readonly key: Buffer; readonly value: Buffer };

function compare(a: Entry, b: Entry): number {
  return Buffer.compare(a.key, b.key) || Buffer.compare(a.value, b.value);
}

function* entriesIn(block: Buffer): Generator<Entry> {
  for (let at = 0; at < block.length;) {
    if (at + ENTRY_HEADER_BYTES > block.length) throw damagedTable('an entry is cut');
    const keyEnd = at + ENTRY_HEADER_BYTES + block.readUInt16BE(at);
    const valueEnd = keyEnd + block.readUInt32BE(at + 2);
    if (valueEnd > block.length) throw damagedTable('an entry is cut');
    yield {
      key: block.subarray(at + ENTRY_HEADER_BYTES, keyEnd),
      value: block.subarray(keyEnd, valueEnd),
    };
    at = valueEnd;
  }
}

function readFooter(read: ReadAt, sizeBytes: number): Footer {
  if (sizeBytes < MAGIC.length + FOOTER_BYTES) throw damagedTable('it is cut');
  const head = readBytes(read, 0, MAGIC.length, 'its beginning');
  const bytes = readBytes(read, sizeBytes - FOOTER_BYTES, FOOTER_BYTES, 'its end');
  if (!head.equals(MAGIC) || !bytes.subarray(32).equals(MAGIC)) throw damagedTable('it is cut, or no table');
  if (crc32(bytes.subarray(0, 28)) !== bytes.readUInt32BE(28))
    throw damagedTable('its end has other content than was written');
  const footer = {
    indexOffset: bytes.readUIntBE(2, 6),
    indexBytes: bytes.readUInt32BE(8),
    blockCount: bytes.readUInt32BE(12),
    entryCount: bytes.readUIntBE(18, 6),
    indexCrc: bytes.readUInt32BE(24),
  };
  const isSound =
    footer.indexOffset + footer.indexBytes === sizeBytes - FOOTER_BYTES &&
    footer.indexBytes <= MAX_INDEX_BYTES &&
    footer.blockCount * (PLACE_BYTES + INDEX_HEADER_BYTES) <= footer.indexBytes;
  if (!isSound) throw damagedTable('its end does not fit its length');
  return footer;
}

function readBlock(read: ReadAt, block: Block, limit: number): Buffer {
  const { offset, storedBytes, rawBytes, crc } = block;
  const isSound = offset >= MAGIC.length && offset + storedBytes <= limit && rawBytes <= MAX_BLOCK_BYTES;
  if (!isSound) throw damagedTable('its index points beyond the file');
  const stored = readBytes(read, offset, storedBytes, 'a block');
  if (crc32(stored) !== crc) throw damagedTable('a block has other content than was written');
  const raw = inflate(stored, rawBytes);
  if (raw?.length !== rawBytes) throw damagedTable('a block cannot be unpacked');
  return raw;
}

function inflate(stored: Buffer, rawBytes: number): Buffer | undefined {
  try {
    return inflateRawSync(stored, { maxOutputLength: Math.max(1, rawBytes) });
  } catch {
    // What is wrong with it is of no use to anybody.
    return undefined;
  }
}

function readBytes(read: ReadAt, position: number, length: number, what: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let at = 0; at < length;) {
    const count = read(bytes.subarray(at), position + at);
    if (count === 0) throw damagedTable(`${what} is cut`);
    at += count;
  }
  return bytes;
}
