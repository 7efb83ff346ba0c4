import { describe, expect, test } from 'vitest';
import { lookedUpIn, normalName, toEcosystem } from './ecosystem-names.ts';

describe('names of ecosystems', () => {
  test.each([
    ['npm', 'npm'],
    ['crates.io', 'crates.io'],
    ['Maven:https://repo1.maven.org/maven2', 'Maven'],
    ['Packagist:https://packages.drupal.org/8', 'Packagist'],
    ['Debian:12', 'Debian:12'],
    ['Debian', undefined],
    ['Debian:sid', undefined],
    ['Alpine:v3.18', 'Alpine:v3.18'],
    ['Alpine:3.18', 'Alpine:v3.18'],
    ['Alpine:edge', 'Alpine:edge'],
    ['Ubuntu:22.04:LTS', 'Ubuntu:22.04'],
    ['Ubuntu:23.10', 'Ubuntu:23.10'],
    ['Ubuntu:Pro:18.04:LTS', 'Ubuntu:18.04:ESM'],
    ['Ubuntu:Pro:FIPS:22.04:LTS', undefined],
    ['Ubuntu:Pro:Realtime:22.04:LTS', undefined],
    ['Red Hat:enterprise_linux:9::baseos', 'Red Hat:9'],
    ['Red Hat:enterprise_linux:8.6::appstream', 'Red Hat:8'],
    ['Red Hat:rhel_eus:8.6::baseos', undefined],
    ['AlmaLinux:9', 'AlmaLinux:9'],
    ['Rocky Linux:8', 'Rocky Linux:8'],
    ['SUSE:Linux Enterprise Server 15 SP5', 'SUSE:Linux Enterprise 15.5'],
    ['SUSE:Linux Enterprise Module for Basesystem 15 SP5', 'SUSE:Linux Enterprise 15.5'],
    ['SUSE:Linux Enterprise Server 12 SP5-LTSS', 'SUSE:Linux Enterprise 12.5'],
    ['SUSE:Linux Enterprise Micro 5.3', 'SUSE:Linux Enterprise Micro 5.3'],
    ['SUSE:Manager Server 4.3', undefined],
    ['openSUSE:Leap 15.5', 'openSUSE:Leap 15.5'],
    ['openSUSE:Tumbleweed', 'openSUSE:Tumbleweed'],
    ['Azure Linux:3', 'Azure Linux:3.0'],
    ['Azure Linux:2', 'CBL-Mariner:2.0'],
    ['Photon OS:5.0', 'Photon OS:5.0'],
    ['Root:Debian:12', 'Root:Debian:12'],
    ['Root:PyPI', undefined],
    ['Wolfi', 'Wolfi'],
    ['GitHub Actions', undefined],
    ['Android:14', undefined],
    ['__proto__', undefined],
    ['x'.repeat(1000), undefined],
  ])('%s is ours as %s', (name, ours) => expect(toEcosystem(name)).toBe(ours));

  test('extended maintenance goes on from what was fixed before', () => {
    expect(lookedUpIn('Ubuntu:18.04:ESM')).toEqual(['Ubuntu:18.04:ESM', 'Ubuntu:18.04']);
    expect(lookedUpIn('Debian:12')).toEqual(['Debian:12']);
  });
});

describe('names of packages', () => {
  test.each([
    ['PyPI', 'Zope.Interface__x', 'zope-interface-x'],
    ['npm', '@Scope/Name', '@scope/name'],
    ['NuGet', 'Newtonsoft.Json', 'newtonsoft.json'],
    ['Go', 'github.com/Masterminds/semver', 'github.com/Masterminds/semver'],
    ['Maven', 'org.Apache:Log4j', 'org.Apache:Log4j'],
    ['SwiftURL', 'https://github.com/Apple/swift-nio.git', 'github.com/apple/swift-nio'],
    ['Debian:12', 'libX', 'libX'],
  ])('%s: %s is %s', (ecosystem, name, normal) => {
    expect(normalName(ecosystem, name)).toBe(normal);
    expect(normalName(ecosystem, normal)).toBe(normal);
  });
});
