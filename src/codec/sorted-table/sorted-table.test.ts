import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import { openSortedTable, type SortedTable } from './sorted-table.ts';
import { openTableBuilder } from './table-builder.ts';

const root = mkdtempSync(join(tmpdir(), 'drydock-table-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const signal = new AbortController().signal;

type Pairs = readonly (readonly [key: string, value: string])[];

async function tableFile(pairs: Pairs, runBytes?: number): Promise<Buffer> {
  const directory = mkdtempSync(join(root, 't-'));
  using builder = openTableBuilder(directory, 'table', runBytes);
  for (const [key, value] of pairs) expect(builder.add(key, Buffer.from(value))).toBe(true);
  await builder.finish({ signal });
  expect(readdirSync(directory)).toEqual(['table']);
  const file = readFileSync(join(directory, 'table'));
  rmSync(directory, { recursive: true });
  return file;
}

function open(file: Buffer): SortedTable {
  return openSortedTable((into, position) => {
    if (position >= file.length) return 0;
    return file.copy(into, 0, position, position + into.length);
  }, file.length);
}

const texts = (values: readonly Buffer[]): string[] => values.map((value) => value.toString());
const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('a sorted table', () => {
  test('gives what was put in, whatever the order and the size of the pieces', async () => {
    const pair = fc.tuple(
      fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a', 'a\0b', 'ä', '😀', '')),
      fc.string({ maxLength: 50 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pair), fc.integer({ min: 1, max: 2000 }), async (pairs, runBytes) => {
        const table = open(await tableFile(pairs, runBytes));
        const truth = new Map<string, Set<string>>();
        for (const [key, value] of pairs) truth.set(key, (truth.get(key) ?? new Set()).add(value));
        for (const [key, values] of truth)
          expect(texts(table.get(key))).toEqual([...values].toSorted(bytewise));
        expect(table.has('no such key')).toBe(false);
        const keys = Array.from(table.entries(), ({ key }) => key);
        expect(keys).toEqual(keys.toSorted(bytewise));
        expect(keys.length).toBe(table.entryCount);
      }),
      { numRuns: 100 },
    );
  });

  test('the same entries make the same file', async () => {
    const pairs = Array.from({ length: 5000 }, (_, i) => [`key ${i % 977}`, `value ${i}`] as const);
    const file = await tableFile(pairs);
    expect(await tableFile(pairs.toReversed(), 3000)).toEqual(file);
    expect(await tableFile([...pairs, ...pairs], 70_000)).toEqual(file);
  });

  test('one key may have values over many blocks', async () => {
    const values = Array.from({ length: 9000 }, (_, i) => `${String(i).padStart(6, '0')}${'x'.repeat(30)}`);
    const table = open(
      await tableFile([['a', '1'], ...values.map((value) => ['b', value] as const), ['c', '2']]),
    );
    expect(texts(table.get('b'))).toEqual(values);
    expect(texts(table.get('a'))).toEqual(['1']);
    expect(texts(table.get('c'))).toEqual(['2']);
    expect(table.get('bb')).toEqual([]);
  });

  test('values of some megabytes are kept, longer keys and values are refused', async () => {
    const long = 'y'.repeat(5 << 20);
    expect(texts(open(await tableFile([['k', long]])).get('k'))).toEqual([long]);
    using builder = openTableBuilder(root, 'never');
    expect(builder.add('k'.repeat(5000), Buffer.alloc(1))).toBe(false);
    expect(builder.add('k', Buffer.alloc((32 << 20) + 1))).toBe(false);
  });

  test('an empty one is a table too', async () => {
    const table = open(await tableFile([]));
    expect(table.get('')).toEqual([]);
    expect([...table.entries()]).toEqual([]);
  });
});

describe('a damaged table', () => {
  test('gives a typed error or what was put in, never anything else', async () => {
    const pairs = Array.from({ length: 3000 }, (_, i) => [`key ${i}`, `value ${i * 7}`] as const);
    const file = await tableFile(pairs);
    const damage = fc.oneof(
      fc.record({ at: fc.nat(file.length - 1), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
      // Where everything hangs from.
      fc.record({
        at: fc.integer({ min: file.length - 48, max: file.length - 1 }),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      }),
      fc.record({ cut: fc.nat(file.length) }),
    );
    fc.assert(
      fc.property(damage, fc.nat(2999), (how, asked) => {
        const broken = 'cut' in how ? file.subarray(0, how.cut) : Buffer.from(file);
        if ('at' in how) broken.set(how.bytes.subarray(0, file.length - how.at), how.at);
        try {
          const table = open(broken);
          expect(texts(table.get(`key ${asked}`))).toEqual([`value ${asked * 7}`]);
          expect([...table.entries()].length).toBe(3000);
        } catch (error) {
          expect(error).toBeInstanceOf(DrydockError);
          expect((error as DrydockError).code).toBe('DATABASE_CORRUPT');
        }
      }),
      { numRuns: 400 },
    );
  });

  test('bytes that are no table are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(() => open(Buffer.from(bytes))).toThrow(DrydockError);
      }),
    );
  });
});
