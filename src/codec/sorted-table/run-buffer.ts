import { closeSync, openSync } from 'node:fs';
import { ENTRY_HEADER_BYTES } from './layout.ts';
import { writeWhole } from './table-writer.ts';

/** Entries in memory, up to a limit. */
export interface RunBuffer {
  isEmpty(): boolean;
  /** @returns false when it is full; an empty one takes an entry of any length */
  add(key: string, value: Uint8Array): boolean;
  /** Writes all in order and forgets them. */
  writeSorted(path: string): void;
}

/** What the runtime spends on an entry besides its bytes, about. */
const ENTRY_COST_BYTES = 64;
const WRITE_BYTES = 1 << 20;

export function openRunBuffer(limitBytes: number): RunBuffer {
  let keys: string[] = [];
  let values: Buffer[] = [];
  let heldBytes = 0;
  const arena = openArena();

  return {
    isEmpty: () => keys.length === 0,
    add(key, value) {
      const bytes = ENTRY_COST_BYTES + key.length + value.length;
      if (keys.length > 0 && heldBytes + bytes > limitBytes) return false;
      keys.push(key);
      values.push(arena.copy(value));
      heldBytes += bytes;
      return true;
    },
    writeSorted(path) {
      const order = Uint32Array.from(keys.keys()).sort((a, b) => {
        const [left, right] = [keys[a] ?? '', keys[b] ?? ''];
        if (left !== right) return left < right ? -1 : 1;
        return Buffer.compare(values[a] ?? EMPTY, values[b] ?? EMPTY);
      });
      writeEntries(path, order, keys, values);
      keys = [];
      values = [];
      heldBytes = 0;
      arena.reset();
    },
  };
}

const EMPTY = Buffer.alloc(0);
const SLAB_BYTES = 4 << 20;

/** Copies lie together in slabs that are used again, so that many short values cost no allocation each. */
function openArena(): { copy(value: Uint8Array): Buffer; reset(): void } {
  const slabs: Buffer[] = [];
  let slab = -1;
  let used = SLAB_BYTES;
  return {
    copy(value) {
      if (value.length > SLAB_BYTES) return Buffer.from(value);
      if (used + value.length > SLAB_BYTES) {
        slab++;
        used = 0;
      }
      const target = (slabs[slab] ??= Buffer.allocUnsafeSlow(SLAB_BYTES));
      target.set(value, used);
      used += value.length;
      return target.subarray(used - value.length, used);
    },
    reset() {
      slab = -1;
      used = SLAB_BYTES;
    },
  };
}

function writeEntries(
  path: string,
  order: Uint32Array,
  keys: readonly string[],
  values: readonly Buffer[],
): void {
  const descriptor = openSync(path, 'wx');
  try {
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    const flush = (): void => {
      writeWhole(descriptor, Buffer.concat(pending, pendingBytes));
      pending = [];
      pendingBytes = 0;
    };
    for (const at of order) {
      const [key, value] = [keys[at] ?? '', values[at] ?? EMPTY];
      const header = Buffer.allocUnsafe(ENTRY_HEADER_BYTES + key.length);
      header.writeUInt16BE(key.length, 0);
      header.writeUInt32BE(value.length, 2);
      header.write(key, ENTRY_HEADER_BYTES, 'latin1');
      pending.push(header, value);
      pendingBytes += header.length + value.length;
      if (pendingBytes >= WRITE_BYTES) flush();
    }
    flush();
  } finally {
    closeSync(descriptor);
  }
}
