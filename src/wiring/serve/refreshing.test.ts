import { expect, test, vi } from 'vitest';
import { notices, type Notice } from '../../base/channels.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import { openStoreCatalog } from '../../store/catalog/store-catalog.ts';
import { openMemoryStore } from '../../store/memory.ts';
import type { Store } from '../../store/store.ts';
import { openMemoryLeases } from '../../store/leases/memory-leases.ts';
import { keepDatabasesFresh, type RefreshingParts } from './refreshing.ts';

/** Replicas of one site, each with the database of that day of November. */
function site() {
  const [cache, records] = [openMemoryStore(), openMemoryStore()];
  const store = { cache, records, leases: openMemoryLeases(), isShared: true };
  const config = { rematch: true, scanners: ['vuln'], dbPath: '/nowhere', cacheDir: '/nowhere' };
  const replica = (day: () => number): RefreshingParts =>
    ({
      run: { loaded: { config } },
      store,
      catalog: openStoreCatalog(cache),
      reports: { announce: () => Promise.resolve() },
      scans: { parts: { advisories: { current: () => Promise.resolve(versionOf(day())) } } },
    }) as unknown as RefreshingParts;
  const told = async (): Promise<Uint8Array | undefined> => await records.get('databases/1/told');
  return { replica, told };
}

const versionOf = (day: number): AdvisoryDbVersion => ({
  source: 'test',
  digest: `d${day}`,
  builtAt: `2026-11-${day}T00:00:00Z`,
});

const over = AbortSignal.abort();

test('a replica with an older database does not make the reports of others old again', async () => {
  const { replica, told } = site();
  await keepDatabasesFresh(
    replica(() => 21),
    { signal: over },
  );
  const before = await told();
  expect(before).toBeDefined();
  await keepDatabasesFresh(
    replica(() => 20),
    { signal: over },
  );
  expect(await told()).toEqual(before);
});

test('a database that somebody else has brought is noticed where none is fetched', async () => {
  const { replica, told } = site();
  let day = 20;
  const stop = new AbortController();
  const parts = replica(() => day);
  const keeping = keepDatabasesFresh(parts, { signal: stop.signal, lookMs: 5 });
  await vi.waitFor(async () => expect(await told()).toBeDefined(), { timeout: 20_000 });
  const before = await told();
  day = 21;
  await vi.waitFor(async () => expect(await told()).not.toEqual(before), { timeout: 20_000 });
  stop.abort();
  await keeping;
});

test('what could not be renewed is tried again, and told each time', async () => {
  const { replica, told } = site();
  const parts = replica(() => 21);
  const { records } = parts.store;
  let failures = 2;
  const failing: Store = {
    ...records,
    put: (...value) =>
      failures-- > 0 ? Promise.reject(new Error('the store is away')) : records.put(...value),
  };
  const heard: string[] = [];
  const hear = ({ code, message }: Notice): void => void heard.push(`${code}: ${message}`);
  notices.subscribe(hear);
  const stop = new AbortController();
  const pauses: number[] = [];
  const keeping = keepDatabasesFresh(
    { ...parts, store: { ...parts.store, records: failing } },
    { signal: stop.signal, retryMs: (after) => pauses.push(after) },
  );
  await vi.waitFor(async () => expect(await told()).toBeDefined(), { timeout: 20_000 });
  stop.abort();
  await keeping;
  notices.unsubscribe(hear);
  expect(heard).toEqual(Array(2).fill('REMATCH_FAILED: reports could not be renewed: the store is away'));
  expect(pauses).toEqual([1, 2]);
});
