/** A stretch of a file. */
export interface Run {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** A file of which any part can be asked for, but not every part need be there. */
export interface FileBytes {
  readonly sizeBytes: number;
  /** Exactly so many bytes, or undefined when some of them lie beyond the end or were not kept. */
  at(offset: number, length: number): Buffer | undefined;
  /** What there is between two offsets, in order. */
  runs(from: number, to: number): Iterable<Run>;
}

/** The start of a file, or all of it. What is given is not copied. */
export function bytesFromStart(content: Uint8Array, sizeBytes: number = content.length): FileBytes {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return {
    sizeBytes,
    at(offset, length) {
      const isThere = offset >= 0 && length >= 0 && offset + length <= bytes.length;
      return isThere ? bytes.subarray(offset, offset + length) : undefined;
    },
    *runs(from, to) {
      const start = Math.max(0, from);
      const end = Math.min(to, bytes.length);
      if (start < end) yield { offset: start, bytes: bytes.subarray(start, end) };
    },
  };
}
