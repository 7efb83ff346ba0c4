import { afterAll, beforeAll } from 'vitest';
import { openNatsQueue } from './nats.ts';
import { natsProgram, openNatsServer, type NatsServer } from './nats-server.contract.ts';
import { queueContract } from './queue.contract.ts';
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
