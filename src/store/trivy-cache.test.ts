import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, hasRedis, startRedis, type RunningServer } from '../../test/fixtures/redis-server.ts';
import { DrydockError } from '../base/errors.ts';
import type { Circuit } from './circuit.ts';
import { openMemoryStore } from './memory.ts';
import { openRedisTrivyCache } from './redis/redis-trivy-cache.ts';
import { parseRedisUrl } from './redis/redis-url.ts';
import { openRedis, type Redis } from './redis/redis.ts';
import { steadyTrivyCache } from './steady-trivy-cache.ts';
import { openTrivyCache, type TrivyCache } from './trivy-cache.ts';

const json = (text: string): Uint8Array => Buffer.from(JSON.stringify({ SchemaVersion: 2, text }));

function cacheContract(name: string, open: () => TrivyCache): void {
  test(`${name} keeps blobs and artifacts apart, byte by byte`, async () => {
    const cache = open();
    await cache.putBlob('sha256:1', json('blob'));
    await cache.putArtifact('sha256:1', json('artifact'));
    await cache.putBlob('sha256:2', json('ü'));
    expect(Buffer.from((await cache.getBlob('sha256:1')) ?? [])).toEqual(json('blob'));
    expect(Buffer.from((await cache.getArtifact('sha256:1')) ?? [])).toEqual(json('artifact'));
    const keys = ['sha256:3', 'sha256:2', 'sha256:1', ...Array.from({ length: 100 }, (_, i) => `none-${i}`)];
    expect(await cache.hasBlobs(keys)).toEqual(new Set(['sha256:2', 'sha256:1']));
    await cache.deleteBlobs(['sha256:1', 'sha256:9']);
    expect(await cache.getBlob('sha256:1')).toBeUndefined();
    expect(await cache.getArtifact('sha256:1')).toBeDefined();
    expect(await cache.getArtifact('sha256:2')).toBeUndefined();
  });
}

describe('the entries of Trivy clients', () => {
  cacheContract('any store', () => openTrivyCache(openMemoryStore()));

  test('that could not be kept are an error', async () => {
    const full = { ...openMemoryStore(), put: () => Promise.resolve(false) };
    await expect(openTrivyCache(full).putBlob('a', json('x'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });
});

describe('the entries of Trivy clients while their store is away', () => {
  const away = (): Promise<never> =>
    Promise.reject(new DrydockError('STORE_UNAVAILABLE', 'a store is not asked for now'));
  const broken: TrivyCache = {
    ...{
      getBlob: away,
      putBlob: away,
      hasBlobs: away,
      deleteBlobs: away,
      getArtifact: away,
      putArtifact: away,
    },
  };
  const circuit: Circuit = { isOpen: false, run: (act) => act(), [Symbol.dispose]: () => undefined };

  function swapping() {
    const kept = openTrivyCache(openMemoryStore());
    let behind = kept;
    const cache = steadyTrivyCache(
      {
        getBlob: (key) => behind.getBlob(key),
        putBlob: (key, value) => behind.putBlob(key, value),
        hasBlobs: (keys) => behind.hasBlobs(keys),
        deleteBlobs: (keys) => behind.deleteBlobs(keys),
        getArtifact: (key) => behind.getArtifact(key),
        putArtifact: (key, value) => behind.putArtifact(key, value),
      },
      { circuit, bytes: 1 << 20 },
    );
    return { cache, kept, setAway: (isAway: boolean) => (behind = isAway ? broken : kept) };
  }

  cacheContract('a steady one', () => swapping().cache);

  test('are kept by the process that got them, and go on once it is back', async () => {
    const { cache, kept, setAway } = swapping();
    await cache.putBlob('sha256:1', json('before'));
    setAway(true);
    expect(await cache.hasBlobs(['sha256:1', 'sha256:2'])).toEqual(new Set());
    await cache.putBlob('sha256:2', json('meanwhile'));
    expect(await cache.hasBlobs(['sha256:1', 'sha256:2'])).toEqual(new Set(['sha256:2']));
    expect(Buffer.from((await cache.getBlob('sha256:2')) ?? [])).toEqual(json('meanwhile'));
    expect(await cache.getArtifact('sha256:1')).toBeUndefined();
    await expect(cache.getBlob('sha256:1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    setAway(false);
    expect(await cache.hasBlobs(['sha256:1', 'sha256:2'])).toEqual(new Set(['sha256:1', 'sha256:2']));
    await cache.putBlob('sha256:2', json('after'));
    expect(Buffer.from((await kept.getBlob('sha256:2')) ?? [])).toEqual(json('after'));
    expect(Buffer.from((await cache.getBlob('sha256:2')) ?? [])).toEqual(json('after'));
  });

  test('that are too large for that are an error', async () => {
    const { cache, setAway } = swapping();
    setAway(true);
    await expect(cache.putBlob('sha256:1', Buffer.alloc(1 << 20))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });
});

describe.skipIf(!hasRedis)('the entries of Trivy clients in Redis (needs redis-server)', () => {
  let server: RunningServer;
  let redis: Redis;
  beforeAll(async () => {
    server = await startRedis();
    redis = await openRedis(parseRedisUrl(`redis://127.0.0.1:${server.port}`));
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
    await server.stop();
  });

  cacheContract('Redis', () => openRedisTrivyCache(redis));

  test('lie where Trivy puts them, bare and for as long', async () => {
    await openRedisTrivyCache(redis, { ttlSeconds: 60 }).putBlob('sha256:5', json('x'));
    expect(cli(server.port, 'get', 'fanal::blob::sha256:5').trim()).toBe(Buffer.from(json('x')).toString());
    expect(Number(cli(server.port, 'pttl', 'fanal::blob::sha256:5'))).toBeGreaterThan(50_000);
    cli(server.port, 'set', 'fanal::artifact::sha256:6', '{"SchemaVersion":1}');
    expect(Buffer.from((await openRedisTrivyCache(redis).getArtifact('sha256:6')) ?? []).toString()).toBe(
      '{"SchemaVersion":1}',
    );
  });
});
