import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeArchiveKey } from '../fixtures/apt-archive.ts';
import { startCountingProxy } from '../fixtures/counting-proxy.ts';
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../fixtures/docker-registry.ts';
import type { Descriptor } from '../fixtures/layout-writer.ts';
import { runs } from '../fixtures/images.ts';
import {
  daysBefore,
  makePatchWorld,
  offered,
  serveFolder,
  type PatchWorld,
} from '../fixtures/patch-world.ts';
import { drydock, type Run } from '../fixtures/program.ts';
import { pushLayout } from '../fixtures/push-layout.ts';
import { gzippedTar, type TarMember } from '../fixtures/tar-writer.ts';

const APP = ['libfixme1', 'fixme-bin', 'other', 'hopeless'];

let world: PatchWorld;
let app: Descriptor;
beforeAll(async () => {
  world = await makePatchWorld();
  app = world.image(APP);
  world.images
    .tag(app, 'app')
    .tag(world.image(['scripted']), 'scripted')
    .tag(world.image(['other', 'scripted', 'absent']), 'mixed')
    .tag(world.image(['hopeless']), 'hopeless');
});
afterAll(() => world[Symbol.dispose]());

let count = 0;
const fresh = (): string => join(world.folder, `out-${count++}`);
const from = (archive: string): string[] => ['--archive-mirror', `deb.test/debian=${archive}`];
const local = (archive = world.archive): string[] => from(`file://${archive}`);
const layout = (tag: string): string => `oci:${world.images.folder}:${tag}`;

function run(args: readonly string[], cache = join(world.folder, 'cache')): Promise<Run> {
  const env = { DRYDOCK_CACHE_DIR: cache, SOURCE_DATE_EPOCH: '' };
  return drydock(['patch', '--quiet', '--db-path', world.database, ...args], { env, cwd: world.folder });
}

interface Told {
  readonly patches: readonly {
    readonly verdict: string;
    readonly applied: readonly { readonly name: string; readonly to: string }[];
    readonly updates: readonly {
      readonly name: string;
      readonly fixes: readonly string[];
      readonly risk?: string;
    }[];
    readonly notes: readonly string[];
    readonly refused: readonly { readonly source: string; readonly detail: string }[];
    readonly unfixed: readonly { readonly id: string; readonly reason: string }[];
    readonly result?: { readonly digest: string };
    readonly remaining?: readonly { readonly id: string }[];
    readonly added?: readonly object[];
  }[];
  readonly published?: { readonly digest: string; readonly attestations: readonly string[] };
}

/** Patches into a layout of its own, and reads what was told. */
async function patched(image: string, ...args: string[]): Promise<{ run: Run; told: Told; out: string }> {
  const out = fresh();
  const ended = await run([...local(), '--format', 'json', '--to', `oci:${out}:new`, ...args, image]);
  return { run: ended, told: (ended.stdout === '' ? {} : JSON.parse(ended.stdout)) as Told, out };
}

const appliedOf = ({ patches: [first] }: Told): string[] =>
  first?.applied.map(({ name }) => name).sort() ?? [];

interface Document {
  readonly manifests: readonly (Descriptor & { readonly artifactType?: string })[];
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}
const read = (path: string): Document => JSON.parse(readFileSync(path, 'utf8')) as Document;
const blob = (folder: string, digest: string): Document => read(join(folder, 'blobs', ...digest.split(':')));
const tagged = (folder: string, tag: string): Descriptor | undefined =>
  read(join(folder, 'index.json')).manifests.find(
    ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === tag,
  );

