import { StreamError } from '../stream-error.ts';
import { BLOCK_BYTES, number, paxSize } from './header.ts';
import type { PaxRecords } from './pax.ts';

/** A run of stored bytes and where it belongs in the file. */
export interface SparseRun {
  readonly offset: number;
  readonly length: number;
}

export interface SparseMap {
  readonly realBytes: number;
  readonly runs: readonly SparseRun[];
}

const MAX_RUNS = 100_000;

/** The runs that stand in an old-GNU header (4) or in one of its extension blocks (21). */
export function gnuRuns(block: Uint8Array, offset: number, count: number): SparseRun[] {
  const runs: SparseRun[] = [];
  for (let i = 0; i < count; i++) {
    const at = offset + i * 24;
    const start = number(block, at, 12);
    const length = number(block, at + 12, 12);
    if (start === undefined || length === undefined || start < 0 || length < 0) {
      throw new StreamError('tar sparse entry with an impossible map');
    }
    if (length === 0 && start === 0) continue;
    runs.push({ offset: start, length });
  }
  return runs;
}

/** Real size of an old-GNU sparse entry. */
export function gnuRealBytes(block: Uint8Array): number {
  const size = number(block, 483, 12);
  if (size === undefined || size < 0) throw new StreamError('tar sparse entry with an impossible size');
  return size;
}

/** The map of PAX formats 0.0 and 0.1, which lies in the records; undefined when they hold none. */
export function paxRuns(records: PaxRecords): readonly SparseRun[] | undefined {
  const map = records.get('GNU.sparse.map');
  return map === undefined ? undefined : pairs(map.split(','));
}

/** The real size of a PAX sparse entry; undefined when it is no sparse entry. */
export function paxRealBytes(records: PaxRecords): number | undefined {
  return paxSize(records, 'GNU.sparse.realsize') ?? paxSize(records, 'GNU.sparse.size');
}

/** The map of PAX format 1.0, which stands before the data, padded to whole blocks. */
export function leadingRuns(body: Uint8Array): { runs: readonly SparseRun[]; dataOffset: number } {
  const numbers: string[] = [];
  let offset = 0;
  let wanted = 1;
  while (numbers.length < wanted) {
    const end = body.indexOf(0x0a, offset);
    if (end < 0 || end - offset > 20) throw new StreamError('tar sparse entry without its map');
    numbers.push(String.fromCharCode(...body.subarray(offset, end)));
    if (numbers.length === 1) wanted = 1 + 2 * Math.min(Number(numbers[0]), MAX_RUNS);
    offset = end + 1;
  }
  return { runs: pairs(numbers.slice(1)), dataOffset: Math.ceil(offset / BLOCK_BYTES) * BLOCK_BYTES };
}

function pairs(numbers: readonly string[]): SparseRun[] {
  const runs: SparseRun[] = [];
  for (let i = 0; i + 1 < numbers.length && runs.length < MAX_RUNS; i += 2) {
    const offset = Number(numbers[i]);
    const length = Number(numbers[i + 1]);
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
      throw new StreamError('tar sparse entry with an impossible map');
    }
    runs.push({ offset, length });
  }
  return runs;
}

/** The file as it would be on disk, holes as zeros. The caller has checked `realBytes` against its limit. */
export function expand(map: SparseMap, stored: Uint8Array): Uint8Array {
  const file = new Uint8Array(map.realBytes);
  let from = 0;
  for (const run of map.runs) {
    const part = stored.subarray(from, from + run.length);
    if (run.offset + part.length > file.length) throw new StreamError('tar sparse entry beyond its size');
    file.set(part, run.offset);
    from += run.length;
  }
  return file;
}
