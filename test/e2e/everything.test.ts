import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drydock } from '../fixtures/program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const image = `oci:${join(root, 'examples/sample-image')}:latest`;
const database = ['--db-path', join(root, 'examples/sample-db')];

let folder: string;
let env: Record<string, string>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-everything-'));
  env = { DRYDOCK_CACHE_DIR: join(folder, 'cache') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => drydock(args, { env, cwd: folder });

interface Told {
  readonly Results: readonly {
    readonly Target: string;
    readonly Class: string;
    readonly Packages?: readonly { readonly Name: string }[];
    readonly Vulnerabilities?: readonly { readonly VulnerabilityID: string; readonly PkgName: string }[];
    readonly Secrets?: readonly { readonly RuleID: string; readonly Match: string }[];
    readonly Misconfigurations?: readonly { readonly ID: string }[];
    readonly ExperimentalModifiedFindings?: readonly { readonly Status: string }[];
  }[];
}
const read = (text: string): Told => JSON.parse(text) as Told;
const findings = ({ Results }: Told): string[] =>
  Results.flatMap(({ Vulnerabilities = [] }) =>
    Vulnerabilities.map(({ VulnerabilityID, PkgName }) => `${PkgName} ${VulnerabilityID}`),
  ).sort();

describe('a bill of materials', () => {
  test.each(['cyclonedx', 'spdx-json', 'spdx'])(
    'as %s is found to have what the image has',
    async (format) => {
      const file = `bom-${format}`;
      expect(await run('sbom', '--format', format, '-o', file, image)).toMatchObject({ code: 0, stderr: '' });
      const ofImage = await run('scan', ...database, '--format', 'json', image);
      const ofBom = await run('scan', ...database, '--format', 'json', `./${file}`);
      expect(ofBom.code).toBe(0);
      expect(findings(read(ofBom.stdout))).toEqual(findings(read(ofImage.stdout)));
      expect(findings(read(ofImage.stdout)).length).toBeGreaterThan(10);
    },
  );

  test('is asked for in another format in vain', async () => {
    expect(await run('sbom', '--format', 'table', image)).toMatchObject({ code: 2 });
  });
});

describe('a report that was kept', () => {
  test('is told anew, filtered, and compared', async () => {
    await run('scan', ...database, '--format', 'json', '-o', 'whole.json', image);
    const converted = await run('convert', '--format', 'json', '--severity', 'CRITICAL', 'whole.json');
    expect(converted).toMatchObject({ code: 0, stderr: '' });
    writeFileSync(join(folder, 'part.json'), converted.stdout);
    const diff = await run('diff', '--format', 'json', '--exit-code', '7', 'part.json', 'whole.json');
    expect(diff.code).toBe(7);
    const { New, Fixed, Unchanged } = JSON.parse(diff.stdout) as Record<string, readonly unknown[]>;
    const whole = findings(read(readFileSync(join(folder, 'whole.json'), 'utf8'))).length;
    expect((New?.length ?? 0) + (Unchanged?.length ?? 0)).toBe(whole);
    expect(Fixed).toEqual([]);
    expect((await run('diff', '--exit-code', '7', 'whole.json', image, ...database)).code).toBe(0);
    expect(await run('diff', 'whole.json')).toMatchObject({ code: 2 });
    expect(await run('convert', 'nothing.json')).toMatchObject({ code: 3 });
  });

  test('is answered by VEX', async () => {
    const all = await run('scan', ...database, '--format', 'json', image);
    const [first = ''] = findings(read(all.stdout));
    const [name = '', id = ''] = first.split(' ');
    const document = {
      '@context': 'https://openvex.dev/ns/v0.2.0',
      statements: [
        {
          vulnerability: { name: id },
          products: [{ '@id': `pkg:deb/debian/${name}` }],
          status: 'not_affected',
          justification: 'vulnerable_code_not_present',
        },
      ],
    };
    writeFileSync(join(folder, 'vex.json'), JSON.stringify(document));
    const options = ['--vex', 'vex.json', '--show-suppressed'];
    const told = read((await run('scan', ...database, ...options, '--format', 'json', image)).stdout);
    expect(findings(told)).not.toContain(first);
    expect(told.Results[0]?.ExperimentalModifiedFindings).toMatchObject([{ Status: 'not_affected' }]);
    const table = await run('scan', ...database, ...options, image);
    expect(table.stdout).toMatch(/Left out: 1[\s\S]*not affected, vulnerable code not present/);
    expect(await run('scan', ...database, '--vex', 'none.json', image)).toMatchObject({ code: 2 });
  });
});

describe('a tree of sources', () => {
  test('has the packages of its lock files, and none of what is installed', async () => {
    const tree = join(folder, 'tree');
    mkdirSync(join(tree, 'node_modules/left-pad'), { recursive: true });
    writeFileSync(join(tree, 'node_modules/left-pad/package.json'), '{"name":"left-pad","version":"1.0.0"}');
    writeFileSync(
      join(tree, 'package-lock.json'),
      JSON.stringify({
        lockfileVersion: 3,
        packages: {
          '': {
            name: 'app',
            version: '1.0.0',
            dependencies: { lodash: '4' },
            devDependencies: { jest: '1' },
          },
          'node_modules/lodash': { version: '4.17.20' },
          'node_modules/jest': { version: '1.0.0', dev: true },
        },
      }),
    );
    const listed = async (...more: string[]): Promise<unknown> => {
      const { stdout } = await run(
        'scan',
        ...database,
        '--format',
        'json',
        '--list-all-pkgs',
        ...more,
        'dir:tree',
      );
      return read(stdout).Results.map(({ Target, Packages }) => [Target, Packages?.map(({ Name }) => Name)]);
    };
    expect(await listed()).toEqual([['package-lock.json', ['lodash']]]);
    expect(await listed('--include-dev-deps')).toEqual([['package-lock.json', ['jest', 'lodash']]]);
  });
});

describe('secrets and unsafe files', () => {
  // Put together here, so that nobody takes this file for a leak.
  const token = ['ghp', '_', 'a1B2c3D4e5F6g7H8i9J0'.repeat(2).slice(0, 36)].join('');

  test('are found, masked, also where a later layer deletes them', async () => {
    const tree = join(folder, 'rootfs');
    mkdirSync(join(tree, 'etc'), { recursive: true });
    mkdirSync(join(tree, 'srv'), { recursive: true });
    writeFileSync(join(tree, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
    writeFileSync(join(tree, 'srv/deploy.sh'), `export GITHUB_TOKEN=${token}\n`);
    execFileSync('chmod', ['4755', join(tree, 'srv/deploy.sh')]);
    const told = await run('scan', '--scanners', 'secret,misconfig', '--format', 'json', `dir:${tree}`);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).not.toContain(token);
    const { Results } = read(told.stdout);
    expect(Results.flatMap(({ Secrets = [] }) => Secrets.map(({ RuleID }) => RuleID))).toEqual([
      'github-pat',
    ]);
    expect(Results.flatMap(({ Misconfigurations = [] }) => Misconfigurations).length).toBeGreaterThan(0);
    const table = await run('scan', '--scanners', 'secret,misconfig', `dir:${tree}`);
    expect(table.stdout).toMatch(/Secrets: 1[\s\S]*srv\/deploy\.sh/);
    expect(table.stdout).not.toContain(token);
  });
});

describe('what there is', () => {
  test('is listed, and docs/catalogue.md is that list', async () => {
    expect((await run('list', 'formats')).stdout).toMatch(/^FORMAT/);
    expect(await run('list', 'nonsense')).toMatchObject({ code: 2 });
    const told = await run('list', 'all');
    expect(told.stdout).toBe(readFileSync(join(root, 'docs/catalogue.md'), 'utf8'));
    expect(told.stdout).not.toMatch(/^\| [^|]+ \|  \|/m);
  });
});
