import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  writeBerkeleyDb,
  writeHeader,
  writeNdb,
  type RawEntry,
} from '../../../test/fixtures/rpm-database-writer.ts';
import { shared } from '../../../test/fixtures/shared.ts';
import { writeSqlite, writeWal } from '../../../test/fixtures/sqlite-writer.ts';
import type { FileResult, LayerFile } from '../../analysis/analyzer.ts';
import { parseManifest } from './parse-manifest.ts';
import { readRpmDatabase } from './read-database.ts';
import { parseBuildFile } from './red-hat-build.ts';
import { rpmEcosystem } from './rpm.ts';
import { sourceOf } from './rpm-package.ts';
import { isThirdParty } from './third-party.ts';

const [database] = rpmEcosystem.analyzers;
const MD5 = Buffer.alloc(16, 5);

/** The files of a tarball that the analyzer wants. */
function filesOf(tarball: string): LayerFile[] {
  const path = join(shared ?? '', 'data', 'images', tarball);
  const names = execFileSync('tar', ['-tf', path], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n');
  return names.flatMap((name) => {
    const clean = name.replace(/^\.?\//, '');
    if (!database?.wants({ path: clean, sizeBytes: 0, mode: 0o644 })) return [];
    const content = execFileSync('tar', ['-xOf', path, name], { maxBuffer: 1 << 28 });
    return [{ path: clean, sizeBytes: content.length, mode: 0o644, content }];
  });
}

function analyze(files: readonly LayerFile[]): Map<string, FileResult> {
  const session = database?.begin();
  const results = new Map<string, FileResult>();
  for (const file of files) {
    const result = session?.add(file);
    if (result) results.set(file.path, result);
  }
  return new Map([...results, ...(session?.end?.() ?? [])]);
}

const REAL: readonly (readonly [tarball: string, packages: number, sample: string])[] = [
  // As the native rpm lists them; readers that pass over small headers stored on hash pages find 20.
  ['almalinux-9.0-20220527-micro-aarch64.tar.xz', 22, 'basesystem'],
  ['almalinux-9.1-20230222-micro-aarch64.tar.xz', 23, 'glibc'],
  ['almalinux-8.8-20230523-micro-s390x.tar.xz', 20, 'glibc'],
  ['amazonlinux-2023-rpmdb-only.tar.gz', 103, 'system-release'],
  ['cbl-mariner-2.0-rpmdb-only.tar.gz', 129, 'mariner-release'],
  ['sle-15.3-bci-rpmdb-only.tar.gz', 35, 'sles-release'],
  ['rhel-8.8-libuuid-rpmdb-only.tar.gz', 1, 'libuuid'],
];

describe.skipIf(!shared || !existsSync(join(shared, 'data', 'images')))(
  'real rpm databases (needs ../shared)',
  () => {
    test.each(REAL)('%s holds %i packages', (tarball, count, sample) => {
      const results = [...analyze(filesOf(tarball)).values()];
      const packages = results.flatMap((result) => result.packages ?? []);
      expect(results.flatMap((result) => result.diagnostics ?? [])).toEqual([]);
      expect(packages.length).toBe(count);
      expect(packages.map((pkg) => pkg.name)).toContain(sample);
      for (const pkg of packages) {
        expect(pkg.version).toMatch(/^(\d+:)?[^-:]+-[^-]+$/);
        if (pkg.name !== 'gpg-pubkey') expect(pkg.architecture).toBeDefined();
        expect(pkg.source?.version ?? '1-1').toMatch(/-/);
        expect(pkg.thirdParty).toBeUndefined();
      }
    });

    test('damage anywhere ends in packages and diagnostics, soon', () => {
      const files = filesOf('sle-15.3-bci-rpmdb-only.tar.gz').concat(
        filesOf('rhel-8.8-libuuid-rpmdb-only.tar.gz'),
      );
      const sqlite = filesOf('almalinux-9.1-20230222-micro-aarch64.tar.xz').filter((file) =>
        file.path.endsWith('.sqlite'),
      );
      for (const file of [...files, ...sqlite]) {
        fc.assert(
          fc.property(
            fc.array(fc.tuple(fc.nat(file.content.length - 1), fc.nat(255)), { minLength: 1, maxLength: 30 }),
            fc.nat(file.content.length),
            (changes, length) => {
              const changed = Buffer.from(file.content);
              for (const [at, byte] of changes) changed[at] = byte;
              const started = performance.now();
              const cut = length % 4 === 0 ? changed.subarray(0, length) : changed;
              readRpmDatabase({ path: file.path, content: cut });
              expect(performance.now() - started).toBeLessThan(6000);
            },
          ),
          { numRuns: 25 },
        );
      }
    });
  },
);

describe('rpm databases', () => {
  test.each(['rpmdb.sqlite', 'Packages.db', 'Packages'])('%s: any bytes give an answer', (name) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6000 }), (content) => {
        expect(readRpmDatabase({ path: `var/lib/rpm/${name}`, content }).diagnostics).toHaveLength(1);
      }),
    );
  });

  const headers = [
    writeHeader({
      ...{ name: 'app', version: '1.0', release: '2.el9', epoch: 3, arch: 'x86_64', vendor: 'Red Hat, Inc.' },
      ...{
        license: 'MIT',
        sourceRpm: 'suite-1.0-2.el9.src.rpm',
        modularityLabel: 'app:1:8060:ad',
        sigMd5: MD5,
      },
      ...{ provides: ['app', 'app(x86-64)'], requires: ['libc.so.6()', 'libc.so.6()', 'app', 'rpmlib(X)'] },
    }),
    writeHeader({ name: 'glibc', version: '2.34', release: '1', vendor: 'Me', provides: ['libc.so.6()'] }),
  ];
  const packages = [
    {
      ...{ type: 'rpm', name: 'app', version: '3:1.0-2.el9', architecture: 'x86_64', licenses: ['MIT'] },
      source: { name: 'suite', version: '3:1.0-2.el9' },
      ...{ maintainer: 'Red Hat, Inc.', modularityLabel: 'app:1:8060:ad', dependsOn: ['glibc'] },
      archiveDigest: 'md5:05050505050505050505050505050505',
    },
    { type: 'rpm', name: 'glibc', version: '2.34-1', licenses: [], maintainer: 'Me', thirdParty: true },
  ];
  const rows = headers.map((header) => [null, header]);
  const fileOf = (path: string, content: Buffer): LayerFile => {
    return { path, sizeBytes: content.length, mode: 0o644, content };
  };

  test.each([
    ['var/lib/rpm/Packages', writeBerkeleyDb(headers, 'little')],
    ['var/lib/rpm/Packages', writeBerkeleyDb(headers, 'big')],
    ['usr/lib/sysimage/rpm/Packages.db', writeNdb(headers)],
    ['var/lib/rpm/rpmdb.sqlite', writeSqlite('Packages', rows)],
    ['opt/elsewhere/Packages', writeBerkeleyDb(headers, 'big')],
  ])('packages of %s', (path, content) => {
    const paths = [path];
    const results = analyze([fileOf(path, content)]);
    const expected = packages.map((pkg) => ({ ...pkg, paths }));
    expect([...results.keys()]).toEqual([path]);
    expect(results.get(path)).toMatchObject({ packages: expected, diagnostics: [] });
  });

  describe('with a write-ahead log', () => {
    const old = writeSqlite('Packages', rows.slice(1));
    const page = writeSqlite('Packages', rows).subarray(4096, 8192);
    const wal = writeWal([{ page: 2, content: page, commit: true }], 'little');
    const path = 'var/lib/rpm/rpmdb.sqlite';
    const files = [fileOf(path, old), fileOf(`${path}-wal`, wal)];
    const namesIn = (results: Map<string, FileResult>): unknown =>
      [...results].map(([at, { packages: found }]) => [at, found?.map((pkg) => pkg.name)]);

    test('the log counts, whichever comes first', () => {
      expect(namesIn(analyze(files))).toEqual([[path, ['app', 'glibc']]]);
      expect(namesIn(analyze(files.toReversed()))).toEqual([[path, ['app', 'glibc']]]);
      expect(namesIn(analyze(files.slice(0, 1)))).toEqual([[path, ['glibc']]]);
    });

    test('a log alone is said', () => {
      const [[at, result] = []] = analyze(files.slice(1));
      expect(at).toBe(`${path}-wal`);
      expect(result).toMatchObject({ diagnostics: [{ code: 'RPM_WAL_WITHOUT_DATABASE' }] });
    });

    test('a log of another directory is not its log', () => {
      const results = analyze([fileOf(path, old), fileOf('usr/share/rpm/rpmdb.sqlite-wal', wal)]);
      expect([...results.keys()]).toEqual([path, 'usr/share/rpm/rpmdb.sqlite-wal']);
      expect(results.get(path)?.packages).toHaveLength(1);
    });

    test('an empty log is none; a foreign one is said, and the database read', () => {
      expect(analyze([fileOf(`${path}-wal`, Buffer.alloc(0))]).size).toBe(0);
      const result = readRpmDatabase({ path, content: old, wal: Buffer.alloc(5000, 1) });
      expect(result.packages).toHaveLength(1);
      expect(result.diagnostics).toMatchObject([{ code: 'RPM_DATABASE_BROKEN' }]);
    });
  });

  test('a damaged header, one without name and one with an odd version are said; the others are read', () => {
    const odd = writeHeader({ name: 'odd', version: 'a b' });
    const blobs = [Buffer.alloc(40, 0xff), writeHeader({ version: '1' }), odd, ...headers];
    const { packages: found, diagnostics } = readRpmDatabase({ path: 'p', content: writeNdb(blobs) });
    expect(found?.map((pkg) => pkg.name)).toEqual(['odd', 'app', 'glibc']);
    expect(diagnostics?.map(({ code }) => code)).toEqual([
      'RPM_DATABASE_BROKEN',
      'PACKAGE_RECORD_INVALID',
      'PACKAGE_VERSION_INVALID',
    ]);
  });

  test('control characters do not come through', () => {
    const content = writeNdb([writeHeader({ name: 'a\x1b[2J', version: '1', vendor: '(none)' })]);
    expect(readRpmDatabase({ path: 'p', content }).packages).toMatchObject([{ name: 'a\ufffd[2J' }]);
    expect(readRpmDatabase({ path: 'p', content }).packages?.[0]?.maintainer).toBeUndefined();
  });

  test('the databases of a layer share one allowance', () => {
    const content = writeNdb(headers);
    const allowance = { packages: 3, characters: 1000 };
    expect(readRpmDatabase({ path: 'a', content }, allowance).packages).toHaveLength(2);
    const second = readRpmDatabase({ path: 'b', content }, allowance);
    expect(second.packages).toHaveLength(1);
    expect(second.diagnostics).toMatchObject([{ code: 'PACKAGE_LIMIT' }]);
    const spent = readRpmDatabase({ path: 'c', content }, { packages: 3, characters: 0 });
    expect(spent).toMatchObject({ packages: [], diagnostics: [{ code: 'PACKAGE_LIMIT' }] });
  });

  test('more dependencies than can be remembered are said, the packages kept', () => {
    const many = Array.from({ length: 60_000 }, (_, index) => `c${index}`);
    const blobs = Array.from({ length: 20 }, (_, i) =>
      writeHeader({ name: `p${i}`, version: '1', provides: many }),
    );
    const started = performance.now();
    const { packages: found, diagnostics } = readRpmDatabase({ path: 'p', content: writeNdb(blobs) });
    expect(found).toHaveLength(20);
    expect(diagnostics).toMatchObject([{ code: 'PACKAGE_LIMIT' }]);
    expect(performance.now() - started).toBeLessThan(12_000);
  });

  test('a database that is all damage is given up soon', () => {
    const content = Buffer.alloc(2048 * 4096);
    content.write('RpmP');
    content.writeUInt32LE(2048, 12);
    const started = performance.now();
    const { diagnostics } = readRpmDatabase({ path: 'Packages.db', content });
    expect(diagnostics?.at(-1)?.message).toMatch(/more of these/);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test('an index of an archive that is called Packages is none of ours', () => {
    const content = Buffer.from('Package: a\nVersion: 1\n'.repeat(10));
    expect(analyze([{ path: 'srv/Packages', sizeBytes: content.length, mode: 0, content }]).size).toBe(0);
  });

  test.each([
    ['openssl-3.0.1-43.el9_0.src.rpm', 1, { name: 'openssl', version: '1:3.0.1-43.el9_0' }],
    ['a-b-c-1.0-2.src.rpm', 0, { name: 'a-b-c', version: '1.0-2' }],
    ['firmware-1-2.nosrc.rpm', 0, { name: 'firmware', version: '1-2' }],
    ['odd.rpm', 0, undefined],
    [undefined, 0, undefined],
  ])('source of %s', (file, epoch, expected) => {
    expect(sourceOf(file, epoch)).toEqual(expected);
  });

  test.each([
    ['Red Hat, Inc.', '1.el9', false],
    ['SUSE LLC <https://www.suse.com/>', '1', false],
    ['Docker', '3.el9', true],
    ['Docker', '3.amzn2023', false],
    [undefined, '1', false],
  ])('vendor %s, release %s: third party is %s', (vendor, release, expected) => {
    expect(isThirdParty(vendor, release)).toBe(expected);
  });
});

