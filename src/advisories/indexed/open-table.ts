import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DrydockError } from '../../base/errors.ts';
import { sleep } from '../../base/retry.ts';
import type { Signal } from '../../base/signal.ts';
import { openSortedTable, type SortedTable } from '../../codec/sorted-table/sorted-table.ts';
import { openDatabaseFile, readPart } from '../trivy-db/trivy-db.ts';
import { ORIGIN_FILE, parseOrigin } from '../trivy-db/origin.ts';

export const TABLE_FILE = 'table';

export interface OpenTable {
  readonly table: SortedTable;
  readonly close: () => void;
}

/**
 * Opens an installed table in place; it stays readable when its directory is removed meanwhile.
 * @throws DrydockError DATABASE_MISSING, DATABASE_CORRUPT
 */
export async function openTable(directory: string): Promise<OpenTable> {
  const origin = parseOrigin(await readPart(directory, ORIGIN_FILE));
  const file = openDatabaseFile(join(directory, TABLE_FILE));
  try {
    if (file.sizeBytes !== origin.sizeBytes) {
      throw new DrydockError(
        'DATABASE_CORRUPT',
        `the indexed database has ${file.sizeBytes} bytes where ${origin.sizeBytes} were written`,
        { hint: 'Run "drydock db update --force" to make it anew.' },
      );
    }
    return { table: openSortedTable(file.read, file.sizeBytes), close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

const ENTRIES_PER_PAUSE = 20_000;

/** Reads all of a table; the number of its entries. @throws DrydockError DATABASE_CORRUPT */
export async function walkTable(table: SortedTable, { signal }: Signal): Promise<number> {
  let seen = 0;
  for (const _ of table.entries()) {
    if (++seen % ENTRIES_PER_PAUSE !== 0) continue;
    await setImmediate();
    signal.throwIfAborted();
  }
  return seen;
}

/** A reader may be overtaken between the pointer and what it points to, but not this often. */
const OPEN_ATTEMPTS = 5;
const OPEN_DELAY_MS = 50;

/** Again, when what the pointer named was gone: it names another by then. */
export async function settled<T>(task: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task();
    } catch (error) {
      const isGone =
        error instanceof DrydockError && error.code === 'DATABASE_MISSING' && error.cause !== undefined;
      if (!isGone || attempt === OPEN_ATTEMPTS) throw error;
      await sleep(OPEN_DELAY_MS, { signal: new AbortController().signal });
    }
  }
}
