import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { KNOWN_PROGRAMS } from './known-programs.ts';
import { runScan, type ProgramPlace } from './run-scan.ts';

const folder = mkdtempSync(join(tmpdir(), 'drydock-run-scan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const image = {
  kind: 'registry',
  host: 'h:5000',
  repository: 'a',
  digest: `sha256:${'0'.repeat(64)}`,
} as const;
const place: ProgramPlace = {
  path: process.env['PATH'] ?? '',
  stateFolder: join(folder, 'state'),
  scratchFolder: join(folder, 'runs'),
  environment: {},
};

function scanWith(script: string) {
  const command = join(mkdtempSync(join(folder, 'program-')), 'program');
  writeFileSync(command, `#!/bin/sh\n${script}\n`);
  chmodSync(command, 0o755);
  const target = KNOWN_PROGRAMS.get('trivy');
  if (!target) throw new Error('it is known');
  const scan = { type: 'vulnerability', output: 'harbor', arguments: ['{output}', '{reference}'] } as const;
  const job = { name: 'p', target: { ...target, command, scans: [scan] }, scan, image, timeoutMs: 5000 };
  return runScan(job, place, { signal });
}

describe('the result in a file', () => {
  test('is read', async () => {
    expect(Buffer.from(await scanWith('printf %s "{}" > "$1"')).toString()).toBe('{}');
  });

  test.each([
    ['is a pipe at which nobody writes', 'mkfifo "$1"'],
    ['leads to something without an end', 'ln -s /dev/zero "$1"'],
    ['is a folder', 'mkdir "$1"'],
    ['was not written', ':'],
  ])('that %s is none', async (_what, script) => {
    await expect(scanWith(script)).rejects.toMatchObject({ code: 'BACKEND_PROTOCOL' });
  });
});

test('folders of runs whose process was killed are removed when nobody can need them any more', async () => {
  const now = Math.floor(Date.now() / 1000);
  const [old, current] = [`until-${now - 10}-abc`, `until-${now + 1000}-abc`];
  for (const name of [old, current, 'other']) {
    mkdirSync(join(place.scratchFolder, name), { recursive: true });
    writeFileSync(join(place.scratchFolder, name, 'config.json'), '{}');
  }
  await scanWith('printf %s "{}" > "$1"');
  expect(existsSync(join(place.scratchFolder, old))).toBe(false);
  expect(readdirSync(place.scratchFolder).sort()).toEqual(['other', current]);
});