describe('rpm manifest', () => {
  test('reads a line a package', () => {
    const line =
      'openssl-libs\t1.1.1k-17.cm2\t1653816591\t1653753130\tMicrosoft Corporation\t(none)\t10\tx86_64\t0\topenssl-1.1.1k-17.cm2.src.rpm';
    const { packages, diagnostics } = parseManifest(`${line}\n\nbad line\n`, 'p');
    expect(packages).toMatchObject([
      {
        name: 'openssl-libs',
        version: '1.1.1k-17.cm2',
        architecture: 'x86_64',
        source: { name: 'openssl', version: '1.1.1k-17.cm2' },
      },
    ]);
    expect(diagnostics).toHaveLength(1);
  });

  test('the epoch is the number; a vendor of its own is third party', () => {
    const line = 'tool\t1-2\t0\t0\tSomebody\t(none)\t1\tnoarch\t4\t(none)';
    expect(parseManifest(line, 'p').packages).toEqual([
      {
        ...{
          type: 'rpm',
          name: 'tool',
          version: '4:1-2',
          architecture: 'noarch',
          licenses: [],
          paths: ['p'],
        },
        ...{ maintainer: 'Somebody', thirdParty: true },
      },
    ]);
  });

  test('any text gives an answer', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseManifest(text.replaceAll(' ', '\t'), 'p')));
  });
});

