import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyApkUpdates } from '../../src/patch/apk/apply-apk-updates.ts';
import type { AppliedUpdates } from '../../src/patch/embedded/apply-updates.ts';
import {
  apkDifferences,
  apkUpdates,
  installedApks,
  nextVersion,
  runApk,
  scriptsOf,
  writeRepository,
} from '../fixtures/apk-trees.ts';
import { makeApkKey, type ApkFile, type BuiltApk, type MadeApk } from '../fixtures/apk-writer.ts';
import { applyChanges, openDirectoryRoot } from '../fixtures/directory-root.ts';
import { copyTree, inTree } from '../fixtures/patch-trees.ts';
import { shared } from '../fixtures/shared.ts';

const images = shared === undefined ? '' : join(shared, 'data/images');
const has = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
const missing = [
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...['tar', 'chroot', 'mknod', 'python3'].filter((tool) => !has(tool)),
  ...(existsSync(images) ? [] : ['../shared']),
  ...(process.arch === 'x64' && process.platform === 'linux' ? [] : ['x86_64 Linux']),
];
const canRun = missing.length === 0;
const title = canRun ? '' : ` (needs ${missing.join(', ')})`;
const SLOW_MS = 120_000;
const DAY_SECONDS = 86_400;
/** Of today, as accounts are dated; the time of day is not of matter. */
const EPOCH = Math.floor(Date.now() / 1000 / DAY_SECONDS) * DAY_SECONDS;

const work = canRun ? mkdtempSync(join(tmpdir(), 'drydock-patch-apk-')) : '';
afterAll(() => {
  if (canRun) rmSync(work, { recursive: true, force: true });
});

const key = makeApkKey();

/** A real root that trusts the key of the test and asks its repository alone. */
function unpackRoot(archive: string): string {
  const folder = join(work, archive.replace(/\.tar\..*$/, ''));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  execFileSync('tar', ['xf', join(images, archive), '-C', folder]);
  writeFileSync(join(folder, 'etc/apk/keys', key.name), key.publicKey);
  writeFileSync(join(folder, 'etc/apk/repositories'), '/repo\n');
  return folder;
}

async function patch(root: string, built: readonly BuiltApk[], archives = built): Promise<AppliedUpdates> {
  const byIdentity = new Map(archives.map(({ identity, bytes }) => [identity, bytes]));
  return applyApkUpdates(openDirectoryRoot(root, { xattrs: true }), apkUpdates(root, built), {
    fetch: async ({ archive: { identity = '' } }) => byIdentity.get(identity) ?? Buffer.alloc(0),
    sourceDateEpoch: EPOCH,
    signal: new AbortController().signal,
  });
}

interface BothWays {
  readonly real: string;
  readonly made: string;
  readonly patched: AppliedUpdates;
}

/** Both ways from the same start. */
async function bothWays(root: string, next: readonly MadeApk[], label: string): Promise<BothWays> {
  const [real, made] = [join(work, `${label}-real`), join(work, `${label}-made`)];
  copyTree(root, real);
  copyTree(root, made);
  const built = writeRepository(join(real, 'repo'), next, key);
  const files = built.map(({ fileName }) => `/repo/x86_64/${fileName}`);
  const verified = runApk(real, ['verify', ...files]);
  if (verified.status !== 0) throw new Error(verified.output);
  // Its own upgrade first would be another order, nothing else.
  const upgraded = runApk(real, ['upgrade', '--no-cache', '--no-self-upgrade']);
  if (upgraded.status !== 0) throw new Error(upgraded.output);
  const patched = await patch(root, built);
  applyChanges(made, patched.changes);
  rmSync(join(real, 'repo'), { recursive: true });
  return { real, made, patched };
}

const later = (version: string): string =>
  version.replace(/\d+$/, (revision) => String(Number(revision) + 5));

/** The next version of all that is installed: some files changed, one gone, one new. */
function nextOfAll(root: string): MadeApk[] {
  return installedApks(root).map((pkg) => {
    const scripts = scriptsOf(root, pkg.name);
    return nextVersion(pkg, later(pkg.version), changeFiles, {
      scripts,
      ...('trigger' in scripts && { info: [`triggers = ${triggersIn(root)}`] }),
    });
  });
}

