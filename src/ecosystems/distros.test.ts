import { describe, expect, test } from 'vitest';
import type { OperatingSystem } from '../model/analysis.ts';
import type { Package } from '../model/package.ts';
import { advisoryNameOf, comparedVersionOf, findDistro } from './distros.ts';
import { isEndOfLife, lastDayOf } from './end-of-life.ts';
import { rootIoEcosystem, sealEcosystem } from './suppliers.ts';

const NOW = new Date('2026-11-21T00:00:00Z');
const os = (family: string, version: string, more: Partial<OperatingSystem> = {}): OperatingSystem => ({
  family,
  version,
  ...more,
});
const pkg = (name: string, version: string, more: Partial<Package> = {}): Package => ({
  ...{ type: 'rpm', name, version, licenses: [], paths: [] },
  ...more,
});

test.each([
  [os('alpine', '3.18.9'), 'Alpine:v3.18'],
  [os('alpine', '3.21.0_alpha20240923'), 'Alpine:v3.21'],
  [os('alpine', '3.18.9', { repositoryRelease: 'edge' }), 'Alpine:edge'],
  [os('alpine', '3.18.9', { repositoryRelease: 'v3.17' }), 'Alpine:v3.17'],
  [os('debian', '12.4'), 'Debian:12'],
  [os('debian', 'sid'), 'Debian:sid'],
  [os('ubuntu', '22.04'), 'Ubuntu:22.04'],
  [os('ubuntu', '22.04', { extendedSupport: true }), 'Ubuntu:22.04'],
  [os('ubuntu', '20.04', { extendedSupport: true }), 'Ubuntu:20.04:ESM'],
  [os('ubuntu', '20.04'), 'Ubuntu:20.04'],
  [os('redhat', '8.8'), 'Red Hat:8'],
  [os('centos', '7.9.2009'), 'Red Hat:7'],
  [os('oracle', '8.9'), 'Oracle Linux:8'],
  [os('alma', '9.1'), 'AlmaLinux:9'],
  [os('rocky', '9.2'), 'Rocky Linux:9'],
  [os('amazon', '2 (Karoo)'), 'Amazon Linux:2'],
  [os('amazon', '2023.6.20241010'), 'Amazon Linux:2023'],
  [os('amazon', 'AMI release 2018.03'), 'Amazon Linux:1'],
  [os('sles', '15.5'), 'SUSE:Linux Enterprise 15.5'],
  [os('slem', '5.3'), 'SUSE:Linux Enterprise Micro 5.3'],
  [os('opensuse-leap', '15.5'), 'openSUSE:Leap 15.5'],
  [os('opensuse-tumbleweed', '20240101'), 'openSUSE:Tumbleweed'],
  [os('photon', '4.0'), 'Photon OS:4.0'],
  [os('azurelinux', '3.0.20240727'), 'Azure Linux:3.0'],
  [os('cbl-mariner', '2.0.20220101'), 'CBL-Mariner:2.0'],
  [os('wolfi', '20230201'), 'Wolfi'],
  [os('echo', '1'), 'Echo'],
  [os('bottlerocket', '1.22'), 'Bottlerocket'],
])('%j has the advisories of %s', (system, ecosystem) => {
  expect(findDistro(system.family)?.ecosystem(system, NOW)).toBe(ecosystem);
});

test.each(['fedora', 'centos-stream', 'archlinux', 'none', '__proto__', ''])('%j has none', (family) => {
  expect(findDistro(family)).toBeUndefined();
});

