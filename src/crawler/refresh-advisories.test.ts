import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Of } from '../base/digest.ts';
import type { AdvisoryDbVersion } from '../model/advisory.ts';
import { openMemoryLeases } from '../store/leases/memory-leases.ts';
import { openMemoryStore } from '../store/memory.ts';
import { keepFresh, refresh, type RefreshedSource } from './refresh-advisories.ts';
import { schedule, secondsToNext } from './scheduler.ts';
import { openSharedArchives } from './shared-archive.ts';

const { signal } = new AbortController();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-refresh-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A place where a database is published, and how often it was fetched. */
function published(content: string, day: string) {
  return { content, day, fetched: 0, fails: false };
}
type Published = ReturnType<typeof published>;

function versionOf(content: string, day: string): AdvisoryDbVersion {
  return { source: 'db', digest: sha256Of(content), builtAt: `2026-11-${day}T00:00:00Z` };
}

/** A replica with a disk of its own. Content is `day:…`, so that it says when it was built. */
function replica(place: Published, name: string) {
  const path = join(folder, name);
  let used: AdvisoryDbVersion | undefined;
  const install = async (content: string): Promise<AdvisoryDbVersion> => {
    await writeFile(path, content);
    return (used = versionOf(content, content.slice(0, 2)));
  };
  const source: RefreshedSource = {
    id: 'db',
    current: () => Promise.resolve(used),
    async update() {
      if (place.fails) throw new Error('the network is down');
      if (used?.digest === sha256Of(place.content)) return used;
      place.fetched++;
      await wait(20);
      return await install(place.content);
    },
    importFrom: async (from) => await install(await readFile(from, 'utf8')),
    archive: () => Promise.resolve(used && { path, digest: sha256Of(place.content) }),
  };
  return source;
}

describe('replicas with one store', () => {
  test('fetch a database once', async () => {
    const place = published(`20:${'x'.repeat(5_000_000)}`, '20');
    const [leases, archives] = [openMemoryLeases(), openSharedArchives(openMemoryStore())];
    const sources = ['a', 'b', 'c'].map((name) => replica(place, name));
    const onSwap = (): Promise<void> => Promise.resolve();
    const versions = await Promise.all(
      sources.map((source) => refresh({ source, leases, archives, directory: folder, onSwap }, { signal })),
    );
    expect(place.fetched).toBe(1);
    expect(new Set(versions.map(({ digest }) => digest)).size).toBe(1);
    expect((await readdir(folder)).filter((name) => name.startsWith('drydock-'))).toEqual([]);
  });

  test('fetch by themselves when the store has lost a part, or holds another', async () => {
    for (const spoil of ['delete', 'replace'] as const) {
      const place = published('21:abc', '21');
      const store = openMemoryStore();
      const [leases, archives] = [openMemoryLeases(), openSharedArchives(store)];
      const common = { leases, archives, directory: folder, onSwap: () => Promise.resolve() };
      await refresh({ source: replica(place, 'd'), ...common }, { signal });
      for await (const key of store.keys('advisories/1/chunk/'))
        await (spoil === 'delete' ? store.delete(key) : store.put(key, Buffer.from('evil')));
      const version = await refresh({ source: replica(place, 'e'), ...common }, { signal });
      expect(version.digest).toBe(sha256Of('21:abc'));
      expect(place.fetched).toBe(2);
    }
  });

  test('never go back to an older one', async () => {
    const store = openMemoryStore();
    const common = {
      leases: openMemoryLeases(),
      archives: openSharedArchives(store),
      directory: folder,
      onSwap: () => Promise.resolve(),
    };
    await refresh({ source: replica(published('19:old', '19'), 'f'), ...common }, { signal });
    const source = replica(published('21:new', '21'), 'g');
    await source.update({ signal });
    expect((await refresh({ source, ...common }, { signal })).digest).toBe(sha256Of('21:new'));
  });
});

describe('keeping fresh', () => {
  test('tells each swap once, and keeps what is there while nothing comes', async () => {
    const place = published('20:a', '20');
    const source = replica(place, 'h');
    const swaps: string[] = [];
    const stop = new AbortController();
    const parts = {
      source,
      async onSwap(before: AdvisoryDbVersion | undefined, after: AdvisoryDbVersion) {
        swaps.push(`${before?.builtAt.slice(8, 10) ?? 'none'} to ${after.builtAt.slice(8, 10)}`);
        throw new Error('planted');
      },
    };
    const running = keepFresh(parts, { intervalSeconds: 0.01, signal: stop.signal });
    await wait(150);
    place.fails = true;
    await wait(50);
    place.fails = false;
    place.content = '21:b';
    while (swaps.length < 2) await wait(10);
    stop.abort();
    await running;
    expect(swaps).toEqual(['none to 20', '20 to 21']);
  });
});

describe('periodic tasks', () => {
  test('run in one of all replicas at a time', async () => {
    const leases = openMemoryLeases();
    const stop = new AbortController();
    let [running, most, runs] = [0, 0, 0];
    const task = {
      name: 't',
      intervalSeconds: 0.005,
      async run() {
        most = Math.max(most, ++running);
        await wait(5);
        running--;
        if (++runs >= 10) stop.abort();
      },
    };
    await Promise.all([1, 2, 3].map(() => schedule([task], { leases, signal: stop.signal })));
    expect([most, runs >= 10]).toEqual([1, true]);
  });

  test('that fail are tried again, later each time, and are no reason to end', async () => {
    const stop = new AbortController();
    let runs = 0;
    const task = {
      name: 't',
      intervalSeconds: 0.005,
      run: () => {
        if (++runs === 5) stop.abort();
        return Promise.reject(new Error('planted'));
      },
    };
    await schedule([task], { signal: stop.signal });
    expect(runs).toBe(5);
    const half = (): number => 0.5;
    expect([1, 2, 3, 50].map((failures) => secondsToNext(3600, failures, half))).toEqual([30, 60, 120, 3600]);
    expect(secondsToNext(100, 0, () => 0)).toBeCloseTo(90);
    expect(secondsToNext(100, 0, () => 1)).toBeCloseTo(110);
  });
});