function triggersIn(root: string): string {
  const [line = ''] = readFileSync(join(root, 'lib/apk/db/triggers'), 'utf8').split('\n');
  return line.slice(line.indexOf(' ') + 1);
}

function changeFiles(files: readonly ApkFile[]): readonly ApkFile[] {
  return files.flatMap((file): ApkFile[] => {
    const { path, content } = file;
    if (path === 'etc/motd' || path === 'etc/hosts') return [{ ...file, content: 'another\n' }];
    if (path === 'etc/modprobe.d/kms.conf') return [];
    if (/\/libz\.so\.1\.[\d.]+$/.test(path) && content)
      return [{ ...file, content: Buffer.concat([Buffer.from(content), Buffer.from('\0')]) }];
    return [file];
  });
}

describe.skipIf(!canRun)(`real roots: their own apk and the engine make the same${title}`, () => {
  // In the last of them it would change a link, or the group of a file: it is refused, see below.
  const baseRefused = ['alpine-baselayout', 'alpine-baselayout-data'];

  test.each([
    ['alpine-3.20.3-x86_64.tar.gz', []],
    ['alpine-3.18.9-x86_64.tar.gz', []],
    ['alpine-edge-20240923-x86_64.tar.gz', baseRefused],
    ['alpine-3.15.11-x86_64.tar.gz', baseRefused],
    ['alpine-3.11.13-x86_64.tar.gz', baseRefused],
    ['alpine-3.7.3-x86_64.tar.gz', baseRefused],
  ])(
    '%s',
    async (archive, without: readonly string[]) => {
      const root = unpackRoot(archive);
      appendFileSync(join(root, 'etc/profile'), '# mine\n');
      const next = nextOfAll(root).filter(({ name }) => !without.includes(name));
      const { real, made, patched } = await bothWays(root, next, archive);
      expect(patched.outcome.refused).toEqual([]);
      expect(patched.outcome.applied).toHaveLength(next.length);
      // Before 3.16 apk dated scripts by the clock.
      const isDated = scriptsIn(real).dated !== scriptsIn(made).dated;
      expect(scriptsIn(made).members).toBe(scriptsIn(real).members);
      expect(apkDifferences(real, made, isDated ? [/^lib\/apk\/db\/scripts\.tar$/] : [])).toEqual([]);
      expect(runApk(made, ['audit', '--system']).output).toBe(runApk(real, ['audit', '--system']).output);
      expect(runApk(made, ['info', '-vv']).output).toBe(runApk(real, ['info', '-vv']).output);
    },
    SLOW_MS,
  );
});