describe('the exit code tells that', () => {
  test.each([
    ['all was patched', 'app', 0, 'patched', ['fixme-bin', 'libfixme1', 'other']],
    ['there was nothing to do', 'hopeless', 20, 'nothing-to-do', []],
    ['some was patched', 'mixed', 21, 'partly', ['other']],
    ['a script is not known', 'scripted', 22, 'refused', []],
  ] as const)('%s', async (_, tag, code, verdict, applied) => {
    const { run: ended, told, out } = await patched(layout(tag));
    expect(ended).toMatchObject({ code, stderr: '' });
    expect(told.patches[0]).toMatchObject({ verdict });
    expect(appliedOf(told)).toEqual(applied);
    expect(existsSync(out)).toBe(applied.length > 0);
  });

  test('and says why', async () => {
    const { told } = await patched(layout('mixed'));
    expect(told.patches[0]?.refused).toEqual([
      expect.objectContaining({
        source: 'scripted',
        reason: 'unsafe-maintainer-script',
        detail: 'scripted postinst is not known; its first unknown command is summon-demons',
      }),
    ]);
    expect(told.patches[0]?.unfixed).toMatchObject([{ id: 'CVE-2026-1006', reason: 'not-in-sources' }]);
    expect(told.patches[0]?.remaining?.map(({ id }) => id).sort()).toEqual([
      'CVE-2026-1005',
      'CVE-2026-1006',
    ]);
  });
});

describe('a plan', () => {
  test('is told as a table, and nothing is written', async () => {
    const { code, stdout } = await run([...local(), '--dry-run', layout('app')]);
    expect(code).toBe(0);
    expect(stdout).toContain('can be patched');
    expect(stdout).toMatch(/^libfixme1 +1\.0-1 +1\.0-2 +CVE-2026-1001, CVE-2026-1002 /m);
  });

  test('is told as JSON, and nothing is written', async () => {
    const out = fresh();
    const { code, stdout } = await run([
      ...[...local(), '--dry-run', '--format', 'json', '--to', `oci:${out}:new`],
      ...['--attestations', `${out}-att`, layout('app')],
    ]);
    const told = JSON.parse(stdout) as Told & { readonly isPlan: boolean };
    expect(code).toBe(0);
    expect(told.isPlan).toBe(true);
    expect(told.patches[0]?.result).toBeUndefined();
    expect([existsSync(out), existsSync(`${out}-att`)]).toEqual([false, false]);
  });
});

describe('a plan judges scripts', () => {
  const planned = async (tag: string, ...args: string[]): Promise<{ run: Run; told: Told }> => {
    const ended = await run([...local(), '--dry-run', '--format', 'json', ...args, layout(tag)]);
    return { run: ended, told: JSON.parse(ended.stdout) as Told };
  };
  const risksOf = ({ patches: [first] }: Told): (readonly (string | undefined)[])[] =>
    first?.updates.map(({ name, risk }) => [name, risk]) ?? [];

  test.each([
    ['app', 0, { 'fixme-bin': 'none', libfixme1: 'none', other: 'none' }],
    ['mixed', 21, { other: 'none', scripted: 'unknown-script' }],
    ['scripted', 22, { scripted: 'unknown-script' }],
  ])('of %s', async (tag, code, risks) => {
    const { run: ended, told } = await planned(tag);
    expect(ended).toMatchObject({ code, stderr: '' });
    expect(Object.fromEntries(risksOf(told))).toEqual(risks);
  });

  test('and says how they were judged in the table', async () => {
    const { stdout } = await run([...local(), '--dry-run', layout('mixed')]);
    expect(stdout).toMatch(/^other +1\.0-1 +1\.0-2 +CVE-2026-1003 +none /m);
    expect(stdout).toMatch(/^scripted +1\.0-1 +1\.0-2 +CVE-2026-1005 +unknown-script /m);
    expect(stdout).toContain('scripted postinst is not known');
  });

  test('which may pass where it is the same as before', async () => {
    const { run: ended, told } = await planned('scripted', '--maintainer-scripts', 'equal');
    expect(ended.code).toBe(0);
    expect(risksOf(told)).toEqual([['scripted', 'unknown-script']]);
  });

  test('unless they cannot be fetched, which it says', async () => {
    const archive = await world.makeArchive('without packages');
    rmSync(join(archive, 'pool'), { recursive: true });
    const args = [...from(`file://${archive}`), '--dry-run', layout('app')];
    const { code, stdout } = await run(args, fresh());
    expect(code).toBe(0);
    expect(stdout).toContain('scripts of packages were not judged');
  });
});

