/** Bytes that grow. */
export interface ByteWriter {
  number(value: number): void;
  bytes(value: Uint8Array): void;
  /** Whole numbers in rising order, as the steps between them. */
  rising(values: Uint32Array): void;
  done(): Buffer;
}

const FIRST_BYTES = 4_096;
/** Seven bits of a number of 53 at a time. */
const MAX_NUMBER_BYTES = 8;

export function openByteWriter(): ByteWriter {
  let buffer = Buffer.allocUnsafe(FIRST_BYTES);
  let length = 0;

  function reserve(more: number): void {
    if (length + more <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, length + more));
    buffer.copy(larger, 0, 0, length);
    buffer = larger;
  }

  function number(value: number): void {
    reserve(MAX_NUMBER_BYTES);
    let rest = value;
    while (rest > 0x7f) {
      buffer[length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    buffer[length++] = rest;
  }

  return {
    number,
    bytes(value) {
      reserve(value.length);
      buffer.set(value, length);
      length += value.length;
    },
    rising(values) {
      number(values.length);
      let last = 0;
      for (const value of values) {
        number(value - last);
        last = value;
      }
    },
    done: () => Buffer.from(buffer.subarray(0, length)),
  };
}
