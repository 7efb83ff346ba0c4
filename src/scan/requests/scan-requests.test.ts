import { setTimeout as wait } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import { leasesIn } from '../../jobs/leases.contract.ts';
import { until } from '../../jobs/queue.contract.ts';
import type { JobQueue } from '../../jobs/queue.ts';
import { openStoredQueue } from '../../jobs/stored.ts';
import type { ScanRequest } from '../../model/job.ts';
import { passwordCredential, type RegistryCredential } from '../../oci/credentials/credential.ts';
import { openJournal } from '../../store/journal.ts';
import { openMemoryStore } from '../../store/memory.ts';
import { openScanRecords } from '../../store/scan-records.ts';
import { openSealedValues } from '../../store/sealed-values.ts';
import { parseCredentialText, toCredentialText } from './credential-text.ts';
import { judge } from './failure.ts';
import { openScanRequests } from './open-scan-requests.ts';
import { runScanRequests, type RunScanRequestsOptions, type ScanOutcome } from './run-scan-requests.ts';

const request: ScanRequest = { image: 'registry.test/app:1', priority: 'interactive', requestedBy: 'me' };
const outcome = {
  report: { image: { digest: `sha256:${'a'.repeat(64)}` } },
  key: { image: `sha256:${'a'.repeat(64)}` },
  cached: false,
} as unknown as ScanOutcome;

type Scan = RunScanRequestsOptions['scan'];

async function withRequests(
  options: { scan?: Scan; queue?: Partial<JobQueue>; timeoutSeconds?: number; maxAttempts?: number },
  use: (parts: {
    requests: ReturnType<typeof openScanRequests>;
    records: ReturnType<typeof openScanRecords>;
    queue: JobQueue;
    store: ReturnType<typeof openMemoryStore>;
    work: () => { stop: () => Promise<void> };
  }) => Promise<void>,
): Promise<void> {
  const store = openMemoryStore();
  const records = openScanRecords({ store });
  const credentials = openSealedValues(store, Buffer.alloc(32, 1));
  const real = openStoredQueue({
    store,
    leases: leasesIn(store),
    journal: openJournal(store, { name: 'jobs/1', keepSeconds: 86_400 }),
    deadJournal: openJournal(store, { name: 'dead-jobs/1', keepSeconds: 86_400 }),
    sweepSeconds: 0.2,
  });
  const queue = { ...real, ...options.queue };
  const requests = openScanRequests({ records, queue, credentials, requeueSeconds: 0.2 });
  const stops: (() => Promise<void>)[] = [];
  const work = () => {
    const end = new AbortController();
    const { scan = async () => outcome, timeoutSeconds = 30, maxAttempts = 5 } = options;
    // Other records than the server's: as in another process, nothing is told of changes.
    const running = runScanRequests(
      {
        records: openScanRecords({ store }),
        queue: real,
        credentials,
        scan,
        timeoutSeconds,
        maxAttempts,
        concurrency: 2,
        perLane: 2,
        random: () => 0,
      },
      { signal: end.signal },
    );
    const stop = async (): Promise<void> => {
      end.abort();
      await running;
    };
    stops.push(stop);
    return { stop };
  };
  try {
    await use({ requests, records, queue: real, store, work });
  } finally {
    for (const stop of stops) await stop();
    await requests[Symbol.asyncDispose]();
  }
}

const untilAborted: Scan = async (_request, _credential, { signal }) => {
  await wait(60_000, undefined, { signal });
  return outcome;
};

