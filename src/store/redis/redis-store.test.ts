import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeContract } from '../store.contract.ts';
import { openRedisStore } from './redis-store.ts';
import { parseRedisUrl } from './redis-url.ts';
import { openRedis, type Redis } from './redis.ts';
import {
  cli,
  hasRedis,
  startCluster,
  startRedis,
  startSentinel,
  type RunningServer,
} from '../../../test/fixtures/redis-server.ts';

let count = 0;
const fresh = (): string => `test-${count++}*[:`;

describe.skipIf(!hasRedis)('a single Redis (needs redis-server)', () => {
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

  storeContract('Redis', () => Promise.resolve(openRedisStore(redis, { prefix: fresh() })), { clock: 'own' });

  test('works', async () => {
    expect(cli(server.port, 'ping').trim()).toBe('PONG');
  });
});

describe.skipIf(!hasRedis)('a Redis cluster (needs redis-server)', () => {
  let servers: RunningServer[];
  let redis: Redis;
  beforeAll(async () => {
    servers = await startCluster();
    const nodes = servers.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`);
    redis = await openRedis(parseRedisUrl(`redis+cluster://${nodes.join(',')}`));
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
    for (const server of servers) await server.stop();
  });

  storeContract('a cluster', () => Promise.resolve(openRedisStore(redis, { prefix: fresh() })), {
    clock: 'own',
  });
});

describe.skipIf(!hasRedis)('Redis behind a sentinel (needs redis-server)', () => {
  let servers: RunningServer[];
  let redis: Redis;
  beforeAll(async () => {
    const master = await startRedis();
    const sentinel = await startSentinel('harbour', master.port);
    servers = [master, sentinel];
    redis = await openRedis(parseRedisUrl(`redis+sentinel://127.0.0.1:${sentinel.port}/harbour/3`));
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
    for (const server of servers) await server.stop();
  });

  storeContract('sentinel', () => Promise.resolve(openRedisStore(redis, { prefix: fresh() })), {
    clock: 'own',
  });
});
