import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import type { AdvisoryStore } from '../advisories/source.ts';
import type { Advisory, Vulnerability } from '../model/advisory.ts';
import type { OperatingSystem } from '../model/analysis.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import { deb } from '../versions/deb.ts';
import type { MatchOptions } from './match-options.ts';
import { matchInventory } from './match.ts';
import { prepareAdvisories } from './prepare-advisories.ts';
import { primaryUrlOf } from './primary-url.ts';

type Told = Partial<Advisory> & { readonly id: string };

const advisory = (told: Told): Advisory => ({
  vendorIds: [],
  affected: [{ fixed: '2' }],
  status: 'unknown',
  ...told,
});

/** By ecosystem and name. */
function storeWith(
  told: Readonly<Record<string, Readonly<Record<string, readonly Told[]>>>>,
  vulnerabilities: readonly (Partial<Vulnerability> & { id: string })[] = [],
): AdvisoryStore & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    version: { source: 'test', digest: 'sha256:0', builtAt: '2026-11-21T00:00:00Z' },
    covers: (ecosystem) => Object.hasOwn(told, ecosystem),
    find({ ecosystem, name }) {
      asked.push(`${ecosystem}/${name}`);
      return (told[ecosystem]?.[name] ?? []).map(advisory);
    },
    knowsBuild: (build) => build.contentSets.includes('known'),
    vulnerability(id) {
      const found = vulnerabilities.find((each) => each.id === id);
      return found && { severityBySource: {}, cvssBySource: {}, cwes: [], references: [], ...found };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const pkg = (name: string, version: string, more: Partial<Package> = {}): Package => ({
  ...{ type: 'deb', name, version, licenses: [], paths: ['var/lib/dpkg/status'] },
  ...more,
});
const debian: OperatingSystem = { family: 'debian', version: '12.4' };
const options: MatchOptions = { severitySources: ['auto'], now: new Date('2026-11-21T00:00:00Z') };

function match(
  packages: readonly Package[],
  store: AdvisoryStore,
  os: OperatingSystem | undefined = debian,
  more: Partial<MatchOptions> = {},
) {
  const inventory = {
    schema: 1,
    ...(os && { os }),
    layerSizes: {},
    packages,
    findings: [],
    diagnostics: [],
  } as const;
  return matchInventory(inventory, store, { ...options, ...more });
}

const short = ({
  package: { name },
  installedVersion,
  id,
  fixedVersion,
  status,
}: VulnerabilityFinding): string => [name, installedVersion, id, fixedVersion ?? '-', status].join(' ');

describe('affected or not', () => {
  test('by the source’s name and version, shown with the package’s own', () => {
    const store = storeWith({ 'Debian:12': { openssl: [{ id: 'CVE-1', affected: [{ fixed: '3.0-2' }] }] } });
    const source = (version: string) => ({ source: { name: 'openssl', version } });
    const packages = [
      pkg('libssl3', '3.0-9', source('3.0-1')),
      pkg('openssl', '3.0-2', source('3.0-2')),
      pkg('other', '1'),
    ];
    expect(match(packages, store).findings.map(short)).toEqual(['libssl3 3.0-9 CVE-1 3.0-2 fixed']);
  });

  test('ranges: introduced, last affected, several', () => {
    const store = storeWith({
      'Debian:12': {
        a: [
          { id: 'CVE-introduced', affected: [{ introduced: '5', fixed: '9' }] },
          { id: 'CVE-last', affected: [{ lastAffected: '4' }] },
          {
            id: 'CVE-two',
            affected: [{ fixed: '2' }, { introduced: '4', fixed: '6' }],
            patchedVersions: ['6'],
          },
        ],
      },
    });
    const at = (version: string): string[] => match([pkg('a', version)], store).findings.map(({ id }) => id);
    expect(at('1')).toEqual(['CVE-last', 'CVE-two']);
    expect(at('4')).toEqual(['CVE-last', 'CVE-two']);
    expect(at('5')).toEqual(['CVE-introduced', 'CVE-two']);
    expect(at('9')).toEqual([]);
  });

  test('without a fix: all versions where the distribution tells those, none elsewhere', () => {
    const told = {
      a: [
        { id: 'CVE-1', affected: [{}], status: 'will_not_fix' as const },
        { id: 'CVE-2', affected: [{}] },
      ],
    };
    const store = storeWith({ 'Debian:12': told, 'AlmaLinux:9': told });
    expect(match([pkg('a', '1')], store).findings.map(short)).toEqual([
      'a 1 CVE-1 - will_not_fix',
      'a 1 CVE-2 - affected',
    ]);
    expect(match([pkg('a', '1')], store, { family: 'alma', version: '9.1' }).findings).toEqual([]);
  });

  test('steps and ranges say what comparing with each advisory says', () => {
    const version = fc.integer({ min: 0, max: 12 }).map((n) => `${n}-1`);
    const range = fc.record(
      { introduced: version, fixed: version, lastAffected: version },
      { requiredKeys: [] },
    );
    const ranges = fc.array(fc.array(range, { minLength: 1, maxLength: 3 }), { maxLength: 20 });
    fc.assert(
      fc.property(ranges, version, (all, installed) => {
        const advisories = all.map((affected, i) => advisory({ id: `CVE-${i}`, affected }));
        const parsed = deb.parse(installed);
        const compare = (to: string): number =>
          deb.compare(parsed ?? deb.parse('0')!, deb.parse(to) ?? deb.parse('0')!);
        const expected = advisories.filter(({ affected }) =>
          affected.some(
            (r) =>
              (r.introduced === undefined || compare(r.introduced) >= 0) &&
              (r.fixed === undefined || compare(r.fixed) < 0) &&
              (r.lastAffected === undefined || compare(r.lastAffected) <= 0),
          ),
        );
        const found = prepareAdvisories(advisories, deb, true).affecting(parsed);
        expect(found.map((p) => p.advisory.id).sort()).toEqual(expected.map(({ id }) => id).sort());
      }),
    );
  });

  test('architectures', () => {
    const store = storeWith({
      'Rocky Linux:9': {
        a: [
          { id: 'CVE-1', architectures: ['x86_64'] },
          { id: 'CVE-2', architectures: [] },
        ],
      },
    });
    const on = (architecture: string): string[] =>
      match([pkg('a', '1', { type: 'rpm', architecture })], store, {
        family: 'rocky',
        version: '9.1',
      }).findings.map(({ id }) => id);
    expect(['x86_64', 'aarch64', 'noarch'].map(on)).toEqual([
      ['CVE-1', 'CVE-2'],
      ['CVE-2'],
      ['CVE-1', 'CVE-2'],
    ]);
  });

  test('lines of builds that must not be compared', () => {
    const store = storeWith({
      'Oracle Linux:9': {
        glibc: [
          { id: 'CVE-1', affected: [{ fixed: '2.34-9.el9' }] },
          { id: 'CVE-2', affected: [{ fixed: '2:2.34-9.ksplice1.el9' }] },
        ],
      },
    });
    const oracle = { family: 'oracle', version: '9.1' };
    const at = (version: string): string[] =>
      match([pkg('glibc', version, { type: 'rpm' })], store, oracle).findings.map(({ id }) => id);
    expect(at('2.34-1.el9')).toEqual(['CVE-1']);
    expect(at('2:2.34-1.ksplice1.el9')).toEqual(['CVE-2']);
  });

  test('packages of others and keys are passed over', () => {
    const told = { a: [{ id: 'CVE-1' }], 'gpg-pubkey': [{ id: 'CVE-2' }] };
    const store = storeWith({ 'Debian:12': told, Echo: told });
    const packages = [pkg('a', '1', { thirdParty: true }), pkg('gpg-pubkey', '1')];
    expect(match(packages, store).findings).toEqual([]);
    expect(match(packages, store, { family: 'echo', version: '1' }).findings.length).toBe(1);
  });
});

describe('suppliers', () => {
  test('Root.io’s word counts more than the distribution’s, once it is there', () => {
    const store = storeWith({
      'Debian:12': {
        a: [
          { id: 'CVE-1', affected: [{ fixed: '9' }] },
          { id: 'CVE-2', affected: [{ fixed: '9' }] },
        ],
      },
      'Root:Debian:12': {
        a: [{ id: 'CVE-1', affected: [{ fixed: '1.root.io.2' }], patchedVersions: ['1.root.io.2'] }],
      },
    });
    expect(match([pkg('a', '1.root.io.3')], store).findings.map(({ id }) => id)).toEqual(['CVE-2']);
    expect(match([pkg('a', '1')], store).findings.map(({ id }) => id)).toEqual(['CVE-1', 'CVE-2']);
  });

  test('Seal’s packages have its advisories only', () => {
    const store = storeWith({
      'Debian:12': { a: [{ id: 'CVE-1' }] },
      'Seal:Debian': { 'seal-a': [{ id: 'CVE-2' }] },
    });
    expect(match([pkg('seal-a', '1'), pkg('a', '1')], store).findings.map(short)).toEqual([
      'a 1 CVE-1 2 fixed',
      'seal-a 1 CVE-2 2 fixed',
    ]);
  });
});

describe('several advisories of one vulnerability', () => {
  const redhat = { family: 'redhat', version: '8.8' };
  test('the latest fix counts, and all announcements are named', () => {
    const store = storeWith({
      'Red Hat:8': {
        bash: [
          { id: 'CVE-1', affected: [{}], status: 'affected', severity: 'LOW', severitySource: 'redhat' },
          {
            id: 'CVE-1',
            affected: [{ fixed: '0:5.10-1' }],
            vendorIds: ['RHSA-1'],
            severity: 'HIGH',
            severitySource: 'redhat',
          },
          {
            id: 'CVE-1',
            affected: [{ fixed: '5.9-1' }],
            vendorIds: ['RHSA-2'],
            severity: 'LOW',
            severitySource: 'redhat',
          },
        ],
      },
    });
    const [finding, ...others] = match([pkg('bash', '5.1-1', { type: 'rpm' })], store, redhat).findings;
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      fixedVersion: '5.10-1',
      status: 'fixed',
      vendorIds: ['RHSA-1', 'RHSA-2'],
      severity: 'LOW',
    });
  });

  test('a build that is not known is told once', () => {
    const store = storeWith({ 'Red Hat:8': {} });
    const redHatBuild = { contentSets: ['odd'], nvr: 'ubi8-1-1' };
    const packages = ['a', 'b'].map((name) => pkg(name, '1', { type: 'rpm', redHatBuild }));
    expect(match(packages, store, redhat).diagnostics.map(({ code }) => code)).toEqual([
      'RED_HAT_BUILD_UNKNOWN',
    ]);
  });
});

