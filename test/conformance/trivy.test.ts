import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { images, layouts, realDatabase } from '../fixtures/images.ts';
import { drydock } from '../fixtures/program.ts';
import { shared } from '../fixtures/shared.ts';

/** A real Trivy to compare with; never a dependency. */
const trivy = process.env['DRYDOCK_TRIVY'];
const isReady = shared !== undefined && images !== undefined && trivy !== undefined && existsSync(trivy);

interface Told {
  readonly Results?: readonly {
    readonly Class: string;
    readonly Vulnerabilities?: readonly {
      readonly PkgName: string;
      readonly InstalledVersion: string;
      readonly VulnerabilityID: string;
      readonly FixedVersion?: string;
    }[];
  }[];
}

const keysOf = (report: Told): string[] =>
  (report.Results ?? [])
    .filter((result) => result.Class === 'os-pkgs')
    .flatMap((result) =>
      (result.Vulnerabilities ?? []).map((v) =>
        [v.PkgName, v.InstalledVersion, v.VulnerabilityID, v.FixedVersion ?? ''].join(' '),
      ),
    )
    .sort();

/** Where the two differ on purpose; docs/compatibility.md says who is right and why. */
const DIFFERENT: ReadonlySet<string> = new Set(['rpm-like']); // packages of a vendor that is no distribution's

describe.skipIf(!isReady)(
  'the same findings as Trivy (needs ../shared, DRYDOCK_TEST_IMAGES, DRYDOCK_TRIVY)',
  () => {
    let database: ReturnType<typeof realDatabase>;
    let home: string;

    beforeAll(() => {
      database = realDatabase();
      home = join(database?.folder ?? '', 'trivy');
      mkdirSync(join(home, 'db'), { recursive: true });
      cpSync(join(database?.folder ?? '', 'trivy.db'), join(home, 'db', 'trivy.db'));
      const metadata = JSON.parse(
        readFileSync(join(database?.folder ?? '', 'metadata.json'), 'utf8'),
      ) as object;
      const downloaded = { ...metadata, DownloadedAt: new Date().toISOString() };
      writeFileSync(join(home, 'db', 'metadata.json'), JSON.stringify(downloaded));
    });
    afterAll(() => {
      rmSync(home, { recursive: true, force: true });
      database?.remove();
    });

    test.each(layouts(/^(?!alpine-multi)/).filter((name) => !DIFFERENT.has(name)))('%s', async (name) => {
      const layout = join(images ?? '', name);
      const output = join(home, 'report.json');
      const flags = [
        '--skip-db-update',
        '--skip-java-db-update',
        '--offline-scan',
        '--security-checks',
        'vuln',
      ];
      execFileSync(
        trivy ?? '',
        [
          '--cache-dir',
          home,
          'image',
          '--input',
          layout,
          '--vuln-type',
          'os',
          '--format',
          'json',
          ...flags,
          '-o',
          output,
        ],
        { stdio: 'ignore' },
      );
      const args = ['--format', 'json', '--no-cache', '--db-path', database?.folder ?? ''];
      const run = await drydock(['scan', ...args, `oci:${layout}`]);
      expect(run.code).toBe(0);
      const theirs = keysOf(JSON.parse(readFileSync(output, 'utf8')) as Told);
      expect(keysOf(JSON.parse(run.stdout) as Told)).toEqual(theirs);
    });
  },
);