describe('Red Hat build files', () => {
  test('content sets of a content manifest', () => {
    const text =
      '{"metadata": {}, "content_sets": ["rhel-8-for-x86_64-baseos-rpms", 7], "image_contents": []}';
    expect(parseBuildFile(text, 'root/buildinfo/content_manifests/x.json')).toEqual({
      redHatBuild: { contentSets: ['rhel-8-for-x86_64-baseos-rpms'] },
    });
    expect(parseBuildFile('{', 'x.json')?.diagnostics).toHaveLength(1);
    expect(parseBuildFile('null', 'x.json')).toBeUndefined();
  });

  test('name, version and release of a Dockerfile', () => {
    const text =
      'FROM x\nLABEL com.redhat.component="ubi8-container" \\\n  version="8.6" \\\n  "release"="754" architecture="x86_64"\n';
    expect(parseBuildFile(text, 'root/buildinfo/Dockerfile-ubi8-8.6-754')?.redHatBuild).toEqual({
      contentSets: [],
      nvr: 'ubi8-container-8.6-754',
      architecture: 'x86_64',
    });
  });

  test.each([
    ['LABEL com.redhat.component=ubi8 version=8.6 release=754', 'Dockerfile', 'ubi8-8.6-754'],
    ['ENV COM.REDHAT.COMPONENT=ubi8\nLABEL version="8.6"', 'Dockerfile-ubi8-8.6-754', 'ubi8-8.6-754'],
    ['LABEL com.redhat.component ubi8', 'Dockerfile-ubi8-8.6-754', 'ubi8-8.6-754'],
    [
      'ARG V=8.6\nLABEL com.redhat.component=ubi8 version=$V release=${R}',
      'Dockerfile-x-1-754',
      'ubi8-8.6-754',
    ],
    ["LABEL a=b \\\n# why\n  com.redhat.component='ubi8'", 'Dockerfile-ubi8-8.6-754', 'ubi8-8.6-754'],
    ['LABEL x="com.redhat.component=evil" com.redhat.component=ubi8', 'Dockerfile-u-8.6-754', 'ubi8-8.6-754'],
    ['RUN com.redhat.component=ubi8', 'Dockerfile-ubi8-8.6-754', undefined],
    ['LABEL com.redhat.component=ubi8', 'Dockerfile', undefined],
  ])('%j in %s is %s', (text, name, nvr) => {
    expect(parseBuildFile(text, `root/buildinfo/${name}`)?.redHatBuild?.nvr).toBe(nvr);
  });

  test('any text ends soon', () => {
    for (const piece of ['a=', '"', '\\\n', 'LABEL ', '$', '${', '-', "'="]) {
      const started = performance.now();
      parseBuildFile(`LABEL ${piece.repeat(1 << 19)}`, `root/buildinfo/Dockerfile${'-'.repeat(4000)}`);
      expect(performance.now() - started).toBeLessThan(6000);
    }
    fc.assert(fc.property(fc.string(), fc.string(), (text, path) => void parseBuildFile(text, path)));
  });
});

