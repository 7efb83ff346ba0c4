import { describe, expect, test } from 'vitest';
import { natsProgram } from '../../src/jobs/nats-server.contract.ts';
import { hasDockerRegistry } from '../fixtures/docker-registry.ts';
import { hasRedis } from '../fixtures/redis-server.ts';
import { diskFaults } from './faults/disk-faults.ts';
import { processFaults } from './faults/process-faults.ts';
import { redisFaults } from './faults/redis-faults.ts';

const faults = [...redisFaults, ...processFaults, ...diskFaults].filter(({ isQuick }) => isQuick);
const canRun = hasDockerRegistry && hasRedis && natsProgram !== undefined;

/** All kinds, and ten seconds of each: `node scripts/bench.mjs serve-faults`. */
describe.skipIf(!canRun)(
  'faults while servers scan (needs docker-registry, redis-server and nats-server)',
  () => {
    test.each(faults)(
      '$name: no accepted scan is lost, no report is wrong, and it is felt no longer than ten seconds',
      { timeout: 120_000 },
      async (fault) => {
        const { recoverySeconds } = await fault.run({ outageMs: 3000, scans: 5 });
        expect(recoverySeconds).toBeLessThan(10);
      },
    );
  },
);
