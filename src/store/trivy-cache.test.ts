import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, hasRedis, startRedis, type RunningServer } from '../../test/fixtures/redis-server.ts';
import { openMemoryStore } from './memory.ts';
import { openRedisTrivyCache } from './redis/redis-trivy-cache.ts';
import { parseRedisUrl } from './redis/redis-url.ts';
import { openRedis, type Redis } from './redis/redis.ts';
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
