import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { natsProgram, openNatsServer } from '../../src/jobs/nats-server.contract.ts';
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../fixtures/docker-registry.ts';
import { hasRedis, startRedis } from '../fixtures/redis-server.ts';
import { startRegistryProxy, type RegistryProxy } from '../fixtures/registry-proxy.ts';
import {
  runProgram,
  startReplica,
  startWorker,
  type Program,
  type Replica,
  type ReplicaOptions,
} from '../fixtures/replica.ts';
import { selfSigned } from '../fixtures/self-signed.ts';
import { pushImages, servedDatabase, type ServedImages } from '../fixtures/served-images.ts';

const LOGIN = { username: 'bob', password: 'correct-horse' };
/** `htpasswd -Bbn -C 4 bob correct-horse` */
const HTPASSWD = 'bob:$2y$04$kwPbG4lHeJuEy1bExuAc.OQxw36/yfRdrrpzbgUYscJiGJ/70kCRG\n';
const SLOW = { timeout: 90_000 };
const KNOWN_SCANS = process.env['DRYDOCK_FULL'] ? 2000 : 300;
const folder = mkdtempSync(join(tmpdir(), 'drydock-serve-'));
const database = servedDatabase(folder, 4);
const running: Program[] = [];
let caches = 0;

const newCache = (): string => join(folder, `cache-${++caches}`);
const settings = (cache = newCache()): string[] => [
  ...['--cache-dir', cache, '--db-path', database, '--log-level', 'warn'],
];

async function serve(args: readonly string[] = [], options: ReplicaOptions = {}): Promise<Replica> {
  const replica = await startReplica({ ...options, args: [...settings(), ...args] });
  running.push(replica);
  return replica;
}

afterEach(async () => {
  for (const program of running.splice(0)) {
    // A mistake that nobody caught would have been told there.
    expect(program.stderr()).not.toMatch(/unhandled|warning|at .*\.js:\d+/i);
    await program.kill();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a server that is started', () => {
  test.each([
    ['beyond this machine without authentication', ['--listen', '0.0.0.0:0'], /without any authentication/],
    ['with a certificate and no key', ['--listen', '127.0.0.1:0', '--tls-cert', 'x.pem'], /--tls-key/],
    [
      'with a store that is none',
      ['--listen', '127.0.0.1:0', '--store', 'mysql://x'],
      /does not begin with one of redis,/,
    ],
    [
      'with nobody at NATS',
      ['--listen', '127.0.0.1:0', '--nats', 'nats://127.0.0.1:1'],
      /cannot connect to NATS/,
    ],
  ])('%s says why it does not start', async (_what, args, message) => {
    const run = await runProgram(['serve', ...settings(), ...args]);
    expect(run.stderr).toMatch(message);
    expect(run.code).toBeGreaterThan(0);
  });

  test('with a key that is none says how to make one, and does not repeat it', async () => {
    const env = { DRYDOCK_ENCRYPTION_KEY: 'c2hvcnQtc2VjcmV0' };
    const run = await runProgram(['serve', '--listen', '127.0.0.1:0', ...settings()], { env });
    expect(run.stderr).toMatch(/32 bytes in base64/);
    expect(run.stderr).not.toContain(env.DRYDOCK_ENCRYPTION_KEY);
  });

  test('over TLS answers over TLS alone', async () => {
    const pair = selfSigned();
    if (!pair) return; // needs openssl
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(cert, pair.cert);
    writeFileSync(key, pair.key);
    const replica = await serve(['--tls-cert', cert, '--tls-key', key]);
    expect(replica.url).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) =>
      request(`${replica.url}/readyz`, { ca: pair.cert }, (answer) => resolve(answer.statusCode))
        .on('error', reject)
        .end(),
    );
    expect(status).toBe(200);
    await expect(fetch(`${replica.url.replace('https', 'http')}/readyz`)).rejects.toThrow();
  });

  test(
    'with tokens lets everybody do what his scopes say',
    async () => {
      const file = join(folder, 'tokens');
      const line = (name: string, scopes: string): string =>
        `${name}:${scopes}:${createHash('sha256').update(`${name}-token`).digest('hex')}\n`;
      writeFileSync(file, line('reader', 'read') + line('scanner', 'read,scan'));
      const replica = await serve(['--token-file', file], { env: { DRYDOCK_TOKEN: 'own-token-1234567890' } });
      const ask = async (method: string, path: string, token?: string): Promise<number> => {
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
        const body = method === 'POST' && { body: '{"image":"localhost:1/x"}' };
        const type = method === 'POST' ? { 'content-type': 'application/json' } : {};
        return (await fetch(replica.url + path, { method, headers: { ...headers, ...type }, ...body }))
          .status;
      };
      expect(await ask('GET', '/api/scans')).toBe(401);
      expect(await ask('GET', '/api/scans', 'wrong-token')).toBe(401);
      expect(await ask('GET', '/api/scans', 'reader-token')).toBe(200);
      expect(await ask('POST', '/api/scans', 'reader-token')).toBe(403);
      expect(await ask('POST', '/api/scans', 'scanner-token')).toBe(202);
      expect(await ask('POST', '/api/scans', 'own-token-1234567890')).toBe(202);
      expect(await ask('GET', '/readyz')).toBe(200);
      expect(replica.stdout() + replica.stderr()).not.toContain('-token-1234');
      // Written anew, it holds from then on: who was struck off is let in no more.
      writeFileSync(file, line('scanner', 'read'));
      await expect.poll(() => ask('GET', '/api/scans', 'reader-token'), { timeout: 10_000 }).toBe(401);
      expect(await ask('POST', '/api/scans', 'scanner-token')).toBe(403);
    },
    SLOW.timeout,
  );
});

