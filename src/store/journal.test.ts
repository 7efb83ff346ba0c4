import { describe, expect, test } from 'vitest';
import { openJournal } from './journal.ts';
import { openMemoryStore } from './memory.ts';
import type { Store } from './store.ts';

const DAY = 86_400;
const START = 1_800_000_000_000;

async function all(entries: AsyncIterable<string>): Promise<string[]> {
  const found = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

describe('a journal', () => {
  test('gives what several writers have put, newest first', async () => {
    let time = START;
    const store = openMemoryStore(() => time);
    const open = () => openJournal(store, { name: 'j', keepSeconds: DAY, now: () => time });
    const writers = [open(), open(), open()];
    const expected: string[] = [];
    for (let i = 0; i < 1000; i++) {
      time += 5000;
      const entry = String(i).padStart(5, '0');
      expected.unshift(entry);
      await writers[i % 3]?.append(entry, time);
    }
    expect(await all(open().newestFirst())).toEqual(expected);
    const some = await all(open().newestFirst({ from: START + 500 * 5000 }));
    expect(some.at(-1)).toBe('00000');
    expect(some).toContain('00499');
    expect(some.length).toBeLessThan(700);
  });

  test('keeps what is put at the same moment', async () => {
    const store = openMemoryStore();
    const one = openJournal(store, { name: 'j', keepSeconds: DAY });
    const two = openJournal(store, { name: 'j', keepSeconds: DAY });
    const entries = Array.from({ length: 600 }, (_, i) => `e${String(i).padStart(3, '0')}`);
    await Promise.all(entries.map((entry, i) => (i % 2 ? one : two).append(entry, Date.now())));
    const found = await all(openJournal(store, { name: 'j', keepSeconds: DAY }).newestFirst());
    expect(found).toEqual([...entries].reverse());
  });

  test('never asks again for what is settled, nor reads a span again that is over', async () => {
    let time = START;
    const inner = openMemoryStore(() => time);
    const read: string[] = [];
    const store: Store = { ...inner, get: (key) => (read.push(key), inner.get(key)) };
    const open = () => openJournal(store, { name: 'j', keepSeconds: DAY, now: () => time });
    const journal = open();
    for (let i = 0; i < 300; i++) await journal.append(`e${i}`, time);
    const settled = new Set<string>();
    const asked: string[] = [];
    const isSettled = async (entry: string): Promise<boolean> => (asked.push(entry), settled.has(entry));
    expect(await all(journal.unsettled(isSettled))).toHaveLength(300);
    for (let i = 0; i < 299; i++) settled.add(`e${i}`);
    expect(await all(journal.unsettled(isSettled))).toEqual(['e299']);
    asked.length = 0;
    expect(await all(journal.unsettled(isSettled))).toEqual(['e299']);
    expect(asked).toEqual(['e299']);
    time += 3_600_000;
    settled.add('e299');
    expect(await all(journal.unsettled(isSettled))).toEqual([]);
    [asked.length, read.length] = [0, 0];
    expect(await all(journal.unsettled(isSettled))).toEqual([]);
    expect(read.length).toBeLessThan(5);
    expect(await all(open().unsettled(isSettled))).toEqual([]); // another process, told by the mark
    expect(asked).toEqual([]);
  });

  test('is found again in a store that was emptied, what came before as well as what comes', async () => {
    const store = openMemoryStore();
    const open = () => openJournal(store, { name: 'j', keepSeconds: DAY });
    const [one, other, reader] = [open(), open(), open()];
    for (let i = 0; i < 200; i++) await one.append(`one${i}`, Date.now());
    await other.append('other', Date.now());
    const never = (): Promise<boolean> => Promise.resolve(false);
    expect(await all(reader.unsettled(never))).toHaveLength(201);
    for await (const key of store.keys('')) await store.delete(key);
    await other.append('new', Date.now());
    expect((await all(reader.unsettled(never))).sort()).toEqual(['new', 'other']);
    await one.append('newer', Date.now());
    expect(await all(reader.unsettled(never))).toEqual(expect.arrayContaining(['new', 'newer', 'other']));
    expect(await all(open().newestFirst())).toContain('newer');
  });

  test('says so when the store takes nothing', async () => {
    const store: Store = { ...openMemoryStore(), put: () => Promise.resolve(false) };
    const journal = openJournal(store, { name: 'j', keepSeconds: DAY });
    await expect(journal.append('x', Date.now())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(journal.append('y', Date.now())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});
