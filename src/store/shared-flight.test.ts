import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasRedis, startRedis, type RunningServer } from '../../test/fixtures/redis-server.ts';
import { DrydockError } from '../base/errors.ts';
import type { Leases } from './leases.ts';
import { openMemoryLeases } from './leases/memory-leases.ts';
import { openSharedFlight, type Flight, type SharedFlight } from './shared-flight.ts';

const never = new AbortController().signal;

/** A thing that takes a while to make, and is then there. */
function thing(): {
  value: string | undefined;
  made: number;
  flight: (more?: Partial<Flight<string>>) => Flight<string>;
} {
  const state = {
    value: undefined as string | undefined,
    made: 0,
    flight: (more: Partial<Flight<string>> = {}): Flight<string> => ({
      name: 'thing',
      find: () => Promise.resolve(state.value),
      make: async ({ signal }) => {
        state.made++;
        await sleep(50, undefined, { signal });
        return (state.value = `made ${state.made}`);
      },
      ttlSeconds: 1,
      signal: never,
      ...more,
    }),
  };
  return state;
}

const upstream = (): DrydockError => new DrydockError('REGISTRY_BUSY', 'busy');
const corrupt = (): DrydockError => new DrydockError('LAYER_CORRUPT', 'broken');

describe.each([
  ['one process', (_: Leases) => openSharedFlight(undefined)],
  ['one process with leases', (leases: Leases) => openSharedFlight(leases)],
])('a flight shared in %s', (_, open) => {
  const fresh = (): SharedFlight => open(openMemoryLeases());

  test('makes a thing once, and finds it afterwards', async () => {
    const [flights, it] = [fresh(), thing()];
    let joined = 0;
    const onJoin = (): void => void joined++;
    const all = await Promise.all(Array.from({ length: 50 }, () => flights.run(it.flight({ onJoin }))));
    expect(new Set(all)).toEqual(new Set(['made 1']));
    expect(joined).toBe(49);
    expect(await flights.run(it.flight())).toBe('made 1');
    expect(it.made).toBe(1);
  });

  test('goes on for the others when one who waits gives up', async () => {
    const [flights, it] = [fresh(), thing()];
    const impatient = new AbortController();
    const first = flights.run(it.flight({ signal: impatient.signal }));
    const second = flights.run(it.flight());
    impatient.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect(await second).toBe('made 1');
  });

  test('is called off when nobody waits any more; who comes then begins anew', async () => {
    const [flights, it] = [fresh(), thing()];
    const impatient = new AbortController();
    const seen: AbortSignal[] = [];
    const make: Flight<string>['make'] = (options) => {
      seen.push(options.signal);
      return it.flight().make(options);
    };
    const all = [1, 2].map(() => flights.run(it.flight({ make, signal: impatient.signal })));
    await sleep(10);
    impatient.abort(new Error('enough'));
    for (const one of all) await expect(one).rejects.toThrow('enough');
    const late = flights.run(it.flight({ make }));
    expect(await late).toBe('made 2');
    expect(seen.map((signal) => signal.aborted)).toEqual([true, false]);
  });

  test('lets those who waited try one after another when the maker had bad luck', async () => {
    const [flights, it] = [fresh(), thing()];
    let [tries, atOnce, most] = [0, 0, 0];
    const make: Flight<string>['make'] = async () => {
      most = Math.max(most, ++atOnce);
      await sleep(10);
      atOnce--;
      if (++tries < 4) throw upstream();
      return (it.value = 'at last');
    };
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => flights.run(it.flight({ make }))));
    expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(3);
    expect([tries, most]).toEqual([4, 1]);
  });

  test('shares an error that everybody would meet', async () => {
    const [flights, it] = [fresh(), thing()];
    let tries = 0;
    const make = async (): Promise<string> => {
      tries++;
      await sleep(10);
      throw corrupt();
    };
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => flights.run(it.flight({ make }))));
    expect(all.every(({ status }) => status === 'rejected')).toBe(true);
    expect(tries).toBe(1);
  });

  test('of another name is another', async () => {
    const [flights, a, b] = [fresh(), thing(), thing()];
    await Promise.all([flights.run(a.flight({ name: 'a' })), flights.run(b.flight({ name: 'b' }))]);
    expect([a.made, b.made]).toEqual([1, 1]);
  });

  test('does not begin for who has given up already', async () => {
    const [flights, it] = [fresh(), thing()];
    await expect(flights.run(it.flight({ signal: AbortSignal.abort(new Error('no')) }))).rejects.toThrow(
      'no',
    );
    expect(it.made).toBe(0);
  });
});