describe('severity', () => {
  const severityOf = (
    told: Told,
    known: Partial<Vulnerability>,
    severitySources: readonly string[] = ['auto'],
  ): string => {
    const store = storeWith({ 'Debian:12': { a: [told] } }, [{ id: told.id, ...known }]);
    const [finding] = match([pkg('a', '1')], store, debian, { severitySources }).findings;
    return `${finding?.severity} ${finding?.severitySource ?? '-'}`;
  };
  const source = { id: 'debian', name: '', url: '' };
  const bySource = { severityBySource: { nvd: 'HIGH', debian: 'LOW', ghsa: 'CRITICAL' } } as const;

  test('auto: the package’s own, the vendor’s, GitHub’s for its ids, NVD’s, anybody’s', () => {
    expect(severityOf({ id: 'CVE-1', source, severity: 'MEDIUM', severitySource: 'debian' }, bySource)).toBe(
      'MEDIUM debian',
    );
    expect(severityOf({ id: 'CVE-1', source }, bySource)).toBe('LOW debian');
    expect(severityOf({ id: 'CVE-1', source: { ...source, id: 'rootio', baseId: 'debian' } }, bySource)).toBe(
      'LOW debian',
    );
    expect(severityOf({ id: 'GHSA-1' }, bySource)).toBe('CRITICAL ghsa');
    expect(severityOf({ id: 'CVE-1' }, bySource)).toBe('HIGH nvd');
    expect(severityOf({ id: 'CVE-1' }, { severity: 'MEDIUM', severityBySource: { x: 'LOW' } })).toBe(
      'MEDIUM -',
    );
    expect(severityOf({ id: 'CVE-1' }, {})).toBe('UNKNOWN -');
  });

  test('named sources: the first that has one', () => {
    expect(severityOf({ id: 'CVE-1', source }, bySource, ['redhat', 'nvd', 'debian'])).toBe('HIGH nvd');
    expect(severityOf({ id: 'CVE-1', source }, bySource, ['redhat'])).toBe('UNKNOWN -');
    expect(severityOf({ id: 'CVE-1', source }, bySource, ['redhat', 'auto'])).toBe('LOW debian');
    expect(
      severityOf({ id: 'CVE-1', severity: 'MEDIUM', severitySource: 'debian' }, bySource, ['debian']),
    ).toBe('MEDIUM debian');
    expect(severityOf({ id: 'CVE-1' }, bySource, ['toString'])).toBe('UNKNOWN -');
  });

  test('the package’s own is among those told', () => {
    const store = storeWith(
      { 'Debian:12': { a: [{ id: 'CVE-1', severity: 'MEDIUM', severitySource: 'debian' }] } },
      [{ id: 'CVE-1', ...bySource }],
    );
    expect(match([pkg('a', '1')], store).findings[0]?.vulnerability.severityBySource).toEqual({
      nvd: 'HIGH',
      debian: 'MEDIUM',
      ghsa: 'CRITICAL',
    });
  });

  test('a vulnerability without a record is told all the same', () => {
    const store = storeWith({ 'Debian:12': { a: [{ id: 'TEMP-1' }] } });
    expect(match([pkg('a', '1')], store).findings[0]).toMatchObject({
      ...{ severity: 'UNKNOWN', primaryUrl: 'https://security-tracker.debian.org/tracker/TEMP-1' },
      vulnerability: { id: 'TEMP-1', references: [] },
    });
  });
});