describe('what is fixed is chosen', () => {
  test.each([
    ['--only', 'CVE-2026-1003', ['other']],
    ['--only', 'fixme', ['fixme-bin', 'libfixme1']],
    // One source is kept in step, whichever of its packages is named.
    ['--only', 'libfixme1', ['fixme-bin', 'libfixme1']],
    ['--severity', 'HIGH', ['fixme-bin', 'libfixme1']],
    ['--severity', 'MEDIUM', ['other']],
  ])('by %s %s', async (flag, value, names) => {
    const { run: ended, told } = await patched(layout('app'), flag, value);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(appliedOf(told)).toEqual(names);
  });

  const vulnerability = { id: 'CVE-2026-1003', package: 'other', version: '1.0-1', fixed: '1.0-2' };
  const { id, package: name, version, fixed } = vulnerability;
  test.each([
    [
      "Trivy's",
      {
        SchemaVersion: 2,
        Results: [
          {
            Target: 't',
            Class: 'os-pkgs',
            Type: 'debian',
            Vulnerabilities: [
              {
                VulnerabilityID: id,
                PkgName: name,
                InstalledVersion: version,
                FixedVersion: fixed,
                Severity: 'MEDIUM',
                PkgIdentifier: { PURL: `pkg:deb/debian/${name}@${version}?arch=amd64&distro=debian-12` },
              },
            ],
          },
        ],
      },
    ],
    [
      "Grype's",
      {
        matches: [
          {
            vulnerability: { id, severity: 'Medium', fix: { state: 'fixed', versions: [fixed] } },
            artifact: { name, version, type: 'deb' },
          },
        ],
      },
    ],
    [
      "Harbor's",
      {
        generated_at: '2026-01-01T00:00:00Z',
        scanner: { name: 'x' },
        vulnerabilities: [{ id, package: name, version, fix_version: fixed, severity: 'Medium' }],
      },
    ],
    [
      'a VulnerabilityReport of sbomscanner',
      {
        kind: 'VulnerabilityReport',
        report: {
          results: [
            {
              class: 'os-pkgs',
              vulnerabilities: [
                {
                  cve: id,
                  packageName: name,
                  installedVersion: version,
                  fixedVersions: [fixed],
                  severity: 'MEDIUM',
                },
              ],
            },
          ],
        },
      },
    ],
  ])('by a report: %s', async (_, report) => {
    const path = `${fresh()}.json`;
    writeFileSync(path, JSON.stringify(report));
    const { run: ended, told } = await patched(layout('app'), '--report', path);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(appliedOf(told)).toEqual(['other']);
    // The report does not name them; that does not make them new.
    expect(told.patches[0]?.added).toEqual([]);
  });

  test("by a report: Drydock's own", async () => {
    const path = `${fresh()}.json`;
    const scan = await drydock(
      ['scan', '--quiet', '--db-path', world.database, '--format', 'json', '-o', path, layout('app')],
      { env: { DRYDOCK_CACHE_DIR: join(world.folder, 'cache') } },
    );
    expect(scan.code).toBe(0);
    expect(appliedOf((await patched(layout('app'), '--report', path)).told)).toHaveLength(3);
    // Where no database can be had the result is not scanned, which is said.
    const args = [
      ...local(),
      '--db-repository',
      '127.0.0.1:1/db',
      '--format',
      'json',
      '--to',
      `oci:${fresh()}:new`,
    ];
    const unscanned = await drydock(['patch', '--quiet', ...args, '--report', path, layout('app')], {
      env: { DRYDOCK_CACHE_DIR: fresh() },
    });
    expect({ code: unscanned.code, stderr: unscanned.stderr }).toEqual({ code: 0, stderr: '' });
    const { patches } = JSON.parse(unscanned.stdout) as Told;
    expect(patches[0]?.notes.join()).toContain('the result was not scanned');
  });

  test('by a report that is none: nothing', async () => {
    const path = `${fresh()}.json`;
    writeFileSync(path, '{"a":1}');
    expect((await patched(layout('app'), '--report', path)).run.code).toBe(2);
  });
});

