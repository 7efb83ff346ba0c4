import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeDatabase, type DatabaseContent } from '../../../test/fixtures/trivy-db.ts';
import { DrydockError } from '../../base/errors.ts';
import type { AdvisoryStore } from '../source.ts';
import { bucketsOf } from './buckets.ts';
import { parseConstraints } from './constraints.ts';
import { parseAdvisories, parseRedHatAdvisories } from './parse-advisory.ts';
import { parseVulnerability } from './parse-vulnerability.ts';
import { useDirectory } from './use-directory.ts';

const debian = { ID: 'debian', Name: 'Debian Security Tracker', URL: 'https://example.org' };

const content: DatabaseContent = {
  advisories: {
    'debian 12': {
      openssl: {
        'CVE-2024-1': { FixedVersion: '3.0.15-1' },
        'CVE-2024-2': { FixedVersion: '3.0.14-1', VendorIDs: ['DSA-1-1'], Severity: 1 },
        'CVE-2024-3': { Status: 5, Severity: 2 },
        'CVE-2024-4': {},
      },
    },
    'root.io debian 12': {
      openssl: {
        'CVE-2024-1': {
          VulnerableVersions: ['<3.0.13-1.root.io.2'],
          PatchedVersions: ['3.0.13-1.root.io.2'],
        },
      },
    },
    'Oracle Linux 8': {
      curl: {
        'CVE-2019-1': {
          FixedVersion: '0.0.0',
          Entries: [
            { FixedVersion: '7.61-1', Arches: ['x86_64'], VendorIds: ['ELSA-1'] },
            { FixedVersion: '7.61-2', Arches: ['aarch64'], VendorIDs: ['ELSA-2'] },
          ],
        },
      },
    },
    'Red Hat': {
      bash: {
        'RHSA-2024:1': {
          Entries: [
            {
              FixedVersion: '5.1-1.el8',
              Cves: [{ ID: 'CVE-2024-5', Severity: 3 }, { ID: 'CVE-2024-6' }],
              Arches: ['x86_64'],
              Affected: [1],
            },
            { FixedVersion: '5.1-9.el9', Cves: [{ ID: 'CVE-2024-5', Severity: 4 }], Affected: [9] },
          ],
        },
        'CVE-2024-7': { Entries: [{ Cves: [{ Severity: 1 }], Affected: [1, 9], Status: 5 }] },
      },
    },
    'seal Red Hat': { 'seal-bash': { 'CVE-2024-8': { VulnerableVersions: ['<1-2.sp1'] } } },
  },
  products: {
    repository: {
      'rhel-8-for-x86_64-baseos-rpms': [1],
      'rhel-9-for-x86_64-baseos-rpms': [9],
      'rhel-9-for-x86_64-appstream-rpms__9_DOT_2': [92],
    },
    nvr: { 'ubi8-container-8.8-1-x86_64': [9] },
  },
  vulnerabilities: {
    'CVE-2024-1': {
      Title: 'a title',
      Description: 'long',
      Severity: 'HIGH',
      CweIDs: ['CWE-79'],
      VendorSeverity: { nvd: 3, debian: 1, __proto__x: 4 },
      CVSS: { nvd: { V3Vector: 'CVSS:3.1/AV:N', V3Score: 7.5, V2Score: 0 } },
      References: ['https://example.org'],
      PublishedDate: '2024-01-01T00:00:00Z',
    },
    'CVE-2024-2': {},
  },
  dataSources: {
    'debian 12': debian,
    'root.io debian 12': { ID: 'rootio', Name: 'Root', URL: '', BaseID: 'debian' },
  },
};