describe.skipIf(!canRun)(`packages alone: apk and the engine make the same${title}`, () => {
  const only = (root: string, names: readonly string[]): MadeApk[] =>
    nextOfAll(root).filter(({ name, origin }) => names.includes(origin ?? name));

  test.each([
    ['zlib', ['zlib']],
    ['openssl', ['openssl', 'apk-tools']],
    ['musl', ['musl', 'pax-utils']],
    ['the base', ['alpine-baselayout', 'alpine-keys', 'ca-certificates']],
  ])(
    '%s',
    async (label, origins) => {
      const root = unpackRoot('alpine-3.20.3-x86_64.tar.gz');
      const { real, made, patched } = await bothWays(root, only(root, origins), label.replaceAll(' ', '-'));
      expect(patched.outcome.refused).toEqual([]);
      expect(apkDifferences(real, made)).toEqual([]);
    },
    SLOW_MS,
  );

  test(
    'busybox: links that are missing come, those that lead nowhere go, and what is no link stays',
    async () => {
      const root = unpackRoot('alpine-3.20.3-x86_64.tar.gz');
      for (const path of ['bin/arch', 'usr/bin/bc', 'usr/bin/wget']) rmSync(join(root, path));
      writeFileSync(join(root, 'usr/bin/wget'), '#!/bin/sh\n', { mode: 0o755 });
      symlinkSync('/bin/busybox', join(root, 'usr/bin/no-such-program'));
      symlinkSync('busybox', join(root, 'bin/relative'));
      symlinkSync('/bin/busybox', join(root, 'usr/local/bin/elsewhere'));
      const { real, made, patched } = await bothWays(root, only(root, ['busybox']), 'busybox');
      expect(patched.outcome.refused).toEqual([]);
      expect(patched.outcome.risks?.map(({ name, risk }) => [name, risk])).toContainEqual([
        'busybox',
        'emulated',
      ]);
      expect(apkDifferences(real, made)).toEqual([]);
      const paths = patched.changes.map(({ kind, path }) => `${kind} ${path}`);
      expect(paths).toContain('write bin/arch');
      expect(paths).toContain('remove usr/bin/no-such-program');
    },
    SLOW_MS,
  );

  test('a library that others still need may not go', async () => {
    const root = unpackRoot('alpine-3.20.3-x86_64.tar.gz');
    const without = only(root, ['zlib']).map((made) => ({
      ...made,
      files: made.files.filter(({ path }) => !path.includes('libz.so')),
    }));
    const built = writeRepository(join(work, 'lost'), without, key);
    await expect(patch(root, built)).rejects.toMatchObject({
      code: 'PATCH_VERIFY_FAILED',
      message: expect.stringContaining('needs libz.so.1, which would be gone') as unknown,
    });
  });

  test('a script that would act is refused, and the others are done', async () => {
    const root = unpackRoot('alpine-edge-20240923-x86_64.tar.gz');
    const built = writeRepository(join(work, 'refused'), only(root, ['alpine-baselayout', 'zlib']), key);
    const { outcome } = await patch(root, built);
    expect(outcome.applied.map(({ name }) => name)).toEqual(['zlib']);
    expect(outcome.refused).toMatchObject([
      {
        source: 'alpine-baselayout',
        reason: 'unsafe-maintainer-script',
        detail: expect.stringContaining('/etc/shadow is not of root and shadow') as unknown,
      },
    ]);
  });
});

/** What it holds, with and without dates. */
function scriptsIn(root: string): { readonly members: string; readonly dated: string } {
  const dated = execFileSync('tar', ['tvf', join(root, 'lib/apk/db/scripts.tar')], { encoding: 'utf8' });
  return { dated, members: dated.replaceAll(/ \d{4}-\d\d-\d\d \d\d:\d\d /g, ' ') };
}

const folder = (path: string, more: Partial<ApkFile> = {}): ApkFile => ({ path, isFolder: true, ...more });
const long =
  'a-name-that-is-longer-than-the-hundred-characters-that-a-header-of-an-old-archive-has-room-for-in-its-name-field';
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');

