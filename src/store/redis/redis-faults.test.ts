import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cli,
  freePort,
  hasOpenssl,
  hasRedis,
  startRedis,
  startSentinel,
  type RunningServer,
} from '../../../test/fixtures/redis-server.ts';
import { startScriptedSentinel } from '../../../test/fixtures/scripted-sentinel.ts';
import { openDegradingStore } from '../degrading.ts';
import { openRedisStore } from './redis-store.ts';
import { parseRedisUrl, type RedisExtras } from './redis-url.ts';
import { openRedis, type Redis } from './redis.ts';

const unavailable = { code: 'STORE_UNAVAILABLE' };
const value = Buffer.from('x'.repeat(1000));
const connect = (url: string, extras: RedisExtras = {}): Promise<Redis> =>
  openRedis(parseRedisUrl(url, { timeoutMs: 400, ...extras }));

async function eventually(check: () => Promise<boolean>, ms = 5000): Promise<void> {
  const until = performance.now() + ms;
  while (!(await check().catch(() => false))) {
    if (performance.now() > until) throw new Error('it did not happen in time');
    await sleep(50);
  }
}

describe.skipIf(!hasRedis)('a Redis in trouble (needs redis-server)', () => {
  test('that is silent keeps nobody waiting, and is there again when it speaks', async () => {
    const server = await startRedis();
    await using redis = await connect(`redis://127.0.0.1:${server.port}`);
    const store = openRedisStore(redis);
    await store.put('a', value);
    server.pause();
    const from = performance.now();
    const all = await Promise.allSettled([store.get('a'), store.put('b', value), store.delete('a')]);
    expect(all.every(({ status }) => status === 'rejected')).toBe(true);
    expect(performance.now() - from).toBeLessThan(700);
    // Longer than it takes to give the connection up.
    for (let i = 0; i < 6; i++) await expect(store.get('a')).rejects.toMatchObject(unavailable);
    server.goOn();
    await eventually(async () => (await store.get('c')) === undefined);
    await store.put('c', value);
    expect(value.equals((await store.get('c')) ?? Buffer.alloc(0))).toBe(true);
    await server.stop();
  });

  test('that is silent from the start is opened all the same', async () => {
    const server = await startRedis();
    server.pause();
    const from = performance.now();
    await using redis = await connect(`redis://127.0.0.1:${server.port}`);
    expect(performance.now() - from).toBeLessThan(700);
    const store = openRedisStore(redis);
    await expect(store.get('a')).rejects.toMatchObject(unavailable);
    server.goOn();
    await eventually(() => store.put('a', value));
    await server.stop();
  });

  test('that was killed and started anew is used again, empty', async () => {
    const server = await startRedis();
    await using redis = await connect(`redis://127.0.0.1:${server.port}`);
    const plain = openRedisStore(redis);
    const degrading = openDegradingStore(plain, { name: 'redis', slowMs: 1000, probeEveryMs: 100 });
    const { cache } = degrading;
    await cache.put('a', value);
    await server.kill();
    for (let i = 0; i < 10; i++) expect(await cache.get('a')).toBeUndefined();
    expect(await cache.put('a', value)).toBe(false);
    expect(degrading.health().state).toBe('degraded');
    const again = await startRedis([], server.port);
    await eventually(() => Promise.resolve(degrading.health().state === 'up'));
    expect(await cache.get('a')).toBeUndefined();
    expect(await cache.put('a', value)).toBe(true);
    expect(await cache.get('a')).toBeDefined();
    await again.stop();
  });

  test('that is full gives what it has and takes nothing', async () => {
    const server = await startRedis(['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction']);
    await using redis = await connect(`redis://127.0.0.1:${server.port}`);
    const plain = openRedisStore(redis);
    await plain.put('first', value);
    let failure: unknown;
    for (let i = 0; i < 100 && !failure; i++)
      await plain.put(`k${i}`, Buffer.alloc(200_000)).catch((error: unknown) => (failure = error));
    expect(failure).toMatchObject(unavailable);
    expect(String(failure)).toContain('OOM');
    const { cache } = openDegradingStore(plain, { name: 'redis' });
    for (let i = 0; i < 10; i++) expect(await cache.put('more', Buffer.alloc(200_000))).toBe(false);
    expect(value.equals((await cache.get('first')) ?? Buffer.alloc(0))).toBe(true);
    await server.stop();
  });

  test('that holds damage holds nothing, and is mended', async () => {
    const server = await startRedis();
    await using redis = await connect(`redis://127.0.0.1:${server.port}`);
    const store = openRedisStore(redis, { prefix: 'p:' });
    const damages = [
      () => cli(server.port, 'setrange', 'p:a', '700', 'y'),
      () => cli(server.port, 'append', 'p:a', 'y'),
      () => cli(server.port, 'set', 'p:a', ''),
      () => cli(server.port, 'set', 'p:a', 'something else'),
      () => cli(server.port, 'del', 'p:a') + cli(server.port, 'lpush', 'p:a', 'x'),
      () => cli(server.port, 'copy', 'p:b', 'p:a', 'replace'),
    ];
    await store.put('b', value);
    for (const damage of damages) {
      await store.put('a', value);
      damage();
      expect(await store.get('a')).toBeUndefined();
      const won = await Promise.all(
        [1, 2, 3].map((i) => store.put('a', Buffer.from(`${i}`), { ifAbsent: true, ttlSeconds: 60 })),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await store.get('a')).toEqual(Buffer.from(`${won.indexOf(true) + 1}`));
      expect(Number(cli(server.port, 'pttl', 'p:a'))).toBeGreaterThan(50_000);
    }
    await server.stop();
  });

  test('that is not answered for does not fill our memory', async () => {
    const server = await startRedis();
    await using redis = await connect(`redis://127.0.0.1:${server.port}`);
    const store = openRedisStore(redis);
    server.pause();
    const all = await Promise.allSettled(Array.from({ length: 6000 }, (_, i) => store.get(`k${i}`)));
    const reasons = all.map((one) => (one.status === 'rejected' ? String(one.reason) : ''));
    expect(reasons.filter((text) => text.includes('too much waits')).length).toBeGreaterThan(1000);
    server.goOn();
    await eventually(async () => (await store.get('a')) === undefined);
    await server.stop();
  });

  test('whose sentinel tells of another master while it is being asked for the master is found all the same', async () => {
    const server = await startRedis();
    await using sentinel = await startScriptedSentinel(server.port);
    await using redis = await connect(`redis+sentinel://127.0.0.1:${sentinel.port}/harbour`);
    const store = openRedisStore(redis);
    await eventually(() => Promise.resolve(sentinel.hasListener()));
    sentinel.onAsked(() => sentinel.tellOfSwitch());
    cli(server.port, 'client', 'kill', 'type', 'normal');
    await eventually(() => Promise.resolve(sentinel.hasTold()));
    await eventually(() => store.put('a', value));
    await server.stop();
  });

  test('whose sentinel made another one the master is followed', { timeout: 120_000 }, async () => {
    const [master, replica] = [await startRedis(['--repl-diskless-sync-delay', '0']), await startRedis()];
    cli(replica.port, 'replicaof', '127.0.0.1', String(master.port));
    await eventually(
      () => Promise.resolve(cli(replica.port, 'info', 'replication').includes('master_link_status:up')),
      15_000,
    );
    const sentinel = await startSentinel('harbour', master.port);
    await eventually(
      () => Promise.resolve(cli(sentinel.port, 'sentinel', 'replicas', 'harbour').includes('slave')),
      15_000,
    );
    await using redis = await connect(`redis+sentinel://127.0.0.1:${sentinel.port}/harbour`);
    const store = openRedisStore(redis);
    await store.put('a', value);
    await eventually(async () => cli(replica.port, 'exists', 'drydock:a').trim() === '1');
    await master.kill();
    await eventually(() => store.put('b', value), 60_000); // a first election may come to nothing
    expect(value.equals((await store.get('a')) ?? Buffer.alloc(0))).toBe(true);
    expect(cli(replica.port, 'role')).toContain('master');
    await sentinel.stop();
    await replica.stop();
  });
});

