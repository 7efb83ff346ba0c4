import { setImmediate } from 'node:timers/promises';
import { notices } from '../../base/channels.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { openTableBuilder, type TableBuilder } from '../../codec/sorted-table/table-builder.ts';
import { quoted } from '../../oci/quoted.ts';
import type { BuiltTable } from '../indexed/bring-table.ts';
import { TABLE_FILE } from '../indexed/open-table.ts';
import { parseRecord } from './parse-record.ts';
import { readRecords, type RawRecord } from './read-records.ts';
import { toEntries } from './to-entries.ts';

/** Of one record: more than the largest real ones put in, which are about hundreds of packages of a kernel. */
const MAX_ENTRIES = 500_000;
const MAX_BYTES = 256 << 20;
const RECORDS_PER_PAUSE = 500;
const MAX_TOLD = 3;

/**
 * Makes the table of all records of a directory, an archive or a file. Records that cannot be read are counted and
 * told, and the others count.
 *
 * @throws DrydockError DATABASE_UNSUPPORTED when there is none that can be read, and those of reading
 */
export async function buildOsvTable(
  path: string,
  directory: string,
  { name, signal }: Signal & { readonly name: string },
): Promise<BuiltTable> {
  using builder = openTableBuilder(directory, TABLE_FILE);
  const refused: string[] = [];
  let refusals = 0;
  let taken = 0;
  let newest = 0;
  for await (const raw of readRecords(path, { name, signal })) {
    const outcome = take(raw, builder);
    if (typeof outcome === 'string') {
      refusals++;
      if (refused.length < MAX_TOLD) refused.push(`${quoted(raw.name)}: ${outcome}`);
    } else {
      taken++;
      newest = Math.max(newest, outcome);
    }
    if ((taken + refusals) % RECORDS_PER_PAUSE !== 0) continue;
    await setImmediate();
    signal.throwIfAborted();
  }
  if (taken === 0) {
    const why = refused[0] === undefined ? '' : ` (${refused[0]})`;
    throw new DrydockError('DATABASE_UNSUPPORTED', `${name} holds no OSV record that can be read${why}`);
  }
  if (refusals > 0) tellRefused(name, refusals, refused);
  const written = await builder.finish({ signal });
  return { written, facts: { updatedAt: new Date(newest).toISOString(), taken, refused: refusals } };
}

/** When the record was changed, or what is wrong with it. */
function take(raw: RawRecord, builder: TableBuilder): number | string {
  if ('problem' in raw) return raw.problem;
  try {
    const record = parseRecord(raw.bytes);
    let entries = 0;
    let bytes = 0;
    for (const { key, value } of toEntries(record)) {
      const content = value === undefined ? EMPTY : Buffer.from(JSON.stringify(value));
      bytes += content.length;
      if (++entries > MAX_ENTRIES || bytes > MAX_BYTES) return 'it says more than any honest one';
      if (!builder.add(key, content)) return 'a name or a list in it is too long';
    }
    return timeOf(record.modifiedAt);
  } catch (error) {
    if (!(error instanceof DrydockError)) throw error;
    return error.message;
  }
}

const EMPTY = Buffer.alloc(0);
const A_DAY_MS = 86_400_000;

/** A time to come is a mistake, and would make the table look newer than it is. */
function timeOf(text: string | undefined): number {
  const time = text === undefined ? 0 : Date.parse(text);
  return time > Date.now() + A_DAY_MS ? 0 : Math.max(0, time);
}

function tellRefused(name: string, count: number, samples: readonly string[]): void {
  const more = count > samples.length ? ', …' : '';
  notices.publish({
    code: 'OSV_RECORDS_REFUSED',
    message: `${count} of the records of ${name} cannot be read and are left out: ${samples.join('; ')}${more}`,
  });
}