/** What no real package does, or seldom. */
const before: readonly MadeApk[] = [
  {
    name: 'made-main',
    version: '1.0-r0',
    files: [
      folder('etc'),
      folder('etc/made'),
      folder('etc/made/gone'),
      ...['kept', 'new', 'same', 'deleted', 'dropped', 'dropped-changed', 'alike'].map((name) => ({
        path: `etc/made/${name}`,
        content: `${name} 1\n`,
      })),
      { path: 'etc/made/gone/one', content: 'one\n' },
      { path: 'etc/made/link', link: 'kept' },
      { path: 'etc/made/link-changed', link: 'kept' },
      folder('etc/other-made'),
      { path: 'etc/other-made/unprotected', content: '1\n' },
      folder('opt'),
      folder('opt/guarded'),
      { path: 'opt/guarded/kept', content: '1\n' },
      folder('usr'),
      folder('usr/share'),
      folder('usr/share/made', { mode: 0o750 }),
      folder('usr/share/made/own', { mode: 0o755 }),
      folder('usr/share/made/changed', { mode: 0o755 }),
      { path: 'usr/share/made/plain', content: 'plain 1\n' },
      { path: 'usr/share/made/unchanged', content: 'unchanged\n' },
      { path: 'usr/share/made/removed', content: 'removed 1\n' },
      { path: 'usr/share/made/to-link', content: 'was a file\n' },
      { path: 'usr/share/made/to-file', link: 'plain' },
      { path: 'usr/share/made/goes-to-sibling', content: 'here 1\n' },
      { path: 'usr/share/made/modes', content: 'modes\n', mode: 0o600 },
      folder('usr/share/made/gone-folder'),
      folder('usr/share/made/gone-folder/inner'),
      { path: 'usr/share/made/gone-folder/inner/one', content: 'one\n' },
      folder('usr/share/made/users-folder'),
      { path: 'usr/share/made/users-folder/one', content: 'one\n' },
      { path: 'usr/share/made/hard-b', content: 'hard 1\n' },
      { path: 'usr/share/made/hard-a', hardLink: 'usr/share/made/hard-b' },
      folder('usr/bin'),
      { path: 'usr/bin/made-setgid', content: '#!/bin/sh\n', mode: 0o2755, group: 'shadow' },
      { path: 'usr/bin/made-capable', content: '#!/bin/sh\n', mode: 0o755, capability },
      folder('srv'),
      folder('srv/linked'),
      { path: 'srv/linked/file', content: 'linked 1\n' },
    ],
  },
  {
    name: 'made-sibling',
    version: '1.0-r0',
    origin: 'made-main',
    files: [
      folder('usr'),
      folder('usr/share'),
      folder('usr/share/made', { mode: 0o750 }),
      { path: 'usr/share/made/sibling', content: 'sibling 1\n' },
    ],
  },
  {
    name: 'made-other',
    version: '1.0-r0',
    info: ['replaces = made-main<0.1', 'replaces_priority = 5'],
    files: [
      folder('etc'),
      folder('etc/made-other'),
      { path: 'etc/made-other/taken', content: 'taken 1\n' },
      folder('usr'),
      folder('usr/share'),
      folder('usr/share/made-other'),
      { path: 'usr/share/made-other/taken', content: 'taken 1\n' },
      { path: 'usr/share/made-other/stays', content: 'stays\n' },
    ],
  },
  {
    name: 'made-stronger',
    version: '1.0-r0',
    info: ['replaces = made-main', 'replaces_priority = 100'],
    files: [
      folder('usr'),
      folder('usr/share'),
      folder('usr/share/made-stronger'),
      { path: 'usr/share/made-stronger/own', content: 'mine\n' },
    ],
  },
];

/** Two that bring the same file; which of them has it does not hang on who comes first. */
const pair = (taker: string, giver: string, version: string): MadeApk[] =>
  [taker, giver].map((name) => ({
    name,
    version,
    ...(name === taker && { info: [`replaces = ${giver}`] }),
    files: [
      folder('usr'),
      folder('usr/share'),
      folder(`usr/share/${taker}`),
      { path: `usr/share/${taker}/${name}`, content: `${name} ${version}\n` },
      ...(name === giver || version !== '1.0-r0'
        ? [{ path: `usr/share/${taker}/both`, content: `of ${name} ${version}\n` }]
        : []),
    ],
  }));
const accounts = (version: string): MadeApk[] =>
  ['made-account-y', 'made-account-z'].map((name) => ({
    name,
    version,
    // The last one is installed first.
    info: name.endsWith('y') && version !== '1.0-r0' ? ['depend = made-account-z'] : [],
    ...(version !== '1.0-r0' && {
      scripts: {
        'pre-upgrade': `#!/bin/sh\naddgroup -S ${name}\nadduser -SDH -s /sbin/nologin -G ${name} ${name}\n`,
      },
    }),
    files: [folder('usr'), folder('usr/share'), { path: `usr/share/${name}`, content: version, group: name }],
  }));
const pairs = (version: string): MadeApk[] => [
  ...accounts(version),
  ...pair('made-pair-a', 'made-pair-b', version),
  ...pair('made-pair-d', 'made-pair-c', version),
];

