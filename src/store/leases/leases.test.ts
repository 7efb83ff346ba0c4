import { cpSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cli,
  hasRedis,
  startCluster,
  startRedis,
  type RunningServer,
} from '../../../test/fixtures/redis-server.ts';
import { parseRedisUrl } from '../redis/redis-url.ts';
import { openRedis, type Redis } from '../redis/redis.ts';
import { openFileLeases } from './file-leases.ts';
import { held, leasesContract } from './leases.contract.ts';
import { openMemoryLeases } from './memory-leases.ts';
import { openRedisLeases } from './redis-leases.ts';

let folder: string;
let count = 0;
const fresh = (): string => join(folder, `leases-${count++}`);
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'drydock-leases-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nothing = (): Promise<void> => Promise.resolve();

// In memory those who meet share one object; what they leave together is tested alone.
leasesContract('over files', () => {
  const directory = fresh();
  return Promise.resolve({
    join: () => Promise.resolve(openFileLeases(directory)),
    [Symbol.asyncDispose]: nothing,
  });
});

describe('leases in memory', () => {
  test('go to one at a time, with a rising fence', async () => {
    const leases = openMemoryLeases();
    const first = await held(leases.take('x', { ttlSeconds: 1 }));
    expect(await leases.take('x', { ttlSeconds: 1 })).toBeUndefined();
    await first[Symbol.asyncDispose]();
    const second = await held(leases.take('x', { ttlSeconds: 1 }));
    expect(second.fence).toBeGreaterThan(first.fence);
    await leases[Symbol.asyncDispose]();
    expect(second.lost.aborted).toBe(true);
  });
});

