import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { images, layouts, realDatabase } from '../fixtures/images.ts';
import { drydock } from '../fixtures/program.ts';
import { shared } from '../fixtures/shared.ts';

interface Told {
  readonly Results?: readonly {
    readonly Class: string;
    readonly Packages?: readonly unknown[];
    readonly Vulnerabilities?: readonly {
      readonly PkgName: string;
      readonly InstalledVersion: string;
      readonly VulnerabilityID: string;
      readonly FixedVersion?: string;
    }[];
  }[];
}

/**
 * Packages and findings of the real roots. Where these are not the numbers in the README beside them, it is because
 * the database holds two advisories more for Alpine 3.9 and 3.10 (CVE-2019-1551), and because AlmaLinux 9.0 has two
 * small packages stored inline (docs/compatibility.md).
 */
const ROOTS: readonly (readonly [name: string, packages: number, findings: number])[] = [
  ['alpine-3.4.6-x86_64', 11, 14],
  ['alpine-3.7.3-x86_64', 13, 2],
  ['alpine-3.7.3-aarch64', 13, 2],
  ['alpine-3.8.2-x86_64', 13, 2],
  ['alpine-3.9.0-x86_64', 14, 12],
  ['alpine-3.9.6-x86_64', 14, 0],
  ['alpine-3.10.3-x86_64', 14, 2],
  ['alpine-3.11.13-x86_64', 14, 0],
  ['alpine-3.15.11-x86_64', 14, 0],
  ['alpine-3.18.9-x86_64', 15, 0],
  ['alpine-3.20.3-x86_64', 14, 0],
  ['alpine-edge-20240923-x86_64', 14, 0],
  ['almalinux-9.0-20220527-micro-aarch64', 22, 76],
  ['almalinux-9.1-20230222-micro-aarch64', 23, 75],
  ['almalinux-8.8-20230523-micro-s390x', 20, 62],
  ['busybox-uclibc-x86_64', 0, 0],
  ['amazonlinux-2023-rpmdb-only', 103, 0],
  ['cbl-mariner-2.0-rpmdb-only', 129, 386],
  ['sle-15.3-bci-rpmdb-only', 35, 0],
  ['rhel-8.8-libuuid-rpmdb-only', 1, 0],
  ['ubuntu-22.04-dpkg-only', 101, 0],
];

describe.skipIf(!shared || !images)(
  'findings on real images (needs ../shared and DRYDOCK_TEST_IMAGES)',
  () => {
    let database: ReturnType<typeof realDatabase>;
    beforeAll(() => {
      database = realDatabase();
    });
    afterAll(() => database?.remove());

    async function scan(name: string): Promise<Told> {
      const image = `oci:${join(images ?? '', name)}`;
      const args = ['--format', 'json', '--list-all-pkgs', '--no-cache', '--db-path', database?.folder ?? ''];
      const run = await drydock(['scan', ...args, image]);
      expect(run.stderr).toBe('');
      expect(run.code).toBe(0);
      return JSON.parse(run.stdout) as Told;
    }

    const osResults = (report: Told): NonNullable<Told['Results']> =>
      (report.Results ?? []).filter((result) => result.Class === 'os-pkgs');

    const keysOf = (report: Told): string[] =>
      osResults(report)
        .flatMap((result) =>
          (result.Vulnerabilities ?? []).map((v) =>
            [v.PkgName, v.InstalledVersion, v.VulnerabilityID, v.FixedVersion ?? ''].join(' '),
          ),
        )
        .sort();

    function expected(name: string): string[] {
      const script = join(shared ?? '', 'tools', 'expected-debian.py');
      const lines = execFileSync('python3', [script, join(images ?? '', name)], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const records = lines
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { package: string; installed: string; id: string; fixed: string });
      return [...new Set(records.map((r) => [r.package, r.installed, r.id, r.fixed].join(' ')))].sort();
    }

    test.each(layouts(/^(debian|distroless|big$)/))('%s: as dpkg and the advisories say', async (name) => {
      expect(keysOf(await scan(name))).toEqual(expected(name));
    });

    test.each(ROOTS.filter(([name]) => layouts(new RegExp(`^${name}$`)).length > 0))(
      '%s: %i packages, %i findings',
      async (name, packages, findings) => {
        const report = await scan(name);
        const os = osResults(report);
        expect(os.flatMap((result) => result.Packages ?? []).length).toBe(packages);
        expect(keysOf(report).length).toBe(findings);
      },
    );
  },
);
