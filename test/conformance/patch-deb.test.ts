import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyUpdates, type AppliedUpdates } from '../../src/patch/embedded/apply-updates.ts';
import { parseLinkerCache } from '../../src/patch/embedded/derived/linker-cache.ts';
import { applyChanges, openDirectoryRoot } from '../fixtures/directory-root.ts';
import { makeDeb, type MadeDeb } from '../fixtures/made-debs.ts';
import {
  copyTree,
  describeDeb,
  differences,
  inTree,
  installedIn,
  installWithDpkg,
  updatesFor,
  type Deb,
} from '../fixtures/patch-trees.ts';

/** A folder with OCI layouts of Debian images, among them `debian12-base`. */
const images = process.env['DRYDOCK_TEST_IMAGES'];
const has = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
const missing = [
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...['umoci', 'dpkg-deb', 'chroot', 'mknod', 'python3', 'apt-get'].filter((tool) => !has(tool)),
  ...(images !== undefined && existsSync(join(images, 'debian12-base'))
    ? []
    : ['DRYDOCK_TEST_IMAGES with debian12-base']),
];
const canRun = missing.length === 0;
const title = canRun ? '' : ` (needs ${missing.join(', ')})`;
const SLOW_MS = 600_000;
const EPOCH = 1_767_225_600;

const work = canRun ? mkdtempSync(join(tmpdir(), 'drydock-patch-deb-')) : '';
afterAll(() => {
  if (canRun) rmSync(work, { recursive: true, force: true });
});

function unpackImage(name: string): string {
  const folder = join(work, name);
  if (!existsSync(folder))
    execFileSync('umoci', ['unpack', '--image', `${join(images ?? '', name)}:latest`, folder], {
      stdio: 'ignore',
    });
  return join(folder, 'rootfs');
}

async function patch(
  root: string,
  debs: readonly Deb[],
  scripts: 'catalogued' | 'equal' = 'catalogued',
): Promise<AppliedUpdates> {
  const byName = new Map(debs.map((deb) => [deb.name, deb.file]));
  return applyUpdates(openDirectoryRoot(root, { xattrs: true }), updatesFor(root, debs), {
    fetch: async ({ name }) => readFileSync(byName.get(name) ?? ''),
    sourceDateEpoch: EPOCH,
    scripts,
    signal: new AbortController().signal,
  });
}

/** Both ways from the same start. */
async function bothWays(
  root: string,
  debs: readonly Deb[],
  label: string,
): Promise<{ real: string; made: string; patched: AppliedUpdates }> {
  const [real, made] = [join(work, `${label}-real`), join(work, `${label}-made`)];
  copyTree(root, real);
  copyTree(root, made);
  installWithDpkg(
    real,
    debs.map(({ file }) => file),
  );
  const patched = await patch(root, debs);
  applyChanges(made, patched.changes);
  return { real, made, patched };
}

