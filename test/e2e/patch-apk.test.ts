import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installedApks, nextVersion, runApk, scriptsOf, writeRepository } from '../fixtures/apk-trees.ts';
import { makeApkKey, type MadeApk } from '../fixtures/apk-writer.ts';
import { realDatabase, runs } from '../fixtures/images.ts';
import { LayoutWriter } from '../fixtures/layout-writer.ts';
import { serveFolder } from '../fixtures/patch-world.ts';
import { drydock, type Run } from '../fixtures/program.ts';
import { shared } from '../fixtures/shared.ts';
import { writeDatabase } from '../fixtures/trivy-db.ts';

const archives = shared && join(shared, 'data', 'images');
const key = makeApkKey();
const stranger = makeApkKey(key.name);

/** As Alpine's own records have them for its release 3.20. */
const ADVISORIES = [
  ['CVE-2024-9143', 'openssl', '3.3.2-r1'],
  ['CVE-2024-12797', 'openssl', '3.3.3-r0'],
  ['CVE-2025-26519', 'musl', '1.2.5-r1'],
  ['CVE-2024-58251', 'busybox', '1.36.1-r31'],
] as const;
const FIXED = { openssl: '3.3.3-r0', musl: '1.2.5-r1', busybox: '1.36.1-r31' };

interface Told {
  readonly patches: readonly {
    readonly verdict: string;
    readonly applied: readonly { readonly name: string; readonly to: string }[];
    readonly refused: readonly { readonly source: string; readonly reason: string }[];
    readonly unfixed: readonly { readonly id: string; readonly reason: string }[];
    readonly updates: readonly { readonly name: string; readonly fixes: readonly string[] }[];
    readonly remaining?: readonly { readonly id: string }[];
  }[];
  readonly published?: { readonly digest: string };
}