describe('a flight among processes', () => {
  test('waits for who holds the lease, finds what he made, and tells of it', async () => {
    const [leases, it] = [openMemoryLeases(), thing()];
    let joined = 0;
    const all = [1, 2, 3].map(() => openSharedFlight(leases).run(it.flight({ onJoin: () => joined++ })));
    expect(await Promise.all(all)).toEqual(['made 1', 'made 1', 'made 1']);
    expect(joined).toBe(2);
  });

  test('waits no longer than the caller wants', async () => {
    const [leases, it] = [openMemoryLeases(), thing()];
    await using _ = await leases.take('thing', { ttlSeconds: 30 });
    const signal = AbortSignal.timeout(100);
    await expect(openSharedFlight(leases).run(it.flight({ signal }))).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  test('is one in each process when there are no leases to be had', async () => {
    const it = thing();
    const broken: Leases = {
      take: () => Promise.reject(new DrydockError('STORE_UNAVAILABLE', 'gone')),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    const find = (): Promise<never> => Promise.reject(new DrydockError('STORE_UNAVAILABLE', 'gone'));
    const flights = openSharedFlight(broken);
    const all = await Promise.all([1, 2, 3].map(() => flights.run(it.flight({ find }))));
    expect(all).toEqual(['made 1', 'made 1', 'made 1']);
  });

  test('is broken off when the lease is lost, and taken up again', async () => {
    const it = thing();
    let losses = 2;
    const leases: Leases = {
      take: (name) => {
        const lost = new AbortController();
        if (losses-- > 0) setTimeout(() => lost.abort(new Error('lost')), 20);
        return Promise.resolve({
          name,
          fence: 1,
          lost: lost.signal,
          [Symbol.asyncDispose]: () => Promise.resolve(),
        });
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    expect(await openSharedFlight(leases).run(it.flight())).toBe('made 3');
    losses = Infinity;
    it.value = undefined;
    await expect(openSharedFlight(leases).run(it.flight())).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });
});

/** A process of its own: flies on command, and tells what came of it. */
const PROGRAM = `
  import { openFileLeases } from './leases/file-leases.ts';
  import { openRedisLeases } from './leases/redis-leases.ts';
  import { openRedis } from './redis/redis.ts';
  import { openRedisStore } from './redis/redis-store.ts';
  import { openFileStore } from './files.ts';
  import { parseRedisUrl } from './redis/redis-url.ts';
  import { openSharedFlight } from './shared-flight.ts';
  const [task, where, count, ttlSeconds] = process.argv.slice(2);
  const isRedis = where.startsWith('redis');
  const redis = isRedis ? await openRedis(parseRedisUrl(where)) : undefined;
  const leases = isRedis ? openRedisLeases(redis) : openFileLeases(where + '/leases');
  const store = isRedis ? openRedisStore(redis) : openFileStore(where + '/store');
  if (task === 'hold') {
    const lease = await leases.take('thing', { ttlSeconds: Number(ttlSeconds) });
    console.log(lease ? 'held' : 'refused');
    setInterval(() => {}, 1000);
  } else {
    const flights = openSharedFlight(leases);
    let made = 0;
    console.log('ready');
    await new Promise((go) => process.stdin.once('data', go));
    const find = async () => { const value = await store.get('thing'); return value && String(Buffer.from(value)); };
    const make = async () => {
      made++;
      await new Promise((done) => setTimeout(done, 300));
      const value = 'made by ' + process.pid;
      await store.put('thing', Buffer.from(value));
      return value;
    };
    const run = () =>
      flights.run({ name: 'thing', find, make, ttlSeconds: Number(ttlSeconds), signal: AbortSignal.timeout(20_000) });
    const values = await Promise.all(Array.from({ length: Number(count) }, run));
    console.log(JSON.stringify({ made, values: [...new Set(values)] }));
    process.exit();
  }
`;

interface Peer {
  readonly child: ChildProcess;
  nextLine(): Promise<string>;
}

let folder: string;
let server: RunningServer | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-flight-'));
  await build({
    stdin: { contents: PROGRAM, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    outfile: join(folder, 'program.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    logLevel: 'error',
  });
  if (hasRedis) server = await startRedis();
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: readonly string[]): Peer {
  const child = spawn(process.execPath, [join(folder, 'program.mjs'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    async nextLine() {
      const line = await lines.next();
      if (line.done) throw new Error('the process ended');
      return line.value;
    },
  };
}

describe.each(['files', 'Redis'])('among processes over %s', (kind) => {
  let count = 0;
  const where = (): string =>
    kind === 'Redis' ? `redis://127.0.0.1:${server?.port}/${count++}` : join(folder, `${count++}`);

  test.skipIf(kind === 'Redis' && !hasRedis)('200 flights are one (Redis needs redis-server)', async () => {
    const place = where();
    const peers = [70, 70, 60].map((flights) => start('fly', place, String(flights), '5'));
    for (const peer of peers) expect(await peer.nextLine()).toBe('ready');
    for (const { child } of peers) child.stdin?.write('go');
    const told = [];
    for (const peer of peers)
      told.push(JSON.parse(await peer.nextLine()) as { made: number; values: string[] });
    expect(told.reduce((sum, { made }) => sum + made, 0)).toBe(1);
    expect(new Set(told.flatMap(({ values }) => values)).size).toBe(1);
  });

  test.skipIf(kind === 'Redis' && !hasRedis)(
    'what a killed one held passes on in time (Redis needs redis-server)',
    async () => {
      const place = where();
      const holder = start('hold', place, '0', '2');
      expect(await holder.nextLine()).toBe('held');
      const peers = [1, 2].map(() => start('fly', place, '20', '2'));
      for (const peer of peers) expect(await peer.nextLine()).toBe('ready');
      for (const { child } of peers) child.stdin?.write('go');
      await sleep(2500);
      holder.child.kill('SIGKILL');
      const killedAt = performance.now();
      const told = [];
      for (const peer of peers) told.push(JSON.parse(await peer.nextLine()) as { made: number });
      const seconds = (performance.now() - killedAt) / 1000;
      expect(told.reduce((sum, { made }) => sum + made, 0)).toBe(1);
      // The making itself takes 0.3 s.
      expect(seconds).toBeLessThan(2 + 1 + 0.3);
      expect(seconds).toBeGreaterThan(0.5);
    },
  );
});

describe('an error of who makes it', () => {
  const failing = async (error: DrydockError, origins: readonly [string, string]): Promise<number> => {
    let makes = 0;
    const flights = openSharedFlight(undefined);
    const signal = new AbortController().signal;
    const run = (origin: string): Promise<unknown> =>
      flights.run({
        name: 'x',
        origin,
        find: () => Promise.resolve(undefined),
        make: async () => {
          makes++;
          await new Promise((resolve) => setTimeout(resolve, 20));
          throw error;
        },
        ttlSeconds: 1,
        signal,
      });
    await Promise.allSettled(origins.map(run));
    return makes;
  };

  test.each([
    ['LAYER_LIMIT', ['a', 'b'], 1],
    ['LAYER_DIGEST_MISMATCH', ['a', 'a'], 1],
    ['LAYER_DIGEST_MISMATCH', ['a', 'b'], 2],
    ['BLOB_NOT_FOUND', ['a', 'b'], 2],
    ['REGISTRY_DENIED', ['a', 'a'], 2],
    ['REGISTRY_UNREACHABLE', ['a', 'a'], 2],
  ] as const)('%s from %j is met by %i', async (code, origins, makes) => {
    expect(await failing(new DrydockError(code, 'no'), origins)).toBe(makes);
  });
});
