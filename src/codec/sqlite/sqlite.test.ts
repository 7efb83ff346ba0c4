import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeSqlite, writeWal, type CellValue } from '../../../test/fixtures/sqlite-writer.ts';
import { CodecError } from '../codec-error.ts';
import { openSqlite, type SqliteRow } from './sqlite.ts';

const PAGE = 4096;

function rowsOf(file: Uint8Array, wal?: Uint8Array, table = 'Packages'): (SqliteRow | CodecError)[] {
  return [...openSqlite(file, wal).rows(table)];
}

function valuesOf(file: Uint8Array, wal?: Uint8Array): unknown[] {
  return rowsOf(file, wal).map((row) => (row instanceof CodecError ? row.message : row.values));
}

const pageOf = (file: Buffer, number: number, pageBytes = PAGE): Buffer =>
  file.subarray((number - 1) * pageBytes, number * pageBytes);

describe('SQLite tables', () => {
  const rows: CellValue[][] = [
    [null, 1, 'text', Buffer.from('blob')],
    [-5, 1.5, '', Buffer.alloc(0)],
    [2 ** 40, null, 'é', Buffer.alloc(20_000, 7)],
  ];

  test.each([
    [512, 0, false],
    [4096, 0, true],
    [4096, 32, false],
    [65_536, 0, true],
  ])('pages of %i bytes, %i of them reserved, spread: %s', (pageBytes, reservedBytes, spread) => {
    const read = rowsOf(writeSqlite('Packages', rows, { pageBytes, reservedBytes, spread }));
    expect(read).toEqual(rows.map((values, index) => ({ rowId: index + 1, values })));
  });

  test.each([
    [2, 'text'],
    [3, { utf16be: 'text' }],
  ])('text in encoding %i', (encoding, value) => {
    expect(valuesOf(writeSqlite('Packages', [[value]], { encoding }))).toEqual([['text']]);
  });

  test('integers beyond 2^53 stay exact', () => {
    expect(valuesOf(writeSqlite('Packages', [[2 ** 60]]))).toEqual([[2n ** 60n]]);
  });

  test('a table that is not there is said', () => {
    expect(() => rowsOf(writeSqlite('Packages', []), undefined, 'Other')).toThrow(CodecError);
  });

  test('what lies behind a damaged page is read', () => {
    const file = writeSqlite('Packages', [['a'], ['b'], ['c']], { spread: true });
    pageOf(file, 4)[0] = 99;
    expect(valuesOf(file)).toEqual([['a'], 'SQLite page 4 is of no table', ['c']]);
    expect(valuesOf(file.subarray(0, 4 * PAGE))).toHaveLength(3);
  });

  test('a tree in a circle ends', () => {
    const file = writeSqlite('Packages', [['a'], ['b']], { spread: true });
    pageOf(file, 2).writeUInt32BE(2, 8);
    expect(valuesOf(file)).toEqual([['a'], 'an SQLite tree that runs in a circle']);
  });

  test('an overflow chain in a circle ends', () => {
    const file = writeSqlite('Packages', [[Buffer.alloc(20_000)]]);
    pageOf(file, 4).writeUInt32BE(3, 0);
    expect(valuesOf(file)).toEqual(['an SQLite overflow chain that runs in a circle']);
  });

  test('cells that share bytes give no more than the page holds', () => {
    const file = writeSqlite('Packages', [[Buffer.alloc(1000)]]);
    const page = pageOf(file, 2);
    page.writeUInt16BE(1000, 3);
    for (let index = 1; index < 1000; index++) page.writeUInt16BE(page.readUInt16BE(8), 8 + 2 * index);
    expect(rowsOf(file).filter((row) => !(row instanceof CodecError))).toHaveLength(4);
  });
});

describe('SQLite write-ahead logs', () => {
  const old = writeSqlite('Packages', [['old']]);
  const fresh = pageOf(writeSqlite('Packages', [['new']]), 2);
  const newer = pageOf(writeSqlite('Packages', [['newer']]), 2);
  const commit = true;

  test.each(['big', 'little'] as const)('committed pages lie over the file (%s-endian sums)', (order) => {
    expect(valuesOf(old)).toEqual([['old']]);
    expect(valuesOf(old, writeWal([{ page: 2, content: fresh, commit }], order))).toEqual([['new']]);
  });

  test('the last of a page counts', () => {
    const frames = [
      { page: 2, content: fresh, commit },
      { page: 2, content: newer, commit },
    ];
    expect(valuesOf(old, writeWal(frames, 'little'))).toEqual([['newer']]);
  });

  test('what was not committed counts for nothing', () => {
    const frames = [
      { page: 2, content: fresh, commit },
      { page: 2, content: newer },
    ];
    expect(valuesOf(old, writeWal(frames, 'little'))).toEqual([['new']]);
  });

  test('a frame of an earlier use ends the log', () => {
    const frames = [
      { page: 2, content: fresh, commit },
      { page: 2, content: newer, commit, stale: true },
    ];
    expect(valuesOf(old, writeWal(frames, 'big'))).toEqual([['new']]);
  });

  test('a frame with a wrong checksum ends the log', () => {
    const wal = writeWal([{ page: 2, content: fresh, commit }], 'little');
    wal[wal.length - 1] = 1;
    expect(valuesOf(old, wal)).toEqual([['old']]);
    expect(valuesOf(old, wal.subarray(0, 100))).toEqual([['old']]);
  });

  test('the whole database may lie in its log', () => {
    const frames = [
      { page: 1, content: pageOf(old, 1) },
      { page: 2, content: fresh, commit },
    ];
    expect(valuesOf(Buffer.alloc(0), writeWal(frames, 'little'))).toEqual([['new']]);
  });

  test.each([
    ['empty', Buffer.alloc(0)],
    ['all zeros', Buffer.alloc(4096)],
  ])('a log that is %s changes nothing', (_, wal) => {
    expect(valuesOf(old, wal)).toEqual([['old']]);
  });

  test.each([
    ['of another page size', writeWal([], 'little', 8192)],
    ['that is none', Buffer.alloc(100, 1)],
  ])('a log %s is refused', (_, wal) => {
    expect(() => openSqlite(old, wal)).toThrow(CodecError);
  });
});

describe('SQLite files nobody should trust', () => {
  const good = writeSqlite('Packages', [['a'], [Buffer.alloc(9000)], ['c'], ['d']], { spread: true });
  const wal = writeWal([{ page: 3, content: pageOf(good, 3), commit: true }], 'little');

  /** Throws what is no CodecError. */
  function drain(file: Uint8Array, log?: Uint8Array): void {
    try {
      for (const row of openSqlite(file, log).rows('Packages')) void row;
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
    }
  }

  test('any bytes end in rows or a CodecError', () => {
    const header = good.subarray(0, 100);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3 * PAGE }), fc.uint8Array({ maxLength: 300 }), (bytes, log) => {
        drain(bytes);
        drain(Buffer.concat([header, bytes]));
        drain(good, log);
      }),
    );
  });

  test('flipped and cut files end in rows or a CodecError', () => {
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(changes, fc.nat(good.length), fc.nat(wal.length - 1), (flips, length, at) => {
        const file = Buffer.from(good);
        for (const [offset, byte] of flips) file[offset] = byte;
        const log = Buffer.from(wal);
        log[at] = (log[at] ?? 0) ^ 1;
        drain(file);
        drain(file.subarray(0, length), log);
      }),
      { numRuns: 300 },
    );
  });
});