describe('the patched image', () => {
  test('is the same each time, with the base and one more layer', async () => {
    const [one, two] = [await patched(layout('app')), await patched(layout('app'))];
    expect(one.told.published?.digest).toBe(two.told.published?.digest);
    const manifest = blob(one.out, one.told.published?.digest ?? '');
    const base = blob(world.images.folder, app.digest);
    expect(manifest.layers.slice(0, -1)).toEqual(base.layers);
    expect(manifest.layers).toHaveLength(base.layers.length + 1);
    expect(manifest.annotations).toMatchObject({ 'org.opencontainers.image.base.digest': app.digest });
  });

  test('is patched again in the place of the earlier patch', async () => {
    const first = await patched(layout('app'), '--only', 'other');
    const again = await patched(`oci:${first.out}:new`);
    const whole = await patched(layout('app'));
    expect(again.run.code).toBe(0);
    expect(appliedOf(again.told)).toEqual(['fixme-bin', 'libfixme1', 'other']);
    const layersOf = ({ out, told }: typeof first): readonly Descriptor[] =>
      blob(out, told.published?.digest ?? '').layers;
    expect(layersOf(again)).toEqual(layersOf(whole));
  });

  test('has no vulnerability left that could be fixed', async () => {
    const { out } = await patched(layout('app'));
    const { stdout, code } = await drydock(
      ['scan', '--quiet', '--db-path', world.database, '--format', 'json', `oci:${out}:new`],
      { env: { DRYDOCK_CACHE_DIR: fresh() } },
    );
    expect(code).toBe(0);
    expect([...new Set(stdout.match(/CVE-2026-\d+/g))]).toEqual(['CVE-2026-1004']);
  });

  test('holds the lists of what was replaced, so that scanners know whose the files are', async () => {
    const { out, told } = await patched(layout('app'), '--only', 'other');
    const { layers } = blob(out, told.published?.digest ?? '');
    const file = join(out, 'blobs', ...(layers.at(-1)?.digest ?? '').split(':'));
    const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).split('\n');
    expect(names).toContain('var/lib/dpkg/info/other.list');
    expect(names).not.toContain('var/lib/dpkg/info/hopeless.list');
  });

  test('is attested to, in files and beside it', async () => {
    const folder = fresh();
    const { told, out } = await patched(layout('app'), '--attestations', folder);
    expect(readdirSync(folder).sort()).toEqual(['linux-amd64.openvex.json', 'linux-amd64.provenance.json']);
    const statements = readdirSync(folder).map((file) => {
      const { payload } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { payload: string };
      return JSON.parse(Buffer.from(payload, 'base64').toString()) as {
        predicateType: string;
        subject: readonly { digest: { sha256: string } }[];
      };
    });
    const digest = told.published?.digest.replace('sha256:', '');
    expect(statements.map(({ subject }) => subject[0]?.digest.sha256)).toEqual([digest, digest]);
    const beside = read(join(out, 'index.json')).manifests.filter(({ artifactType }) => artifactType);
    expect(beside).toHaveLength(2);
    const without = await patched(layout('app'), '--no-referrers');
    expect(read(join(without.out, 'index.json')).manifests).toHaveLength(1);
  });

  test('of an index has the images of other platforms as they were', async () => {
    const arm = world.image(['hopeless'], { os: 'linux', architecture: 'arm64' });
    world.images.tag(world.images.index([world.image(APP), arm]), 'two');
    const { run: ended, told, out } = await patched(layout('two'), '--platform', 'all');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(told.patches.map(({ verdict }) => verdict)).toEqual(['patched', 'nothing-to-do']);
    const { manifests } = blob(out, tagged(out, 'new')?.digest ?? '');
    expect(manifests[0]?.digest).toBe(told.patches[0]?.result?.digest);
    expect(manifests[1]).toEqual(arm);
    const bytes = (folder: string): Buffer => readFileSync(join(folder, 'blobs', ...arm.digest.split(':')));
    expect(bytes(out)).toEqual(bytes(world.images.folder));
  });

  test('of an index has those that are of another kind as they were, and says so', async () => {
    const members = [{ path: 'etc/os-release', content: 'ID=fedora\nVERSION_ID="40"\n' }];
    const fedora = world.images.image([gzippedTar(members)], { os: 'linux', architecture: 's390x' });
    world.images.tag(world.images.index([world.image(APP), fedora]), 'kinds');
    const { run: ended, told, out } = await patched(layout('kinds'), '--platform', 'all');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(told.patches.map(({ verdict }) => verdict)).toEqual(['patched', 'nothing-to-do']);
    expect(told.patches[1]?.notes[0]).toMatch(/^left as it is: .* has no packages/);
    expect(blob(out, tagged(out, 'new')?.digest ?? '').manifests[1]).toEqual(fedora);
    const alone = await patched(layout('kinds'), '--platform', 'linux/s390x');
    expect(alone.run.code).toBe(8);
  });

  test.skipIf(!runs('dpkg-deb'))('is made from packages that dpkg-deb can read', () => {
    const file = join(world.archive, 'pool/main/other_1.0-2_amd64.deb');
    expect(execFileSync('dpkg-deb', ['-f', file, 'Version'], { encoding: 'utf8' })).toBe('1.0-2\n');
    expect(execFileSync('dpkg-deb', ['-c', file], { encoding: 'utf8' })).toContain('./usr/share/other/data');
  });
});

