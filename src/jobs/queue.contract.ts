import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Job, JobPriority } from '../model/job.ts';
import type { Delivery, JobQueue, Outcome } from './queue.ts';

export interface QueueUnderTest {
  readonly name: string;
  /** What is missing, if anything. */
  readonly missing?: string | undefined;
  /** An empty queue of its own, and further ways into the same one. */
  open(options: { readonly maxWaiting?: number; readonly maxAttempts?: number }): Promise<{
    readonly queue: JobQueue;
    readonly another: () => Promise<JobQueue>;
    readonly close: () => Promise<void>;
  }>;
}

export const job = (id: string, priority: JobPriority = 'interactive', more: Partial<Job> = {}): Job => ({
  id,
  kind: 'scan',
  priority,
  lane: 'registry.test',
  ...more,
});

export async function until(isSo: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not so within ${ms} ms: ${isSo.toString()}`);
    await wait(10);
  }
}

type Handle = (delivery: Delivery, options: { signal: AbortSignal }) => Promise<Outcome>;

/** What every queue must do. Each queue's test is one call to this, and what is its own. */
export function queueContract(under: QueueUnderTest): void {
  const title = under.missing
    ? `${under.name} as a queue (needs ${under.missing})`
    : `${under.name} as a queue`;
  describe.skipIf(under.missing)(title, () => {
    async function withQueue(
      options: { readonly maxWaiting?: number; readonly maxAttempts?: number },
      use: (
        queue: JobQueue,
        consume: (handle: Handle, options?: { concurrency?: number; perLane?: number }) => Promise<void>,
        another: () => Promise<JobQueue>,
      ) => Promise<void>,
    ): Promise<void> {
      const { queue, another, close } = await under.open(options);
      const end = new AbortController();
      const consumed: Promise<void>[] = [];
      const consume = (handle: Handle, { concurrency = 1, perLane = 100 } = {}): Promise<void> => {
        const done = queue.consume(handle, { signal: end.signal, concurrency, perLane });
        consumed.push(done);
        return done;
      };
      try {
        await use(queue, consume, another);
      } finally {
        end.abort();
        await Promise.all(consumed);
        await close();
      }
    }

    test('gives interactive jobs first, and of one priority the oldest', async () => {
      await withQueue({}, async (queue, consume) => {
        for (const id of ['b1', 'b2']) expect(await queue.enqueue(job(id, 'background'))).toBe(true);
        for (const id of ['i1', 'i2', 'i3']) expect(await queue.enqueue(job(id))).toBe(true);
        expect(await queue.depth()).toEqual({ interactive: 3, background: 2 });
        const seen: string[] = [];
        void consume(async ({ job: { id }, attempt }) => {
          seen.push(`${id}#${attempt}`);
          return { kind: 'done' };
        });
        await until(() => seen.length === 5);
        expect(seen).toEqual(['i1#1', 'i2#1', 'i3#1', 'b1#1', 'b2#1']);
        await until(async () => {
          const { interactive, background } = await queue.depth();
          return interactive + background === 0;
        });
      });
    });

    test('gives a job to one of those who consume, once', async () => {
      await withQueue({}, async (queue, consume, another) => {
        const seen: string[] = [];
        const handle: Handle = async ({ job: { id } }) => {
          seen.push(id);
          await wait(5);
          return { kind: 'done' };
        };
        const other = await another();
        const end = new AbortController();
        const consumed = other.consume(handle, { signal: end.signal, concurrency: 4, perLane: 100 });
        void consume(handle, { concurrency: 4 });
        const ids = Array.from({ length: 60 }, (_, i) => `job-${i}`);
        await Promise.all(ids.map((id, i) => (i % 2 ? queue : other).enqueue(job(id))));
        await until(() => seen.length >= 60);
        await wait(100);
        end.abort();
        await consumed;
        expect(seen.sort()).toEqual(ids.sort());
      });
    });

    test('lets no more of one lane run at once than it may, and others pass', async () => {
      await withQueue({}, async (queue, consume) => {
        for (let i = 0; i < 6; i++)
          await queue.enqueue(job(`slow-${i}`, 'interactive', { lane: 'slow.test' }));
        for (let i = 0; i < 3; i++)
          await queue.enqueue(job(`fast-${i}`, 'interactive', { lane: 'fast.test' }));
        let slow = 0;
        let mostSlow = 0;
        const ended: string[] = [];
        void consume(
          async ({ job: { id, lane } }) => {
            if (lane === 'slow.test') {
              mostSlow = Math.max(mostSlow, ++slow);
              await wait(300);
              slow--;
            }
            ended.push(id);
            return { kind: 'done' };
          },
          { concurrency: 4, perLane: 2 },
        );
        await until(() => ended.length === 9);
        expect(mostSlow).toBe(2);
        expect(ended.slice(0, 5).filter((id) => id.startsWith('fast')).length).toBe(3);
      });
    });

    test('does not take a job while one of the same key waits, nor the same job twice', async () => {
      await withQueue({}, async (queue, consume) => {
        const of = (id: string): Job => job(id, 'background', { dedupeKey: 'sha256:abc' });
        const taken = await Promise.all(['a', 'b', 'c', 'd'].map((id) => queue.enqueue(of(id))));
        expect(taken.filter(Boolean)).toHaveLength(1);
        expect(await queue.enqueue(job('same'))).toBe(true);
        expect(await queue.enqueue(job('same'))).toBe(false);
        let seen = 0;
        void consume(async () => {
          seen++;
          return { kind: 'done' };
        });
        await until(() => seen === 2);
        await until(() => queue.enqueue(of('e')));
        await until(() => seen === 3);
      });
    });

    test('delivers again what is to be retried, no sooner than asked, and others meanwhile', async () => {
      await withQueue({}, async (queue, consume) => {
        const seen: { id: string; attempt: number; at: number }[] = [];
        await queue.enqueue(job('again'));
        await queue.enqueue(job('other'));
        void consume(async ({ job: { id }, attempt }) => {
          seen.push({ id, attempt, at: Date.now() });
          return id === 'again' && attempt < 3 ? { kind: 'retry', delaySeconds: 0.3 } : { kind: 'done' };
        });
        await until(() => seen.length === 4);
        expect(seen.map(({ id, attempt }) => `${id}#${attempt}`)).toEqual([
          'again#1',
          'other#1',
          'again#2',
          'again#3',
        ]);
        const [first, , second, third] = seen.map(({ at }) => at);
        expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(295);
        expect(Number(third) - Number(second)).toBeGreaterThanOrEqual(295);
      });
    });

    test('does not begin a delayed job before its time', async () => {
      await withQueue({}, async (queue, consume) => {
        const start = Date.now();
        await queue.enqueue(job('later'), { delaySeconds: 0.5 });
        let at = 0;
        void consume(async () => {
          at = Date.now();
          return { kind: 'done' };
        });
        await until(() => at > 0);
        expect(at - start).toBeGreaterThanOrEqual(495);
      });
    });

    test('keeps dead letters, newest last, and plays them again', async () => {
      await withQueue({}, async (queue, consume) => {
        let isCured = false;
        const cured: string[] = [];
        await queue.enqueue(job('bad-1'));
        await queue.enqueue(job('bad-2', 'background'));
        void consume(async ({ job: { id } }) => {
          if (!isCured) return { kind: 'dead', reason: `no way with ${id}` };
          cured.push(id);
          return { kind: 'done' };
        });
        const list = async (): Promise<string[]> => {
          const found = [];
          for await (const { job: of, reason, at } of queue.deadLetters()) {
            expect(Date.parse(at)).toBeGreaterThan(0);
            found.push(`${of.id}: ${reason}`);
          }
          return found;
        };
        await until(async () => (await list()).length === 2);
        expect(await list()).toEqual(['bad-1: no way with bad-1', 'bad-2: no way with bad-2']);
        isCured = true;
        await until(() => queue.replay('bad-1'));
        expect(await queue.replay('never')).toBe(false);
        await until(() => cured.length === 1);
        expect(cured).toEqual(['bad-1']);
        expect(await list()).toEqual(['bad-2: no way with bad-2']);
      });
    });

    test('makes a dead letter of what never comes to an end', async () => {
      await withQueue({ maxAttempts: 3 }, async (queue, consume) => {
        let seen = 0;
        await queue.enqueue(job('endless'));
        void consume(async () => {
          seen++;
          return { kind: 'retry', delaySeconds: 0.01 };
        });
        const dead: string[] = [];
        await until(async () => {
          for await (const letter of queue.deadLetters()) dead.push(letter.job.id);
          return dead.length > 0;
        });
        expect(dead[0]).toBe('endless');
        expect(seen).toBe(3);
      });
    });

    test('refuses what is too much, and takes again when there is room', async () => {
      await withQueue({ maxWaiting: 3 }, async (queue, consume) => {
        for (const id of ['1', '2', '3']) await queue.enqueue(job(id));
        await expect(queue.enqueue(job('4'))).rejects.toMatchObject({ code: 'QUEUE_FULL', kind: 'upstream' });
        let seen = 0;
        void consume(async () => {
          seen++;
          return { kind: 'done' };
        });
        await until(() => seen === 3);
        await until(() => queue.enqueue(job('4')));
        await until(() => seen === 4);
      });
    });

    test('calls running jobs off when it is to end, waits for them, and loses none', async () => {
      await withQueue({}, async (queue, _consume, another) => {
        await queue.enqueue(job('long'));
        const end = new AbortController();
        const seen: string[] = [];
        const consumed = queue.consume(
          async ({ job: { id } }, { signal }) => {
            seen.push(`begun ${id}`);
            await wait(20_000, undefined, { signal }).catch(() => undefined);
            await wait(100);
            seen.push('cleaned up');
            throw signal.reason;
          },
          { signal: end.signal, concurrency: 1, perLane: 1 },
        );
        await until(() => seen.length === 1);
        end.abort();
        await consumed;
        expect(seen).toEqual(['begun long', 'cleaned up']);
        const other = await another();
        const again = new AbortController();
        const consumedAgain = other.consume(
          async ({ job: { id } }) => {
            seen.push(`again ${id}`);
            return { kind: 'done' };
          },
          { signal: again.signal, concurrency: 1, perLane: 1 },
        );
        await until(() => seen.includes('again long'));
        again.abort();
        await consumedAgain;
      });
    });

    test('does not lose a job whose handler throws', async () => {
      await withQueue({}, async (queue, consume) => {
        await queue.enqueue(job('thrown'));
        await queue.enqueue(job('next'));
        const seen: string[] = [];
        void consume(async ({ job: { id } }) => {
          seen.push(id);
          if (id === 'thrown') throw new Error('planted');
          return { kind: 'done' };
        });
        await until(() => seen.includes('next'));
        expect(await queue.enqueue(job('thrown'))).toBe(false); // it is there still
      });
    });
  });
}