describe.skipIf(!hasRedis)('a Redis with users (needs redis-server)', () => {
  let server: RunningServer;
  beforeAll(async () => {
    const rules = [
      '~drydock:*',
      '+getrange',
      '+set',
      '+del',
      '+scan',
      '+eval',
      '+ping',
      '+info',
      '+hello',
      '+client|setname',
      '+quit',
      '+select',
      '+type',
      '+get',
      '+pexpire',
      '+time',
      '+exists',
    ];
    server = await startRedis(['--user', 'default', 'off', '--user', 'ship', 'on', '>an@chor/5', ...rules]);
  });
  afterAll(() => server.stop());

  test('is used with the rights that the manual names', async () => {
    await using redis = await connect(`redis://ship:an%40chor%2F5@127.0.0.1:${server.port}`);
    const store = openRedisStore(redis);
    await store.put('a', value, { ttlSeconds: 10 });
    expect(await store.get('a')).toBeDefined();
    const keys = [];
    for await (const key of store.keys('')) keys.push(key);
    expect(keys).toEqual(['a']);
    await expect(openRedisStore(redis, { prefix: 'other:' }).get('a')).rejects.toMatchObject(unavailable);
  });

  test.each(['redis://ship:hunter22@', 'redis://', 'redis://:hunter22@'])(
    'refuses %s, whose password is not told',
    async (start) => {
      await using redis = await connect(`${start}127.0.0.1:${server.port}`);
      const error: unknown = await openRedisStore(redis)
        .get('a')
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject(unavailable);
      expect(String(error)).toMatch(/WRONGPASS|NOAUTH/);
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('hunter22');
    },
  );
});