/** Settings of apt for a tree from outside: its release, its archives, its keys, and nothing of this machine. */
function aptFor(root: string, folder: string): NodeJS.ProcessEnv {
  for (const name of ['lists/partial', 'cache/partial', 'empty'])
    mkdirSync(join(folder, name), { recursive: true });
  const settings = {
    'APT::Architecture': 'amd64',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Cache::archives': join(folder, 'cache'),
    'Dir::Etc::preferencesparts': join(folder, 'empty'),
    'Dir::Etc::sourcelist': join(root, 'etc/apt/sources.list'),
    'Dir::Etc::sourceparts': join(folder, 'empty'),
    'Dir::Etc::trustedparts': keysOf(root),
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(root, 'var/lib/dpkg/status'),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  writeFileSync(join(folder, 'apt.conf'), lines.join(''));
  return { ...process.env, LC_ALL: 'C', APT_CONFIG: join(folder, 'apt.conf') };
}

function keysOf(root: string): string {
  const parts = join(root, 'etc/apt/trusted.gpg.d');
  return readdirSync(parts).length > 0 ? parts : join(root, 'usr/share/keyrings');
}

/** What the archives of a tree have newer than it; none where they cannot be reached. */
function downloadNewer(root: string, into: string): Deb[] {
  const env = aptFor(root, `${into}-apt`);
  mkdirSync(into, { recursive: true });
  if (spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' }).status !== 0) return [];
  const installed = installedIn(root);
  const policy = execFileSync('apt-cache', ['policy', ...installed.keys()], {
    encoding: 'utf8',
    env,
    maxBuffer: 64 << 20,
  });
  const wanted = [...policy.matchAll(/^(\S+):\n(?: {2}.*\n)*? {2}Candidate: (\S+)$/gm)].flatMap(
    ([, name = '', version = '']) => {
      const known = installed.get(name)?.version;
      if (known === undefined || known === version) return [];
      return spawnSync('dpkg', ['--compare-versions', version, 'gt', known]).status === 0
        ? [`${name}=${version}`]
        : [];
    },
  );
  if (wanted.length === 0) return [];
  const done = spawnSync('apt-get', ['download', ...wanted], { cwd: into, env, stdio: 'ignore' });
  if (done.status !== 0) return [];
  return readdirSync(into)
    .filter((file) => file.endsWith('.deb'))
    .map((file) => describeDeb(join(into, file)));
}

describe.skipIf(!canRun)(
  `real images and real packages: dpkg and the engine make the same${title || ' (needs the archives of Debian)'}`,
  () => {
    const starts: readonly [image: string, command: string, refused?: string][] = [
      ['debian12-base', 'perl -e "print 6*7" && apt-get --version'],
      [
        'debian12-web',
        'nginx -t 2>&1 | grep -q "test is successful"; nginx -v && curl --version && openssl version',
      ],
      [
        'debian12-python',
        'python3 -c "import ssl, sqlite3, xml.parsers.expat, django; print(ssl.OPENSSL_VERSION)"',
      ],
      ['debian12-node-app', `node -e 'require("crypto").createHash("sha256"); console.log(process.version)'`],
      ['debian11-base', 'perl -e "print 6*7" && apt-get --version && gpgv --version'],
      ['debian13-base', 'perl -e "print 6*7" && apt-get --version'],
      // Where Java has a key store of its own, new authorities are for its own script to add.
      ['debian12-jre', 'java -version && perl -e "print 6*7" && nginx -v', 'ca-certificates'],
      ['debian12-tools', 'git --version && convert -version && sudo -V && ssh -V && rsync --version'],
      ['debian12-java', 'zip -v >/dev/null && unzip -v >/dev/null; dpkg -l >/dev/null'],
      ['debian12-ruby', 'ruby -e "require %q(rack); require %q(openssl); puts Rack.release"'],
    ];

    test.for(starts.filter(([image]) => images !== undefined && existsSync(join(images, image))))(
      '%s',
      { timeout: SLOW_MS },
      async ([image, command, refused], { skip }) => {
        const root = unpackImage(image);
        const newer = downloadNewer(root, join(work, `${image}-debs`));
        const debs = newer.filter(({ name }) => name !== refused);
        if (debs.length === 0) return skip('the archive has nothing newer, or cannot be reached');
        const { real, made, patched } = await bothWays(root, debs, image);
        expect(patched.outcome.refused).toEqual([]);
        expect(patched.outcome.applied).toHaveLength(debs.length);
        expect(differences(real, made)).toEqual([]);
        expect(cacheIn(made)).toEqual(cacheIn(real));
        expect(inTree(made, 'dpkg --audit')).toEqual({ status: 0, output: '' });
        expect(verified(made)).toEqual(verified(real));
        if (existsSync(join(made, 'usr/bin/apt-get')))
          expect(inTree(made, 'apt-get check -qq')).toEqual({ status: 0, output: '' });
        const started = inTree(made, command);
        expect(started, started.output).toMatchObject({ status: 0 });
        expect(fingerprint((await patch(root, debs)).changes)).toBe(fingerprint(patched.changes));
        for (const folder of [real, made]) rmSync(folder, { recursive: true });
      },
    );
  },
);

/** Caches that the image was made without are made by scripts. */
function verified(root: string): string[] {
  return inTree(root, 'dpkg --verify')
    .output.split('\n')
    .filter((line) => !line.includes(' /var/cache/'));
}

/** Comparing megabytes of content one by one would take minutes. */
function fingerprint(changes: AppliedUpdates['changes']): string {
  const hash = createHash('sha256');
  for (const change of changes) {
    const { content, xattrs, ...rest } =
      change.kind === 'write' ? change : { ...change, content: undefined, xattrs: undefined };
    hash.update(
      JSON.stringify([
        rest,
        [...(xattrs ?? [])].map(([name, value]) => [name, Buffer.from(value).toString('hex')]),
      ]),
    );
    if (content) hash.update(content);
  }
  return hash.digest('hex');
}

function cacheIn(root: string): unknown {
  const path = join(root, 'etc/ld.so.cache');
  return existsSync(path) ? [...(parseLinkerCache(readFileSync(path)) ?? [])] : undefined;
}

const long =
  'a-name-that-is-longer-than-the-hundred-characters-that-a-header-of-an-old-archive-has-room-for-in-its-name-field';

/** What no real package does, or seldom. */
const before: readonly MadeDeb[] = [
  {
    name: 'made-main',
    version: '1.0',
    control: 'Section: misc\nPriority: optional\nMulti-Arch: same\n',
    info: {
      conffiles: [
        'kept',
        'new',
        'same',
        'gone',
        'gone-same',
        'dropped',
        'dropped-changed',
        'away',
        'away-changed',
        'moved',
      ]
        .map((name) => `/etc/made/${name}\n`)
        .join(''),
      md5sums: '',
      triggers: 'interest-noawait made-old\ninterest-noawait /usr/share/made-watched\n',
    },
    files: [
      ...[
        'kept',
        'new',
        'same',
        'gone',
        'gone-same',
        'dropped',
        'dropped-changed',
        'away',
        'away-changed',
        'moved',
      ].map((name) => ({ path: `etc/made/${name}`, text: `${name} 1\n` })),
      { path: 'usr/share/made/plain', text: 'plain 1\n' },
      { path: 'usr/share/made/unchanged', text: 'unchanged\n' },
      { path: 'usr/share/made/removed', text: 'removed 1\n' },
      { path: 'usr/share/made/gone-folder/one', text: 'one\n' },
      { path: 'usr/share/made/users-folder/one', text: 'one\n' },
      { path: 'usr/share/made/goes-to-sibling', text: 'here 1\n' },
      { path: 'usr/share/made/to-link', text: 'was a file\n' },
      { path: 'usr/share/made/to-file', link: 'plain' },
      { path: 'usr/share/made/to-folder', text: 'was a file\n' },
      { path: 'usr/share/made/folder-stays/inside', text: 'inside\n' },
      { path: 'usr/share/made/hard-b', text: 'hard 1\n' },
      { path: 'usr/share/made/hard-a', hardLink: 'usr/share/made/hard-b' },
      { path: 'usr/share/made/diverted', text: 'diverted 1\n' },
      { path: 'usr/share/made/overridden', text: 'overridden 1\n' },
      { path: 'usr/bin/made-setgid', text: '#!/bin/sh\n', mode: 0o2755, group: 42 },
      { path: 'lib/made/library', text: 'library 1\n' },
      { path: 'usr/share/doc/made-main/copyright', text: 'copyright 1\n' },
      { path: 'usr/share/doc/made-main/README', text: 'readme 1\n' },
      { path: 'usr/lib/python3/dist-packages/made/__init__.py', text: 'one = 1\n' },
    ],
  },
  {
    name: 'made-sibling',
    version: '1.0',
    architecture: 'all',
    control: 'Source: made-main\n',
    files: [{ path: 'usr/share/made/sibling', text: 'sibling 1\n' }],
  },
  {
    name: 'made-other',
    version: '1.0',
    architecture: 'all',
    info: { conffiles: '/etc/made-other/taken\n' },
    files: [
      { path: 'etc/made-other/taken', text: 'taken 1\n' },
      { path: 'usr/share/made-other/taken', text: 'taken 1\n' },
      { path: 'usr/share/made-other/stays', text: 'stays\n' },
    ],
  },
];

const after: readonly MadeDeb[] = [
  {
    name: 'made-main',
    version: '1.0+deb12u1',
    control: [
      'Section: utils',
      'Priority: extra',
      'Multi-Arch: same',
      'Homepage: https://example.org/',
      'Bugs: https://example.org/bugs',
      'Origin: Test',
      'Depends: libc6 (>=2.0)|libc6.1 ,dash(>> 0:0.1)',
      'Suggests: a | b,  c (= 1), python3:any',
      'Replaces: made-other (<< 2), made-sibling (<< 2)',
      'Breaks: made-ancient (<=0.5)',
      'Enhances: bash',
      'X-Own-Field: some value',
      'Description: made for a test',
      ' with a second line',
      ' .',
      '   and a third  ',
      '',
    ].join('\n'),
    info: {
      conffiles:
        ['kept', 'new', 'same', 'gone', 'gone-same', 'fresh', 'fresh-there']
          .map((name) => `/etc/made/${name}\n`)
          .join('') +
        '/etc/made-other/taken\nremove-on-upgrade /etc/made/away\nremove-on-upgrade /etc/made/away-changed\n',
      triggers: 'interest-noawait made-new\ninterest-noawait /usr/share/made-watched\n',
    },
    files: [
      ...['kept', 'new', 'gone', 'fresh', 'fresh-there'].map((name) => ({
        path: `etc/made/${name}`,
        text: `${name} 2\n`,
      })),
      { path: 'etc/made/same', text: 'same 1\n' },
      { path: 'etc/made/gone-same', text: 'gone-same 1\n' },
      { path: 'etc/made-other/taken', text: 'taken 2\n' },
      { path: 'usr/share/made-other/taken', text: 'taken 2\n' },
      { path: 'usr/share/made/plain', text: 'plain 2\n', mode: 0o755 },
      { path: 'usr/share/made/unchanged', text: 'unchanged\n' },
      { path: 'usr/share/made/to-link', link: 'plain' },
      { path: 'usr/share/made/to-file', text: 'is a file\n' },
      { path: 'usr/share/made/to-folder/inside', text: 'is a folder\n' },
      { path: 'usr/share/made/folder-stays', link: 'to-folder' },
      { path: 'usr/share/made/hard-b', text: 'hard 2\n' },
      { path: 'usr/share/made/hard-a', hardLink: 'usr/share/made/hard-b' },
      { path: 'usr/share/made/hard-c', hardLink: 'usr/share/made/hard-b' },
      { path: 'usr/share/made/diverted', text: 'diverted 2\n' },
      { path: 'usr/share/made/overridden', text: 'overridden 2\n' },
      { path: `usr/share/made/${long}`, text: 'long\n' },
      { path: 'usr/share/made/Größe', text: 'not ASCII\n' },
      { path: 'usr/share/made/empty', isFolder: true, mode: 0o1777 },
      { path: 'usr/bin/made-setgid', text: '#!/bin/sh\ntrue\n', mode: 0o2755, group: 42 },
      { path: 'lib/made/library', text: 'library 2\n' },
      { path: 'lib/made/new-folder/second', text: 'second\n' },
      { path: 'usr/share/doc/made-main/copyright', text: 'copyright 2\n' },
      { path: 'usr/share/doc/made-main/README', text: 'readme 2\n' },
      { path: 'usr/share/doc/made-main/examples/more', text: 'more\n' },
      { path: 'usr/lib/python3/dist-packages/made/__init__.py', text: 'one = 2\n' },
    ],
    compression: 'gzip',
  },
  {
    name: 'made-sibling',
    version: '1.0+deb12u1',
    architecture: 'all',
    control: 'Source: made-main\nReplaces: made-main (<< 1.0+deb12u1)\nBreaks: made-main (<< 1.0+deb12u1)\n',
    files: [
      { path: 'usr/share/made/sibling', text: 'sibling 2\n' },
      { path: 'usr/share/made/goes-to-sibling', text: 'there 2\n' },
    ],
    compression: 'zstd',
  },
];

describe.skipIf(!canRun)(`made packages: dpkg and the engine make the same${title}`, () => {
  let root: string;
  let next: Deb[];
  let result: Awaited<ReturnType<typeof bothWays>>;

  beforeAll(async () => {
    root = join(work, 'made');
    const [old, fresh] = [join(work, 'made-old'), join(work, 'made-new')];
    for (const folder of [old, fresh]) mkdirSync(folder);
    copyTree(unpackImage('debian12-base'), root);
    installWithDpkg(
      root,
      before.map((deb) => makeDeb(old, deb)),
    );
    const put = (path: string, text: string): void => writeFileSync(join(root, path), text);
    for (const name of ['kept', 'dropped-changed', 'away-changed']) put(`etc/made/${name}`, 'mine\n');
    for (const name of ['gone', 'gone-same']) rmSync(join(root, 'etc/made', name));
    put('etc/made/fresh-there', 'mine\n');
    put('usr/share/made/users-folder/mine', 'mine\n');
    mkdirSync(join(root, 'usr/lib/python3/dist-packages/made/__pycache__'), { recursive: true });
    put('usr/lib/python3/dist-packages/made/__pycache__/__init__.cpython-311.pyc', 'stale');
    rmSync(join(root, 'etc/made/new'));
    put('etc/made/new-real', 'new 1\n');
    symlinkSync('new-real', join(root, 'etc/made/new'));
    mkdirSync(join(root, 'etc/dpkg/dpkg.cfg.d'), { recursive: true });
    put(
      'etc/dpkg/dpkg.cfg.d/slim',
      'path-exclude /usr/share/doc/*\npath-include=/usr/share/doc/*/copyright\n# path-exclude /etc/*\n',
    );
    const prepared = inTree(
      root,
      'dpkg-divert --local --rename --divert /usr/share/made/diverted.mine --add /usr/share/made/diverted && dpkg-statoverride --update --add daemon shadow 2750 /usr/share/made/overridden',
    );
    if (prepared.status !== 0) throw new Error(prepared.output);
    next = after.map((deb) => describeDeb(makeDeb(fresh, deb)));
    result = await bothWays(root, next, 'made');
  }, SLOW_MS);

  test('all are applied', () => expect(result.patched.outcome.refused).toEqual([]));
  test('files, modes, owners, links, status and info', () =>
    expect(differences(result.real, result.made)).toEqual([]));
  test('status is what dpkg writes', () => {
    const of = (folder: string): string => readFileSync(join(folder, 'var/lib/dpkg/status'), 'utf8');
    expect(of(result.made)).toBe(of(result.real));
    expect(result.patched.after.get('var/lib/dpkg/status')).toBe(of(result.real));
  });
  test('dpkg finds nothing to complain of', () => {
    expect(inTree(result.made, 'dpkg --audit')).toEqual({ status: 0, output: '' });
    expect(verified(result.made)).toEqual(verified(result.real));
  });
  test('/lib is still a link', () => {
    expect(result.patched.changes.filter(({ path }) => path === 'lib' || path.startsWith('lib/'))).toEqual(
      [],
    );
  });
  test('stale bytecode goes', () => {
    expect(result.patched.changes).toContainEqual({
      kind: 'remove',
      path: 'usr/lib/python3/dist-packages/made/__pycache__',
    });
  });
});
