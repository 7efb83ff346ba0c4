/**
 * A ring of slots in shared memory: one side writes stored and uncompressed bytes of a layer, the other takes them
 * in the same order. Whoever is ahead waits, so that memory stays the same whatever the layer's size.
 */
export type SlotKind = 'stored' | 'uncompressed' | 'failure' | 'end';

const KINDS: readonly SlotKind[] = ['stored', 'uncompressed', 'failure', 'end'];

const PRODUCED = 0;
const CONSUMED = 1;
const CANCELLED = 2;
const CONTROL_WORDS = 3;

const SLOTS = 8;
/** Not smaller than a chunk or piece of {@link file://./layer-bytes.ts}. */
export const SLOT_BYTES = 1 << 19;

/** What is handed to the other thread. */
export type RingMemory = SharedArrayBuffer;

export function createRingMemory(): RingMemory {
  return new SharedArrayBuffer((CONTROL_WORDS + 2 * SLOTS) * 4 + SLOTS * SLOT_BYTES);
}

/** Thrown on the side that is still waiting when the other has called the job off. */
export class RingCancelled extends Error {
  override readonly name = 'RingCancelled';
}

interface View {
  readonly control: Int32Array;
  readonly slot: (index: number) => Uint8Array;
}

function view(memory: RingMemory): View {
  const control = new Int32Array(memory, 0, CONTROL_WORDS + 2 * SLOTS);
  return {
    control,
    slot: (index) => new Uint8Array(memory, control.byteLength + (index % SLOTS) * SLOT_BYTES, SLOT_BYTES),
  };
}

function checkCancelled(control: Int32Array): void {
  if (Atomics.load(control, CANCELLED) === 1) throw new RingCancelled('the layer was called off');
}

/** Wakes both sides and lets them throw {@link RingCancelled}. */
export function cancelRing(memory: RingMemory): void {
  const { control } = view(memory);
  Atomics.store(control, CANCELLED, 1);
  Atomics.notify(control, PRODUCED);
  Atomics.notify(control, CONSUMED);
}

export interface RingWriter {
  /** The memory of the next slot, to be filled in place and then written. Waits as `write` does. */
  reserve(): Uint8Array;
  /** Waits by blocking this thread: for worker threads only. */
  write(kind: SlotKind, bytes: Uint8Array): void;
  /** Waits without blocking: for the main thread. */
  writeAsync(kind: SlotKind, bytes: Uint8Array): Promise<void>;
}

export function openRingWriter(memory: RingMemory): RingWriter {
  const { control, slot } = view(memory);
  let produced = 0;

  function publish(kind: SlotKind, bytes: Uint8Array): void {
    // What was put into reserved memory is there already.
    if (bytes.buffer !== memory) slot(produced).set(bytes);
    const at = CONTROL_WORDS + 2 * (produced % SLOTS);
    control[at] = KINDS.indexOf(kind);
    control[at + 1] = bytes.length;
    Atomics.store(control, PRODUCED, ++produced);
    Atomics.notify(control, PRODUCED);
  }

  /** The count of consumed slots while the ring is full; undefined when there is room. */
  function fullAt(): number | undefined {
    checkCancelled(control);
    const consumed = Atomics.load(control, CONSUMED);
    return produced - consumed < SLOTS ? undefined : consumed;
  }

  function waitForRoom(): void {
    for (let seen = fullAt(); seen !== undefined; seen = fullAt()) Atomics.wait(control, CONSUMED, seen);
  }

  return {
    reserve() {
      waitForRoom();
      return slot(produced);
    },
    write(kind, bytes) {
      waitForRoom();
      publish(kind, bytes);
    },
    async writeAsync(kind, bytes) {
      for (let seen = fullAt(); seen !== undefined; seen = fullAt()) {
        await Atomics.waitAsync(control, CONSUMED, seen).value;
      }
      publish(kind, bytes);
    },
  };
}

export interface RingReader {
  /** Blocks until a slot is there. The bytes are valid until the next call. */
  next(): { readonly kind: SlotKind; readonly bytes: Uint8Array };
}

export function openRingReader(memory: RingMemory): RingReader {
  const { control, slot } = view(memory);
  let taken = 0;
  return {
    next() {
      if (taken > 0) {
        Atomics.store(control, CONSUMED, taken);
        Atomics.notify(control, CONSUMED);
      }
      while (Atomics.load(control, PRODUCED) === taken) {
        checkCancelled(control);
        Atomics.wait(control, PRODUCED, taken);
      }
      checkCancelled(control);
      const at = CONTROL_WORDS + 2 * (taken % SLOTS);
      const kind = KINDS[control[at] ?? 0] ?? 'end';
      return { kind, bytes: slot(taken++).subarray(0, control[at + 1]) };
    },
  };
}

/** The stored bytes of a ring as a synchronous input. */
export function* storedChunks(memory: RingMemory): Generator<Uint8Array> {
  const reader = openRingReader(memory);
  for (let slot = reader.next(); slot.kind === 'stored'; slot = reader.next()) yield slot.bytes;
}
