import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeS3, type FakeS3 } from '../../../test/fixtures/fake-s3.ts';
import { freePort } from '../../../test/fixtures/redis-server.ts';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import type { Store } from '../store.ts';
import { storeContract } from '../store.contract.ts';
import { parseErrorCode, parseListPage } from './list-page.ts';
import { objectNameOf, objectPrefixOf } from './object-names.ts';
import { openS3Store, type S3StoreOptions } from './s3-store.ts';

const SECRET = 'do-not-tell-anybody';
const credentials = { accessKeyId: 'tester', secretAccessKey: new Secret(SECRET) };
let count = 0;

describe('a small S3', () => {
  let s3: FakeS3;
  beforeAll(async () => void (s3 = await startFakeS3()));
  afterAll(() => s3[Symbol.asyncDispose]());

  const open = (more: Partial<S3StoreOptions> = {}): Promise<Store> => {
    const { endpoint, bucket } = s3;
    return openS3Store({ endpoint, bucket, isPathStyle: true, credentials, prefix: `t${count++}/`, ...more });
  };

  storeContract('S3', (now) => open({ now }));

  test('is listed page by page', async () => {
    const store = await open();
    s3.pageSize = 3;
    for (let i = 0; i < 10; i++) await store.put(`p/${i}`, Buffer.from('x'));
    const keys = [];
    for await (const key of store.keys('p/')) keys.push(key);
    s3.pageSize = 1000;
    expect(keys).toEqual(Array.from({ length: 10 }, (_, i) => `p/${i}`));
  });

  test('takes any damage for absence, and mends itself', async () => {
    const store = await open({ prefix: 'damage/' });
    await store.put('a', Buffer.from('x'.repeat(1000)));
    const name = [...s3.objects.keys()].find((key) => key.startsWith('damage/')) ?? '';
    const good = s3.objects.get(name) ?? Buffer.alloc(0);
    const flipped = Buffer.from(good);
    flipped[700] = (flipped[700] ?? 0) ^ 1;
    for (const bad of [
      good.subarray(0, 500),
      Buffer.alloc(0),
      Buffer.concat([good, Buffer.from('y')]),
      flipped,
    ]) {
      s3.objects.set(name, bad);
      expect(await store.get('a')).toBeUndefined();
      expect(await store.put('a', Buffer.from('new'), { ifAbsent: true })).toBe(true);
      expect(Buffer.from((await store.get('a')) ?? []).toString()).toBe('new');
    }
    await store.put('b', Buffer.from('x'));
    s3.objects.set(name, s3.objects.get(`damage/${objectNameOf('b')}`) ?? Buffer.alloc(0));
    expect(await store.get('a')).toBeUndefined();
  });

  test.each(['refused', 'ignored'] as const)(
    'without conditions (%s) keeps what it sees',
    async (conditions) => {
      const store = await open();
      s3.conditions = conditions;
      expect(await store.put('a', Buffer.from('1'), { ifAbsent: true })).toBe(true);
      expect(await store.put('a', Buffer.from('2'), { ifAbsent: true })).toBe(false);
      await store.put('b', Buffer.from('1'), { ttlSeconds: -1 });
      expect(await store.put('b', Buffer.from('2'), { ifAbsent: true })).toBe(true);
      s3.conditions = 'kept';
    },
  );

  test('does not keep what is too large', async () => {
    const store = await open({ maxValueBytes: 100 });
    expect(await store.put('a', Buffer.alloc(101))).toBe(false);
    expect(await store.put('a', Buffer.alloc(100))).toBe(true);
  });

  test('says what is wrong, and no secret', async () => {
    const store = await open({ timeoutMs: 500 });
    const value = Buffer.from('x');
    const failure = async (act: () => Promise<unknown>): Promise<DrydockError> => {
      const error = await act().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(DrydockError);
      expect(JSON.stringify(error) + String(error) + String((error as Error).stack)).not.toContain(SECRET);
      return error as DrydockError;
    };
    for (const fault of [500, 503, 403, 301, 'silent'] as const) {
      s3.fault = fault;
      const acts = [() => store.get('a'), () => store.put('a', value), () => store.delete('a')];
      for (const act of acts) expect((await failure(act)).code).toBe('STORE_UNAVAILABLE');
      expect((await failure(() => store.keys('')[Symbol.asyncIterator]().next())).code).toBe(
        'STORE_UNAVAILABLE',
      );
    }
    s3.fault = undefined;
    const wrong = await open({ bucket: 'not-there' });
    expect((await failure(() => wrong.get('a'))).message).toContain('NoSuchBucket');
    const nowhere = await open({ endpoint: `http://127.0.0.1:${await freePort()}` });
    expect((await failure(() => nowhere.get('a'))).message).toContain('ECONNREFUSED');
  });

  test.each<Partial<S3StoreOptions>>([
    { endpoint: 'ftp://x' },
    { endpoint: 'nonsense' },
    { endpoint: `https://user:${SECRET}@x` },
    { endpoint: 'https://x?a=b' },
    { bucket: '../x' },
    { bucket: '' },
    { prefix: '../x/' },
    { prefix: '/' },
    { prefix: 'a b' },
  ])('refuses %o', async (options) => {
    const opening = openS3Store({ endpoint: 'https://x', bucket: 'bucket', credentials, ...options });
    await expect(opening).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(opening).rejects.not.toThrow(SECRET);
  });

  test('asks the host of the bucket unless the bucket is in the path', async () => {
    const asked: string[] = [];
    const spy: typeof fetch = (input) => {
      asked.push((input as Request).url);
      return Promise.resolve(new Response('', { status: 200 }));
    };
    const options = { endpoint: 'https://s3.example.org', bucket: 'b-1', credentials, fetch: spy };
    await (await openS3Store(options)).put('a/b', Buffer.from('x'));
    await (await openS3Store({ ...options, isPathStyle: true })).put('a/b', Buffer.from('x'));
    expect(asked).toEqual([
      'https://b-1.s3.example.org/drydock/a.b~v1',
      'https://s3.example.org/b-1/drydock/a.b~v1',
    ]);
  });
});