describe('a scan that was asked for', () => {
  test('is done, and shows each of its states to who watches', async () => {
    await withRequests({}, async ({ requests, work }) => {
      const { id, state } = await requests.submit(request);
      expect(state).toBe('queued');
      const states: string[] = [];
      const watching = (async () => {
        for await (const record of requests.watch(id, { signal: AbortSignal.timeout(20_000) }))
          states.push(record.state);
      })();
      await wait(50);
      work();
      await watching;
      expect(states[0]).toBe('queued');
      expect(states.at(-1)).toBe('completed');
      expect(await requests.find(id)).toMatchObject({
        state: 'completed',
        attempts: 1,
        digest: outcome.report.image.digest,
        report: outcome.key,
        cached: false,
      });
    });
  });

  test('must name an image', async () => {
    await withRequests({}, async ({ requests }) => {
      const submitted = requests.submit({ ...request, image: 'Not An Image' });
      await expect(submitted).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
      expect(await requests.list()).toEqual([]);
    });
  });

  test('takes its credential with it, sealed, and leaves none behind', async () => {
    const seen: (RegistryCredential | undefined)[] = [];
    const scan: Scan = async (_request, credential) => {
      seen.push(credential);
      return outcome;
    };
    await withRequests({ scan }, async ({ requests, store, work }) => {
      const { id } = await requests.submit(request, passwordCredential('user', 'pa55word'));
      for await (const key of store.keys('')) {
        expect(Buffer.from((await store.get(key)) ?? []).toString('latin1')).not.toContain('pa55word');
      }
      expect(inspect(await requests.find(id), { depth: 9 })).not.toContain('pa55word');
      work();
      await until(async () => (await requests.find(id))?.state === 'completed');
      await until(async () => (await store.get(`sealed/1/${id}`)) === undefined);
      const [credential] = seen;
      expect(credential?.kind === 'basic' && credential.password.reveal()).toBe('pa55word');
    });
  });

  test('fails when its credential is gone, rather than going without', async () => {
    await withRequests({}, async ({ requests, store, work }) => {
      const { id } = await requests.submit(request, passwordCredential('user', 'pa55word'));
      await store.delete(`sealed/1/${id}`);
      work();
      await until(async () => (await requests.find(id))?.state === 'failed');
      expect(await requests.find(id)).toMatchObject({ error: { code: 'CREDENTIALS_INVALID' } });
    });
  });

  test('is called off within a second or so when it is cancelled, wherever it runs', async () => {
    let calledOffAt = 0;
    const scan: Scan = async (...args) => {
      try {
        return await untilAborted(...args);
      } finally {
        calledOffAt = Date.now();
      }
    };
    await withRequests({ scan }, async ({ requests, work }) => {
      const { id } = await requests.submit(request);
      work();
      await until(async () => (await requests.find(id))?.state === 'running');
      const at = Date.now();
      expect(await requests.cancel(id)).toMatchObject({ state: 'cancelled' });
      await until(() => calledOffAt > 0);
      expect(calledOffAt - at).toBeLessThan(1500);
      await wait(100);
      expect(await requests.cancel(id)).toMatchObject({ state: 'cancelled', attempts: 1 });
      expect(await requests.cancel('never')).toBeUndefined();
    });
  });

  test('is not begun when it was cancelled before', async () => {
    let begun = 0;
    const scan: Scan = async () => {
      begun++;
      return outcome;
    };
    await withRequests({ scan }, async ({ requests, work }) => {
      const { id } = await requests.submit(request);
      await requests.cancel(id);
      const other = await requests.submit({ ...request, image: 'registry.test/b:1' });
      work();
      await until(async () => (await requests.find(other.id))?.state === 'completed');
      expect(begun).toBe(1);
      expect(await requests.find(id)).toMatchObject({ state: 'cancelled', attempts: 0 });
    });
  });

  test('fails when it takes too long, even if it does not listen', async () => {
    const scan: Scan = async () => await new Promise(() => undefined);
    await withRequests({ scan, timeoutSeconds: 0.2 }, async ({ requests, work }) => {
      const { id } = await requests.submit(request);
      work();
      await until(async () => (await requests.find(id))?.state === 'failed');
      expect(await requests.find(id)).toMatchObject({ error: { code: 'TIMED_OUT' } });
    });
  });

  test('goes on elsewhere when its worker is stopped, and that attempt does not count', async () => {
    let begun = 0;
    const scan: Scan = async (...args) => (++begun === 1 ? await untilAborted(...args) : outcome);
    await withRequests({ scan }, async ({ requests, work }) => {
      const { id } = await requests.submit(request);
      const { stop } = work();
      await until(() => begun === 1);
      await stop();
      expect(await requests.find(id)).toMatchObject({ state: 'queued', attempts: 0 });
      work();
      await until(async () => (await requests.find(id))?.state === 'completed');
      expect(await requests.find(id)).toMatchObject({ attempts: 1 });
    });
  });

  test('is tried again when time may help, and tells when', async () => {
    let begun = 0;
    const scan: Scan = async () => {
      if (++begun === 1) throw new DrydockError('REGISTRY_BUSY', 'too many requests');
      return outcome;
    };
    await withRequests({ scan }, async ({ requests, work }) => {
      const { id } = await requests.submit(request);
      work();
      await until(async () => (await requests.find(id))?.retryAt !== undefined);
      expect(await requests.find(id)).toMatchObject({
        state: 'queued',
        error: { code: 'REGISTRY_BUSY', message: 'too many requests' },
      });
      await until(async () => (await requests.find(id))?.state === 'completed');
      const record = await requests.find(id);
      expect(record?.error).toBeUndefined();
      expect(record?.attempts).toBe(2);
    });
  });

  test('becomes a dead letter when it fails by a mistake of ours, whose words are not told', async () => {
    const scan: Scan = () => Promise.reject(new TypeError('https://user:pa55word@registry.test'));
    await withRequests({ scan, maxAttempts: 1 }, async ({ requests, queue, work }) => {
      const { id } = await requests.submit(request);
      work();
      await until(async () => (await requests.find(id))?.state === 'failed');
      expect(inspect(await requests.find(id))).not.toContain('pa55word');
      const dead: string[] = [];
      await until(async () => {
        for await (const { job, reason } of queue.deadLetters()) dead.push(`${job.id} ${reason}`);
        return dead.length > 0;
      });
      expect(dead[0]).toContain(id);
      expect(dead[0]).not.toContain('pa55word');
    });
  });

  test('is refused and forgotten when the queue is full, and kept when the queue is away', async () => {
    let code: 'QUEUE_FULL' | 'QUEUE_UNAVAILABLE' | undefined = 'QUEUE_FULL';
    const queue = {
      enqueue: async (...args: Parameters<JobQueue['enqueue']>): Promise<boolean> => {
        if (code) throw new DrydockError(code, 'planted');
        return await inner.enqueue(...args);
      },
    };
    let inner: JobQueue;
    await withRequests({ queue }, async (parts) => {
      inner = parts.queue;
      const { requests, work } = parts;
      await expect(requests.submit(request)).rejects.toMatchObject({ code: 'QUEUE_FULL' });
      expect(await requests.list()).toEqual([]);
      code = 'QUEUE_UNAVAILABLE';
      const { id } = await requests.submit(request);
      work();
      code = undefined;
      await until(async () => (await requests.find(id))?.state === 'completed');
    });
  });

  test('is done once when nobody waits for it and it was asked for twice', async () => {
    await withRequests({}, async ({ requests, work }) => {
      const background: ScanRequest = { ...request, priority: 'background' };
      const [first, again] = [await requests.submit(background), await requests.submit(background)];
      expect(again.id).toBe(first.id);
      expect((await requests.submit({ ...background, requestedBy: 'you' })).id).not.toBe(first.id);
      expect((await requests.submit(request)).id).not.toBe((await requests.submit(request)).id);
      work();
      await until(async () => (await requests.find(first.id))?.state === 'completed');
      expect((await requests.submit(background)).id).not.toBe(first.id);
    });
  });
});