describe.skipIf(!hasDockerRegistry)('a server that scans (needs docker-registry)', () => {
  let registry: DockerRegistry;
  let proxy: RegistryProxy;
  let served: ServedImages;
  beforeAll(async () => {
    registry = await startDockerRegistry();
    proxy = await startRegistryProxy(registry.host);
    served = await pushImages(registry.host, 4);
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });
  afterEach(() => (proxy.layerDelayMs = 0));
  const image = (i = 0): string => `${proxy.host}/app:v${i}`;

  async function until(replica: Replica, id: string, state: string): Promise<void> {
    const told = expect.poll(
      () =>
        replica.find(id).then(({ state, error }) => ({
          state,
          ...(error && { code: error.code, message: error.message }),
        })),
      {
        timeout: 30_000,
      },
    );
    await told.toEqual(expect.objectContaining({ state }));
  }

  test('tells a cached report at once, and scans again when asked to', SLOW, async () => {
    const replica = await serve(['--store-front', '4096']);
    expect(await replica.scan(image())).toMatchObject({ state: 'completed', cached: false });
    expect(await replica.scan(image())).toMatchObject({ state: 'completed', cached: true });
    const fresh = await replica.scan(image(), { headers: { 'cache-control': 'no-cache' } });
    expect(fresh).toMatchObject({ state: 'completed', cached: false });
    expect(await replica.scan(image(), { body: { force: true } })).toMatchObject({ cached: false });
    expect(await replica.metric('drydock_layers_total{result="read"}')).toBe(4);
    expect(await replica.metric('drydock_scans_total{result="scanned",source="api"}')).toBe(3);
    expect(await replica.metric('drydock_store_requests_total{tier="memory",result="hit"}')).toBeGreaterThan(
      0,
    );
    expect(await replica.metric('drydock_store_requests_total{tier="files"}')).toBeGreaterThan(0);
  });

  test('keeps a report no longer than it is told to', SLOW, async () => {
    const replica = await serve(['--report-ttl', '2s']);
    const { id, digest = '' } = await replica.scan(image());
    await replica.report(id);
    await wait(2500);
    await expect(replica.report(id)).rejects.toThrow(/^404 .*REPORT_NOT_FOUND/);
    expect((await replica.get(`/api/reports/${digest}`)).status).toBe(404);
    expect(await replica.scan(image())).toMatchObject({ state: 'completed', cached: false });
    expect(await replica.metric('drydock_layers_total{result="read"}')).toBe(4);
  });

  test('answers who waits before it stops', SLOW, async () => {
    const replica = await serve(['--shutdown-grace', '20s']);
    proxy.layerDelayMs = 1500;
    proxy.asked.length = 0;
    const answer = replica.scan(image());
    const layersAsked = (): number => proxy.asked.filter((line) => line.includes('/blobs/')).length;
    await expect.poll(layersAsked, { timeout: 30_000 }).toBeGreaterThan(1);
    const code = replica.stop();
    expect(await answer).toMatchObject({ state: 'completed' });
    expect(await code).toBe(0);
  });

  test('that has no time left says how the scan stands, and another one goes on with it', SLOW, async () => {
    const cache = newCache();
    const args = [...settings(cache), '--shutdown-grace', '2s'];
    const first = await startReplica({ args });
    running.push(first);
    proxy.layerDelayMs = 20_000;
    const answer = first.scan(image());
    await wait(1500);
    const startedAt = performance.now();
    const code = first.stop();
    const told = await answer;
    expect(['queued', 'running']).toContain(told.state);
    expect(await code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(4000);
    proxy.layerDelayMs = 0;
    const second = await startReplica({ args });
    running.push(second);
    await until(second, told.id, 'completed');
    expect((await second.find(told.id)).attempts).toBe(1);
  });

  test('that was killed does what it had accepted when it is back', SLOW, async () => {
    const args = settings();
    const first = await startReplica({ args });
    running.push(first);
    proxy.layerDelayMs = 20_000;
    const asked = await Promise.all(served.tags.map((_, i) => first.scan(image(i), { waitSeconds: 0 })));
    await wait(500);
    await first.kill();
    proxy.layerDelayMs = 0;
    const second = await startReplica({ args });
    running.push(second);
    for (const { id } of asked) await until(second, id, 'completed');
  });

  test('ends events when it stops', SLOW, async () => {
    const replica = await serve(['--shutdown-grace', '2s']);
    proxy.layerDelayMs = 20_000;
    const { id } = await replica.scan(image(), { waitSeconds: 0 });
    const events = await replica.get(`/api/scans/${id}/events`);
    const text = events.text().catch(String);
    await wait(500);
    expect(await replica.stop()).toBe(0);
    expect(await text).toContain('event: scan');
  });

  test(
    `keeps its memory and its files for ${KNOWN_SCANS} scans of a known image`,
    { timeout: 240_000 },
    async () => {
      const replica = await serve(['--log-level', 'error']);
      const scans = async (count: number): Promise<void> => {
        let left = count;
        const ask = async (): Promise<void> => {
          while (left-- > 0) expect((await replica.scan(image())).state).toBe('completed');
        };
        await Promise.all(Array.from({ length: 8 }, ask));
      };
      await scans(KNOWN_SCANS / 2);
      const before = { rss: replica.rssBytes(), files: replica.openFiles() };
      await scans(KNOWN_SCANS / 2);
      expect(replica.rssBytes() - before.rss).toBeLessThan(64 << 20);
      expect(replica.openFiles() - before.files).toBeLessThan(20);
    },
  );

  describe.skipIf(!hasRedis)('over Redis (needs redis-server)', () => {
    test('says how logins can be taken, and takes them with a key', SLOW, async () => {
      const redis = await startRedis();
      try {
        const store = ['--store', `redis://127.0.0.1:${redis.port}`];
        const without = await serve(store);
        const asked = without.scan(image(), { body: { credential: LOGIN } });
        await expect(asked).rejects.toThrow(/^4.*CREDENTIALS_INVALID.*DRYDOCK_ENCRYPTION_KEY/);
        const env = { DRYDOCK_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') };
        const replica = await serve(store, { env });
        const scan = await replica.scan(image(), { body: { credential: LOGIN } });
        expect(scan.state).toBe('completed');
        expect(replica.stdout() + replica.stderr()).not.toContain(LOGIN.password);
      } finally {
        await redis.stop();
      }
    });

    test.skipIf(!natsProgram)('leaves scans to workers behind NATS (needs nats-server)', SLOW, async () => {
      const redis = await startRedis();
      await using nats = await openNatsServer();
      try {
        const shared = ['--store', `redis://127.0.0.1:${redis.port}`, '--nats', nats.url];
        const replica = await serve([...shared, '--concurrency', '0']);
        const { id } = await replica.scan(image(), { waitSeconds: 1 });
        expect((await replica.find(id)).state).toBe('queued');
        expect(await replica.metric('drydock_queue_depth')).toBe(1);
        const worker = await startWorker({
          // A worker does what others were asked for, so that it is told of registries on its own machine.
          args: [...settings(), ...shared, '--allow-registry', proxy.host],
        });
        running.push(worker);
        await until(replica, id, 'completed');
        const scans = await Promise.all([1, 2, 3].map((i) => replica.scan(image(i))));
        expect(scans.map(({ state }) => state)).toEqual(['completed', 'completed', 'completed']);
        expect(await worker.stop()).toBe(0);
        expect(await replica.stop()).toBe(0);
      } finally {
        await redis.stop();
      }
    });
  });
});

describe.skipIf(!hasDockerRegistry)('a registry with a password (needs docker-registry)', () => {
  let registry: DockerRegistry;
  let replica: Replica;
  beforeAll(async () => {
    registry = await startDockerRegistry({ htpasswd: HTPASSWD });
    await pushImages(registry.host, 1, {
      repository: 'team/app',
      login: `${LOGIN.username}:${LOGIN.password}`,
    });
    const file = join(folder, 'tenants');
    const line = (name: string, scopes: string): string =>
      `${name}:${scopes}:${createHash('sha256').update(name).digest('hex')}\n`;
    writeFileSync(
      file,
      line('alice', 'read,scan') + line('mallory', 'read,scan') + line('root', 'read,admin'),
    );
    replica = await startReplica({ args: [...settings(), '--token-file', file] });
  });
  afterAll(async () => {
    await replica.kill();
    await registry[Symbol.asyncDispose]();
  });

  test('shows an image to those alone whom the registry lets read it', SLOW, async () => {
    const as = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
    const login = (password: string): Record<string, string> => ({
      'x-registry-auth': Buffer.from(JSON.stringify({ ...LOGIN, password })).toString('base64url'),
    });
    const image = `${registry.host}/team/app:v0`;
    const scan = await replica.scan(image, { headers: as('alice'), body: { credential: LOGIN } });
    expect(scan.state).toBe('completed');
    const path = `/api/reports/${scan.digest}`;
    const status = async (path: string, headers: Record<string, string>): Promise<number> =>
      (await replica.get(path, headers)).status;
    expect(await status(path, as('alice'))).toBe(200);
    // Neither by the digest, nor by the scan, nor in a list, nor by a scan without or with a wrong password.
    expect(await status(path, as('mallory'))).toBe(404);
    expect(await status(`/api/images/${scan.digest}`, as('mallory'))).toBe(404);
    expect(await status(`/api/scans/${scan.id}`, as('mallory'))).toBe(404);
    expect(await status(`/api/scans/${scan.id}/report`, as('mallory'))).toBe(404);
    const listed = async (token: string): Promise<string> =>
      await (await replica.get('/api/images', as(token))).text();
    expect(await listed('alice')).toContain(scan.digest);
    expect(await listed('mallory')).not.toContain(scan.digest);
    const byVulnerability = await replica.get('/api/vulnerabilities/CVE-2026-10000/images', as('mallory'));
    expect(await byVulnerability.text()).not.toContain(scan.digest);
    for (const credential of [undefined, { ...LOGIN, password: 'wrong-horse' }]) {
      const body = credential ? { credential } : {};
      const refused = await replica.scan(image, { headers: as('mallory'), body });
      expect(refused).toMatchObject({ state: 'failed', error: { code: 'REGISTRY_DENIED' } });
      expect(JSON.stringify(refused)).not.toContain('horse');
    }
    expect(await status(path, { ...as('mallory'), ...login('wrong-horse') })).toBe(404);
    expect(await status(path, as('mallory'))).toBe(404);
    expect(await status(path, as('root'))).toBe(200);
    // Who proves that the registry lets him is told, from then on.
    expect(await status(path, { ...as('mallory'), ...login(LOGIN.password) })).toBe(200);
    expect(await status(path, as('mallory'))).toBe(200);
    expect(replica.stdout() + replica.stderr()).not.toContain('horse');
  });
});
