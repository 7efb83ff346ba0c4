import { closeSync, openSync, readSync } from 'node:fs';
import { damagedTable, ENTRY_HEADER_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES } from './layout.ts';

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Goes through a sorted file. */
interface Cursor extends Entry {
  /** False at the end. */
  next(): boolean;
  close(): void;
}

const READ_BYTES = 128 << 10;

/** Entries of sorted files in order; each is valid until the next one is asked for. Equal ones come once. */
export function* mergeRuns(paths: readonly string[]): Generator<Entry> {
  const cursors = paths.map(openCursor);
  try {
    const heap = cursors.filter((cursor) => cursor.next());
    for (let at = heap.length >> 1; at >= 0; at--) sink(heap, at);
    let last: Entry | undefined;
    for (let top = heap[0]; top; top = heap[0]) {
      if (!last || compare(last, top) !== 0) {
        yield top;
        last = { key: Buffer.from(top.key), value: Buffer.from(top.value) };
      }
      if (!top.next()) {
        const end = heap.pop();
        if (end && heap.length > 0) heap[0] = end;
      }
      sink(heap, 0);
    }
  } finally {
    for (const cursor of cursors) cursor.close();
  }
}

function compare(a: Entry, b: Entry): number {
  return Buffer.compare(a.key, b.key) || Buffer.compare(a.value, b.value);
}

/** Lets one move down until none below it comes before it. */
function sink(heap: Cursor[], from: number): void {
  for (let at = from; ;) {
    let first = at;
    for (const below of [2 * at + 1, 2 * at + 2]) {
      const [a, b] = [heap[below], heap[first]];
      if (a && b && compare(a, b) < 0) first = below;
    }
    const [here, there] = [heap[at], heap[first]];
    if (first === at || !here || !there) return;
    heap[at] = there;
    heap[first] = here;
    at = first;
  }
}

function openCursor(path: string): Cursor {
  const descriptor = openSync(path, 'r');
  let buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  let start = 0;
  let end = 0;
  let position = 0;

  /** Makes so many bytes lie at `start`; false when the file has fewer. */
  function have(bytes: number): boolean {
    if (end - start >= bytes) return true;
    const larger = bytes > buffer.length ? Buffer.allocUnsafeSlow(bytes) : buffer;
    buffer.copy(larger, 0, start, end);
    end -= start;
    start = 0;
    buffer = larger;
    while (end < bytes) {
      const count = readSync(descriptor, buffer, end, buffer.length - end, position);
      if (count === 0) return false;
      end += count;
      position += count;
    }
    return true;
  }

  const cursor = {
    key: Buffer.alloc(0) as Buffer,
    value: Buffer.alloc(0) as Buffer,
    next(): boolean {
      if (!have(ENTRY_HEADER_BYTES)) return false;
      const keyBytes = buffer.readUInt16BE(start);
      const valueBytes = buffer.readUInt32BE(start + 2);
      const isSound = keyBytes <= MAX_KEY_BYTES && valueBytes <= MAX_VALUE_BYTES;
      if (!isSound || !have(ENTRY_HEADER_BYTES + keyBytes + valueBytes))
        throw damagedTable('a sorted piece of it is cut');
      const at = start + ENTRY_HEADER_BYTES;
      cursor.key = buffer.subarray(at, at + keyBytes);
      cursor.value = buffer.subarray(at + keyBytes, at + keyBytes + valueBytes);
      start = at + keyBytes + valueBytes;
      return true;
    },
    close: () => closeSync(descriptor),
  };
  return cursor;
}
