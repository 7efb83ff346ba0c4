import { setImmediate } from 'node:timers/promises';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { openTableBuilder } from '../../codec/sorted-table/table-builder.ts';
import type { BuiltTable, TableKind } from '../indexed/bring-table.ts';
import { fileStamp } from '../indexed/input.ts';
import { TABLE_FILE } from '../indexed/open-table.ts';
import { parseEpss } from './parse-epss.ts';
import { parseKev } from './parse-kev.ts';
import { readText } from './read-text.ts';

const A_DAY_MS = 86_400_000;
const MAX_BYTES = 64 << 20;
const ROWS_PER_PAUSE = 20_000;
/** Who tells no date was made whenever. */
const UNKNOWN_TIME = new Date(0).toISOString();

interface Rows {
  readonly updatedAt: string | undefined;
  readonly refused: number;
  readonly rows: Iterable<readonly [id: string, value: unknown] | undefined>;
}

/** CISA's catalogue of known exploited vulnerabilities; it grows on working days. */
export const kevKind: TableKind = kindOf('known exploited vulnerabilities', (text, name) => {
  const { entries, refused, releasedAt } = parseKev(text, name);
  const newest = entries.reduce((last, [, { addedOn }]) => (addedOn > last ? addedOn : last), '');
  return { rows: entries, refused, updatedAt: releasedAt ?? newest };
});

/** Scores of the Exploit Prediction Scoring System; they are computed once a day. */
export const epssKind: TableKind = kindOf('exploit prediction scores', (text, name) => {
  const { rows, scoredAt } = parseEpss(text, name);
  return { rows, refused: 0, updatedAt: scoredAt };
});

function kindOf(title: string, parse: (text: string, name: string) => Rows): TableKind {
  return {
    title,
    restMs: A_DAY_MS / 4,
    maxBytes: MAX_BYTES,
    revision: 1,
    stampOf: fileStamp,
    build: async (path, directory, { name, signal }) =>
      await build(parse(readText(path, name), name), directory, name, { signal }),
  };
}

async function build(rows: Rows, directory: string, name: string, { signal }: Signal): Promise<BuiltTable> {
  using builder = openTableBuilder(directory, TABLE_FILE);
  let refused = rows.refused;
  let taken = 0;
  for (const row of rows.rows) {
    if (row && builder.add(row[0], Buffer.from(JSON.stringify(row[1])))) taken++;
    else refused++;
    if ((taken + refused) % ROWS_PER_PAUSE !== 0) continue;
    await setImmediate();
    signal.throwIfAborted();
  }
  if (taken === 0) throw new DrydockError('DATABASE_CORRUPT', `${name} holds nothing that can be read`);
  const time = Date.parse(rows.updatedAt ?? '');
  const updatedAt = Number.isNaN(time) ? UNKNOWN_TIME : new Date(time).toISOString();
  return { written: await builder.finish({ signal }), facts: { updatedAt, taken, refused } };
}
