import { afterAll, beforeAll, expect, test } from 'vitest';
import { openNatsQueue } from './nats.ts';
import { natsProgram, openNatsServer, type NatsServer } from './nats-server.contract.ts';
import { queueContract, until } from './queue.contract.ts';
import type { JobQueue } from './queue.ts';

let server: NatsServer | undefined;
let queues = 0;
beforeAll(async () => {
  if (natsProgram) server = await openNatsServer();
});
afterAll(async () => server?.[Symbol.asyncDispose]());

queueContract({
  name: 'jobs in NATS',
  missing: natsProgram ? undefined : 'nats-server',
  async open(options) {
    const namespace = `test-${queues++}`;
    const opened: JobQueue[] = [];
    const another = async (): Promise<JobQueue> => {
      const queue = await openNatsQueue({ servers: [server?.url ?? ''], namespace, ...options });
      opened.push(queue);
      return queue;
    };
    return {
      queue: await another(),
      another,
      async close() {
        for (const queue of opened) await queue[Symbol.asyncDispose]();
      },
    };
  },
});

test.skipIf(!natsProgram)(
  'jobs in NATS tell when they were lost with their server (needs nats-server)',
  async () => {
    await using frail = await openNatsServer();
    await using queue = await openNatsQueue({ servers: [frail.url] });
    const job = { id: 'j', kind: 'scan', priority: 'interactive', lane: 'l' } as const;
    expect([await queue.isEmptied?.(), await queue.isEmptied?.()]).toEqual([true, false]);
    await frail.kill();
    await frail.start();
    await until(async () => queue.enqueue(job).catch(() => false));
    expect(await queue.isEmptied?.()).toBe(false);
    await frail.kill();
    await frail.wipe();
    await frail.start();
    await until(async () => queue.enqueue(job).catch(() => false));
    expect([await queue.isEmptied?.(), await queue.isEmptied?.()]).toEqual([true, false]);
  },
);
