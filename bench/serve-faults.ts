/**
 * node scripts/bench.mjs serve-faults [PATTERN]
 *
 * Lets everything go wrong that a server leans on, while it scans, and says what became of it: whether all scans that
 * were accepted came to the right report, and how long the fault was felt after its end. Needs docker-registry,
 * redis-server and nats-server; the full disk needs the right to mount. PATTERN chooses faults by their names.
 */
import { resolve } from 'node:path';
import { diskFaults } from '../test/conformance/faults/disk-faults.ts';
import { processFaults } from '../test/conformance/faults/process-faults.ts';
import { redisFaults } from '../test/conformance/faults/redis-faults.ts';

process.env['DRYDOCK_PROGRAM'] ??= resolve('dist/main.js');

const OUTAGE_MS = 10_000;
const SCANS = 30;
const pattern = new RegExp(process.argv[2] ?? '', 'i');
const faults = [...redisFaults, ...processFaults, ...diskFaults].filter(({ name }) => pattern.test(name));

console.log(
  `| fault (${OUTAGE_MS / 1000} s, ${SCANS} scans) | outcome | felt after its end |\n| --- | --- | --- |`,
);
for (const fault of faults) {
  try {
    const { outcome, recoverySeconds } = await fault.run({ outageMs: OUTAGE_MS, scans: SCANS });
    console.log(`| ${fault.name} | ${outcome} | ${recoverySeconds.toFixed(1)} s |`);
  } catch (error) {
    process.exitCode = 1;
    console.log(
      `| ${fault.name} | FAILED: ${error instanceof Error ? error.message.slice(0, 300) : String(error)} | – |`,
    );
  }
}
