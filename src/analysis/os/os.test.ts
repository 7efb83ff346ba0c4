import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shared } from '../../../test/fixtures/shared.ts';
import type { OperatingSystem } from '../../model/analysis.ts';
import { osAnalyzers } from './os.ts';
import { resolveOperatingSystem } from './resolve-operating-system.ts';

const [analyzer] = osAnalyzers;

function read(path: string, content: Uint8Array | string) {
  const bytes = Buffer.from(content);
  const file = { path, content: bytes, sizeBytes: bytes.length, mode: 0o644 };
  return analyzer?.wants(file) ? analyzer.begin().add(file) : undefined;
}

/** The operating system of a root with these files, whatever order they come in. */
function identify(files: Readonly<Record<string, string>>): OperatingSystem | undefined {
  const clues = Object.entries(files).flatMap(([path, content]) => {
    const clue = read(path, content)?.os;
    return clue ? [{ path, clue }] : [];
  });
  const os = resolveOperatingSystem(clues);
  expect(resolveOperatingSystem(clues.toReversed())).toEqual(os);
  return os;
}

const named = (id: string, version: string, more = '') => `ID=${id}\nVERSION_ID="${version}"\n${more}`;

const CASES: readonly (readonly [string, Record<string, string>, Partial<OperatingSystem> | undefined])[] = [
  [
    'Alpine',
    { 'etc/alpine-release': '3.20.3\n', 'etc/os-release': named('alpine', '3.20.3') },
    { family: 'alpine', version: '3.20.3' },
  ],
  [
    'Alpine without os-release',
    { 'etc/alpine-release': '3.20.3\n' },
    { family: 'alpine', version: '3.20.3' },
  ],
  [
    'Debian',
    { 'etc/debian_version': '12.4\n', 'usr/lib/os-release': named('debian', '12') },
    { family: 'debian', version: '12.4' },
  ],
  [
    'Debian without debian_version',
    { 'usr/lib/os-release': named('debian', '12') },
    { family: 'debian', version: '12' },
  ],
  ['Debian without os-release', { 'etc/debian_version': '11.9\n' }, { family: 'debian', version: '11.9' }],
  [
    'Debian stable whose file is a name',
    { 'etc/debian_version': 'bookworm/sid', 'etc/os-release': named('debian', '12') },
    { version: '12' },
  ],
  [
    'Debian testing',
    { 'etc/debian_version': 'trixie/sid\n', 'etc/os-release': 'ID=debian\nVERSION_CODENAME=trixie\n' },
    { family: 'debian', version: '13' },
  ],
  [
    'Debian of an unknown name',
    { 'etc/debian_version': 'zurg/sid\n' },
    { family: 'debian', version: 'zurg/sid' },
  ],
  [
    'Ubuntu',
    { 'etc/debian_version': 'bookworm/sid\n', 'etc/os-release': named('ubuntu', '22.04', 'ID_LIKE=debian') },
    { family: 'ubuntu', version: '22.04' },
  ],
  [
    'Ubuntu of lsb-release',
    { 'etc/debian_version': '7.0', 'etc/lsb-release': 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\n' },
    { family: 'ubuntu', version: '14.04' },
  ],
  ['Wolfi', { 'etc/os-release': named('wolfi', '20230201') }, { family: 'wolfi', version: '20230201' }],
  ['Chainguard', { 'etc/os-release': named('chainguard', '20230214') }, { family: 'chainguard' }],
  [
    'RHEL',
    {
      'etc/redhat-release': 'Red Hat Enterprise Linux release 8.8 (Ootpa)',
      'etc/os-release': named('rhel', '8.8'),
    },
    { family: 'redhat', version: '8.8' },
  ],
  [
    'RHEL 7 without os-release',
    { 'etc/redhat-release': 'Red Hat Enterprise Linux Server release 7.9 (Maipo)' },
    { family: 'redhat', version: '7.9' },
  ],
  [
    'CentOS',
    { 'etc/centos-release': 'CentOS Linux release 7.9.2009 (Core)', 'etc/os-release': named('centos', '7') },
    { family: 'centos', version: '7.9.2009' },
  ],
  [
    'CentOS 6',
    { 'etc/redhat-release': 'CentOS release 6.10 (Final)' },
    { family: 'centos', version: '6.10' },
  ],
  [
    'CentOS Stream',
    {
      'etc/centos-release': 'CentOS Stream release 9',
      'etc/os-release': named('centos', '9', 'NAME="CentOS Stream"'),
    },
    { family: 'centos-stream', version: '9' },
  ],
  [
    'AlmaLinux',
    {
      'etc/almalinux-release': 'AlmaLinux release 9.1 (Lime Lynx)',
      'usr/lib/os-release': named('almalinux', '9.1'),
    },
    { family: 'alma', version: '9.1' },
  ],
  [
    'Rocky',
    {
      'etc/rocky-release': 'Rocky Linux release 8.5 (Green Obsidian)',
      'etc/os-release': named('rocky', '8.5'),
    },
    { family: 'rocky', version: '8.5' },
  ],
  [
    'Oracle, which keeps redhat-release',
    {
      'etc/oracle-release': 'Oracle Linux Server release 8.0',
      'etc/redhat-release': 'Red Hat Enterprise Linux release 8.0 (Ootpa)',
    },
    { family: 'oracle', version: '8.0' },
  ],
  [
    'Oracle of os-release',
    { 'etc/os-release': named('ol', '9.3'), 'etc/redhat-release': 'Red Hat Enterprise Linux release 9.3' },
    { family: 'oracle', version: '9.3' },
  ],
  [
    'Fedora',
    { 'etc/fedora-release': 'Fedora release 35 (Thirty Five)', 'etc/os-release': named('fedora', '35') },
    { family: 'fedora', version: '35' },
  ],
  [
    'Amazon 2',
    { 'etc/system-release': 'Amazon Linux release 2 (Karoo)\n', 'etc/os-release': named('amzn', '2') },
    { family: 'amazon', version: '2 (Karoo)' },
  ],
  [
    'Amazon 1',
    {
      'etc/system-release': 'Amazon Linux AMI release 2018.03\n',
      'etc/os-release': named('amzn', '2018.03'),
    },
    { family: 'amazon', version: 'AMI release 2018.03' },
  ],
  [
    'Amazon 2023 of os-release',
    { 'etc/os-release': named('amzn', '2023') },
    { family: 'amazon', version: '2023' },
  ],
  ['SLES', { 'etc/os-release': named('sles', '15.3') }, { family: 'sles', version: '15.3' }],
  ['SLE Micro', { 'etc/os-release': named('sl-micro', '6.0') }, { family: 'slem', version: '6.0' }],
  [
    'Leap',
    { 'etc/os-release': named('opensuse-leap', '15.5') },
    { family: 'opensuse-leap', version: '15.5' },
  ],
  [
    'Leap Micro',
    { 'etc/os-release': named('leap-micro', '5.5') },
    { family: 'opensuse-leap-micro', version: '5.5' },
  ],
  [
    'Tumbleweed',
    { 'etc/os-release': named('opensuse-tumbleweed', '20240607') },
    { family: 'opensuse-tumbleweed', version: '20240607' },
  ],
  ['Photon', { 'etc/os-release': named('photon', '4.0') }, { family: 'photon', version: '4.0' }],
  ['Azure Linux', { 'etc/os-release': named('azurelinux', '3.0') }, { family: 'azurelinux', version: '3.0' }],
  ['Mariner', { 'etc/os-release': named('mariner', '2.0') }, { family: 'cbl-mariner', version: '2.0' }],
  [
    'Bottlerocket',
    { 'x86_64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release': named('bottlerocket', '1.34.0') },
    { family: 'bottlerocket', version: '1.34.0' },
  ],
  ['Echo', { 'etc/os-release': named('echo', '1') }, { family: 'echo' }],
  ['MinimOS', { 'etc/os-release': named('minimos', '20241031') }, { family: 'minimos' }],
  ['CoreOS', { 'etc/os-release': named('coreos', '2345.3.0') }, { family: 'coreos' }],
  [
    'an unknown ID, with no guess from ID_LIKE',
    { 'etc/os-release': named('Frob OS', '1', 'ID_LIKE="debian"'), 'etc/debian_version': '12.1' },
    { family: 'frobos', version: '1' },
  ],
  ['no version', { 'etc/os-release': 'ID=nixos\n' }, { family: 'nixos', version: '' }],
  ['another product', { 'etc/redhat-release': 'Frob Linux release 7.9' }, undefined],
  ['nothing', {}, undefined],
];

test.each(CASES)('%s', (_, files, expected) => {
  if (expected) expect(identify(files)).toMatchObject(expected);
  else expect(identify(files)).toBeUndefined();
});

test('etc/os-release comes before usr/lib/os-release', () => {
  const files = { 'usr/lib/os-release': named('fedora', '1'), 'etc/os-release': named('photon', '5.0') };
  expect(identify(files)).toEqual({ family: 'photon', version: '5.0' });
});

test.each([
  ['http://dl-cdn.alpinelinux.org/alpine/v3.18/main\n', undefined],
  ['https://dl-cdn.alpinelinux.org/alpine/edge/main\n', 'edge'],
  ['https://dl-cdn.alpinelinux.org/alpine/v3.9/main\nhttps://mirror.test/alpine/v3.20/main\n', '3.20'],
  ['https://mirror.test/a/b/alpine/v3.18/main\n@edge https://mirror.test/alpine/edge/testing\n', undefined],
  ['#https://mirror.test/alpine/edge/main\n/media/cdrom/apks\n', undefined],
])('repositories %j', (repositories, repositoryRelease) => {
  const os = identify({ 'etc/alpine-release': '3.18.9\n', 'etc/apk/repositories': repositories });
  expect(os?.repositoryRelease).toBe(repositoryRelease);
});

describe('Ubuntu Pro', () => {
  const ubuntu = { 'etc/os-release': named('ubuntu', '20.04') };
  const pro = 'var/lib/ubuntu-advantage/status.json';
  const status = (name: string, state: string) =>
    JSON.stringify({ services: [null, { name, status: state }] });

  test.each([
    ['esm-infra', 'enabled', true],
    ['esm-infra', 'disabled', undefined],
    ['esm-apps', 'enabled', undefined],
  ])('%s %s', (name, state, extendedSupport) => {
    expect(identify({ ...ubuntu, [pro]: status(name, state) })?.extendedSupport).toBe(extendedSupport);
  });

  test('counts for Ubuntu alone', () => {
    const files = { 'etc/os-release': named('debian', '12'), [pro]: status('esm-infra', 'enabled') };
    expect(identify(files)).toEqual({ family: 'debian', version: '12' });
  });

  test('a broken status is said', () => {
    expect(read(pro, '{"services":[')?.diagnostics).toMatchObject([{ code: 'OS_RELEASE_UNREADABLE' }]);
  });
});

test.each([
  [`PRETTY_NAME='a "b"'`, 'a "b"'],
  [`PRETTY_NAME="a \\"b\\" \\$c \\d"`, 'a "b" $c \\d'],
  [`PRETTY_NAME=a\\ b`, 'a b'],
  [`PRETTY_NAME="a" # comment`, 'a'],
  [`PRETTY_NAME="$(reboot) \`id\`"`, '$(reboot) `id`'],
  [`PRETTY_NAME=first\nPRETTY_NAME=last`, 'last'],
  [`# PRETTY_NAME=no\r\nPRETTY_NAME="yes"\r\n`, 'yes'],
  [`\ufeffPRETTY_NAME="no\u001b[31m end`, 'no[31m end'],
])('%j', (text, prettyName) => {
  expect(read('etc/os-release', `ID=x\n${text}`)?.os?.prettyName).toBe(prettyName);
});

test('an os-release of garbage is said, and an empty one is nothing', () => {
  expect(read('etc/os-release', Buffer.alloc(100, 0xff))?.diagnostics).toMatchObject([
    { code: 'OS_RELEASE_UNREADABLE' },
  ]);
  expect(read('etc/os-release', '\n')).toBeUndefined();
});

test('any bytes in any release file give an answer', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('ID=', 'VERSION_ID="', "'", '\\', '\n', ' release ', 'v3.1/', 'https://'),
  );
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.constantFrom(...(analyzer?.usualPlaces ?? [])), text, (path, content) => {
      const clue = read(path, content)?.os;
      const os = clue && resolveOperatingSystem([{ path, clue }]);
      if (os) expect(os.family).toMatch(/^[a-z0-9._-]{1,64}$/);
    }),
  );
});

