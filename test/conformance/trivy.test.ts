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

const keysOf = (report: Told, wanted: string): string[] =>
  (report.Results ?? [])
    .filter((result) => result.Class === wanted)
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

    /** What both say of one image. */
    async function compare(name: string, type: 'os' | 'library'): Promise<{ theirs: Told; ours: Told }> {
      const layout = join(images ?? '', name);
      const output = join(home, 'report.json');
      const skips = [
        '--skip-db-update',
        '--skip-java-db-update',
        '--offline-scan',
        '--security-checks',
        'vuln',
      ];
      const flags = ['--vuln-type', type, '--format', 'json', ...skips, '-o', output];
      execFileSync(trivy ?? '', ['--cache-dir', home, 'image', '--input', layout, ...flags], {
        stdio: 'ignore',
      });
      const args = ['--format', 'json', '--no-cache', '--db-path', database?.folder ?? ''];
      const run = await drydock(['scan', ...args, `oci:${layout}`]);
      expect(run.code).toBe(0);
      return {
        theirs: JSON.parse(readFileSync(output, 'utf8')) as Told,
        ours: JSON.parse(run.stdout) as Told,
      };
    }

    test.each(layouts(/^(?!alpine-multi)/).filter((name) => !DIFFERENT.has(name)))('%s', async (name) => {
      const { theirs, ours } = await compare(name, 'os');
      expect(keysOf(ours, 'os-pkgs')).toEqual(keysOf(theirs, 'os-pkgs'));
    });

    test.each(layouts(/^(?:debian12-(?:node-app|python|ruby)|go-binaries|rust-binaries)$/))(
      'language packages of %s',
      async (name) => {
        const { theirs, ours } = await compare(name, 'library');
        // That Trivy does not tell of Go's standard library yet; newer ones do.
        const own = keysOf(ours, 'lang-pkgs').filter((key) => !key.startsWith('stdlib '));
        expect(own).toEqual(keysOf(theirs, 'lang-pkgs'));
      },
    );
  },
);
