import type { Executable } from './executable.ts';
import { bytesFromStart, type FileBytes } from './file-bytes.ts';
import { openKeepingMemory, type KeptFile } from './kept-file.ts';
import { hasExecutableMagic, MAGIC_BYTES, parseExecutable } from './parse-executable.ts';
import { keepWhatMatters } from './what-matters.ts';

/** Takes one file in pieces; see {@link openExecutableReading}. */
export interface ExecutableReader<T> {
  /** False when the rest is not needed. */
  write(piece: Uint8Array): boolean;
  /** What was read; undefined for no executable. Call once. */
  end(): T | undefined;
}

/** Reads an executable while its bytes are there: they are gone when it returns. */
export type ReadExecutable<T> = (executable: Executable, file: FileBytes) => T;

/** Headers of all formats: those of segments in ELF, of sections in PE, load commands in Mach-O. */
const HEAD_BYTES = 32 << 10;
/** What is kept of the largest files. Those whose parts of interest are smaller need only that. */
const CAPACITY_BYTES = 24 << 20;

/**
 * Reads executables one after another, of whatever size, without ever holding a whole one: a file that comes in one
 * piece is read in place, and of others only the parts that can matter are kept.
 */
export function openExecutableReading<T>(
  read: ReadExecutable<T>,
): (sizeBytes: number) => ExecutableReader<T> {
  const memory = openKeepingMemory(CAPACITY_BYTES);
  const head = new Uint8Array(HEAD_BYTES);
  return (sizeBytes) => {
    let headFill = 0;
    let kept: KeptFile | undefined;
    let result: T | undefined;

    function readNow(file: FileBytes): void {
      const executable = parseExecutable(file);
      if (executable) result = read(executable, file);
    }

    /** False for what cannot be an executable. */
    function start(bytes: Uint8Array): boolean {
      const atHead = bytesFromStart(bytes, sizeBytes);
      const executable = parseExecutable(atHead);
      if (!executable || executable.regions.length === 0) return false;
      kept = memory.open(sizeBytes);
      kept.keep(0, HEAD_BYTES);
      keepWhatMatters(executable, Buffer.from(bytes.buffer, bytes.byteOffset, HEAD_BYTES), kept);
      kept.write(bytes);
      return true;
    }

    /** Until there is enough to decide by; pieces may be of any size. */
    function gather(piece: Uint8Array): boolean {
      const taken = piece.subarray(0, HEAD_BYTES - headFill);
      head.set(taken, headFill);
      headFill += taken.length;
      if (headFill >= MAGIC_BYTES && !hasExecutableMagic(head)) return false;
      if (headFill === sizeBytes) readNow(bytesFromStart(head.subarray(0, headFill)));
      if (headFill === sizeBytes) return false;
      if (headFill < HEAD_BYTES) return true;
      if (!start(head)) return false;
      kept?.write(piece.subarray(taken.length));
      return true;
    }

    return {
      write(piece) {
        if (kept) kept.write(piece);
        else if (headFill === 0 && piece.length >= MAGIC_BYTES && !hasExecutableMagic(piece)) return false;
        else if (headFill === 0 && piece.length === sizeBytes) readNow(bytesFromStart(piece));
        else if (headFill === 0 && piece.length >= HEAD_BYTES) return start(piece);
        else return gather(piece);
        return kept !== undefined;
      },
      end() {
        if (kept) readNow(kept);
        if (kept) memory.release();
        kept = undefined;
        return result;
      },
    };
  };
}