const after: readonly MadeApk[] = [
  {
    name: 'made-main',
    version: '1.0-r1',
    info: [
      'depend = so:libc.musl-x86_64.so.1',
      'depend = !made-ancient',
      'depend = musl>=1.1',
      'depend = musl>=1.2',
      'provides = cmd:made=1.0-r1',
      'provides = so:libmade.so.1=1.0',
      'install_if = made-sibling=1.0-r1 apk-tools',
      'replaces = made-other',
      'replaces = made-ancient<2',
      'replaces_priority = 7',
      'provider_priority = 3',
    ],
    scripts: {
      'pre-install': '#!/bin/sh\nexit 0\n',
      'pre-upgrade':
        '#!/bin/sh\n\naddgroup -S made 2>/dev/null\nadduser -S -D -H -h /var/lib/made -s /sbin/nologin -G made -g "Made for it" made 2>/dev/null\naddgroup made www-data 2>/dev/null\naddgroup -S -g 42 shadow 2>/dev/null\nadd-shell /bin/made\nexit 0\n',
    },
    files: [
      folder('usr'),
      folder('usr/share'),
      folder('usr/share/made', { mode: 0o755 }),
      folder('usr/share/made/own', { mode: 0o1777, group: 'games', gid: 12 }),
      folder('usr/share/made/changed', { mode: 0o700 }),
      { path: 'usr/share/made/zz-first', content: 'is first in the archive\n' },
      { path: 'usr/share/made/plain', content: 'plain 2\n', mode: 0o755 },
      { path: 'usr/share/made/unchanged', content: 'unchanged\n' },
      { path: 'usr/share/made/to-link', link: 'plain' },
      { path: 'usr/share/made/to-file', content: 'is a file\n' },
      { path: 'usr/share/made/modes', content: 'modes\n', mode: 0o640, user: 'games', group: 'nobody' },
      {
        path: 'usr/share/made/of-new-account',
        content: 'of an account that the script makes\n',
        uid: 4321,
        gid: 1234,
        user: 'made',
        group: 'made',
      },
      {
        path: 'usr/share/made/numbers',
        content: 'numbers\n',
        uid: 4321,
        gid: 1234,
        user: 'nobody-knows',
        group: 'nor-this',
      },
      { path: 'usr/share/made/hard-b', content: 'hard 2\n' },
      { path: 'usr/share/made/hard-a', hardLink: 'usr/share/made/hard-b' },
      { path: 'usr/share/made/hard-c', hardLink: 'usr/share/made/hard-b' },
      { path: `usr/share/made/${long}`, content: 'long\n' },
      { path: 'usr/share/made/Größe', content: 'not ASCII\n' },
      folder('usr/share/made/empty', { mode: 0o1777 }),
      { path: 'usr/share/made/empty/.keep_made', content: '' },
      folder('usr/share/made-other'),
      { path: 'usr/share/made-other/taken', content: 'taken 2\n' },
      folder('usr/share/made-stronger'),
      { path: 'usr/share/made-stronger/own', content: 'theirs\n' },
      folder('etc'),
      folder('etc/made'),
      ...['kept', 'new', 'deleted', 'fresh', 'fresh-there'].map((name) => ({
        path: `etc/made/${name}`,
        content: `${name} 2\n`,
      })),
      { path: 'etc/made/same', content: 'same 1\n' },
      { path: 'etc/made/alike', content: 'mine\n' },
      { path: 'etc/made/link', link: 'new' },
      { path: 'etc/made/link-changed', link: 'new' },
      folder('etc/other-made'),
      { path: 'etc/other-made/unprotected', content: '2\n' },
      folder('etc/made-other'),
      { path: 'etc/made-other/taken', content: 'taken 2\n' },
      folder('opt'),
      folder('opt/guarded'),
      { path: 'opt/guarded/kept', content: '2\n' },
      folder('usr/bin'),
      { path: 'usr/bin/made-setgid', content: '#!/bin/sh\ntrue\n', mode: 0o2755, group: 'shadow' },
      { path: 'usr/bin/made-capable', content: '#!/bin/sh\ntrue\n', mode: 0o755, capability },
      folder('srv'),
      folder('srv/linked'),
      { path: 'srv/linked/file', content: 'linked 2\n' },
      { path: 'srv/linked/new', content: 'new\n' },
    ],
  },
  {
    name: 'made-sibling',
    version: '1.0-r1',
    origin: 'made-main',
    info: ['replaces = made-main'],
    files: [
      folder('usr'),
      folder('usr/share'),
      folder('usr/share/made', { mode: 0o755 }),
      { path: 'usr/share/made/sibling', content: 'sibling 2\n' },
      { path: 'usr/share/made/goes-to-sibling', content: 'there 2\n' },
    ],
  },
];

