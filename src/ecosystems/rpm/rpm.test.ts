import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shared } from '../../../test/fixtures/shared.ts';
import type { FileResult, LayerFile } from '../../analysis/analyzer.ts';
import { parseManifest } from './parse-manifest.ts';
import { readRpmDatabase } from './read-database.ts';
import { parseBuildFile } from './red-hat-build.ts';
import { rpmEcosystem } from './rpm.ts';
import { sourceOf } from './rpm-package.ts';
import { isThirdParty } from './third-party.ts';

const [database] = rpmEcosystem.analyzers;

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
  for (const file of files) session?.add(file);
  return new Map(session?.end?.());
}

const REAL: readonly (readonly [tarball: string, packages: number, sample: string])[] = [
  // 22 as the native rpm lists them; readers that pass over small headers stored inline find 20.
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

    test('the write-ahead log counts: without it the database is older', () => {
      const files = filesOf('almalinux-9.1-20230222-micro-aarch64.tar.xz');
      expect(files.map((file) => file.path).some((path) => path.endsWith('-wal'))).toBe(true);
      const alone = analyze(files.filter((file) => file.path.endsWith('-wal') && file.sizeBytes > 0));
      for (const result of alone.values()) {
        expect(result.diagnostics).toMatchObject([{ code: 'RPM_WAL_WITHOUT_DATABASE' }]);
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
              expect(performance.now() - started).toBeLessThan(2000);
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

  test('a database and its log are joined by their directory', () => {
    const results = analyze([
      { path: 'var/lib/rpm/rpmdb.sqlite', sizeBytes: 3, mode: 0, content: Buffer.from('bad') },
      { path: 'var/lib/rpm/rpmdb.sqlite-wal', sizeBytes: 3, mode: 0, content: Buffer.from('bad') },
      { path: 'usr/share/rpm/rpmdb.sqlite-wal', sizeBytes: 3, mode: 0, content: Buffer.from('bad') },
    ]);
    expect([...results].map(([path, result]) => [path, result.diagnostics?.[0]?.code])).toEqual([
      ['var/lib/rpm/rpmdb.sqlite', 'RPM_DATABASE_BROKEN'],
      ['usr/share/rpm/rpmdb.sqlite-wal', 'RPM_WAL_WITHOUT_DATABASE'],
    ]);
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
});
