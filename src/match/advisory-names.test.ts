import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AdvisoryStore } from '../advisories/source.ts';
import { ecosystems } from '../ecosystems/list.ts';
import type { Package } from '../model/package.ts';
import { advisoryNames, isJudgedAlike, JAVA_DB_NAME } from './advisory-names.ts';
import { matchInventory } from './match.ts';

const NOW = new Date('2026-11-21T00:00:00Z');
const FAMILIES = [
  ...['alpine', 'wolfi', 'chainguard', 'minimos', 'debian', 'ubuntu', 'echo', 'redhat', 'centos', 'oracle'],
  ...['alma', 'rocky', 'amazon', 'sles', 'slem', 'opensuse-leap', 'opensuse-tumbleweed', 'photon'],
  ...['azurelinux', 'cbl-mariner', 'bottlerocket', 'templeos'],
];
const name = fc.constantFrom(
  'openssl',
  'seal-zlib',
  'Org.Apache:Log4J',
  'A_b.c',
  '@scope/x',
  'gpg-pubkey',
  '',
  'v/2',
);
const version = fc.constantFrom(
  '1.2.3',
  '1.2-3.el8',
  '1.0-r0071',
  '2.root.io.1',
  '',
  '1.module_el8',
  '3.remi',
);
const redHatBuild = fc.constantFrom(
  { contentSets: ['rhel-8-for-x86_64-baseos-rpms'] },
  { contentSets: [], nvr: 'ubi8-8.8-1', architecture: 'x86_64' },
);
const system = fc.record(
  {
    type: fc.constantFrom('deb' as const, 'apk' as const, 'rpm' as const),
    name,
    version,
    licenses: fc.constant([]),
    paths: fc.constant(['x']),
    source: fc.record({ name, version }),
    modularityLabel: fc.constantFrom('nodejs:18:8060:ad', 'broken', ''),
    thirdParty: fc.boolean(),
    redHatBuild,
  },
  { requiredKeys: ['type', 'name', 'version', 'licenses', 'paths'] },
) as fc.Arbitrary<Package>;
const application = fc.record({
  type: fc.constantFrom(...ecosystems.map(({ type }) => type)),
  name,
  version,
  licenses: fc.constant([]),
  paths: fc.constant(['y']),
  application: fc.constantFrom('npm' as const, 'jar' as const, 'gobinary' as const),
}) as fc.Arbitrary<Package>;
const os = fc.option(
  fc.record(
    {
      family: fc.constantFrom(...FAMILIES),
      version: fc.constantFrom('8.8', '12', '3.18.4', '22.04', '14.04', 'edge', '', '15.5'),
      extendedSupport: fc.boolean(),
      repositoryRelease: fc.constant('edge'),
    },
    { requiredKeys: ['family', 'version'] },
  ),
  { nil: undefined },
);

/** A database that says nothing and notes what it is asked. */
function recording(): AdvisoryStore & { readonly asked: Set<string> } {
  const asked = new Set<string>();
  return {
    asked,
    version: { source: 'recording', digest: '', builtAt: '' },
    covers: (ecosystem) => asked.add(`${ecosystem}\0`).size > 0,
    find({ ecosystem, name: wanted }) {
      asked.add(`${ecosystem}\0${wanted}`);
      return [];
    },
    knowsBuild: () => asked.add('Red Hat\0').size < 0,
    vulnerability: () => undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

describe('names of advisories', () => {
  test('hold all that matching looks up', () => {
    fc.assert(
      fc.property(os, fc.array(fc.oneof(system, application), { maxLength: 12 }), (system, packages) => {
        const store = recording();
        const judged = { ...(system && { os: system }), packages };
        const inventory = { schema: 1 as const, layerSizes: {}, findings: [], diagnostics: [], ...judged };
        matchInventory(inventory, store, { severitySources: ['auto'], now: NOW });
        const names = new Set(advisoryNames(judged, NOW));
        expect([...store.asked].filter((each) => !names.has(each))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  const pkg = (more: Partial<Package>): Package => ({
    type: 'rpm',
    name: 'npm',
    version: '1-1.el8',
    licenses: [],
    paths: [],
    ...more,
  });

  test('are told for all releases where these share a list', () => {
    const packages = [pkg({ modularityLabel: 'nodejs:18:1:2' })];
    expect(advisoryNames({ os: { family: 'redhat', version: '8.8' }, packages }, NOW)).toEqual(
      ['Red Hat:8\0', 'Red Hat:8\0nodejs:18::npm', 'Red Hat\0', 'Red Hat\0nodejs:18::npm'].sort(),
    );
  });

  test('say which images depend on a database of jars', () => {
    const jar = pkg({ type: 'maven', name: 'g:a', application: 'jar', identifiedBy: 'digest' });
    expect(advisoryNames({ packages: [jar] }, NOW)).toContain(JAVA_DB_NAME);
    expect(advisoryNames({ packages: [{ ...jar, identifiedBy: 'pom.properties' }] }, NOW)).not.toContain(
      JAVA_DB_NAME,
    );
  });
});

test('an end of life in between is a change', () => {
  const debian = { family: 'debian', version: '10' };
  expect(isJudgedAlike(debian, new Date('2024-06-01'), new Date('2025-06-01'))).toBe(false);
  expect(isJudgedAlike(debian, new Date('2025-06-01'), new Date('2025-06-02'))).toBe(true);
  expect(isJudgedAlike(undefined, new Date(0), NOW)).toBe(true);
});