describe.skipIf(!canRun)(`made packages: apk and the engine make the same${title}`, () => {
  let root: string;
  let result: BothWays;

  beforeAll(async () => {
    root = unpackRoot('alpine-3.20.3-x86_64.tar.gz');
    const built = writeRepository(join(root, 'repo'), [...before, ...pairs('1.0-r0')], key);
    mkdirSync(join(root, 'etc/apk/protected_paths.d'), { recursive: true });
    writeFileSync(
      join(root, 'etc/apk/protected_paths.d/made.list'),
      '# of the test\n-etc/other-made\n+opt/guard*\n',
    );
    const added = runApk(root, ['add', '--no-cache', ...[...before, ...pairs('')].map(({ name }) => name)]);
    if (added.status !== 0 || built.length === 0) throw new Error(added.output);
    rmSync(join(root, 'repo'), { recursive: true });
    const put = (path: string, text: string): void => writeFileSync(join(root, path), text);
    for (const name of ['kept', 'dropped-changed', 'fresh-there', 'alike']) put(`etc/made/${name}`, 'mine\n');
    for (const name of ['deleted', 'link-changed']) rmSync(join(root, 'etc/made', name));
    symlinkSync('elsewhere', join(root, 'etc/made/link-changed'));
    put('etc/other-made/unprotected', 'mine\n');
    put('opt/guarded/kept', 'mine\n');
    put('usr/share/made/users-folder/mine', 'mine\n');
    put('usr/share/made/removed', 'changed, yet not kept\n');
    chmodSync(join(root, 'usr/share/made/changed'), 0o711);
    execFileSync('mv', [join(root, 'srv/linked'), join(root, 'srv/real')]);
    symlinkSync('real', join(root, 'srv/linked'));
    result = await bothWays(root, [...after, ...pairs('1.0-r1')], 'made');
  }, SLOW_MS);

  test('all are applied', () => expect(result.patched.outcome.refused).toEqual([]));
  test('files, modes, owners and links', () => expect(apkDifferences(result.real, result.made)).toEqual([]));
  test.each(['installed', 'triggers', 'scripts.tar'])('%s is what apk writes, to the byte', (name) => {
    const path = `lib/apk/db/${name}`;
    expect(readFileSync(join(result.made, path), 'latin1')).toBe(
      readFileSync(join(result.real, path), 'latin1'),
    );
  });
  test('apk finds nothing to complain of', () => {
    for (const args of [
      ['audit', '--system'],
      ['audit', '--full', '--check-permissions'],
      ['info', '-W', '/usr/bin/made-setgid'],
    ])
      expect(runApk(result.made, args).output).toBe(runApk(result.real, args).output);
    expect(runApk(result.made, ['fix', '--simulate', '--no-network']).status).toBe(0);
  });
  test('the capability of a program stays', () => {
    const read = "import os,sys; print(os.getxattr(sys.argv[1], 'security.capability').hex())";
    const path = join(result.made, 'usr/bin/made-capable');
    expect(execFileSync('python3', ['-c', read, path], { encoding: 'utf8' }).trim()).toBe(
      capability.toString('hex'),
    );
  });
  test('programs start', () => {
    expect(inTree(result.made, 'busybox true && ls / >/dev/null && apk --version')).toMatchObject({
      status: 0,
    });
  });
});
