import { setTimeout as wait } from 'node:timers/promises';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { ScanRecord } from '../../model/job.ts';
import { isFinal, type ScanRecords } from '../../store/scan-records.ts';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 1000;
/** A store that was emptied is given back what was accepted: who watches waits so long for that. */
const GONE_MS = 15_000;

/**
 * The record, now and after each change, until it is over: at once for changes of this process, else by looking. While
 * the store does not answer there is nothing to tell.
 */
export async function* watchScan(
  records: ScanRecords,
  id: string,
  { signal }: Signal,
): AsyncGenerator<ScanRecord> {
  let shown: string | undefined;
  let seenAt = 0;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 1.5)) {
    signal.throwIfAborted();
    const changed = new AbortController();
    // Listening begins before reading, or what happens in between would be seen late.
    const unlisten = records.onChange(id, () => changed.abort());
    try {
      const record = await findNow(records, id);
      if (record === 'unknown') seenAt = Date.now();
      else if (!record) {
        if (shown === undefined || Date.now() - seenAt > GONE_MS) return;
      } else {
        seenAt = Date.now();
        const text = JSON.stringify(record);
        if (text !== shown) {
          yield record;
          waitMs = FIRST_WAIT_MS;
        }
        shown = text;
        if (isFinal(record.state)) return;
      }
      const early = AbortSignal.any([signal, changed.signal]);
      await wait(waitMs, undefined, { signal: early }).catch(() => undefined); // there is something to see
    } finally {
      unlisten();
    }
  }
}

async function findNow(records: ScanRecords, id: string): Promise<ScanRecord | undefined | 'unknown'> {
  try {
    return await records.find(id);
  } catch (error) {
    if (error instanceof DrydockError && error.code === 'STORE_UNAVAILABLE') return 'unknown';
    throw error;
  }
}