test('hostile lengths are no burden', () => {
  const long = `ID="${'\\"'.repeat(400_000)}\n${'A=1\n'.repeat(40_000)}${'/'.repeat(100_000)}`;
  for (const path of analyzer?.usualPlaces ?? []) read(path, long);
});

describe.skipIf(!shared)('real images (needs ../shared)', () => {
  const images: readonly (readonly [string, Partial<OperatingSystem> | undefined])[] = [
    ['alpine-3.4.6-x86_64.tar.xz', { family: 'alpine', version: '3.4.6' }],
    [
      'alpine-3.20.3-x86_64.tar.gz',
      { family: 'alpine', version: '3.20.3', prettyName: 'Alpine Linux v3.20' },
    ],
    ['alpine-edge-20240923-x86_64.tar.gz', { version: '3.21.0_alpha20240923', repositoryRelease: 'edge' }],
    ['almalinux-9.1-20230222-micro-aarch64.tar.xz', { family: 'alma', version: '9.1' }],
    ['amazonlinux-2023-rpmdb-only.tar.gz', { family: 'amazon', version: '2023 (Amazon Linux)' }],
    ['cbl-mariner-2.0-rpmdb-only.tar.gz', { family: 'cbl-mariner', version: '2.0' }],
    ['rhel-8.8-libuuid-rpmdb-only.tar.gz', { family: 'redhat', version: '8.8' }],
    ['sle-15.3-bci-rpmdb-only.tar.gz', { family: 'sles', version: '15.3' }],
    ['ubuntu-22.04-dpkg-only.tar.gz', { family: 'ubuntu', version: '22.04' }],
    ['busybox-uclibc-x86_64.tar.gz', undefined],
  ];

  test.each(images)('%s', (name, expected) => {
    const archive = join(shared ?? '', 'data/images', name);
    const names = spawnSync('tar', ['-tf', archive], { encoding: 'utf8', maxBuffer: 1 << 26 }).stdout.split(
      '\n',
    );
    const members = names.filter((member) => analyzer?.usualPlaces?.includes(member.replace(/^\.\//, '')));
    const files = members.map((member) => {
      const { stdout } = spawnSync('tar', ['-xOf', archive, member], { encoding: 'utf8' });
      return [member.replace(/^\.\//, ''), stdout] as const;
    });
    const os = identify(Object.fromEntries(files));
    if (expected) expect(os).toMatchObject(expected);
    else expect(os).toBeUndefined();
  });
});
