import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shared } from '../../../test/fixtures/shared.ts';
import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { debEcosystem } from './deb.ts';
import { parseRelations } from './depends.ts';
import { parseStatus } from './parse-status.ts';
import { isThirdParty } from './third-party.ts';

const STATUS = 'var/lib/dpkg/status';

function parse(text: string | Uint8Array, path = STATUS): FileResult {
  return parseStatus(Buffer.from(text), path, path === STATUS ? 'all' : 'one');
}

const packages = (text: string): readonly Package[] => parse(text).packages ?? [];
const codes = (text: string | Uint8Array): string[] =>
  (parse(text).diagnostics ?? []).map(({ code }) => code);
const record = (name: string, version: string, more = ''): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n${more}\n`;

test('a record becomes a package', () => {
  const text = `Package: libc6
Status: install ok installed
Priority: optional
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Multi-Arch: same
Source: glibc (2.36-9)
Version: 2.36-9+b1
Conffiles:
 /etc/ld.so.conf.d/x86_64-linux-gnu.conf d4e7a7b88a71b5ffd9e2644e71a0cfab
Description: GNU C Library
 Version: 9 of the text
`;
  expect(parse(text)).toEqual({
    packages: [
      {
        type: 'deb',
        name: 'libc6',
        version: '2.36-9+b1',
        architecture: 'amd64',
        source: { name: 'glibc', version: '2.36-9' },
        licenses: [],
        maintainer: 'GNU Libc Maintainers <debian-glibc@lists.debian.org>',
        paths: [STATUS],
      },
    ],
    diagnostics: [],
  });
});

test.each([
  ['', { name: 'a', version: '1:2-3' }],
  ['Source: b\n', { name: 'b', version: '1:2-3' }],
  ['Source: b (4)\n', { name: 'b', version: '4' }],
  ['Source: b (0:4)\n', { name: 'b', version: '4' }],
  ['Source: b (\n', { name: 'b', version: '1:2-3' }],
  ['Source: (4)\n', { name: 'a', version: '4' }],
  ['Source: no name! (4)\n', { name: 'a', version: '4' }],
])('source of %j', (field, source) => {
  expect(packages(record('a', '1:2-3', field))[0]?.source).toEqual(source);
});

test.each([
  ['install ok installed', 1, []],
  ['hold ok installed', 1, []],
  ['install reinstreq installed', 1, []],
  ['install ok triggers-awaited', 1, []],
  ['install ok triggers-pending', 1, []],
  ['deinstall ok installed', 0, []],
  ['purge ok installed', 0, []],
  ['deinstall ok config-files', 0, []],
  ['unknown ok not-installed', 0, []],
  ['install ok unpacked', 0, ['PACKAGE_NOT_INSTALLED']],
  ['install ok half-configured', 0, ['PACKAGE_NOT_INSTALLED']],
  ['install reinstreq half-installed', 0, ['PACKAGE_NOT_INSTALLED']],
  ['install ok inst', 0, ['PACKAGE_RECORD_INVALID']],
  ['', 0, ['PACKAGE_RECORD_INVALID']],
])('status %j', (status, count, diagnostics) => {
  const text = `Package: a\nStatus: ${status}\nVersion: 1\n`;
  expect(packages(text)).toHaveLength(count);
  expect(codes(text)).toEqual(diagnostics);
});

test('a record without a status is installed', () => {
  expect(packages('Package: a\nVersion: 1\n')).toHaveLength(1);
});

test('line ends, blank lines and the end of the file may be of any kind', () => {
  const expected = packages(`${record('a', '1')}\n${record('b', '2')}`);
  expect(expected.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(packages(`${record('a', '1')}\n${record('b', '2')}`.replaceAll('\n', '\r\n'))).toEqual(expected);
  expect(packages(`\n\n${record('a', '1')}\n\n\n${record('b', '2').trimEnd()}`)).toEqual(expected);
});

test('field names are of any case, a continuation is no field, and the first of a field counts', () => {
  const [pkg] = packages('PACKAGE: a\nversion: 1\nDescription: x\n Version: 2\n\tVersion: 3\nVersion: 4\n');
  expect(pkg).toMatchObject({ name: 'a', version: '1' });
});

test('each architecture stays, and of one name and architecture the last', () => {
  const i386 = record('a', '3').replace('amd64', 'i386');
  const found = packages(`${record('a', '1')}\n${i386}\n${record('a', '2')}`);
  expect(found.map(({ architecture, version }) => [architecture, version])).toEqual([
    ['amd64', '2'],
    ['i386', '3'],
  ]);
});

test('a version that dpkg refuses is kept and said', () => {
  const text = record('bad', ':::~~__');
  expect(packages(text)).toMatchObject([{ name: 'bad', version: ':::~~__' }]);
  expect(codes(text)).toEqual(['PACKAGE_VERSION_INVALID']);
});

test('an epoch of zero is left out', () => {
  expect(packages(record('a', '0:1.2-3'))[0]?.version).toBe('1.2-3');
  expect(packages(record('a', '0:1:2'))[0]?.version).toBe('0:1:2');
});

test.each([
  ['no version', 'Package: a\nStatus: install ok installed\n'],
  ['no name', 'Status: install ok installed\nVersion: 1\n'],
  ['an impossible name', record('a\u001b[31m', '1')],
  ['an endless version', record('a', '1'.repeat(5_000))],
])('a record with %s is left out and said', (_, text) => {
  expect(packages(`${text}\n${record('b', '1')}`).map(({ name }) => name)).toEqual(['b']);
  expect(codes(text)).toEqual(['PACKAGE_RECORD_INVALID']);
});

test('what a cut file holds is read', () => {
  const text = `${record('a', '1')}\nPackage: b\nStatus: install ok inst`;
  expect(packages(text).map(({ name }) => name)).toEqual(['a']);
  expect(codes(text)).toEqual(['PACKAGE_RECORD_INVALID']);
});

test('huge fields: unwanted ones cost nothing, wanted ones are cut and said', () => {
  const huge = 'A'.repeat(2 << 20);
  expect(parse(record('a', '1', `Description: ${huge}\n`))).toMatchObject({
    packages: [{ name: 'a' }],
    diagnostics: [],
  });
  expect(parse(record('a', '1', `Maintainer: ${huge}\n`))).toMatchObject({
    packages: [{ name: 'a' }],
    diagnostics: [{ code: 'PACKAGE_FIELD_TOO_LONG' }],
  });
});

test('binary garbage is said, an empty file is nothing', () => {
  expect(codes(Buffer.alloc(1_000, 0xff))).toContain('PACKAGE_RECORD_DAMAGED');
  expect(codes(Buffer.alloc(1_000))).toContain('PACKAGE_DATABASE_DAMAGED');
  expect(parse('')).toEqual({ packages: [], diagnostics: [] });
  expect(parse('\n\n')).toEqual({ packages: [], diagnostics: [] });
});

test('a thousand broken records make a short list', () => {
  const { diagnostics = [] } = parse(`${record('', '1')}\n`.repeat(1_000));
  expect(diagnostics).toHaveLength(21);
  expect(diagnostics.at(-1)?.message).toBe('and 980 more of these');
});

describe('dependencies', () => {
  test('are installed names: the first alternative that is there, or who provides it', () => {
    const text = [
      record(
        'base-files',
        '12',
        'Pre-Depends: awk\nDepends: libc6 (>= 2.34), gone | mawk (<< 9), missing, base-files',
      ),
      record('mawk', '1', 'Provides: awk\nDepends: libc6:amd64 [linux-any] <!stage1>, libc6'),
      record('libc6', '2', 'Depends:\n libgcc-s1,\n debconf (>= 0.5) | debconf-2.0\n'),
      record('cdebconf', '2', 'Provides: debconf-2.0 (= 1)'),
    ].join('\n');
    expect(packages(text).map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ['base-files', ['mawk', 'libc6']],
      ['mawk', ['libc6']],
      ['libc6', ['cdebconf']],
      ['cdebconf', undefined],
    ]);
  });

  test('are as written where each package has a file of its own', () => {
    const text = record('openssl', '3', 'Depends: libc6 (>= 2.34), libssl3 (>= 3.0.9) | libssl');
    expect(parse(text, 'var/lib/dpkg/status.d/openssl').packages?.[0]?.dependsOn).toEqual([
      'libc6',
      'libssl3',
    ]);
  });

  test('relations without their conditions', () => {
    expect(parseRelations('a (>= 1:2~), b|c:any ,, d [amd64] , e<!nocheck>,(,|')).toEqual([
      ['a'],
      ['b', 'c'],
      ['d'],
      ['e'],
    ]);
  });
});

test.each([
  ['Docker <support@docker.com>', true],
  ['cudatools <cudatools@nvidia.com>', true],
  ['HashiCorp <support@hashicorp.com>', true],
  ['NGINX Packaging <nginx-packaging@f5.com>', true],
  ['GitLab, Inc.', true],
  ['Debian Nginx Maintainers <pkg-nginx-maintainers@alioth-lists.debian.net>', false],
  ['Docker Fans <docker.com@debian.org>', false],
  ['Somebody <a@notdocker.com>', false],
  ['Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>', false],
  ['', false],
])('maintainer %j: third party %s', (maintainer, expected) => {
  expect(isThirdParty(maintainer)).toBe(expected);
});

describe('analyzers', () => {
  const [status, directory] = debEcosystem.analyzers;
  const header = (path: string) => ({ path, sizeBytes: 1, mode: 0o644 });

  test('want the database and the records of status.d', () => {
    expect(status?.wants(header(STATUS))).toBe(true);
    expect(status?.wants(header('var/lib/dpkg/status-old'))).toBe(false);
    expect(directory?.wants(header('var/lib/dpkg/status.d/libc6'))).toBe(true);
    expect(directory?.wants(header('var/lib/dpkg/status.d/libc6.md5sums'))).toBe(true);
    expect(status?.wants(header('var/lib/dpkg/info/libc6:amd64.list'))).toBe(true);
    expect(status?.wants(header('var/lib/dpkg/info/libc6:amd64.postinst'))).toBe(false);
    expect(directory?.wants(header('var/lib/dpkg/status.d/a/b'))).toBe(false);
  });

  test('a file that only bears the name says nothing', () => {
    const file = { ...header('proc/self/status'), content: Buffer.from('Name:\tcat\nUmask:\t0022\n') };
    expect(status?.begin().add(file)).toBeUndefined();
    const moved = { ...header('opt/dpkg/status'), content: Buffer.from(record('a', '1')) };
    expect(status?.begin().add(moved)?.packages).toHaveLength(1);
  });
});

test('any text gives an answer', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'Package: ',
      'Version: 1',
      'Status: install ok installed',
      'Source: a (',
      'Depends: ',
      '\n',
      '\n\n',
      '\r\n',
      ' ',
      ',',
      '|',
      '(',
      ':',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      for (const pkg of parse(pieces.join('')).packages ?? [])
        expect(pkg.name).toMatch(/^[A-Za-z0-9][A-Za-z0-9+._-]*$/);
    }),
  );
});

test('any bytes give an answer', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void parse(bytes)));
});

test('hostile lengths are no burden', () => {
  for (const unit of [
    '\n',
    'a\n',
    'Package: a\n\n',
    'Package: a\nVersion: 1\nDepends: a|a,\n a|a,\n\n',
    ' ,\n',
  ]) {
    parse(unit.repeat((4 << 20) / unit.length));
  }
});

describe.skipIf(!shared)('a real database (needs ../shared)', () => {
  test('Ubuntu 22.04 holds 101 packages', () => {
    const archive = join(shared ?? '', 'data/images/ubuntu-22.04-dpkg-only.tar.gz');
    const { stdout } = spawnSync('tar', ['-xOf', archive, './var/lib/dpkg/status']);
    const result = parse(stdout);
    expect(result.packages).toHaveLength(101);
    expect(result.diagnostics).toEqual([]);
  });
});

describe('files that packages have brought', () => {
  const [status, directory] = debEcosystem.analyzers;
  const info = 'var/lib/dpkg/info/';
  const text = `${record('a', '1')}\n${record('b', '2', 'Maintainer: Docker <support@docker.com>\n')}`;
  const lists: readonly [string, string][] = [
    [`${info}a.list`, '/.\n/usr\n/usr/bin\n/usr/bin/a\n/lib/a.so\n'],
    [`${info}b:amd64.list`, '/.\n/usr/bin/b\n'],
  ];

  function filesIn(analyzer: typeof status, files: readonly (readonly [string, string])[]): string[] {
    const session = analyzer?.begin();
    const results = files.map(([path, content]) => {
      const bytes = Buffer.from(content);
      const result = session?.add({ path, sizeBytes: bytes.length, mode: 0o644, content: bytes });
      bytes.fill(0); // what is given is only there until then
      return result;
    });
    const late = [...(session?.end?.() ?? [])].map(([, result]) => result);
    return [...results, ...late].flatMap((result) => [...(result?.installedFiles?.() ?? [])]);
  }

  test('are those of the lists, whatever comes first, but not of other makers', () => {
    const expected = ['usr', 'usr/bin', 'usr/bin/a', 'lib/a.so', 'usr/lib/a.so'];
    expect(filesIn(status, [[STATUS, text], ...lists])).toEqual(expected);
    expect(filesIn(status, [...lists, [STATUS, text]])).toEqual(expected);
  });

  test('count in a layer that holds only lists', () => {
    expect(filesIn(status, lists)).toContain('usr/bin/b');
  });

  test('stand in status.d with their digests', () => {
    const sums = `${'0'.repeat(32)}  usr/share/a\n${'1'.repeat(32)}  ./x y\nodd\n`;
    const files = ['a', 'b'].map((name): [string, string] => [`var/lib/dpkg/status.d/${name}.md5sums`, sums]);
    const records = text
      .split('\n\n\n')
      .map((one, i): [string, string] => [`var/lib/dpkg/status.d/${i === 0 ? 'a' : 'b'}`, one]);
    expect(records).toHaveLength(2);
    expect(filesIn(directory, [...files, ...records])).toEqual(['usr/share/a', 'x y']);
  });

  test('are left out beyond a bound, and that is said', () => {
    const session = status?.begin();
    const content = Buffer.alloc(20 << 20, 0x61);
    for (const name of ['a', 'b']) {
      session?.add({ path: `${info}${name}.list`, sizeBytes: content.length, mode: 0o644, content });
    }
    const results = [...(session?.end?.() ?? [])];
    expect(results.map(([path, { diagnostics }]) => [path, diagnostics?.[0]?.code])).toEqual([
      [`${info}a.list`, 'PACKAGE_FILES_LIMIT'],
    ]);
  });
});
