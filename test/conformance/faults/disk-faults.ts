import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openDisposal } from '../../../src/base/disposal.ts';
import { runProgram, startReplica } from '../../fixtures/replica.ts';
import { servedAdvisories } from '../../fixtures/served-images.ts';
import { databaseArchive } from '../../fixtures/trivy-db.ts';
import { duringScans } from './during-scans.ts';
import { openLab, resultsOf, truthOf, type Fault } from './lab.ts';

/** Two builds of a database, which tell different versions as fixed. */
const BUILDS = [
  { fixed: '1.0-2', updatedAt: '2026-11-20T06:00:00Z' },
  { fixed: '1.0-3', updatedAt: '2026-11-21T06:00:00Z' },
] as const;

/** As many as there are, all under way together. */
const AT_ONCE = ['--concurrency', '64', '--per-registry', '64'];

const swappedDatabase: Fault = {
  name: 'database swapped during scans',
  isQuick: true,
  async run({ scans }) {
    await using stack = openDisposal();
    const lab = stack.use(await openLab(scans));
    const archives = BUILDS.map(({ fixed, updatedAt }, i) => {
      const path = join(lab.folder, `db-${i}.tar.gz`);
      writeFileSync(path, databaseArchive(servedAdvisories(scans, fixed), { updatedAt }));
      return path;
    });
    const use = async (cache: string, i: number): Promise<void> => {
      const run = await runProgram(['db', 'import', archives[i] ?? '', '--cache-dir', cache]);
      if (run.code !== 0) throw new Error(run.stderr);
    };
    const cache = join(lab.folder, 'cache');
    await use(cache, 0);
    const replica = stack.use(
      await startReplica({ args: ['--cache-dir', cache, '--skip-db-update', ...AT_ONCE] }),
    );
    const told = { before: 0, after: 0 };
    const outcome = await duringScans({
      lab,
      replicas: [replica],
      async happen() {
        while ((await replica.metric('drydock_scans_total')) === 0) await wait(50);
        await use(cache, 1);
      },
      async judge(_, accepted) {
        for (const [i, { id, image }] of accepted.entries()) {
          const report = resultsOf(await replica.report(id));
          const isAfter = report.includes(BUILDS[1].fixed);
          if (isAfter && report.includes(BUILDS[0].fixed)) throw new Error('a report of two databases');
          told[isAfter ? 'after' : 'before']++;
          const isLast = i === accepted.length - 1;
          if (isLast && !isAfter) throw new Error('a new scan was judged by the old database');
          if (i % 10 && !isLast) continue; // the command line takes its time
          const own = join(lab.folder, `cli-${Number(isAfter)}`);
          await use(own, Number(isAfter));
          if (report !== (await truthOf(image, [], lab.folder, own)))
            throw new Error(`a wrong report of ${image}`);
        }
      },
    });
    const sides = `${told.before} judged by the old one, ${told.after} by the new one`;
    return { ...outcome, outcome: `${outcome.outcome}; ${sides}` };
  },
};

/** A small disk of one's own needs the right to mount one. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const fullDisk: Fault = {
  name: 'disk full',
  isQuick: true,
  async run({ scans, outageMs }) {
    await using stack = openDisposal();
    const lab = stack.use(await openLab(scans));
    const cache = join(lab.folder, 'narrow');
    mkdirSync(cache);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', cache], { stdio: 'ignore' });
    stack.defer(() => void execFileSync('umount', ['-l', cache]));
    const replica = stack.use(
      await startReplica({ args: ['--cache-dir', cache, '--db-path', lab.database] }),
    );
    return await duringScans({
      lab,
      replicas: [replica],
      isRecoveredWhenAllDone: true,
      async happen() {
        const filler = join(cache, 'filler');
        try {
          writeFileSync(filler, Buffer.alloc(64 << 20));
        } catch {
          // as was meant
        }
        await wait(outageMs);
        rmSync(filler, { force: true });
      },
    });
  },
};

export const diskFaults: readonly Fault[] = [swappedDatabase, ...(canMount() ? [fullDisk] : [])];