test.each([
  ['CVE-2024-1A', undefined, 'https://avd.aquasec.com/nvd/cve-2024-1a'],
  ['GHSA-x', undefined, 'https://github.com/advisories/GHSA-x'],
  ['RUSTSEC-1', undefined, 'https://osv.dev/vulnerability/RUSTSEC-1'],
  ['openSUSE-SU-1', 'suse-cvrf', 'https://lists.opensuse.org/1'],
  ['openSUSE-SU-1', 'debian', undefined],
  ['X-1', undefined, undefined],
])('%s of %s is described at %s', (id, sourceId, url) => {
  expect(primaryUrlOf(id, ['https://example.org', 'https://lists.opensuse.org/1'], sourceId)).toBe(url);
});

describe('order and repetition', () => {
  test('by name, version, gravity and id, whatever the order of the inventory', () => {
    const store = storeWith(
      { 'Debian:12': { a: [{ id: 'CVE-1' }, { id: 'CVE-3' }, { id: 'CVE-2' }], b: [{ id: 'CVE-1' }] } },
      [{ id: 'CVE-3', severity: 'HIGH' }],
    );
    const packages = [pkg('b', '1'), pkg('a', '1.1'), pkg('a', '1'), pkg('a', '1', { architecture: 'i386' })];
    const expected = [
      'a 1 CVE-3',
      'a 1 CVE-1',
      'a 1 CVE-2',
      'a 1.1 CVE-3',
      'a 1.1 CVE-1',
      'a 1.1 CVE-2',
      'b 1 CVE-1',
    ];
    for (const order of [packages, packages.toReversed()]) {
      const { findings } = match(order, store);
      expect(findings.map((f) => `${f.package.name} ${f.installedVersion} ${f.id}`)).toEqual(expected);
    }
  });

  test('equal names and versions are looked up once', () => {
    const store = storeWith({ 'Debian:12': { a: [{ id: 'CVE-1' }] } });
    const packages = Array.from({ length: 50 }, (_, i) =>
      pkg(`a${i}`, '1', { source: { name: 'a', version: '1' } }),
    );
    expect(match(packages, store).findings.length).toBe(50);
    expect(store.asked).toEqual(['Debian:12/a']);
  });
});