test('files that packages have brought, but not of other makers', () => {
  const entries = (base: string): RawEntry[] => [
    { tag: 1116, type: 4, count: 3, data: Buffer.from('000000000000000100000009', 'hex') },
    { tag: 1117, type: 8, count: 3, data: Buffer.from(`${base}\0lib.so\0lost\0`) },
    { tag: 1118, type: 8, count: 2, data: Buffer.from('/usr/bin/\0/lib64/\0') },
  ];
  const headers = [
    writeHeader({ name: 'a', version: '1', release: '1', vendor: 'Red Hat, Inc.' }, entries('a')),
    writeHeader({ name: 'b', version: '1', release: '1', vendor: 'Acme' }, entries('b')),
    writeHeader({ name: 'c', version: '1', release: '1' }, entries('c').slice(1)),
  ];
  for (const path of ['var/lib/rpm/Packages.db', 'opt/elsewhere/Packages.db']) {
    const content = writeNdb(headers);
    const result = analyze([{ path, sizeBytes: content.length, mode: 0o644, content }]).get(path);
    content.fill(0);
    const expected = path.startsWith('var/') ? ['usr/bin/a', 'lib64/lib.so', 'usr/lib64/lib.so'] : undefined;
    expect(result?.installedFiles && [...result.installedFiles()]).toEqual(expected);
  }
});
