import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Signal } from '../../base/signal.ts';
import { keyOf, MAX_KEY_BYTES, MAX_VALUE_BYTES } from './layout.ts';
import { mergeRuns } from './merge-runs.ts';
import { openRunBuffer, type RunBuffer } from './run-buffer.ts';
import { openTableWriter, type WrittenTable } from './table-writer.ts';

/** Takes entries in any order; sorts them in pieces on the disk. */
export interface TableBuilder extends Disposable {
  /**
   * The same key may come again with another value; the same value counts once.
   * @returns false, and takes nothing, when the key or the value is too long
   */
  add(key: string, value: Uint8Array): boolean;
  finish(options: Signal): Promise<WrittenTable>;
}

/** What is sorted at once, in memory. */
const RUN_BYTES = 48 << 20;
const ENTRIES_PER_PAUSE = 20_000;

/**
 * Makes a sorted table of entries in any order with bounded memory: pieces of them are sorted and written beside the
 * file, then merged.
 *
 * @param directory of the builder's own, on the disk where the table shall lie
 * @throws the file system's errors, as all of its functions do
 */
export function openTableBuilder(directory: string, fileName: string, runBytes = RUN_BYTES): TableBuilder {
  const runs: string[] = [];
  let buffer: RunBuffer | undefined = openRunBuffer(runBytes);

  function spill(): void {
    if (!buffer || buffer.isEmpty()) return;
    const path = join(directory, `run-${runs.length}`);
    runs.push(path);
    buffer.writeSorted(path);
  }

  function removeRuns(): void {
    for (const path of runs) rmSync(path, { force: true });
    runs.length = 0;
  }

  return {
    add(key, value) {
      const bytes = keyOf(key);
      if (bytes.length > MAX_KEY_BYTES || value.length > MAX_VALUE_BYTES) return false;
      if (!buffer?.add(bytes, value)) {
        spill();
        buffer?.add(bytes, value);
      }
      return true;
    },
    async finish({ signal }) {
      spill();
      // What is merged needs the room more.
      buffer = undefined;
      using writer = openTableWriter(join(directory, fileName));
      let seen = 0;
      for (const { key, value } of mergeRuns(runs)) {
        writer.append(key, value);
        if (++seen % ENTRIES_PER_PAUSE !== 0) continue;
        await setImmediate();
        signal.throwIfAborted();
      }
      const written = writer.finish();
      removeRuns();
      return written;
    },
    [Symbol.dispose]() {
      buffer = undefined;
      removeRuns();
    },
  };
}