describe('what follows from an error', () => {
  const of = (thrown: unknown, attempt: number): string => {
    const verdict = judge(thrown, { attempt, maxAttempts: 5, random: () => 0.5 });
    return verdict.kind === 'retry' ? `retry in ${verdict.delaySeconds}` : verdict.kind;
  };
  test.each([
    [
      new DrydockError('REGISTRY_BUSY', 'x'),
      ['retry in 2', 'retry in 4', 'retry in 8', 'retry in 16', 'failed'],
    ],
    [new DrydockError('INTERNAL', 'x'), ['retry in 2', 'retry in 4', 'dead']],
    [new TypeError('x'), ['retry in 2', 'retry in 4', 'dead']],
    [new DrydockError('REGISTRY_DENIED', 'x'), ['failed']],
    [new DrydockError('IMAGE_NOT_FOUND', 'x'), ['failed']],
    [new DrydockError('LAYER_CORRUPT', 'x'), ['failed']],
    [new DrydockError('LAYER_LIMIT', 'x'), ['failed']],
    [new DrydockError('MANIFEST_UNSUPPORTED', 'x'), ['failed']],
    [new DrydockError('REFERENCE_INVALID', 'x'), ['failed']],
  ])('%s: %j', (thrown, expected) => {
    expect(expected.map((_, i) => of(thrown, i + 1))).toEqual(expected);
  });
});

describe('the text of a credential', () => {
  test.each<RegistryCredential>([
    passwordCredential('user', 'pass "word"\n'),
    { kind: 'identity-token', token: new Secret('t') },
    { kind: 'registry-token', token: new Secret('t') },
  ])('%o comes back', (credential) => {
    const back = parseCredentialText(toCredentialText(credential));
    expect(back && toCredentialText(back).reveal()).toBe(toCredentialText(credential).reveal());
  });
  test.each(['', '{}', '[]', '["basic","x"]', '["other","x"]', '[1,2]'])('%j is none', (text) => {
    expect(parseCredentialText(new Secret(text))).toBeUndefined();
  });
});