let folder: string;
let store: AdvisoryStore;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-db-'));
  store = await useDirectory(writeDatabase(join(folder, 'db'), content)).open();
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe('advisories', () => {
  test('fixed, unfixed and with a severity of the package', () => {
    const source = { id: 'debian', name: debian.Name, url: debian.URL };
    expect(store.find({ ecosystem: 'Debian:12', name: 'openssl' })).toEqual([
      { id: 'CVE-2024-1', vendorIds: [], source, affected: [{ fixed: '3.0.15-1' }], status: 'unknown' },
      {
        ...{
          id: 'CVE-2024-2',
          vendorIds: ['DSA-1-1'],
          source,
          affected: [{ fixed: '3.0.14-1' }],
          status: 'unknown',
        },
        ...{ severity: 'LOW', severitySource: 'debian' },
      },
      {
        ...{ id: 'CVE-2024-3', vendorIds: [], source, affected: [{}], status: 'will_not_fix' },
        ...{ severity: 'MEDIUM', severitySource: 'debian' },
      },
      { id: 'CVE-2024-4', vendorIds: [], source, affected: [{}], status: 'unknown' },
    ]);
  });

  test('a supplier names patched versions and ranges', () => {
    expect(store.find({ ecosystem: 'Root:Debian:12', name: 'openssl' })).toMatchObject([
      { affected: [{ fixed: '3.0.13-1.root.io.2' }], patchedVersions: ['3.0.13-1.root.io.2'] },
    ]);
  });

  test('entries by architecture take the place of the outer version', () => {
    expect(store.find({ ecosystem: 'Oracle Linux:8', name: 'curl' })).toEqual([
      {
        id: 'CVE-2019-1',
        vendorIds: ['ELSA-1'],
        affected: [{ fixed: '7.61-1' }],
        status: 'unknown',
        architectures: ['x86_64'],
      },
      {
        id: 'CVE-2019-1',
        vendorIds: ['ELSA-2'],
        affected: [{ fixed: '7.61-2' }],
        status: 'unknown',
        architectures: ['aarch64'],
      },
    ]);
  });

  test('what is not there is empty', () => {
    expect(store.find({ ecosystem: 'Debian:12', name: 'no such' })).toEqual([]);
    expect(store.find({ ecosystem: 'Debian:99', name: 'openssl' })).toEqual([]);
    expect(store.find({ ecosystem: 'nowhere', name: 'openssl' })).toEqual([]);
    expect(['Debian:12', 'Debian:99', 'Red Hat:9', 'Seal:Red Hat:8'].map((e) => store.covers(e))).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});

describe('Red Hat', () => {
  const ids = (ecosystem: string, build?: { contentSets: string[]; nvr?: string; architecture?: string }) =>
    store
      .find({ ecosystem, name: 'bash', ...(build && { redHatBuild: build }) })
      .map(({ id, affected, vendorIds }) => [id, affected[0]?.fixed, vendorIds.join()].join(' '));

  test('without a record of the build, the usual products of the release count', () => {
    expect(ids('Red Hat:8')).toEqual([
      'CVE-2024-7  ',
      'CVE-2024-5 5.1-1.el8 RHSA-2024:1',
      'CVE-2024-6 5.1-1.el8 RHSA-2024:1',
    ]);
    expect(ids('Red Hat:9')).toEqual(['CVE-2024-7  ', 'CVE-2024-5 5.1-9.el9 RHSA-2024:1']);
    expect(ids('Red Hat:7')).toEqual([]);
    expect(ids('Red Hat:constructor')).toEqual([]);
  });

  test('content sets select, without the number that a build may add', () => {
    expect(ids('Red Hat:8', { contentSets: ['rhel-9-for-x86_64-baseos-rpms__3'] })).toEqual(ids('Red Hat:9'));
    expect(ids('Red Hat:8', { contentSets: ['rhel-9-for-x86_64-appstream-rpms__9_DOT_2'] })).toEqual([]);
  });

  test('the build itself selects', () => {
    expect(
      ids('Red Hat:8', { contentSets: [], nvr: 'ubi8-container-8.8-1', architecture: 'x86_64' }),
    ).toEqual(ids('Red Hat:9'));
  });

  test('a build that names nothing known falls back to the usual ones, and says so', () => {
    const build = { contentSets: ['no-such-rpms'], nvr: 'x-1-1', architecture: 'x86_64' };
    expect(ids('Red Hat:8', build)).toEqual(ids('Red Hat:8'));
    expect(store.knowsBuild(build)).toBe(false);
    expect(store.knowsBuild({ contentSets: ['rhel-8-for-x86_64-baseos-rpms'] })).toBe(true);
  });

  test('severities are its own, and unpatched ones take the id they are filed under', () => {
    const found = store.find({ ecosystem: 'Red Hat:8', name: 'bash' });
    expect(
      found.map(({ severity, severitySource, status, source }) => [severity, severitySource, status, source]),
    ).toEqual([
      ['LOW', 'redhat', 'will_not_fix', undefined],
      ['HIGH', 'redhat', 'unknown', undefined],
      ['UNKNOWN', 'redhat', 'unknown', undefined],
    ]);
  });
});

test('vulnerabilities are read with what each source says', () => {
  expect(store.vulnerability('CVE-2024-1')).toEqual({
    ...{ id: 'CVE-2024-1', title: 'a title', description: 'long', severity: 'HIGH', cwes: ['CWE-79'] },
    severityBySource: { nvd: 'HIGH', debian: 'LOW', __proto__x: 'CRITICAL' },
    cvssBySource: { nvd: { v3Vector: 'CVSS:3.1/AV:N', v3Score: 7.5 } },
    ...{ references: ['https://example.org'], publishedAt: '2024-01-01T00:00:00Z' },
  });
  expect(store.vulnerability('CVE-2024-2')).toMatchObject({ cwes: [], references: [] });
  expect(store.vulnerability('CVE-2024-3')).toBeUndefined();
});

test('a source named __proto__ stays a name', () => {
  const { severityBySource } = parseVulnerability(
    'X',
    Buffer.from('{"VendorSeverity":{"__proto__":4,"nvd":1}}'),
  );
  expect(Object.keys(severityBySource)).toEqual(['__proto__', 'nvd']);
});

test.each([
  ['Alpine:v3.18', ['alpine 3.18']],
  ['Alpine:edge', ['alpine edge']],
  ['Ubuntu:20.04:ESM', ['ubuntu 20.04-ESM']],
  ['Red Hat:9', ['Red Hat']],
  ['SUSE:Linux Enterprise Micro 5.3', ['SUSE Linux Enterprise Micro 5.3']],
  ['openSUSE:Tumbleweed', ['openSUSE Tumbleweed']],
  ['Root:Alpine:3.18', ['root.io alpine 3.18']],
  ['Seal:Debian', ['seal debian']],
  ['Seal:Red Hat:8', ['seal Red Hat', 'seal Red Hat 8']],
  ['Wolfi', ['wolfi']],
  ['constructor', []],
])('%s is in %j', (ecosystem, buckets) => expect(bucketsOf(ecosystem)).toEqual(buckets));

test.each([
  ['<1.2', [{ fixed: '1.2' }]],
  ['>=1, <2 || <0.5', [{ introduced: '1', fixed: '2' }, { fixed: '0.5' }]],
  ['>= 1 <= 2', [{ introduced: '1', lastAffected: '2' }]],
  ['=1.0~rc1-1', [{ introduced: '1.0~rc1-1', lastAffected: '1.0~rc1-1' }]],
  ['~> 1.2', undefined],
  ['!=1', undefined],
  ['', undefined],
  ['<', undefined],
])('range %j', (text, ranges) => expect(parseConstraints(text)).toEqual(ranges));

describe('bad values', () => {
  const bytes = fc.oneof(
    fc.string().map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .dictionary(
        fc.constantFrom(
          'FixedVersion',
          'Entries',
          'Arches',
          'Severity',
          'Status',
          'VendorIDs',
          'Cves',
          'Affected',
          'CVSS',
          'VendorSeverity',
          'References',
        ),
        fc.jsonValue(),
      )
      .map((value) => Buffer.from(JSON.stringify(value))),
  );
  test('are refused as damage or give advisories, nothing else', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        for (const parse of [
          () => parseAdvisories('CVE-1', value, undefined, 'x'),
          () => parseRedHatAdvisories('RHSA-1', value, new Set([1]), 'x'),
          () => parseVulnerability('CVE-1', value),
        ]) {
          try {
            parse();
          } catch (error) {
            if (!(error instanceof DrydockError) || error.code !== 'DATABASE_CORRUPT') throw error;
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a directory used as it is', () => {
  test('its digest tells builds apart, and a sample says that it is one', async () => {
    const first = await useDirectory(join(folder, 'db')).current();
    const path = writeDatabase(join(folder, 'sample'), content, { Sample: true });
    const sample = await useDirectory(join(path, 'trivy.db')).current();
    expect(first?.sample).toBeUndefined();
    expect(sample).toMatchObject({ source: 'trivy-db', sample: true, builtAt: '2026-11-21T06:00:00Z' });
    expect(sample?.digest).not.toBe(first?.digest);
  });

  test.each([
    ['of another schema', { Version: 3 }, 'DATABASE_UNSUPPORTED'],
    ['without a time', { UpdatedAt: 'x' }, 'DATABASE_CORRUPT'],
  ])('metadata %s are refused', async (_, extra, code) => {
    const path = writeDatabase(join(folder, 'meta'), content, extra);
    await expect(useDirectory(path).open()).rejects.toMatchObject({ code });
  });

  test('a cut file, a foreign file and nothing are refused', async () => {
    const path = writeDatabase(join(folder, 'cut'), content);
    truncateSync(join(path, 'trivy.db'), readFileSync(join(path, 'trivy.db')).length - 1);
    await expect(useDirectory(path).open()).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' });
    writeFileSync(join(path, 'trivy.db'), 'no database');
    await expect(useDirectory(path).open()).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' });
    rmSync(join(path, 'trivy.db'));
    await expect(useDirectory(path).open()).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
  });

  test('it is verified record by record', async () => {
    const source = useDirectory(join(folder, 'db'));
    const signal = new AbortController().signal;
    expect(await source.verify({ signal })).toMatchObject({ vulnerabilities: 2, advisories: 9 });
    const path = writeDatabase(join(folder, 'odd'), { vulnerabilities: { 'CVE-1': 'text' } });
    await expect(useDirectory(path).verify({ signal })).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' });
  });
});