describe('nothing is written where', () => {
  async function refused(archive: string, ...args: string[]): Promise<Run> {
    const out = fresh();
    const cache = fresh();
    const ended = await run([...local(archive), '--to', `oci:${out}:new`, ...args, layout('app')], cache);
    expect(existsSync(out)).toBe(false);
    expect(ended.stdout).toBe('');
    return ended;
  }

  test('somebody else signed the archive', async () => {
    const key = await makeArchiveKey({ date: new Date('2020-01-01') });
    const { code, stderr } = await refused(await world.makeArchive('foreign', { key }));
    expect(stderr).toMatch(/sign|key/);
    expect(code).toBeGreaterThan(2);
    expect(code).toBeLessThan(20);
  });

  test('the archive was changed after it was signed', async () => {
    const archive = await world.makeArchive('changed');
    const file = join(archive, 'dists/bookworm/InRelease');
    writeFileSync(file, readFileSync(file, 'utf8').replace('Origin: Test', 'Origin: Text'));
    expect((await refused(archive)).code).toBeGreaterThan(2);
  });

  test('the archive is no longer valid, unless that is allowed', async () => {
    const fields = { 'Valid-Until': daysBefore(1).toUTCString().replace('GMT', 'UTC') };
    const archive = await world.makeArchive('expired', { fields, date: daysBefore(9) });
    expect((await refused(archive)).stderr).toContain('was valid until');
    const out = fresh();
    const args = [...local(archive), '--allow-expired', '--to', `oci:${out}:new`, layout('app')];
    expect((await run(args, fresh())).code).toBe(0);
  });

  test('the archive is older than one that was seen before', async () => {
    const [cache, out] = [fresh(), fresh()];
    const to = ['--to', `oci:${out}:new`, layout('app')];
    const old = await world.makeArchive('old', { date: daysBefore(3) });
    expect((await run([...local(old), ...to], cache)).code).toBe(0);
    expect((await run([...local(), ...to], cache)).code).toBe(0);
    const before = readFileSync(join(out, 'index.json'), 'utf8');
    const { stderr, code } = await run([...local(old), ...to], cache);
    expect(stderr).toContain('was seen before');
    expect(code).toBeGreaterThan(2);
    expect(readFileSync(join(out, 'index.json'), 'utf8')).toBe(before);
  });

  test('a package is not what the index says', async () => {
    const tamper = (bytes: Buffer): Buffer => Buffer.concat([bytes.subarray(0, -1), Buffer.from([0])]);
    expect((await refused(await world.makeArchive('tampered', { tamper }))).code).toBeGreaterThan(2);
  });

  test.each([
    ['leaves the root', { path: './../../etc/passwd', content: 'root::0:0::/:/bin/sh' }],
    ['is absolute', { path: '/etc/passwd', content: 'root::0:0::/:/bin/sh' }],
    ['is a device', { path: './dev/sda', type: '4' }],
    ['is a whiteout', { path: './usr/.wh.bin', content: '' }],
    ['is a link to what is not in the package', { path: './usr/x', type: '1', link: './etc/shadow' }],
  ])('a member of a signed package %s', async (what, member) => {
    const packages = [{ ...offered('other'), rawMembers: [member] }];
    const archive = await world.makeArchive(`attack ${what}`.replaceAll(' ', '-'), { packages });
    const { code, stderr } = await refused(archive);
    expect(stderr).toContain('other 1.0-2');
    expect(code).toBeGreaterThan(2);
    expect(code).toBeLessThan(20);
  });

  test('no archive may be asked', async () => {
    const out = fresh();
    const { code } = await run(['--to', `oci:${out}:new`, '--offline', layout('app')], fresh());
    expect(code).toBeGreaterThan(2);
    expect(existsSync(out)).toBe(false);
  });

  test.each([
    ['no place is named', []],
    ['two places are named', ['--push', '--to', 'oci:x']],
    ['an image of a layout shall be pushed under no name', ['--push']],
    ['a source is no source', ['--to', 'oci:x', '--archive-source', 'bookworm main']],
    ['a keyring is not there', ['--to', 'oci:x', '--keyring', 'nowhere.gpg']],
    ['a mirror is no mirror', ['--to', 'oci:x', '--archive-mirror', 'nonsense']],
  ])('%s', async (_, args) => {
    expect(await run([...args, layout('app')])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('a package database that lies', () => {
  const stanza = (name: string, fields: Readonly<Record<string, string>> = {}): string =>
    Object.entries({
      Package: name,
      Status: 'install ok installed',
      Architecture: 'amd64',
      Version: '1.0-1',
      Description: 'x',
      ...fields,
    })
      .map(([key, value]) => `${key}: ${value}\n`)
      .join('');
  const status = (...stanzas: string[]): TarMember => ({
    path: 'var/lib/dpkg/status',
    content: stanzas.join('\n'),
  });
  const info = (file: string, content: string): TarMember => ({ path: `var/lib/dpkg/info/${file}`, content });
  let count = 0;

  async function patchedWith(...more: TarMember[]): ReturnType<typeof patched> {
    const tag = `lies-${count++}`;
    world.images.tag(world.image(['other'], undefined, more), tag);
    return await patched(layout(tag));
  }

  test.each([
    ['names a newer version than the files are of: nothing is known to be wrong', '1.0-2', 20],
    ['names a version that is none: the record is left out', 'not a version', 20],
    ['names an older version than the files are of', '0.9-1', 0],
  ])('that %s', async (_, version, code) => {
    const records = [stanza('hopeless'), stanza('other', { Version: version })];
    const { run: ended, told } = await patchedWith(status(...records));
    expect(ended).toMatchObject({ code, stderr: '' });
    const isUnread = told.patches[0]?.notes.some((note) => note.includes('cannot be read')) ?? false;
    expect(isUnread).toBe(version === 'not a version');
  });

  test('that names a package twice has one of them replaced at most', async () => {
    const { run: ended } = await patchedWith(status(stanza('other'), stanza('other')));
    expect([0, 3, 4, 5, 6, 7, 8, 22]).toContain(ended.code);
    expect(ended.stderr).not.toContain('INTERNAL');
  });

  test.each([
    ['half installed', { Status: 'install ok half-installed' }],
    ['unpacked only', { Status: 'install ok unpacked' }],
  ])('that has a package %s leaves it', async (_, fields) => {
    const { run: ended, told } = await patchedWith(status(stanza('other', fields)));
    expect(ended.code).toBeLessThan(23);
    expect(ended.code).toBeGreaterThan(19);
    expect(told.patches[0]?.applied).toEqual([]);
  });

  test('that lists what lies outside of the root, or belongs to nobody, touches none of it', async () => {
    const list = ['/.', '/usr/share/other/data', '/../../etc/shadow', 'etc/passwd', '//etc//group', '/'];
    const {
      run: ended,
      out,
      told,
    } = await patchedWith(
      info('other.list', list.map((path) => `${path}\n`).join('')),
      { path: 'etc/shadow', content: 'root:*\n' },
      { path: 'etc/passwd', content: 'root:x:0:0::/:\n' },
      { path: 'etc/group', content: 'root:x:0:\n' },
    );
    if (ended.code === 0) {
      const { layers } = blob(out, told.published?.digest ?? '');
      const file = join(out, 'blobs', ...(layers.at(-1)?.digest ?? '').split(':'));
      const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' });
      expect(names).not.toMatch(/\.\.\/|\.wh\.(?:shadow|passwd|\.wh)/);
    } else expect(ended.stderr).not.toBe('');
    expect(ended.stderr).not.toContain('INTERNAL');
  });

  test.each([
    ['is a folder', [{ path: 'var/lib/dpkg/status', type: '5' }]],
    ['is a link into a circle', [{ path: 'var/lib/dpkg/status', type: '2', link: 'status' }]],
    ['is a link out of the image', [{ path: 'var/lib/dpkg/status', type: '2', link: '/../../etc/shadow' }]],
    ['is binary', [{ path: 'var/lib/dpkg/status', content: '\0\x01Package: other\n\0'.repeat(1000) }]],
    [
      'ends in a record',
      [{ path: 'var/lib/dpkg/status', content: 'Package: other\nStatus: install ok inst' }],
    ],
    ['has lists that are missing', [{ path: 'var/lib/dpkg/info/.wh..wh..opq', content: '' }]],
  ] as const)('that %s ends in order', async (_, members) => {
    const { run: ended } = await patchedWith(...(members as readonly TarMember[]));
    expect(ended.code).not.toBeNull();
    expect(ended.stderr).not.toMatch(/INTERNAL|at .*\.js:/);
    expect(ended.code).not.toBe(1);
  });
});

describe.skipIf(process.getuid?.() !== 0 || !runs('setpriv'))(
  'without any privilege (needs root and setpriv)',
  () => {
    test('the same image is made', async () => {
      const asRoot = await patched(layout('app'));
      const folder = mkdtempSync(join(tmpdir(), 'drydock-nobody-'));
      chmodSync(folder, 0o777);
      // What the test made is its own.
      const access = ['chmod', ['-R', 'a+rX', world.folder]] as const;
      execFileSync(...access);
      const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
      const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--no-new-privs'];
      const ended = spawnSync(
        'setpriv',
        [
          ...[...nobody, '--bounding-set', '-all', process.execPath, program, 'patch', '--quiet'],
          ...['--db-path', world.database, ...local(), '--to', `oci:${join(folder, 'out')}:new`],
          ...['--format', 'json', layout('app')],
        ],
        { env: { PATH: process.env['PATH'], DRYDOCK_CACHE_DIR: join(folder, 'cache') }, encoding: 'utf8' },
      );
      rmSync(folder, { recursive: true, force: true });
      expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: '' });
      const told = JSON.parse(ended.stdout) as Told;
      expect(told.published?.digest).toBe(asRoot.told.published?.digest);
    });
  },
);

describe.skipIf(!hasDockerRegistry)('in a registry (needs docker-registry)', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  const push = (repository: string, image: Descriptor, tag = 'v1'): Promise<void> =>
    pushLayout(world.images.folder, image, tag, { origin: `http://${registry.host}`, repository });
  const get = (path: string): Promise<Response> =>
    fetch(`http://${registry.host}/v2/${path}`, {
      headers: { accept: `${app.mediaType}, application/vnd.oci.image.index.v1+json` },
    });
  const tagsOf = async (repository: string): Promise<string[]> =>
    ((await (await get(`${repository}/tags/list`)).json()) as { tags: string[] }).tags.sort();

  test('the image goes beside its base, with what is said of it', async () => {
    await push('team/app', app);
    const { code, stdout, stderr } = await run([
      ...[...local(), '--push', '--tag-suffix', '-fixed', '--format', 'json'],
      `${registry.host}/team/app:v1`,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const digest = (JSON.parse(stdout) as Told).published?.digest;
    const found = await get('team/app/manifests/v1-fixed');
    expect(found.headers.get('docker-content-digest')).toBe(digest);
    expect((await get('team/app/manifests/v1')).headers.get('docker-content-digest')).toBe(app.digest);
    const manifest = (await found.json()) as Document;
    expect(manifest.annotations).toMatchObject({
      'org.opencontainers.image.base.digest': app.digest,
      'org.opencontainers.image.base.name': `${registry.host}/team/app:v1`,
    });
    // Registries that know no referrers have them behind a tag of this form.
    expect(await tagsOf('team/app')).toEqual([digest?.replace(':', '-'), 'v1', 'v1-fixed'].sort());

    const again = await run([...local(), '--push', '--tag', 'v2', `${registry.host}/team/app:v1-fixed`]);
    expect(again.code).toBe(0);
    const second = (await (await get('team/app/manifests/v2')).json()) as Document;
    expect(second.layers).toEqual(manifest.layers);
  });

  test('the own tag is only moved when that is allowed', async () => {
    await push('team/own', app);
    const args = [...local(), '--push', '--tag', 'v1', `${registry.host}/team/own:v1`];
    expect((await run(args)).code).toBe(2);
    expect((await get('team/own/manifests/v1')).headers.get('docker-content-digest')).toBe(app.digest);
    expect((await run(['--overwrite', ...args])).code).toBe(0);
    expect((await get('team/own/manifests/v1')).headers.get('docker-content-digest')).not.toBe(app.digest);
  });

  test('an index stays one', async () => {
    const arm = world.image(['hopeless'], { os: 'linux', architecture: 'arm64' });
    const index = world.images.index([app, arm]);
    await push('team/two', index);
    const args = [...local(), '--push', '--platform', 'linux/amd64', `${registry.host}/team/two:v1`];
    expect((await run(args)).code).toBe(0);
    const { manifests } = (await (await get('team/two/manifests/v1-patched')).json()) as Document;
    expect(manifests[0]?.digest).not.toBe(app.digest);
    expect(manifests[1]).toEqual(arm);
  });

  test('a tag that was moved meanwhile leaves nothing tagged', async () => {
    await push('team/moved', app);
    await using archive = await serveFolder(world.archive);
    let isMoved = false;
    archive.before = async (path) => {
      if (!path.endsWith('.deb') || isMoved) return;
      isMoved = true;
      await push('team/moved', world.image(['other', 'hopeless']));
    };
    const image = `${registry.host}/team/moved:v1`;
    const { code, stderr } = await run([...from(archive.url), '--push', '--debug', image], fresh());
    expect(isMoved).toBe(true);
    expect(stderr).toContain('SOURCE_MOVED');
    expect(code).toBeGreaterThan(2);
    expect(code).toBeLessThan(20);
    expect(await tagsOf('team/moved')).toEqual(['v1']);
  });

  test.each([
    ['a blob', 'PATCH', /\/blobs\/uploads\//],
    ['the manifest', 'PUT', /\/manifests\//],
  ])('a connection that breaks while %s is pushed leaves nothing tagged', async (what, method, path) => {
    const repository = `team/broken-${method.toLowerCase()}`;
    await push(repository, app);
    await using proxy = await startCountingProxy(registry.host);
    proxy.cut = (asked, url) => ((asked === method || asked === 'PUT') && path.test(url) ? 10 : undefined);
    const out = await run([...local(), '--push', `${proxy.host}/${repository}:v1`]);
    expect(out.code, what).toBeGreaterThan(2);
    expect(out.code).toBeLessThan(20);
    expect(out.stdout).toBe('');
    expect(await tagsOf(repository)).toEqual(['v1']);
  });

  test('nothing is tagged where nothing could be patched', async () => {
    await push('team/scripted', world.image(['scripted']));
    expect((await run([...local(), '--push', `${registry.host}/team/scripted:v1`])).code).toBe(22);
    expect(await tagsOf('team/scripted')).toEqual(['v1']);
  });
});

describe('without a cache', () => {
  test('that can be written, an image is patched all the same', async () => {
    const [cache, out] = [fresh(), fresh()];
    mkdirSync(cache);
    writeFileSync(join(cache, 'archives'), 'a file in the way');
    const ended = await run([...local(), '--to', `oci:${out}:new`, layout('app')], cache);
    expect(ended).toMatchObject({ code: 0 });
  });

  test('nothing is remembered', async () => {
    const [cache, out] = [fresh(), fresh()];
    const args = ['--no-cache', ...local(), '--to', `oci:${out}:new`, layout('app')];
    expect(await run(args, cache)).toMatchObject({ code: 0 });
    expect(existsSync(cache)).toBe(false);
  });
});
