import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { images, layouts, realDatabase } from '../fixtures/images.ts';
import { drydock } from '../fixtures/program.ts';
import { startAdapter } from '../fixtures/scanners/adapter-server.ts';
import { finding, modelStyle } from '../fixtures/scanners/vendors.ts';
import { shared } from '../fixtures/shared.ts';
import { hasTrivy, trivy, TRIVY_NEEDS } from '../fixtures/trivy-client.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-compare-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const report = (vulnerabilities: readonly object[]) =>
  JSON.stringify({ SchemaVersion: 2, Results: [{ Vulnerabilities: vulnerabilities }] });
const flaw = (id: string, severity: string) => ({
  ...{ VulnerabilityID: id, PkgName: 'openssl', InstalledVersion: '3.0.1', Severity: severity },
});

/** A program that is said to be a scanner, and says what it is told to. */
function pretend(name: string, says: string): object {
  const command = join(folder, name);
  writeFileSync(
    command,
    `#!/bin/sh\nif [ "$1" = version ]; then echo 1.2.3; exit 0; fi\ncat <<'END'\n${says}\nEND\n`,
  );
  chmodSync(command, 0o700);
  return { name, program: { like: 'trivy', command } };
}

function scannersFile(scanners: readonly object[]): string {
  const file = join(folder, 'scanners.yaml');
  writeFileSync(file, JSON.stringify({ scanners }));
  return file;
}

const [image] = layouts(/^debian12-python/);
const isReady = image !== undefined;
const compare = (...args: readonly string[]) =>
  drydock(['compare', '--quiet', '--cache-dir', join(folder, 'cache'), ...args]);

describe.skipIf(!isReady)('drydock compare (needs DRYDOCK_TEST_IMAGES)', { timeout: 60_000 }, () => {
  const layout = `oci:${join(images ?? '', image ?? '')}`;
  const file = () =>
    scannersFile([
      pretend('one', report([flaw('CVE-1', 'HIGH'), flaw('CVE-2', 'LOW')])),
      pretend('two', report([flaw('CVE-1', 'MEDIUM'), flaw('CVE-3', 'LOW')])),
      pretend('three', 'nonsense'),
    ]);

  test('tells what both find, and what only one does', async () => {
    const run = await compare('--scanners-file', file(), '--scanners', 'one,two', layout);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toBe(
      [
        `${layout}: one 1.2.3 and two 1.2.3`,
        '0 agreed, 1 with another severity, 1 only one, 1 only two',
        '',
        'Another severity',
        '  HIGH → MEDIUM CVE-1 openssl 3.0.1',
        '',
        'Only one',
        '  LOW CVE-2 openssl 3.0.1',
        '',
        'Only two',
        '  LOW CVE-3 openssl 3.0.1',
        '',
      ].join('\n'),
    );
  });

  test('--exit-code tells that they do not agree, --output and --format where and how', async () => {
    const output = join(folder, 'comparison.json');
    const args = ['--scanners-file', file(), '--exit-code', '9', '--format', 'json', '--output', output];
    expect((await compare(...args, '--scanners', 'one,two', layout)).code).toBe(9);
    expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({ OnlyA: [{ ID: 'CVE-2' }] });
    const same = scannersFile([pretend('one', report([])), pretend('two', report([]))]);
    const agreed = await compare(
      '--scanners-file',
      same,
      '--exit-code',
      '9',
      '--scanners',
      'one,two',
      layout,
    );
    expect(agreed.code).toBe(0);
  });

  test.each([
    ['one,nobody', 2, 'there is no scanner called "nobody"'],
    ['one', 2, 'two different scanners'],
    ['one,one', 2, 'two different scanners'],
    ['one,three', 5, 'scanner three wrote something that is no trivy-json'],
  ])('%s', async (scanners, code, message) => {
    const run = await compare('--scanners-file', file(), '--scanners', scanners, layout);
    expect(run.code).toBe(code);
    expect(run.stderr).toContain(message);
  });

  test('an adapter cannot read what lies here', async () => {
    await using adapter = await startAdapter(modelStyle({ findings: [finding('CVE-1', 'High')] }));
    const scanners = scannersFile([pretend('one', report([])), { name: 'east', url: adapter.url }]);
    const run = await compare('--scanners-file', scanners, '--scanners', 'one,east', layout);
    expect(run.code).toBe(5);
    expect(run.stderr).toContain('reads images from registries only');
  });
});

describe.skipIf(!hasTrivy || !isReady || shared === undefined)(
  `Drydock and the real Trivy agree (${TRIVY_NEEDS})`,
  { timeout: 120_000 },
  () => {
    test(`on ${image ?? ''}`, async () => {
      const database = realDatabase();
      if (!database) return;
      const cache = join(database.folder, 'cache', 'db');
      const { cpSync, mkdirSync } = await import('node:fs');
      mkdirSync(cache, { recursive: true });
      const metadata = JSON.parse(readFileSync(join(database.folder, 'metadata.json'), 'utf8')) as object;
      writeFileSync(
        join(cache, 'metadata.json'),
        JSON.stringify({ ...metadata, DownloadedAt: new Date().toISOString() }),
      );
      cpSync(join(database.folder, 'trivy.db'), join(cache, 'trivy.db'));
      const environment = {
        ...{ TRIVY_CACHE_DIR: join(database.folder, 'cache'), TRIVY_SKIP_DB_UPDATE: 'true' },
        ...{ TRIVY_SKIP_JAVA_DB_UPDATE: 'true', TRIVY_OFFLINE_SCAN: 'true' },
      };
      const file = scannersFile([{ name: 'trivy', program: { like: 'trivy', command: trivy, environment } }]);
      const run = await compare(
        ...['--scanners-file', file, '--db-path', database.folder, '--format', 'json'],
        `oci:${join(images ?? '', image ?? '')}`,
      );
      database.remove();
      expect(run).toMatchObject({ code: 0, stderr: '' });
      const told = JSON.parse(run.stdout) as Record<string, unknown[]>;
      expect(told['Agreed']?.length).toBeGreaterThan(0);
      for (const part of ['SeverityDiffers', 'OnlyA', 'OnlyB']) expect(told[part]).toEqual([]);
    });
  },
);
