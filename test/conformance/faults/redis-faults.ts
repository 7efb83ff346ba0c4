import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openDisposal } from '../../../src/base/disposal.ts';
import { cli, startRedis, type RunningServer } from '../../fixtures/redis-server.ts';
import { startReplica } from '../../fixtures/replica.ts';
import { startTcpProxy, type TcpProxy } from '../../fixtures/tcp-proxy.ts';
import { duringScans } from './during-scans.ts';
import { openLab, type Fault, type FaultOptions } from './lab.ts';

interface Setting {
  redis: RunningServer;
  readonly tcp: TcpProxy;
}

const REPLICAS = 2;

/** Two replicas over one Redis, to which something happens while they scan. */
function redisFault(name: string, happen: (setting: Setting, options: FaultOptions) => Promise<void>): Fault {
  return {
    name,
    isQuick: /stopped|restarted/.test(name),
    async run(options) {
      await using stack = openDisposal();
      const lab = stack.use(await openLab(options.scans));
      const setting = { redis: await startRedis(), tcp: undefined as never };
      stack.defer(() => setting.redis.stop());
      const tcp = stack.use(await startTcpProxy(setting.redis.port));
      const given: Setting = Object.assign(setting, { tcp });
      const args = ['--db-path', lab.database, '--store', `redis://127.0.0.1:${tcp.port}`];
      const replicas = await Promise.all(
        Array.from({ length: REPLICAS }, async (_, i) =>
          stack.use(await startReplica({ args: [...args, '--cache-dir', join(lab.folder, `cache-${i}`)] })),
        ),
      );
      return await duringScans({ lab, replicas, happen: () => happen(given, options) });
    },
  };
}

export const redisFaults: readonly Fault[] = [
  redisFault('Redis stopped (SIGSTOP)', async ({ redis }, { outageMs }) => {
    redis.pause();
    await wait(outageMs);
    redis.goOn();
  }),
  redisFault('Redis killed and restarted empty', async (setting, { outageMs }) => {
    const { port } = setting.redis;
    await setting.redis.kill();
    setting.tcp.cut();
    await wait(outageMs);
    setting.redis = await startRedis([], port);
  }),
  redisFault('Redis slow (500 ms)', async ({ tcp }, { outageMs }) => {
    tcp.delayMs = 500;
    await wait(outageMs);
    tcp.delayMs = 0;
  }),
  redisFault('Redis full (maxmemory, noeviction)', async ({ redis }, { outageMs }) => {
    cli(redis.port, 'config', 'set', 'maxmemory-policy', 'noeviction');
    cli(redis.port, 'config', 'set', 'maxmemory', '1');
    await wait(outageMs);
    cli(redis.port, 'config', 'set', 'maxmemory', '0');
  }),
  redisFault('Redis emptied (FLUSHALL)', async ({ redis }) => {
    cli(redis.port, 'flushall');
    await Promise.resolve();
  }),
];
