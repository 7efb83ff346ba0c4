import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notices, type Notice } from '../base/channels.ts';
import { decode, encode } from './encode.ts';
import { openFileStore } from './files.ts';
import { frame, unframe } from './frame.ts';
import { openMemoryStore } from './memory.ts';
import { storeContract } from './store.contract.ts';

let folder: string;
let count = 0;
const fresh = (): string => join(folder, `store-${count++}`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-store-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

storeContract('memory', (now) => Promise.resolve(openMemoryStore(now)));
storeContract('files', (now) => Promise.resolve(openFileStore(fresh(), { now })));

function valuesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('the file store', () => {
  test('makes files that only their owner can read', async () => {
    const directory = fresh();
    await openFileStore(directory).put('a', Buffer.from('x'));
    const [path = ''] = valuesOf(directory);
    const places = [directory, dirname(path), path];
    expect(places.map((place) => (statSync(place).mode & 0o777).toString(8))).toEqual(['700', '700', '600']);
  });

  test('takes any damage for absence, and mends itself', async () => {
    const directory = fresh();
    const store = openFileStore(directory);
    await store.put('a', Buffer.from('x'.repeat(1000)));
    const [path = ''] = valuesOf(directory);
    const good = readFileSync(path);
    for (const bad of [good.subarray(0, 500), Buffer.alloc(0), Buffer.concat([good, Buffer.from('y')])]) {
      writeFileSync(path, bad);
      expect(await store.get('a')).toBeUndefined();
      expect(await store.put('a', Buffer.from('new'), { ifAbsent: true })).toBe(true);
      expect((await store.get('a'))?.toString()).toBe('new');
    }
    const flipped = Buffer.from(good);
    flipped[700] = (flipped[700] ?? 0) ^ 1;
    writeFileSync(path, flipped);
    expect(await store.get('a')).toBeUndefined();
  });

  test('drops what was used longest ago when it grows too large', async () => {
    const directory = fresh();
    const store = openFileStore(directory, { maxBytes: 100_000 });
    for (let i = 0; i < 30; i++) {
      await store.put(`k${i}`, Buffer.alloc(10_000, i));
      for (const path of valuesOf(directory)) {
        if (readFileSync(path).includes(`k${i}`)) utimesSync(path, i + 1, i + 1);
      }
    }
    const { bytes } = await store.status();
    expect(bytes).toBeLessThanOrEqual(125_000);
    expect(await store.get('k29')).toBeDefined();
    expect(await store.get('k0')).toBeUndefined();
  });

  test('stays small when each of many processes writes little', async () => {
    const directory = fresh();
    for (let i = 0; i < 200; i++) {
      const random = (): number => (i * 0.618) % 1;
      await openFileStore(directory, { maxBytes: 100_000, random }).put(`k${i}`, Buffer.alloc(10_000));
    }
    const { bytes } = await openFileStore(directory).status();
    expect(bytes).toBeLessThanOrEqual(150_000);
  });

  test('drops what has expired where nothing is dropped to make room', async () => {
    let time = 1_000_000;
    const options = { maxBytes: Infinity, evictEveryBytes: 1000, now: () => time, random: () => 1 };
    const store = openFileStore(fresh(), options);
    for (let i = 0; i < 5; i++) await store.put(`old-${i}`, Buffer.alloc(10), { ttlSeconds: 60 });
    await store.put('kept', Buffer.alloc(10));
    time += 61_000;
    await store.put('new', Buffer.alloc(1000), { ttlSeconds: 60 });
    await expect.poll(async () => (await store.status()).entries).toBe(2);
    expect([await store.get('kept'), await store.get('new')].every(Boolean)).toBe(true);
  });

  test('notes the use of what it gives, but not at every reading', async () => {
    const directory = fresh();
    const store = openFileStore(directory);
    await store.put('a', Buffer.from('x'));
    const [path = ''] = valuesOf(directory);
    const minute = 60_000;
    for (const [age, isNoted] of [
      [30 * minute, false],
      [90 * minute, true],
    ] as const) {
      utimesSync(path, (Date.now() - age) / 1000, (Date.now() - age) / 1000);
      await store.get('a');
      expect(Date.now() - statSync(path).mtimeMs < 10 * minute).toBe(isNoted);
    }
  });

  test('takes an entry of another key for damage', async () => {
    const directory = fresh();
    const store = openFileStore(directory);
    await store.put('a', Buffer.from('x'));
    const [a = ''] = valuesOf(directory);
    await store.put('b', Buffer.from('y'));
    const b = valuesOf(directory).find((path) => path !== a) ?? '';
    copyFileSync(a, b);
    expect(await store.get('b')).toBeUndefined();
    expect(valuesOf(directory)).toEqual([a]);
  });

  test('goes on when a process was killed while it replaced what had expired', async () => {
    const directory = fresh();
    const store = openFileStore(directory, { now: () => 1_000_000 });
    await store.put('lease', Buffer.from('x'), { ttlSeconds: -1 });
    const [path = ''] = valuesOf(directory);
    const gate = join(dirname(path), `.${basename(path)}.gate`);
    writeFileSync(gate, '');
    expect(await store.put('lease', Buffer.from('y'), { ifAbsent: true })).toBe(false);
    utimesSync(gate, 1, 1);
    expect(await store.put('lease', Buffer.from('y'), { ifAbsent: true })).toBe(true);
    expect(valuesOf(directory)).toEqual([path]);
  });

  test('writes on while it is being cleared', async () => {
    const directory = fresh();
    const store = openFileStore(directory);
    const told: Notice[] = [];
    const listen = (notice: Notice): void => void told.push(notice);
    notices.subscribe(listen);
    for (let round = 0; round < 20; round++) {
      const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
      await Promise.all([...keys.map((key) => store.put(key, Buffer.from(key))), store.clear()]);
    }
    notices.unsubscribe(listen);
    expect(told).toEqual([]);
    expect(await store.put('last', Buffer.from('x'))).toBe(true);
  });

  test('removes temporary files whose writer is gone, and clears only what is its own', async () => {
    const directory = fresh();
    const store = openFileStore(directory);
    await store.put('a', Buffer.from('x'));
    const [path = ''] = valuesOf(directory);
    const stale = join(path, '..', '.1-abc.tmp');
    writeFileSync(stale, 'half');
    utimesSync(stale, 1, 1);
    writeFileSync(join(directory, 'note.txt'), 'not ours');
    expect(await store.status()).toMatchObject({ entries: 1 });
    await store.clear();
    expect(readdirSync(directory)).toEqual(['note.txt']);
  });

  test('forgets and says so once where it cannot write; who asks about it is told', async () => {
    const directory = fresh();
    writeFileSync(directory, 'a file in the way');
    const told: Notice[] = [];
    const listen = (notice: Notice): void => void told.push(notice);
    notices.subscribe(listen);
    const store = openFileStore(directory);
    expect(await store.put('a', Buffer.from('x'))).toBe(false);
    expect(await store.put('b', Buffer.from('x'))).toBe(false);
    expect(await store.get('a')).toBeUndefined();
    await expect(store.status()).rejects.toMatchObject({ code: 'CACHE_UNWRITABLE' });
    await expect(store.clear()).rejects.toMatchObject({ code: 'CACHE_UNWRITABLE' });
    notices.unsubscribe(listen);
    expect(told.map((notice) => notice.code)).toEqual(['CACHE_UNWRITABLE']);
  });

  test('leaves a read-only store readable', async () => {
    const directory = fresh();
    await openFileStore(directory).put('a', Buffer.from('x'));
    mkdirSync(join(directory, 'zz'), { recursive: true });
    for (const name of readdirSync(directory)) chmodSync(join(directory, name), 0o500);
    expect((await openFileStore(directory).get('a'))?.toString()).toBe('x');
    for (const name of readdirSync(directory)) chmodSync(join(directory, name), 0o700);
  });
});

describe('encoding', () => {
  const comesBack = async (value: unknown): Promise<void> => {
    const bytes = (await encode(value)) ?? Buffer.alloc(0);
    expect(await decode(bytes)).toEqual(JSON.parse(JSON.stringify(value)));
  };

  test('values come back', async () => {
    await fc.assert(fc.asyncProperty(fc.jsonValue(), comesBack));
  });

  test('large values come back', async () => {
    await comesBack(Array.from({ length: 20_000 }, (_, i) => `entry ${(i * 7919) % 65_537}`));
  });

  test('damage is undefined, never a throw', async () => {
    const random = fc.uint8Array({ maxLength: 20_000, size: 'max' });
    await fc.assert(fc.asyncProperty(random, async (bytes) => void (await decode(bytes))));
    for (const length of [1000, 100_000]) {
      const good = (await encode(Array.from({ length }, (_, i) => (i * 7919) % 65_537))) ?? Buffer.alloc(0);
      expect(await decode(good.subarray(0, good.length - 3))).toBeUndefined();
    }
  });

  test('frames come back whole or not at all', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.uint8Array(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (key, value, at, flip) => {
          const framed = frame({ key, value: Buffer.from(value), expiresAt: 5 });
          const entry = unframe(framed);
          expect(entry).toMatchObject({ expiresAt: 5 });
          expect(Buffer.from(entry?.value ?? []).equals(Buffer.from(value))).toBe(true);
          const index = at % framed.length;
          framed[index] = (framed[index] ?? 0) ^ flip;
          expect(unframe(framed)).toBeUndefined();
        },
      ),
    );
  });
});