const moto = ['moto_server'].find((program) => spawnSync(program, ['--help']).status === 0);

describe.skipIf(!moto)('an S3 emulator (needs moto_server)', () => {
  let server: ChildProcess;
  let endpoint: string;
  beforeAll(async () => {
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    server = spawn(moto ?? '', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    for (let i = 0; i < 200; i++) {
      const made = await fetch(`${endpoint}/test-bucket`, { method: 'PUT' }).catch(() => undefined);
      if (made?.ok) return;
      await sleep(100);
    }
    throw new Error('the emulator did not start');
  });
  afterAll(() => void server.kill());

  storeContract('the emulator', (now) =>
    openS3Store({
      endpoint,
      bucket: 'test-bucket',
      isPathStyle: true,
      credentials,
      prefix: `t${count++}/`,
      now,
    }),
  );
});

describe('names of objects', () => {
  const key = fc.string({ unit: 'binary', maxLength: 400 });
  const parts = fc.tuple(key, fc.oneof(key, fc.constant('k'.repeat(900)), fc.constant('ü/'.repeat(300))));

  test('are told apart, harmless in an address, and begin as their keys do', () => {
    fc.assert(
      fc.property(parts, ([start, rest]) => {
        const name = objectNameOf(start + rest);
        expect(name).toMatch(/^[A-Za-z0-9_.~-]*~v1$/);
        expect(name.length).toBeLessThan(900);
        expect(new URL(`http://x/y/${name}`).pathname).toBe(`/y/${name}`);
        expect(name.startsWith(objectPrefixOf(start))).toBe(true);
      }),
    );
    fc.assert(fc.property(key, key, (a, b) => (objectNameOf(a) === objectNameOf(b)) === (a === b)));
  });
});

describe('answers of a bucket', () => {
  test('are read in time whatever they hold', () => {
    const noise = fc.array(
      fc.constantFrom(
        '<Key>',
        '</Key>',
        '<IsTruncated>',
        'true',
        '</IsTruncated>',
        '<Code>',
        '</Code>',
        'x',
        '&amp;',
      ),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          noise.map((all) => all.join('')),
          fc.string(),
        ),
        (text) => {
          parseListPage(text);
          parseErrorCode(text);
        },
      ),
    );
    expect(parseListPage('<Key>'.repeat(1_000_000)).names).toEqual([]);
  });
});
