import type { FileBytes, Run } from './file-bytes.ts';

/** Looks for a text within a part of a file that is not kept, and keeps what follows it. */
export interface Watch {
  readonly from: number;
  readonly to: number;
  readonly needle: Buffer;
  /** Kept from the first byte of the needle on. */
  readonly keepBytes: number;
  readonly maxHits: number;
  /** Says no to hits in the wrong place. */
  isHit?(offset: number): boolean;
}

/** The parts of a file that were asked for before it came by. */
export interface KeptFile extends FileBytes {
  readonly roomBytes: number;
  /** Asks for a part that has not come by yet. As much of it as there is room for is kept. */
  keep(from: number, to: number): void;
  watch(watch: Watch): void;
  /** Takes the next piece of the file. */
  write(piece: Uint8Array): void;
}

/** One memory for one file after another. */
export interface KeepingMemory {
  open(sizeBytes: number): KeptFile;
  /** Gives back what a large file has used. Nothing that was kept may be used after it. */
  release(): void;
}

/** Fresh memory costs more than filling it, so that some is held between files. */
const HELD_BYTES = 8 << 20;

export function openKeepingMemory(capacityBytes: number): KeepingMemory {
  let memory: ArrayBuffer | undefined;

  function roomFor(bytes: number): Uint8Array {
    memory ??= new ArrayBuffer(0, { maxByteLength: capacityBytes });
    if (bytes > memory.byteLength) memory.resize(bytes);
    return new Uint8Array(memory);
  }

  return {
    open: (sizeBytes) => openKeptFile(sizeBytes, capacityBytes, roomFor),
    release() {
      if (memory && memory.byteLength > HELD_BYTES) memory.resize(HELD_BYTES);
    },
  };
}

interface Range {
  readonly from: number;
  readonly to: number;
  /** Where it lies in memory. */
  readonly at: number;
}

interface OpenWatch extends Watch {
  hits: number;
  /** The end of what was searched, too short to hold the needle. */
  carry: Buffer;
  searchedTo: number;
}

function openKeptFile(
  sizeBytes: number,
  capacityBytes: number,
  roomFor: (bytes: number) => Uint8Array,
): KeptFile {
  /** By offset, none overlapping another. */
  const ranges: Range[] = [];
  /** The first range that is not complete. */
  let next = 0;
  const watches: OpenWatch[] = [];
  let position = 0;
  let used = 0;

  function keep(from: number, to: number): void {
    let start = Math.max(from, position, 0);
    const end = Math.min(to, sizeBytes);
    for (const { from: known, to: knownEnd } of [...ranges]) {
      if (knownEnd <= start) continue;
      if (known >= end) break;
      reserve(start, known);
      start = knownEnd;
    }
    reserve(start, end);
  }

  function reserve(from: number, to: number): void {
    const end = Math.min(to, from + capacityBytes - used);
    if (end <= from) return;
    const index = ranges.findLastIndex((range) => range.from < from) + 1;
    ranges.splice(index, 0, { from, to: end, at: used });
    used += end - from;
  }

  /** `start` is the offset of the bytes, which may begin before what was written so far. */
  function fill(bytes: Uint8Array, start: number): void {
    const end = start + bytes.length;
    for (let i = next; i < ranges.length; i++) {
      const range = ranges[i];
      if (!range || range.from >= end) break;
      const [from, to] = [Math.max(range.from, start), Math.min(range.to, end)];
      if (from < to) {
        roomFor(used).set(bytes.subarray(from - start, to - start), range.at + from - range.from);
      }
      if (range.to <= end && i === next) next++;
    }
  }

  function write(piece: Uint8Array): void {
    for (const watch of watches) search(watch, piece);
    fill(piece, position);
    position += piece.length;
  }

  function search(watch: OpenWatch, piece: Uint8Array): void {
    const from = Math.max(watch.from, position);
    const to = Math.min(watch.to, position + piece.length);
    if (from >= to || watch.hits >= watch.maxHits) return;
    const bytes = Buffer.from(piece.buffer, piece.byteOffset + from - position, to - from);
    if (watch.searchedTo === from && watch.carry.length > 0) {
      const seam = Buffer.concat([watch.carry, bytes.subarray(0, watch.needle.length - 1)]);
      searchIn(watch, seam, from - watch.carry.length, watch.carry);
    }
    searchIn(watch, bytes, from);
    const rest = Buffer.concat([watch.carry, bytes.subarray(-watch.needle.length)]);
    watch.carry = Buffer.from(rest.subarray(-(watch.needle.length - 1)));
    watch.searchedTo = to;
  }

  /** `passed` are bytes at the start that have come by before. */
  function searchIn(watch: OpenWatch, bytes: Buffer, start: number, passed?: Buffer): void {
    for (let at = bytes.indexOf(watch.needle); at >= 0 && watch.hits < watch.maxHits;) {
      const offset = start + at;
      if (watch.isHit?.(offset) !== false) {
        watch.hits++;
        if (passed) keepPassed(offset, passed.subarray(at));
        keep(offset, offset + watch.keepBytes);
      }
      at = bytes.indexOf(watch.needle, at + 1);
    }
  }

  function keepPassed(offset: number, passed: Buffer): void {
    if (ranges.some((range) => range.from < offset + passed.length && range.to > offset)) return;
    if (used + passed.length > capacityBytes) return;
    // The bytes are complete at once: what is not is looked for from the next range on.
    const index = ranges.findLastIndex((range) => range.from < offset) + 1;
    ranges.splice(index, 0, { from: offset, to: offset + passed.length, at: used });
    used += passed.length;
    roomFor(used).set(passed, used - passed.length);
    if (index <= next) next++;
  }

  function* runs(from: number, to: number): Generator<Run> {
    for (const range of ranges) {
      const start = Math.max(from, range.from);
      const end = Math.min(to, range.to, position);
      if (start < end) yield { offset: start, bytes: bytesOf(range, start, end) };
    }
  }

  function bytesOf(range: Range, from: number, to: number): Buffer {
    return Buffer.from(roomFor(used).buffer, range.at + from - range.from, to - from);
  }

  function at(offset: number, length: number): Buffer | undefined {
    const end = offset + length;
    if (!(offset >= 0 && length >= 0 && end <= position)) return undefined;
    const first = ranges.findIndex((range) => range.from <= offset && offset < range.to);
    const range = ranges[first];
    if (!range) return length === 0 ? Buffer.alloc(0) : undefined;
    if (end <= range.to) return bytesOf(range, offset, end);
    return joined(first, offset, end);
  }

  /** Of neighbours that were kept for different reasons. */
  function joined(first: number, offset: number, end: number): Buffer | undefined {
    const parts: Buffer[] = [];
    let reached = offset;
    for (let i = first; reached < end; i++) {
      const range = ranges[i];
      if (!range || range.from > reached) return undefined;
      const to = Math.min(range.to, end);
      parts.push(bytesOf(range, reached, to));
      reached = to;
    }
    return Buffer.concat(parts);
  }

  return {
    sizeBytes,
    get roomBytes() {
      return capacityBytes - used;
    },
    keep,
    watch(watch) {
      watches.push({ ...watch, hits: 0, carry: Buffer.alloc(0), searchedTo: -1 });
    },
    write,
    at,
    runs,
  };
}
