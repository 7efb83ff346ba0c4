import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import { leasesIn } from '../../jobs/leases.contract.ts';
import { until } from '../../jobs/queue.contract.ts';
import { openStoredQueue } from '../../jobs/stored.ts';
import type { ScanRecord, ScanRequest } from '../../model/job.ts';
import { openJournal } from '../../store/journal.ts';
import { openMemoryStore } from '../../store/memory.ts';
import { openScanRecords } from '../../store/scan-records.ts';
import { openSealedValues } from '../../store/sealed-values.ts';
import type { Store } from '../../store/store.ts';
import { openScanRequests } from './open-scan-requests.ts';
import { runScanRequests, type RunScanRequestsOptions, type ScanOutcome } from './run-scan-requests.ts';

const request: ScanRequest = { image: 'registry.test/app:1', priority: 'interactive', requestedBy: 'me' };
const outcome = {
  report: { image: { digest: `sha256:${'a'.repeat(64)}` } },
  key: { image: `sha256:${'a'.repeat(64)}` },
  cached: false,
} as unknown as ScanOutcome;

type Scan = RunScanRequestsOptions['scan'];

/** A store that can be emptied, and be away. */
function frailStore(): Store & { isAway: boolean; empty(): Promise<void> } {
  const inner = openMemoryStore();
  const check = (): Promise<void> =>
    store.isAway ? Promise.reject(new DrydockError('STORE_UNAVAILABLE', 'away')) : Promise.resolve();
  const store = {
    isAway: false,
    get: async (key: string) => (await check(), await inner.get(key)),
    put: async (...args: Parameters<Store['put']>) => (await check(), await inner.put(...args)),
    delete: async (key: string) => (await check(), await inner.delete(key)),
    keys: (prefix: string) => inner.keys(prefix),
    async empty() {
      for await (const key of inner.keys('')) await inner.delete(key);
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
  return store;
}

function open(scan: Scan = async () => outcome, requeueSeconds = 0.2) {
  const store = frailStore();
  const records = openScanRecords({ store });
  const credentials = openSealedValues(store, Buffer.alloc(32, 1));
  const queue = openStoredQueue({
    store,
    leases: leasesIn(store),
    journal: openJournal(store, { name: 'jobs/1', keepSeconds: 86_400 }),
    deadJournal: openJournal(store, { name: 'dead-jobs/1', keepSeconds: 86_400 }),
    sweepSeconds: 0.1,
  });
  const requests = openScanRequests({ records, queue, credentials, requeueSeconds });
  const work = (signal: AbortSignal, hurry?: AbortSignal): Promise<void> =>
    runScanRequests(
      {
        records: openScanRecords({ store }),
        queue,
        credentials,
        scan,
        timeoutSeconds: 30,
        concurrency: 2,
        perLane: 2,
        ...(hurry && { hurry }),
      },
      { signal },
    );
  return { store, records, requests, queue, work };
}

describe('a scan that was accepted', () => {
  test('is given back, with its login, to a store that was emptied', async () => {
    const logins: unknown[] = [];
    const { store, requests, work } = open(async (_request, credential) => {
      logins.push(credential?.kind === 'registry-token' && credential.token.reveal());
      return outcome;
    });
    const { id } = await requests.submit(request, { kind: 'registry-token', token: new Secret('open') });
    await store.empty();
    expect(await requests.find(id)).toBeUndefined();
    const end = new AbortController();
    const working = work(end.signal);
    await until(async () => (await requests.find(id))?.state === 'completed');
    expect(logins).toEqual(['open']);
    expect((await requests.list()).map((record) => record.id)).toEqual([id]);
    end.abort();
    await working;
    await requests[Symbol.asyncDispose]();
  });

  test('is not given back once it was over', async () => {
    const { store, requests } = open();
    const { id } = await requests.submit(request);
    await requests.cancel(id);
    await wait(500); // it was looked at meanwhile
    await store.empty();
    await wait(500);
    expect(await requests.find(id)).toBeUndefined();
    await requests[Symbol.asyncDispose]();
  });

  test('is watched on while the store is away, and after it was emptied', async () => {
    const { store, requests, work } = open();
    const { id } = await requests.submit(request);
    const shown: ScanRecord[] = [];
    const watching = (async () => {
      for await (const record of requests.watch(id, { signal: AbortSignal.timeout(20_000) }))
        shown.push(record);
    })();
    await wait(150);
    store.isAway = true;
    await wait(400);
    await store.empty();
    store.isAway = false;
    const end = new AbortController();
    const working = work(end.signal);
    await watching;
    expect(shown.map(({ state }) => state)).toEqual(expect.arrayContaining(['queued', 'completed']));
    end.abort();
    await working;
    await requests[Symbol.asyncDispose]();
  });

  test('is queued soon when the queue could not take it, though it is looked about seldom', async () => {
    const { store, records, queue } = open();
    let isAway = true;
    const given: string[] = [];
    await using requests = openScanRequests({
      records,
      requeueSeconds: 3600,
      queue: {
        ...queue,
        async enqueue(job) {
          if (isAway) throw new DrydockError('STORE_UNAVAILABLE', 'away');
          given.push(job.id);
          return true;
        },
      },
    });
    await wait(50); // it has looked, and will not for an hour
    const { id } = await requests.submit(request);
    isAway = false;
    await until(() => Promise.resolve(given.includes(id)), 8000);
    expect(store.isAway).toBe(false);
  });
});

test('a scan whose end could not be kept is done again soon, as often as need be', async () => {
  let left = 7;
  const { requests, work } = open(async () => {
    if (left-- > 0) throw new DrydockError('STORE_UNAVAILABLE', 'full');
    return outcome;
  });
  const { id } = await requests.submit(request);
  const end = new AbortController();
  const working = work(end.signal);
  await until(async () => (await requests.find(id))?.state === 'completed', 25_000);
  expect((await requests.find(id))?.attempts).toBe(1);
  end.abort();
  await working;
  await requests[Symbol.asyncDispose]();
});

describe('a worker that is to end', () => {
  const slow: Scan = async (_request, _credential, { signal }) => {
    await wait(700, undefined, { signal });
    return outcome;
  };

  test('lets what it has begun come to its end while there is time', async () => {
    const { requests, work } = open(slow);
    const { id } = await requests.submit(request);
    const [stop, hurry] = [new AbortController(), new AbortController()];
    const working = work(stop.signal, hurry.signal);
    await until(async () => (await requests.find(id))?.state === 'running');
    stop.abort();
    await working;
    expect((await requests.find(id))?.state).toBe('completed');
    await requests[Symbol.asyncDispose]();
  });

  test('hands over what it has begun when there is none', async () => {
    const { requests, work } = open(slow);
    const { id } = await requests.submit(request);
    const [stop, hurry] = [new AbortController(), new AbortController()];
    const working = work(stop.signal, hurry.signal);
    await until(async () => (await requests.find(id))?.state === 'running');
    stop.abort();
    hurry.abort();
    await working;
    expect(await requests.find(id)).toMatchObject({ state: 'queued', attempts: 0 });
    await requests[Symbol.asyncDispose]();
  });
});