describe('leases over files', () => {
  const claimsOf = (directory: string): string[] =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  test('are lost when somebody clears the folder', async () => {
    const directory = fresh();
    const leases = openFileLeases(directory);
    const lease = await held(leases.take('x', { ttlSeconds: 0.6 }));
    rmSync(directory, { recursive: true });
    await sleep(300);
    expect(lease.lost.aborted).toBe(true);
  });

  test('of a dead holder pass on though the clock was turned back', async () => {
    const [directory, copy] = [fresh(), fresh()];
    await using early = openFileLeases(directory, { now: () => Date.now() + 3_600_000 });
    await held(early.take('x', { ttlSeconds: 0.3 }));
    cpSync(directory, copy, { recursive: true }); // there nobody keeps it alive
    await using late = openFileLeases(copy);
    expect(await late.take('x', { ttlSeconds: 0.3 })).toBeUndefined();
    await sleep(400);
    await held(late.take('x', { ttlSeconds: 0.3 }));
    expect(await openFileLeases(directory).take('x', { ttlSeconds: 0.3 })).toBeUndefined();
  });

  test('leave little behind', async () => {
    const directory = fresh();
    const leases = openFileLeases(directory);
    for (let i = 0; i < 100; i++)
      await (await held(leases.take('x', { ttlSeconds: 30 })))[Symbol.asyncDispose]();
    expect(claimsOf(directory)).toHaveLength(1);
    const long = await held(leases.take('long', { ttlSeconds: 30 }));
    await sleep(1100);
    await long[Symbol.asyncDispose]();
    expect(claimsOf(directory)).toHaveLength(1);
  });

  test('are swept away when they were left long ago', async () => {
    const directory = fresh();
    const then = Date.now() - 10 * 3_600_000;
    const dead = openFileLeases(directory, { now: () => then });
    for (let i = 0; i < 256; i++) await dead.take(`${i}`, { ttlSeconds: 86_400 / 4 });
    for (const path of claimsOf(directory)) utimesSync(path, then / 1000, then / 1000);
    const before = claimsOf(directory).length;
    const leases = openFileLeases(directory);
    for (let i = 0; i < 64 * 40; i++)
      await (await leases.take('x', { ttlSeconds: 30 }))?.[Symbol.asyncDispose]();
    expect(claimsOf(directory).length).toBeLessThan(before);
    await dead[Symbol.asyncDispose]();
  });

  test('that cannot be kept say so', async () => {
    await expect(openFileLeases('/proc/none').take('x', { ttlSeconds: 1 })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });
});

describe.skipIf(!hasRedis)('leases over Redis (needs redis-server)', () => {
  let server: RunningServer;
  const connect = (): Promise<Redis> =>
    openRedis(parseRedisUrl(`redis://127.0.0.1:${server.port}`, { timeoutMs: 500 }));
  beforeAll(async () => void (server = await startRedis()));
  afterAll(() => server.stop());

  leasesContract('over Redis', async () => {
    const prefix = `${count++}:`;
    const connections = await Promise.all([connect(), connect()]);
    let joined = 0;
    return {
      join: () => Promise.resolve(openRedisLeases(connections[joined++ % 2] as Redis, prefix)),
      [Symbol.asyncDispose]: async () => {
        for (const connection of connections) await connection[Symbol.asyncDispose]();
      },
    };
  });

  test('are lost when somebody else got one, who keeps his', async () => {
    await using redis = await connect();
    const leases = openRedisLeases(redis);
    const first = await held(leases.take('x', { ttlSeconds: 0.6 }));
    cli(server.port, 'flushall');
    const second = await held(leases.take('x', { ttlSeconds: 0.6 }));
    expect(second.fence).toBeGreaterThan(first.fence);
    await sleep(300);
    expect([first.lost.aborted, second.lost.aborted]).toEqual([true, false]);
    await first[Symbol.asyncDispose]();
    expect(await leases.take('x', { ttlSeconds: 0.6 })).toBeUndefined();
    await second[Symbol.asyncDispose]();
  });

  test('are lost in time when the server falls silent, and nobody else could have got one earlier', async () => {
    await using redis = await connect();
    const leases = openRedisLeases(redis);
    const lease = await held(leases.take('silent', { ttlSeconds: 1.5 }));
    const from = performance.now();
    server.pause();
    await new Promise((done) => lease.lost.addEventListener('abort', done));
    const lostAfter = performance.now() - from;
    server.goOn();
    expect(lostAfter).toBeLessThan(1500);
    expect(lostAfter).toBeGreaterThan(900);
  });

  test('survive a short silence', async () => {
    await using redis = await connect();
    const leases = openRedisLeases(redis);
    await using lease = await held(leases.take('short', { ttlSeconds: 3 }));
    server.pause();
    await sleep(1300);
    server.goOn();
    await sleep(3000);
    expect(lease.lost.aborted).toBe(false);
  });

  test('cannot be had from a dead server, and can again from its successor', async () => {
    const mortal = await startRedis();
    await using redis = await openRedis(
      parseRedisUrl(`redis://127.0.0.1:${mortal.port}`, { timeoutMs: 500 }),
    );
    const leases = openRedisLeases(redis);
    const before = await held(leases.take('x', { ttlSeconds: 1 }));
    await mortal.kill();
    await expect(leases.take('y', { ttlSeconds: 1 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const successor = await startRedis([], mortal.port);
    let after;
    for (let i = 0; i < 100 && !after; i++) {
      await sleep(50);
      after = await leases.take('x', { ttlSeconds: 1 }).catch(() => undefined);
    }
    expect(after?.fence).toBeGreaterThan(before.fence);
    await sleep(500);
    expect(before.lost.aborted).toBe(true);
    await leases[Symbol.asyncDispose]();
    await successor.stop();
  });
});

describe.skipIf(!hasRedis)('leases over a Redis cluster (needs redis-server)', () => {
  let servers: RunningServer[] = [];
  beforeAll(async () => void (servers = await startCluster()));
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  leasesContract('over a cluster', async () => {
    const redis = await openRedis(parseRedisUrl(`redis+cluster://127.0.0.1:${servers[0]?.port}`));
    const prefix = `${count++}:`;
    return {
      join: () => Promise.resolve(openRedisLeases(redis, prefix)),
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    };
  });
});
