import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { images } from '../fixtures/images.ts';
import { LayoutWriter } from '../fixtures/layout-writer.ts';
import { drydock } from '../fixtures/program.ts';
import { shared } from '../fixtures/shared.ts';

const KILLS = process.env['DRYDOCK_FULL'] ? 200 : 16;
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Repeatable, so that a failure can be looked at again. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

describe.skipIf(!shared || !images)('kill -9 (needs ../shared and DRYDOCK_TEST_IMAGES)', () => {
  let folder: string;
  let sources: string[];
  const image = `oci:${join(images ?? '', 'debian12-web')}`;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'drydock-kill-'));
    sources = ['2026-10-15', '2026-11-21'].map((day) => {
      const layout = new LayoutWriter(join(folder, `db-${day}`));
      const archive = readFileSync(join(shared ?? '', 'data', 'trivy-db', `db-${day}.tar.gz`));
      layout.tag(layout.database(archive), '2');
      return `oci:${layout.folder}:2`;
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const env = (cache: string): Record<string, string> => ({ DRYDOCK_CACHE_DIR: join(folder, cache) });

  async function findings(cache: string): Promise<string[]> {
    const run = await drydock(['scan', '--format', 'json', '--skip-db-update', image], { env: env(cache) });
    expect(run.stderr).toBe('');
    const report = JSON.parse(run.stdout) as {
      Results: { Vulnerabilities?: { VulnerabilityID: string; PkgID: string }[] }[];
    };
    return report.Results.flatMap((r) =>
      (r.Vulnerabilities ?? []).map((v) => `${v.PkgID} ${v.VulnerabilityID}`),
    );
  }

  async function update(cache: string, source: string): Promise<void> {
    const run = await drydock(['db', 'update', '--force', '--db-repository', source], { env: env(cache) });
    expect(run.stderr).not.toMatch(/^drydock: /m);
    expect(run.code).toBe(0);
  }

  test(`${KILLS} kills at random moments of scans and updates leave every later scan right`, async () => {
    const truth = new Map<string, string[]>();
    for (const [index, source] of sources.entries()) {
      await update(`fresh-${index}`, source);
      truth.set(source, await findings(`fresh-${index}`));
    }
    expect(truth.get(sources[1] ?? '')?.length).toBeGreaterThan(50);
    cpSync(join(folder, 'fresh-0'), join(folder, 'worn'), { recursive: true });

    const random = numbers(7);
    for (let kill = 0; kill < KILLS; kill++) {
      const isUpdate = kill % 2 === 0;
      const source = sources[(kill >> 1) % 2] ?? '';
      const args = isUpdate
        ? ['db', 'update', '--force', '--db-repository', source]
        : ['scan', '--format', 'json', '--skip-db-update', '--force', image];
      if (kill % 5 === 4) rmSync(join(folder, 'worn', 'store'), { recursive: true, force: true });
      await killed(args, env('worn'), (random.next().value as number) * 1200);
      // Whichever database is in use, its answer is that of a fresh cache with the same database.
      const told = await findings('worn');
      expect([...truth.values()]).toContainEqual(told);
    }
    await update('worn', sources[1] ?? '');
    expect(await findings('worn')).toEqual(truth.get(sources[1] ?? ''));
    expect(existsSync(join(folder, 'worn'))).toBe(true);
  }, 1_200_000);

  test('scans and updates at once agree with a serial run', async () => {
    const [older = '', newer = ''] = sources;
    await update('serial-a', older);
    const before = await findings('serial-a');
    await update('serial-a', newer);
    const after = await findings('serial-a');

    await update('busy', older);
    const updates = (async () => {
      for (let i = 0; i < 3; i++) for (const source of [newer, older]) await update('busy', source);
      await update('busy', newer);
    })();
    const scans = [1, 2].map(async () => {
      for (let i = 0; i < 5; i++) expect([before, after]).toContainEqual(await findings('busy'));
    });
    await Promise.all([updates, ...scans]);
    expect(await findings('busy')).toEqual(after);
  }, 300_000);
});

function killed(args: readonly string[], env: Record<string, string>, afterMs: number): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
      stdio: 'ignore',
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    child.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
