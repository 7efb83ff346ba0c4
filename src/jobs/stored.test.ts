import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DrydockError } from '../base/errors.ts';
import { hasRedis, startRedis, type RunningServer } from '../../test/fixtures/redis-server.ts';
import { openFileStore } from '../store/files.ts';
import { openJournal } from '../store/journal.ts';
import type { Leases } from '../store/leases.ts';
import { openFileLeases } from '../store/leases/file-leases.ts';
import { openMemoryLeases } from '../store/leases/memory-leases.ts';
import { openRedisLeases } from '../store/leases/redis-leases.ts';
import { openMemoryStore } from '../store/memory.ts';
import { openRedisStore } from '../store/redis/redis-store.ts';
import { parseRedisUrl } from '../store/redis/redis-url.ts';
import { openRedis, type Redis } from '../store/redis/redis.ts';
import type { Store } from '../store/store.ts';
import { queueContract, type QueueUnderTest } from './queue.contract.ts';
import type { JobQueue } from './queue.ts';
import { openStoredQueue } from './stored.ts';

interface Place {
  readonly store: Store;
  readonly leases: Leases;
  readonly remove: () => Promise<void>;
}

function over(name: string, openPlace: () => Promise<Place>, missing?: string): QueueUnderTest {
  return {
    name,
    missing,
    async open(options) {
      const { store, leases, remove } = await openPlace();
      const opened: JobQueue[] = [];
      const another = async (): Promise<JobQueue> => {
        const queue = openStoredQueue({
          store,
          leases,
          journal: openJournal(store, { name: 'jobs/1', keepSeconds: 30 * 86_400 }),
          deadJournal: openJournal(store, { name: 'dead-jobs/1', keepSeconds: 7 * 86_400 }),
          sweepSeconds: 0.3,
          leaseSeconds: 2,
          ...options,
        });
        opened.push(queue);
        return queue;
      };
      return {
        queue: await another(),
        another,
        async close() {
          for (const queue of opened) await queue[Symbol.asyncDispose]();
          await leases[Symbol.asyncDispose]();
          await store[Symbol.asyncDispose]();
          await remove();
        },
      };
    },
  };
}

queueContract(
  over('jobs in memory', async () => ({
    store: openMemoryStore(),
    leases: openMemoryLeases(),
    remove: () => Promise.resolve(),
  })),
);

queueContract(
  over('jobs in files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'drydock-jobs-'));
    return {
      store: openFileStore(join(folder, 'store')),
      leases: openFileLeases(join(folder, 'leases')),
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  }),
);

let server: RunningServer | undefined;
let redis: Redis | undefined;
let places = 0;
beforeAll(async () => {
  if (!hasRedis) return;
  server = await startRedis();
  redis = await openRedis(parseRedisUrl(`redis://127.0.0.1:${server.port}`));
});
afterAll(async () => {
  await redis?.[Symbol.asyncDispose]();
  await server?.stop();
});

queueContract(
  over(
    'jobs in Redis',
    async () => {
      if (!redis) throw new Error('Redis did not start');
      const prefix = `test-${places++}:`;
      return {
        store: openRedisStore(redis, { prefix }),
        leases: openRedisLeases(redis, prefix),
        remove: () => Promise.resolve(),
      };
    },
    hasRedis ? undefined : 'redis-server',
  ),
);

describe('a job that its writer could tell nobody of', () => {
  /** Two queues over one store; the first one's journal fails while it is told to. */
  async function twoQueues() {
    const store = openMemoryStore();
    const leases = openMemoryLeases();
    const failing = { journal: false };
    const open = (isFirst: boolean): JobQueue => {
      const journal = openJournal(store, { name: 'jobs/1', keepSeconds: 86_400 });
      return openStoredQueue({
        store,
        leases,
        journal: {
          ...journal,
          append: (entry, at) =>
            isFirst && failing.journal
              ? Promise.reject(new DrydockError('STORE_UNAVAILABLE', 'away'))
              : journal.append(entry, at),
        },
        deadJournal: openJournal(store, { name: 'dead-jobs/1', keepSeconds: 86_400 }),
        sweepSeconds: 0.1,
      });
    };
    return { store, failing, first: open(true), second: open(false) };
  }

  const job = { id: 'j1', kind: 'scan', priority: 'interactive', lane: 'l' } as const;

  async function doneBy(queue: JobQueue): Promise<string[]> {
    const done: string[] = [];
    const over = new AbortController();
    const consuming = queue.consume(
      async ({ job: { id } }) => {
        done.push(id);
        return { kind: 'done' };
      },
      { signal: over.signal, concurrency: 1, perLane: 1 },
    );
    for (let i = 0; i < 30 && done.length === 0; i++) await new Promise((next) => setTimeout(next, 100));
    over.abort();
    await consuming;
    return done;
  }

  test('is done by others once it is queued again', async () => {
    const { failing, first, second } = await twoQueues();
    failing.journal = true;
    await expect(first.enqueue(job)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    failing.journal = false;
    expect(await first.enqueue(job)).toBe(false);
    expect(await doneBy(second)).toEqual(['j1']);
  });

  test('is done by others who have seen it go when their store was emptied', async () => {
    const { store, first, second } = await twoQueues();
    await first.enqueue(job);
    for await (const key of store.keys('job/')) await store.delete(key);
    expect(await doneBy(second)).toEqual([]);
    expect(await first.enqueue(job)).toBe(true);
    expect(await doneBy(second)).toEqual(['j1']);
  });
});
