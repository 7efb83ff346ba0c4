import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openDisposal } from '../../../src/base/disposal.ts';
import { openNatsServer } from '../../../src/jobs/nats-server.contract.ts';
import { startRedis } from '../../fixtures/redis-server.ts';
import { startReplica, startWorker } from '../../fixtures/replica.ts';
import { duringScans } from './during-scans.ts';
import { openLab, type Fault } from './lab.ts';

const killedReplica: Fault = {
  name: 'replica killed (SIGKILL) with leases and jobs',
  isQuick: true,
  async run({ scans }) {
    await using stack = openDisposal();
    const lab = stack.use(await openLab(scans));
    const redis = await startRedis();
    stack.defer(() => redis.stop());
    const args = ['--db-path', lab.database, '--store', `redis://127.0.0.1:${redis.port}`];
    const replicas = await Promise.all(
      Array.from({ length: 3 }, async (_, i) =>
        stack.use(await startReplica({ args: [...args, '--cache-dir', join(lab.folder, `cache-${i}`)] })),
      ),
    );
    const happen = async (): Promise<void> => {
      const [dying] = replicas.splice(0, 1);
      await dying?.kill();
    };
    return await duringScans({ lab, replicas, happen, isRecoveredWhenAllDone: true });
  },
};

/** A server that does nothing itself, and workers behind NATS. */
function natsFault(
  name: string,
  happen: (parts: {
    readonly nats: Awaited<ReturnType<typeof openNatsServer>>;
    readonly workers: Awaited<ReturnType<typeof startWorker>>[];
    readonly outageMs: number;
  }) => Promise<void>,
): Fault {
  return {
    name,
    isQuick: name.endsWith('and restarted'),
    async run({ scans, outageMs }) {
      await using stack = openDisposal();
      const lab = stack.use(await openLab(scans));
      const redis = await startRedis();
      stack.defer(() => redis.stop());
      const nats = stack.use(await openNatsServer());
      const args = (who: string): string[] => [
        ...['--db-path', lab.database, '--store', `redis://127.0.0.1:${redis.port}`],
        ...['--nats', nats.url, '--cache-dir', join(lab.folder, who)],
      ];
      const server = stack.use(await startReplica({ args: [...args('server'), '--concurrency', '0'] }));
      const workers = await Promise.all(
        [1, 2].map(async (i) =>
          stack.use(await startWorker({ args: [...args(`worker-${i}`), '--allow-registry', '127.0.0.1:*'] })),
        ),
      );
      const outcome = await duringScans({
        lab,
        replicas: [server],
        happen: () => happen({ nats, workers, outageMs }),
        isRecoveredWhenAllDone: true,
      });
      for (const worker of workers) {
        const code = await worker.stop();
        if (code !== 0 && code !== null) throw new Error(`a worker ended with ${code}: ${worker.stderr()}`);
      }
      return outcome;
    },
  };
}

export const processFaults: readonly Fault[] = [
  killedReplica,
  natsFault('NATS killed and restarted', async ({ nats, outageMs }) => {
    await nats.kill();
    await wait(outageMs);
    await nats.start();
  }),
  natsFault('NATS killed, restarted empty', async ({ nats, outageMs }) => {
    await nats.kill();
    await nats.wipe();
    await wait(outageMs);
    await nats.start();
  }),
  natsFault('worker behind NATS killed (SIGKILL)', async ({ workers }) => {
    await workers.shift()?.kill();
  }),
];
