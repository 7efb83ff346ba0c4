import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shared } from '../../../test/fixtures/shared.ts';
import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { apkEcosystem } from './apk.ts';
import { parseLicenses } from './licenses.ts';
import { parseInstalled } from './parse-installed.ts';

const INSTALLED = 'lib/apk/db/installed';

const parse = (text: string | Uint8Array): FileResult => parseInstalled(Buffer.from(text), INSTALLED);
const packages = (text: string): readonly Package[] => parse(text).packages ?? [];
const codes = (text: string | Uint8Array): string[] =>
  (parse(text).diagnostics ?? []).map(({ code }) => code);
const record = (name: string, version: string, more = ''): string =>
  `P:${name}\nV:${version}\n${more}F:usr\nR:file\n\n`;

test('a record becomes a package', () => {
  const text = `C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:busybox-binsh
V:1.36.1-r29
A:x86_64
S:1
I:8192
T:busybox ash /bin/sh
U:https://busybox.net/
L:GPL-2.0-only
o:busybox
m:Natanael Copa <ncopa@alpinelinux.org>
t:1718306060
p:/bin/sh cmd:sh=1.36.1-r29
F:bin
M:0:0:1777
R:sh
a:0:0:777
Z:Q1pcfTfDNEbNKQc2s1tia7da05M8Q=

`;
  expect(parse(text)).toEqual({
    packages: [
      {
        type: 'apk',
        name: 'busybox-binsh',
        version: '1.36.1-r29',
        architecture: 'x86_64',
        source: { name: 'busybox', version: '1.36.1-r29' },
        licenses: ['GPL-2.0-only'],
        maintainer: 'Natanael Copa <ncopa@alpinelinux.org>',
        archiveDigest: 'sha1:a8a719fa3db7c6cb005e681086438ef1d1e76d6c',
        paths: [INSTALLED],
      },
    ],
    diagnostics: [],
  });
});

test('a package without an origin is its own source', () => {
  expect(packages(record('musl', '1.2'))[0]?.source).toEqual({ name: 'musl', version: '1.2' });
});

test('dependencies are those who bear or provide the name', () => {
  const text = [
    record('a', '1', 'D:!c so:libssl.so.3=3 musl>=1.2 musl cmd:sh /bin/sh gone b~1\n'),
    record('b', '1', 'p:so:libssl.so.3=3.3 a\n'),
    record('musl', '1', 'p:so:libc.musl-x86_64.so.1=1\n'),
    record('sh', '1', 'D:so:libc.musl-x86_64.so.1\np:cmd:sh=1 /bin/sh\n'),
  ].join('');
  expect(packages(text).map(({ dependsOn }) => dependsOn)).toEqual([
    ['b', 'musl', 'sh'],
    undefined,
    undefined,
    ['musl'],
  ]);
});

test('of a name the first record counts', () => {
  expect(packages(record('a', '1') + record('a', '2')).map(({ version }) => version)).toEqual(['1']);
});

test.each([
  ['', []],
  ['MIT', ['MIT']],
  ['GPL-2.0-only AND MIT', ['GPL-2.0-only', 'MIT']],
  ['GPL-2.0-only and (MIT)', ['GPL-2.0-only', 'MIT']],
  ['Apache-2.0 OR MIT', ['Apache-2.0 OR MIT']],
  ['(Apache-2.0 OR MIT) AND BSD-3-Clause', ['(Apache-2.0 OR MIT)', 'BSD-3-Clause']],
  ['GPL-2.0-or-later WITH Bison-exception-2.2 AND ISC', ['GPL-2.0-or-later WITH Bison-exception-2.2', 'ISC']],
  ['MIT BSD GPL2+', ['MIT', 'BSD', 'GPL2+']],
  ['MPL 2.0 GPL2+', ['MPL-2.0', 'GPL2+']],
  ['MIT MIT', ['MIT']],
  ['AND AND', []],
  ['((', []],
])('licence %j', (field, licenses) => {
  expect(parseLicenses(field)).toEqual(licenses);
});

test.each([
  ['C:Q1AAAA\n', undefined],
  ['C:\n', undefined],
  ['C:d41d8cd98f00b204e9800998ecf8427e\n', undefined],
  [
    'C:Q247DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n',
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ],
])('checksum %j', (field, archiveDigest) => {
  expect(packages(record('a', '1', field))[0]?.archiveDigest).toBe(archiveDigest);
});

test('a version that apk-tools refuses is kept and said', () => {
  const text = record('bad', '1.0-1') + record('good', '1.0-r1');
  expect(packages(text).map(({ name }) => name)).toEqual(['bad', 'good']);
  expect(codes(text)).toEqual(['PACKAGE_VERSION_INVALID']);
});

test.each([
  ['no name', 'V:1\n\n'],
  ['no version', 'P:a\n\n'],
  ['an impossible name', record('a b', '1')],
  ['an endless version', record('a', '1'.repeat(5_000))],
])('a record with %s is left out and said', (_, text) => {
  expect(packages(text + record('b', '1')).map(({ name }) => name)).toEqual(['b']);
  expect(codes(text)).toEqual(['PACKAGE_RECORD_INVALID']);
});