describe('what cannot be judged is told', () => {
  const codes = (
    packages: readonly Package[],
    os: OperatingSystem | undefined,
    store = storeWith({ 'Debian:12': {} }),
  ): string[] => match(packages, store, os).diagnostics.map(({ code }) => code);

  test('systems', () => {
    const packages = [pkg('a', '1')];
    expect(codes(packages, { family: 'fedora', version: '40' })).toEqual(['OS_WITHOUT_ADVISORIES']);
    const none = matchInventory(
      { schema: 1, layerSizes: {}, packages, findings: [], diagnostics: [] },
      storeWith({}),
      options,
    );
    expect(none.diagnostics.map(({ code }) => code)).toEqual(['OS_WITHOUT_ADVISORIES']);
    expect(codes(packages, { family: 'debian', version: '99' })).toEqual(['RELEASE_WITHOUT_ADVISORIES']);
    expect(codes([], { family: 'fedora', version: '40' })).toEqual([]);
    const store = storeWith({ 'Debian:9': {} });
    expect(match(packages, store, { family: 'debian', version: '9.13' })).toMatchObject({
      endOfLife: true,
      diagnostics: [{ code: 'OS_END_OF_LIFE' }],
    });
  });

  test('versions, of packages and of advisories', () => {
    const store = storeWith({
      'Debian:12': { a: [{ id: 'CVE-1', affected: [{ fixed: 'a b' }] }, { id: 'CVE-2' }] },
    });
    const { findings, diagnostics } = match([pkg('a', '1'), pkg('a', 'x y')], store);
    expect(findings.map(({ id }) => id)).toEqual(['CVE-2']);
    expect(diagnostics.map(({ code }) => code).sort()).toEqual(['ADVISORY_NOT_READ', 'PACKAGE_NOT_JUDGED']);
  });

  test('not more than a hundred of a kind', () => {
    const packages = Array.from({ length: 300 }, (_, i) => pkg(`a${i}`, 'x y'));
    const { diagnostics } = match(packages, storeWith({ 'Debian:12': {} }));
    expect(diagnostics.length).toBe(101);
    expect(diagnostics.at(-1)?.message).toBe('200 more of these');
  });
});
