import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasPythonSqlite, pythonSqlite } from '../../../test/fixtures/python-sqlite.ts';
import type { ReadAt } from '../bbolt/pages.ts';
import { CodecError } from '../codec-error.ts';
import { openIndexedSqlite, type IndexedSqlite, type SqliteKey } from './indexed.ts';

const readerOf =
  (file: Uint8Array): ReadAt =>
  (into, position) => {
    const piece = file.subarray(position, position + into.length);
    into.set(piece);
    return piece.length;
  };
const open = (file: Uint8Array): IndexedSqlite => openIndexedSqlite(readerOf(file), file.length);

const SCRIPT = `
db.execute('PRAGMA page_size = %d' % data['pageBytes'])
db.execute('CREATE TABLE t(id INTEGER PRIMARY KEY, word, number, bytes)')
db.execute('CREATE INDEX t_word ON t(word, number)')
db.execute('CREATE INDEX t_bytes ON t(bytes)')
for i in range(data['rows']):
    word = ('w%03d' % (i * 7919 % 500)) + ('x' * 900 if i % 50 == 0 else '')
    db.execute('INSERT INTO t VALUES (?, ?, ?, ?)', (i * 3 + 1, word if i % 11 else None, i % 17, bytes([i % 256, i // 256 % 256])))
`;

describe.skipIf(!hasPythonSqlite)('look-ups by an index (needs python3 with sqlite3)', () => {
  const ROWS = 3000;
  const wordOf = (i: number): string | null =>
    i % 11 === 0
      ? null
      : `w${String((i * 7919) % 500).padStart(3, '0')}${i % 50 === 0 ? 'x'.repeat(900) : ''}`;
  const rows = Array.from({ length: ROWS }, (_, i) => ({ id: i * 3 + 1, word: wordOf(i), number: i % 17 }));

  describe.each([512, 4096, 65_536])('pages of %i bytes', (pageBytes) => {
    const file = pythonSqlite(SCRIPT, { pageBytes, rows: ROWS });
    const database = open(file);
    const idsOf = (index: string, key: SqliteKey[]): unknown[] =>
      [...database.find(index, key)].map((entry) => entry.at(-1)).sort((a, b) => Number(a) - Number(b));

    test('all entries of a key are found, and no others', () => {
      for (const word of [
        'w000',
        'w123',
        'w499',
        'w500',
        '',
        'v',
        'x',
        wordOf(50) ?? '',
        wordOf(2950) ?? '',
      ]) {
        const expected = rows.filter((row) => row.word === word).map(({ id }) => id);
        expect(idsOf('t_word', [word])).toEqual(expected);
      }
    });
    test('so are those of two columns', () => {
      for (const { word, number, id } of rows.slice(0, 200)) {
        if (word === null) continue;
        expect(idsOf('t_word', [word, number])).toContain(id);
        expect(idsOf('t_word', [word, number + 100])).toEqual([]);
      }
    });
    test('so are bytes', () => {
      for (let i = 0; i < ROWS; i += 97) {
        expect(idsOf('t_bytes', [Buffer.from([i % 256, (i >> 8) % 256])])).toContain(i * 3 + 1);
      }
    });
    test('rows are found by their ids', () => {
      for (const { id, word, number } of rows) {
        expect(database.row('t', id)?.slice(0, 3)).toEqual([null, word, number]);
        expect(database.row('t', id + 1)).toBeUndefined();
      }
    });
  });

  test('what is not there is said', () => {
    const database = open(pythonSqlite(SCRIPT, { pageBytes: 4096, rows: 1 }));
    expect(() => [...database.find('t_other', [1])]).toThrow(CodecError);
    expect(() => database.row('other', 1)).toThrow(CodecError);
  });

  test('of a large file few pages are read', () => {
    const file = pythonSqlite(SCRIPT, { pageBytes: 512, rows: ROWS });
    let reads = 0;
    const read = readerOf(file);
    const database = openIndexedSqlite((into, position) => (reads++, read(into, position)), file.length);
    reads = 0;
    expect(database.row('t', 4)).toBeDefined();
    expect([...database.find('t_bytes', [Buffer.from([1, 0])])]).toHaveLength(1);
    expect(reads).toBeLessThan(20);
  });

  test('whatever is damaged, look-ups end with nothing but the one error', () => {
    const sound = pythonSqlite(SCRIPT, { pageBytes: 512, rows: 300 });
    const changes = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 0, max: 255 })), {
      maxLength: 50,
    });
    fc.assert(
      fc.property(changes, fc.nat(sound.length), fc.nat(300), (changed, length, i) => {
        const bytes = Buffer.from(length % 4 === 0 ? sound.subarray(0, length) : sound);
        for (const [at, value] of changed) bytes[at] = value;
        try {
          const database = open(bytes);
          for (const entry of database.find('t_word', ['w001'])) database.row('t', Number(entry.at(-1)));
          database.row('t', i);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('what is no database is refused', () => {
  expect(() => open(Buffer.alloc(0))).toThrow(CodecError);
  expect(() => open(Buffer.alloc(10_000, 1))).toThrow(CodecError);
});