test('a cut file is read as far as it goes, and said', () => {
  const text = record('a', '1') + record('b', '2').slice(0, -6);
  expect(packages(text).map(({ name }) => name)).toEqual(['a', 'b']);
  expect(codes(text)).toEqual(['PACKAGE_DATABASE_TRUNCATED']);
});

test('line ends of another system are no hindrance', () => {
  expect(packages(record('a', '1', 'L:MIT\n').replaceAll('\n', '\r\n'))).toEqual(
    packages(record('a', '1', 'L:MIT\n')),
  );
});

test('damage is said, an empty file is nothing', () => {
  expect(codes(Buffer.alloc(1_000))).toContain('PACKAGE_DATABASE_DAMAGED');
  expect(codes('\n\n')).toEqual(['PACKAGE_DATABASE_DAMAGED']);
  expect(codes(record('a', '1', 'garbage\n'))).toEqual(['PACKAGE_RECORD_DAMAGED']);
  expect(codes(record('a', '1', `D:${'x '.repeat(1 << 20)}\n`))).toEqual(['PACKAGE_RECORD_DAMAGED']);
  expect(parse('')).toEqual({ packages: [], diagnostics: [] });
});

test('the analyzer wants both places, and elsewhere only what is a database', () => {
  const [analyzer] = apkEcosystem.analyzers;
  const header = (path: string) => ({ path, sizeBytes: 1, mode: 0o644 });
  expect(analyzer?.wants(header(INSTALLED))).toBe(true);
  expect(analyzer?.wants(header('usr/lib/apk/db/installed'))).toBe(true);
  expect(analyzer?.wants(header('lib/apk/db/scripts.tar'))).toBe(false);
  expect(analyzer?.begin().add({ ...header('opt/installed'), content: Buffer.from('yes') })).toBeUndefined();
});

test('any text gives an answer', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'P:',
      'V:1',
      'C:Q1',
      'L:(',
      ' AND ',
      ')',
      'D:so:',
      'p:',
      'o:',
      '\n',
      '\n\n',
      '\r\n',
      '=',
      '!',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      for (const pkg of parse(pieces.join('')).packages ?? []) expect(pkg.name).not.toMatch(/[\s\0]/);
    }),
  );
});

test('any bytes give an answer', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void parse(bytes)));
});

test('hostile lengths are no burden', () => {
  for (const unit of ['\n', 'a\n', 'P:a\n\n', 'P:a\nV:1\nL:( ( ( AND\nD:a a a\n\n', 'F:x\n']) {
    parse(unit.repeat((4 << 20) / unit.length));
  }
});

describe.skipIf(!shared)('real databases (needs ../shared)', () => {
  test.each([
    ['alpine-3.4.6-x86_64.tar.xz', 11],
    ['alpine-3.7.3-x86_64.tar.gz', 13],
    ['alpine-3.7.3-aarch64.tar.gz', 13],
    ['alpine-3.8.2-x86_64.tar.xz', 13],
    ['alpine-3.9.0-x86_64.tar.xz', 14],
    ['alpine-3.9.6-x86_64.tar.gz', 14],
    ['alpine-3.10.3-x86_64.tar.gz', 14],
    ['alpine-3.11.13-x86_64.tar.gz', 14],
    ['alpine-3.15.11-x86_64.tar.gz', 14],
    ['alpine-3.18.9-x86_64.tar.gz', 15],
    ['alpine-3.20.3-x86_64.tar.gz', 14],
    ['alpine-edge-20240923-x86_64.tar.gz', 14],
  ])('%s holds %i packages', (name, count) => {
    const archive = join(shared ?? '', 'data/images', name);
    const extract = (member: string) => spawnSync('tar', ['-xOf', archive, member]).stdout;
    const result = parse(extract(`./${INSTALLED}`));
    expect(result.packages).toHaveLength(count);
    expect(result.diagnostics).toEqual([]);
    const complete = (result.packages ?? []).filter(
      (pkg) => pkg.archiveDigest && pkg.source && pkg.licenses.length > 0,
    );
    expect(complete).toHaveLength(count);
  });
});

test('files that packages have brought', () => {
  const path = 'lib/apk/db/installed';
  const content = Buffer.from(
    'P:a\nV:1-r0\nF:\nR:root\nF:usr/bin\nR:a\na:0:0:755\nR:b\nZ:Q1x=\n\nP:b\nV:1-r0\nR:c\nF:etc\nR:d',
  );
  const result = apkEcosystem.analyzers[0]
    ?.begin()
    .add({ path, sizeBytes: content.length, mode: 0o644, content });
  content.fill(0);
  expect([...(result?.installedFiles?.() ?? [])]).toEqual(['root', 'usr/bin/a', 'usr/bin/b', 'c', 'etc/d']);
});