describe.skipIf(!archives || !existsSync(archives))('Alpine images are patched (needs ../shared)', () => {
  let work: string;
  let images: LayoutWriter;
  let keyFile: string;
  let own: string;
  let good: string;
  let root320: string;

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'drydock-patch-apk-'));
    images = new LayoutWriter(join(work, 'images'));
    keyFile = join(work, key.name);
    writeFileSync(keyFile, key.publicKey);
    own = writeDatabase(join(work, 'database'), advisories());
    root320 = image('alpine-3.20.3-x86_64.tar.gz', 'a320');
    good = repository('good', next(root320, FIXED));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  /** An image of a real root, and its root as files. */
  function image(archive: string, tag: string, architecture = 'amd64'): string {
    const path = join(archives ?? '', archive);
    const root = join(work, tag);
    mkdirSync(root);
    execFileSync('tar', ['xf', path, '-C', root, '--no-same-owner', '--exclude=./dev/*']);
    const layer = archive.endsWith('.gz')
      ? readFileSync(path)
      : gzipSync(execFileSync('xz', ['-dc', path], { maxBuffer: 1 << 28 }));
    images.tag(images.image([layer], { os: 'linux', architecture }), tag);
    return root;
  }

  /** Newer versions of packages of a root, by what they were built from. */
  function next(
    root: string,
    versions: Readonly<Record<string, string>>,
    more: Partial<MadeApk> = {},
  ): MadeApk[] {
    const triggers = readFileSync(join(root, 'lib/apk/db/triggers'), 'utf8')
      .trim()
      .split(' ')
      .slice(1)
      .join(' ');
    return installedApks(root).flatMap((pkg) => {
      const to = versions[pkg.fields.get('o') ?? pkg.name];
      if (to === undefined) return [];
      const scripts = scriptsOf(root, pkg.name);
      const info = 'trigger' in scripts ? [`triggers = ${triggers}`] : [];
      return [nextVersion(pkg, to, changed, { scripts, info, ...more })];
    });
  }

  const repository = (name: string, packages: readonly MadeApk[], by = key): string => {
    writeRepository(join(work, name, 'main'), packages, by);
    return join(work, name);
  };

  let count = 0;
  async function patch(
    tag: string,
    mirror: string,
    { database = own, args = [] as readonly string[], cache = 'cache' } = {},
  ): Promise<{ run: Run; told: Told; out: string }> {
    const out = join(work, `out-${count++}`);
    const release = { a39: 'v3.9', arm37: 'v3.7' }[tag] ?? 'v3.20';
    const run = await drydock(
      [
        ...['patch', '--quiet', '--format', 'json', '--db-path', database, '--keyring', keyFile],
        ...['--archive-mirror', `dl-cdn.alpinelinux.org/alpine/${release}=${mirror}`],
        ...['--to', `oci:${out}:new`, ...args, tag.startsWith('oci:') ? tag : `oci:${images.folder}:${tag}`],
      ],
      { cwd: work, env: { DRYDOCK_CACHE_DIR: join(work, cache), SOURCE_DATE_EPOCH: '' } },
    );
    return { run, told: (run.stdout === '' ? {} : JSON.parse(run.stdout)) as Told, out };
  }

  test('all is fixed, twice with the same digest, and a patched image is patched from its base', async () => {
    const first = await patch('a320', `file://${good}`);
    expect(first.run.stderr).toBe('');
    expect(first.run.code).toBe(0);
    const [done] = first.told.patches;
    expect(done?.verdict).toBe('patched');
    expect(done?.applied.map(({ name, to }) => `${name} ${to}`)).toEqual([
      'busybox 1.36.1-r31',
      'busybox-binsh 1.36.1-r31',
      'ssl_client 1.36.1-r31',
      'musl 1.2.5-r1',
      'musl-utils 1.2.5-r1',
      'libcrypto3 3.3.3-r0',
      'libssl3 3.3.3-r0',
    ]);
    expect(done?.remaining).toEqual([]);
    expect((await patch('a320', `file://${good}`)).told.published?.digest).toBe(first.told.published?.digest);
    const again = await patch(`oci:${first.out}:new`, `file://${good}`);
    expect([again.run.code, again.told.published?.digest]).toEqual([0, first.told.published?.digest]);
  });

  test('a report and a dry run', async () => {
    const { run, told, out } = await patch('a320', `file://${good}`, {
      args: ['--dry-run', '--only', 'openssl'],
    });
    expect(run.code).toBe(0);
    expect(told.patches[0]?.updates.map(({ name }) => name)).toEqual(['libcrypto3', 'libssl3']);
    expect(existsSync(out)).toBe(false);
  });

  test('over HTTP, with a mirror on this machine', async () => {
    await using server = await serveFolder(good);
    const { run, told } = await patch('a320', server.url, { args: ['--only', 'musl'] });
    expect([run.code, told.patches[0]?.applied.length]).toEqual([0, 2]);
  });

  test('part of it, where a script is not known', async () => {
    const scripts = { 'post-upgrade': '#!/bin/sh\nsummon-demons\n' };
    const mixed = repository('mixed', [
      ...next(root320, { openssl: '3.3.3-r0' }),
      ...next(root320, { musl: '1.2.5-r1' }, { scripts }),
    ]);
    const { run, told } = await patch('a320', `file://${mixed}`);
    expect([run.code, told.patches[0]?.verdict]).toEqual([21, 'partly']);
    expect(told.patches[0]?.refused).toMatchObject([{ source: 'musl', reason: 'unsafe-maintainer-script' }]);
    expect(new Set(told.patches[0]?.unfixed.map(({ id, reason }) => `${id} ${reason}`))).toEqual(
      new Set(['CVE-2024-58251 not-in-sources']),
    );
    const { run: none } = await patch('a320', `file://${mixed}`, { args: ['--only', 'musl'] });
    expect(none.code).toBe(22);
  });

  test.each([
    [
      'an index by a stranger',
      () => repository('stranger', next(root320, FIXED), stranger),
      /not to be trusted/,
    ],
    [
      'a package that was changed',
      () => tampered(repository('changed', next(root320, FIXED))),
      /not the file that the signed index names/,
    ],
    [
      'an index that was overtaken',
      () => repository('old', next(root320, FIXED, { buildDate: 1_500_000_000 })),
      /was seen there before/,
    ],
  ])('nothing is published after %s', async (what, make, message) => {
    // Elsewhere the package that was not changed is known already.
    const cache = what.startsWith('a package') ? 'cache-of-none' : 'cache';
    const { run, out } = await patch('a320', `file://${make()}`, { args: ['--offline'], cache });
    expect(run.code).toBeGreaterThan(0);
    expect([20, 21, 22]).not.toContain(run.code);
    expect(run.stderr).toMatch(message);
    expect(existsSync(out)).toBe(false);
  });

  test.skipIf(process.getuid?.() !== 0)('apk of the patched image finds nothing to complain of', async () => {
    const { out } = await patch('a320', `file://${good}`);
    const into = join(work, 'unpacked');
    unpack(out, into);
    const before = join(work, 'untouched');
    unpack(images.folder, before, 'a320');
    for (const args of [
      ['audit', '--system'],
      ['info', '-W', '/lib/ld-musl-x86_64.so.1'],
    ])
      expect(runApk(into, args).status).toBe(0);
    expect(runApk(into, ['audit', '--system']).output).toBe(runApk(before, ['audit', '--system']).output);
    expect(runApk(into, ['info', '-v']).output).toContain('libssl3-3.3.3-r0');
  });

  test.skipIf(!runs('xz') || !shared)('real advisories of an old release (needs xz)', async () => {
    const database = realDatabase();
    if (!database) throw new Error('../shared has no database');
    const root = image('alpine-3.9.0-x86_64.tar.xz', 'a39');
    const mirror = repository('a39-mirror', next(root, { openssl: '1.1.1d-r2', musl: '1.1.20-r5' }));
    const { run, told } = await patch('a39', `file://${mirror}`, {
      database: database.folder,
      args: ['--offline'],
    });
    database.remove();
    expect(run.stderr).toBe('');
    expect(told.patches[0]?.updates.flatMap(({ fixes }) => fixes)).toHaveLength(12);
    expect([run.code, told.patches[0]?.remaining]).toEqual([0, []]);
  });

  test('an image of another architecture, without emulation', async () => {
    const database = writeDatabase(join(work, 'database-3.7'), {
      advisories: { 'alpine 3.7': { musl: { 'CVE-2019-14697': { FixedVersion: '1.1.18-r4' } } } },
      vulnerabilities: { 'CVE-2019-14697': { Title: 'x87 stack imbalance', Severity: 'CRITICAL' } },
    });
    const root = image('alpine-3.7.3-aarch64.tar.gz', 'arm37', 'arm64');
    const mirror = repository('arm37-mirror', next(root, { musl: '1.1.18-r4' }));
    const args = ['--offline', '--platform', 'linux/arm64'];
    const { run, told } = await patch('arm37', `file://${mirror}`, { database, args });
    expect(run.stderr).toBe('');
    expect(told.patches[0]?.applied.map(({ name }) => name)).toEqual(['musl', 'musl-utils']);
    expect([run.code, told.patches[0]?.remaining]).toEqual([0, []]);
  });

  function tampered(folder: string): string {
    const into = join(folder, 'main/x86_64');
    for (const name of readdirSync(into).filter((each) => each.endsWith('.apk'))) {
      const bytes = readFileSync(join(into, name));
      const at = Math.floor(bytes.length / 4);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(join(into, name), bytes);
    }
    return folder;
  }

  function unpack(layout: string, into: string, tag = 'new'): void {
    mkdirSync(into);
    const read = (digest: string): Document =>
      JSON.parse(readFileSync(join(layout, 'blobs', ...digest.split(':')), 'utf8')) as Document;
    const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as Document;
    const named = index.manifests?.find(
      ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === tag,
    );
    for (const { digest } of read(named?.digest ?? '').layers ?? []) {
      const blob = join(layout, 'blobs', ...digest.split(':'));
      const names = execFileSync('tar', ['tzf', blob], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n');
      execFileSync('tar', ['xpzf', blob, '-C', into, '--exclude=.wh.*']);
      for (const name of names.filter((each) => each.includes('.wh.')))
        rmSync(join(into, dirname(name), name.slice(name.indexOf('.wh.') + 4)), {
          recursive: true,
          force: true,
        });
    }
  }
});

interface Document {
  readonly manifests?: readonly {
    readonly digest: string;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
  readonly layers?: readonly { readonly digest: string }[];
}

/** Libraries and programs get a byte more, as a new build of them would be another. */
function changed(files: MadeApk['files']): MadeApk['files'] {
  return files.map((file) =>
    file.content && /\.so[.\d]*$|bin\/busybox$/.test(file.path)
      ? { ...file, content: Buffer.concat([Buffer.from(file.content), Buffer.from('\0')]) }
      : file,
  );
}

function advisories() {
  const bySource: Record<string, Record<string, object>> = {};
  for (const [id, source, fixed] of ADVISORIES) (bySource[source] ??= {})[id] = { FixedVersion: fixed };
  const told = ADVISORIES.map(([id]) => [id, { Title: id, Severity: 'HIGH' }] as const);
  return { advisories: { 'alpine 3.20': bySource }, vulnerabilities: Object.fromEntries(told) };
}