describe('which name and version are asked about', () => {
  const built = pkg('libssl3', '1-2', { source: { name: 'openssl', version: '1-1' } });
  test.each([
    ['debian', 'openssl', '1-1'],
    ['alpine', 'openssl', '1-1'],
    ['wolfi', 'openssl', '1-2'],
    ['photon', 'openssl', '1-2'],
    ['azurelinux', 'openssl', '1-1'],
    ['alma', 'libssl3', '1-2'],
    ['amazon', 'libssl3', '1-2'],
  ])('%s: %s %s', (family, name, version) => {
    const distro = findDistro(family);
    expect(distro && [advisoryNameOf(built, distro), comparedVersionOf(built, distro)]).toEqual([
      name,
      version,
    ]);
  });

  test('names of modular packages carry module and stream, where the distribution files them so', () => {
    const npm = pkg('npm', '1:8', { modularityLabel: 'nodejs:18:8060020220523160029:ad008a3a' });
    const names = ['redhat', 'alma', 'rocky', 'oracle'].map((family) =>
      advisoryNameOf(npm, findDistro(family) ?? { named: 'binary' }),
    );
    expect(names).toEqual(['nodejs:18::npm', 'nodejs:18::npm', 'nodejs:18::npm', 'npm']);
    expect(
      advisoryNameOf(pkg('npm', '1', { modularityLabel: 'odd' }), { named: 'binary', isModular: true }),
    ).toBe('npm');
  });

  test('Oracle’s builds of different lines are not compared', () => {
    const lineOf = findDistro('oracle')?.lineOf ?? String;
    expect(['2.34-1.el9', '2.34-1.0.1.ksplice1.el9', '1.1.1k-7.el8_6_fips'].map(lineOf)).toEqual([
      '',
      'ksplice',
      'fips',
    ]);
  });

  test('packages that advisories cannot speak of', () => {
    const why = (family: string, what: Package): boolean =>
      findDistro(family)?.whyNotJudged?.(what) !== undefined;
    expect(why('alma', pkg('npm', '8-1.module_el8.6.0+1'))).toBe(true);
    expect(why('alma', pkg('npm', '8-1.module_el8.6.0+1', { modularityLabel: 'nodejs:18:1:1' }))).toBe(false);
    expect(why('redhat', pkg('php', '8-1.el8.remi'))).toBe(true);
  });
});

describe('end of life', () => {
  test.each([
    [os('debian', '10.13'), '2024-06-30'],
    [os('debian', '13.1'), undefined],
    [os('ubuntu', '20.04'), '2025-05-31'],
    [os('ubuntu', '20.04', { extendedSupport: true }), '2030-04-30'],
    [os('ubuntu', '22.04', { extendedSupport: true }), '2027-04-23'],
    [os('alpine', '3.18.9'), '2025-05-09'],
    [os('alpine', '3.18.9', { repositoryRelease: 'edge' }), undefined],
    [os('amazon', '2 (Karoo)'), '2026-06-30'],
    [os('redhat', '8.8'), undefined],
    [os('fedora', '12'), undefined],
    [os('constructor', 'name'), undefined],
    [os('debian', 'constructor'), undefined],
  ])('%j ends on %s', (system, day) => expect(lastDayOf(system)).toBe(day));

  test('the last day is one of support', () => {
    expect(isEndOfLife(os('debian', '10'), new Date('2024-06-30T23:59:58Z'))).toBe(false);
    expect(isEndOfLife(os('debian', '10'), new Date('2024-07-01T00:00:00Z'))).toBe(true);
    expect(isEndOfLife(os('debian', '99'), NOW)).toBe(false);
  });
});

describe('suppliers', () => {
  test('Root.io is known by its versions', () => {
    const rooted = [pkg('a', '1'), pkg('b', '3.0.13-1.root.io.2')];
    expect(rootIoEcosystem(os('debian', '12.4'), rooted)).toBe('Root:Debian:12');
    expect(rootIoEcosystem(os('debian', '12.4'), [pkg('a', '1')])).toBeUndefined();
    expect(rootIoEcosystem(os('alpine', '3.18.9'), [pkg('b', '1.2-r10071')])).toBe('Root:Alpine:3.18');
    expect(rootIoEcosystem(os('alma', '9'), rooted)).toBeUndefined();
  });

  test('Seal is known by its names', () => {
    expect(sealEcosystem(os('ubuntu', '22.04'), pkg('seal-curl', '1'))).toBe('Seal:Debian');
    expect(sealEcosystem(os('centos', '7'), pkg('seal-curl', '7.1-3.el7+sp1'))).toBe('Seal:Red Hat:7');
    expect(
      sealEcosystem(os('alpine', '3.18'), pkg('curl', '1', { source: { name: 'seal-curl', version: '1' } })),
    ).toBe('Seal:Alpine');
    expect(sealEcosystem(os('alpine', '3.18'), pkg('curl', '1'))).toBeUndefined();
    expect(sealEcosystem(os('photon', '4.0'), pkg('seal-curl', '1'))).toBeUndefined();
  });
});
