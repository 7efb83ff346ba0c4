import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { natsProgram, openNatsServer } from '../../jobs/nats-server.contract.ts';
import { openNatsQueue } from '../../jobs/nats.ts';
import { until } from '../../jobs/queue.contract.ts';
import type { JobQueue } from '../../jobs/queue.ts';
import { openStoredQueue } from '../../jobs/stored.ts';
import { openFileStore } from '../../store/files.ts';
import { openJournal } from '../../store/journal.ts';
import { leasesIn } from '../../jobs/leases.contract.ts';
import { openScanRecords } from '../../store/scan-records.ts';
import { openScanRequests } from './open-scan-requests.ts';

/** A worker in a process of its own: it scans nothing, which takes a while, and now and then fails or must retry. */
const PROGRAM = `
  import { setTimeout as wait } from 'node:timers/promises';
  import { DrydockError } from '../../base/errors.ts';
  import { openNatsQueue } from '../../jobs/nats.ts';
  import { leasesIn } from '../../jobs/leases.contract.ts';
  import { openStoredQueue } from '../../jobs/stored.ts';
  import { openFileStore } from '../../store/files.ts';
  import { openJournal } from '../../store/journal.ts';
  import { openScanRecords } from '../../store/scan-records.ts';
  import { runScanRequests } from './run-scan-requests.ts';
  const [, , directory, url] = process.argv;
  const store = openFileStore(directory);
  const records = openScanRecords({ store });
  const queue = url
    ? await openNatsQueue({ servers: [url], ackWaitSeconds: 2 })
    : openStoredQueue({
        store, leases: leasesIn(store), sweepSeconds: 0.5, leaseSeconds: 1.5,
        journal: openJournal(store, { name: 'jobs/1', keepSeconds: 86400 }),
        deadJournal: openJournal(store, { name: 'dead-jobs/1', keepSeconds: 86400 }),
      });
  const scan = async ({ image }, credential, { signal }) => {
    await wait(20 + Math.random() * 150, undefined, { signal });
    const number = Number(image.slice(image.lastIndexOf(':v') + 2));
    if (number % 10 === 1) throw new DrydockError('IMAGE_NOT_FOUND', 'planted');
    if (number % 10 === 2 && Math.random() < 0.2) throw new DrydockError('REGISTRY_BUSY', 'planted');
    return { report: { image: { digest: 'sha256:' + 'a'.repeat(64) } }, key: { image: 'x' }, cached: false };
  };
  console.log('ready');
  await runScanRequests(
    { records, queue, scan, timeoutSeconds: 30, concurrency: 4, perLane: 100, maxAttempts: 30, random: () => 0 },
    { signal: new AbortController().signal },
  );
`;

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-kill-'));
  program = join(folder, 'worker.mjs');
  await build({
    stdin: { contents: PROGRAM, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function startWorker(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Kills one of the workers at a time, and starts another in its place, until told otherwise. */
async function killAgainAndAgain(args: readonly string[], over: AbortSignal): Promise<number> {
  const workers = Array.from({ length: 3 }, () => startWorker(args));
  let killed = 0;
  while (!over.aborted) {
    await wait(800 + Math.random() * 1200);
    const i = Math.floor(Math.random() * workers.length);
    const worker = workers[i];
    if (worker) await kill(worker);
    killed++;
    workers[i] = startWorker(args);
  }
  await Promise.all(workers.map(kill));
  return killed;
}

/** One that could not reach its queue has ended by itself. */
async function kill(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const ended = new Promise((done) => worker.on('close', done));
  worker.kill('SIGKILL');
  await ended;
}

async function submitAll(
  name: string,
  queue: JobQueue,
  args: readonly string[],
  meanwhile: () => Promise<void>,
): Promise<void> {
  const records = openScanRecords({ store: openFileStore(join(folder, name)) });
  await using requests = openScanRequests({ records, queue, requeueSeconds: 3 });
  const over = new AbortController();
  const killing = killAgainAndAgain(args, over.signal);
  const finals = new Map<string, string>();
  try {
    const ids: string[] = [];
    for (let i = 0; i < 300; i++) {
      const image = `registry.test/app:v${i}`;
      const priority = i % 3 ? 'background' : 'interactive';
      ids.push((await requests.submit({ image, priority, requestedBy: 'test' })).id);
      if (i === 100) await meanwhile();
    }
    for (const id of ids.slice(-5)) await requests.cancel(id);
    const look = async (): Promise<boolean> => {
      for (const id of ids) {
        const record = await requests.find(id);
        const { state = 'lost', finishedAt = '' } = record ?? {};
        if (finals.has(id)) expect(`${state} ${finishedAt}`).toBe(finals.get(id));
        else if (state !== 'queued' && state !== 'running') finals.set(id, `${state} ${finishedAt}`);
      }
      return finals.size === ids.length;
    };
    await until(async () => {
      await wait(300);
      return await look();
    }, 150_000);
    await look();
    const states = [...finals.values()].map((text) => text.split(' ')[0]);
    const count = (of: string): number => states.filter((state) => state === of).length;
    expect([count('lost'), count('queued'), count('running')]).toEqual([0, 0, 0]);
    expect(count('cancelled')).toBeLessThanOrEqual(5);
    expect(count('failed')).toBeGreaterThanOrEqual(28);
    expect(count('failed')).toBeLessThanOrEqual(31);
    expect(await requests.list({ limit: 1000 })).toHaveLength(300);
  } finally {
    over.abort();
    expect(await killing).toBeGreaterThan(3);
  }
}

describe('300 scans over three workers that are killed again and again', () => {
  test('all come to one end, with jobs in files', { timeout: 180_000 }, async () => {
    const store = openFileStore(join(folder, 'stored'));
    await using queue = openStoredQueue({
      store,
      leases: leasesIn(store),
      journal: openJournal(store, { name: 'jobs/1', keepSeconds: 86_400 }),
      deadJournal: openJournal(store, { name: 'dead-jobs/1', keepSeconds: 86_400 }),
    });
    await submitAll('stored', queue, [join(folder, 'stored')], async () => undefined);
  });

  const needs = natsProgram ? '' : ' (needs nats-server)';
  test.skipIf(!natsProgram)(
    `all come to one end, with NATS, which is killed too and then wiped${needs}`,
    { timeout: 180_000 },
    async () => {
      await using server = await openNatsServer();
      await using queue = await openNatsQueue({ servers: [server.url], ackWaitSeconds: 2 });
      await submitAll('nats', queue, [join(folder, 'nats'), server.url], async () => {
        await server.kill();
        await server.start();
        await wait(3000);
        await server.kill();
        await server.wipe();
        await server.start();
      });
    },
  );
});