describe.skipIf(!hasRedis || !hasOpenssl)('a Redis over TLS (needs redis-server and openssl)', () => {
  let folder: string;
  let server: RunningServer;
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const openssl = (...args: string[]): unknown =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'drydock-redis-tls-'));
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    openssl('req', '-x509', ...kind, '-subj', '/CN=test ca', '-keyout', 'ca.key', '-out', 'ca.pem');
    writeFileSync(join(folder, 'san'), 'subjectAltName=IP:127.0.0.1');
    for (const name of ['server', 'client']) {
      openssl(
        'req',
        ...kind.slice(0, -2),
        '-subj',
        `/CN=${name}`,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
      );
      const signing = [
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-days',
        '2',
        '-extfile',
        'san',
      ];
      openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-out', `${name}.pem`);
    }
    const file = (name: string): string => join(folder, name);
    const port = await freePort();
    server = await startRedis(
      [
        '--tls-port',
        String(port),
        '--tls-cert-file',
        file('server.pem'),
        '--tls-key-file',
        file('server.key'),
        '--tls-ca-cert-file',
        file('ca.pem'),
        '--tls-auth-clients',
        'yes',
      ],
      port,
    );
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is used by who has a certificate, and trusts its authority', async () => {
    const tls = { ca: read('ca.pem'), cert: read('client.pem'), key: read('client.key') };
    await using redis = await connect(`rediss://127.0.0.1:${server.port}`, { tls });
    const store = openRedisStore(redis);
    await store.put('a', value);
    expect(await store.get('a')).toBeDefined();
  });

  test.each(['without a certificate', 'without trust', 'with another name', 'in plain text'])(
    'cannot be used %s',
    async (how) => {
      const pair = { cert: read('client.pem'), key: read('client.key') };
      const ca = read('ca.pem');
      const tls = {
        'without a certificate': { ca },
        'without trust': pair,
        'with another name': { ...pair, ca, serverName: 'elsewhere' },
      }[how];
      await using redis = await connect(
        `${tls ? 'rediss' : 'redis'}://127.0.0.1:${server.port}`,
        tls ? { tls } : {},
      );
      await expect(openRedisStore(redis).get('a')).rejects.toMatchObject(unavailable);
    },
  );
});
