import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
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
    expect(valuesOf(directory)).toHaveLength(1);
    const { statSync } = await import('node:fs');
    expect(valuesOf(directory).map((path) => statSync(path).mode & 0o077)).toEqual([0]);
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

  test('forgets, says so once and never throws where it cannot write', async () => {
    const directory = fresh();
    writeFileSync(directory, 'a file in the way');
    const told: Notice[] = [];
    const listen = (notice: Notice): void => void told.push(notice);
    notices.subscribe(listen);
    const store = openFileStore(directory);
    expect(await store.put('a', Buffer.from('x'))).toBe(false);
    expect(await store.put('b', Buffer.from('x'))).toBe(false);
    expect(await store.get('a')).toBeUndefined();
    expect(await store.status()).toEqual({ entries: 0, bytes: 0 });
    await store.clear();
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

  test('never gives a torn or mixed value while writers are killed', async () => {
    const directory = fresh();
    const writer = join(folder, 'writer.mjs');
    await build({
      stdin: {
        contents: `
          import { openFileStore } from './files.ts';
          const store = openFileStore(process.argv[2]);
          for (let i = 0; ; i++) {
            await store.put('key' + (i % 5), Buffer.alloc(50_000 + (i % 7) * 10_000, (i % 200) + 1));
          }`,
        resolveDir: fileURLToPath(new URL('.', import.meta.url)),
        loader: 'ts',
      },
      outfile: writer,
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
    });
    const store = openFileStore(directory);
    for (let round = 0; round < 6; round++) {
      const writers = [1, 2].map(() => spawn(process.execPath, [writer, directory], { stdio: 'ignore' }));
      const ended = writers.map((child) => new Promise((done) => child.on('close', done)));
      const until = Date.now() + 120 + round * 17;
      while (Date.now() < until) await expectWhole();
      writers.forEach((child) => child.kill('SIGKILL'));
      await Promise.all(ended);
      await expectWhole();
    }

    async function expectWhole(): Promise<void> {
      for (let i = 0; i < 5; i++) {
        const value = await store.get(`key${i}`);
        if (value) expect(new Set(value).size).toBe(1);
      }
    }
  });
});

describe('encoding', () => {
  test('values come back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(decode(encode(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('damage is undefined, never a throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decode(bytes)));
    const good = encode({ a: 'x'.repeat(1000) });
    expect(decode(good.subarray(0, good.length - 3))).toBeUndefined();
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
