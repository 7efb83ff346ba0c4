import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleReport } from '../../test/fixtures/sample-report.ts';
import type { Report } from '../model/report.ts';
import { jsonPieces } from './json-pieces.ts';
import { jsonFormat } from './json/json.ts';
import { packageId, packageUrlOf, versionParts } from './package-identity.ts';
import { tableFormat } from './table/table.ts';
import { cutTo, printable, widthOf, wrapTo } from './table/terminal-text.ts';

const json = (report: Report, parameters = {}): string => [...jsonFormat.encode(report, parameters)].join('');
const table = (report: Report, parameters: Record<string, string> = {}): string =>
  [...tableFormat.encode(report, parameters)].join('');

interface Told {
  readonly [key: string]: unknown;
  readonly Results: readonly Record<string, unknown>[];
}

describe('the JSON report', () => {
  test('has the members of schema version 2 in their order', () => {
    const told = JSON.parse(json(sampleReport())) as Told;
    expect(Object.keys(told)).toEqual([
      ...[
        'SchemaVersion',
        'Trivy',
        'ReportID',
        'CreatedAt',
        'ArtifactID',
        'ArtifactName',
        'ArtifactType',
        'Metadata',
      ],
      ...['Results', 'Drydock'],
    ]);
    expect(told['ReportID']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Object.keys(told.Results[0] ?? {})).toEqual([
      ...['Target', 'Class', 'Type', 'Packages', 'Vulnerabilities'],
    ]);
    const short = JSON.parse(json(sampleReport(), { listAllPkgs: 'false' })) as Told;
    expect(short.Results[0]).not.toHaveProperty('Packages');
    expect(told.Results[0]).toMatchObject({
      Target: 'example.org/app:1 (debian 12.4)',
      Class: 'os-pkgs',
      Type: 'debian',
    });
  });

  test('tells a vulnerability as Trivy does', () => {
    const told = JSON.parse(json(sampleReport())) as Told;
    const [first] = told.Results[0]?.['Vulnerabilities'] as Record<string, unknown>[];
    expect(first).toMatchObject({
      VulnerabilityID: 'CVE-2026-0001',
      PkgID: 'libssl3@1:3.0.1-1+deb12u1',
      PkgName: 'libssl3',
      PkgIdentifier: {
        PURL: 'pkg:deb/debian/libssl3@3.0.1-1%2Bdeb12u1?arch=amd64&distro=debian-12.4&epoch=1',
      },
      FixedVersion: '1:3.0.1-1+deb12u2',
      Status: 'fixed',
      SeveritySource: 'debian',
      Severity: 'CRITICAL',
      VendorSeverity: { debian: 4, nvd: 3 },
      CVSS: { nvd: { V3Vector: 'CVSS:3.1/AV:N', V3Score: 9.8 } },
    });
    expect(Object.keys(first ?? {}).slice(0, 6)).toEqual([
      ...['VulnerabilityID', 'PkgID', 'PkgName', 'PkgIdentifier', 'InstalledVersion', 'FixedVersion'],
    ]);
  });

  test('lists packages when asked to, with versions in parts and dependencies by id', () => {
    const told = JSON.parse(json(sampleReport(), { listAllPkgs: 'true' })) as Told;
    expect(told.Results[0]?.['Packages']).toMatchObject([
      {
        ID: 'libssl3@1:3.0.1-1+deb12u1',
        Version: '3.0.1',
        Release: '1+deb12u1',
        Epoch: 1,
        SrcName: 'openssl',
      },
      { ID: 'openssl@3.0.1-1+deb12u1', DependsOn: ['libssl3@1:3.0.1-1+deb12u1'] },
    ]);
  });

  test('packages stand in order of their names, dependencies in order of their ids, once each', () => {
    const { packages, ...report } = sampleReport();
    const [libssl] = packages;
    if (!libssl) throw new Error('the sample has packages');
    const named = (name: string, dependsOn: string[] = []) => ({ ...libssl, name, version: '1', dependsOn });
    const listed = [named('musl-utils', ['zlib', 'musl', 'zlib']), named('zlib'), named('musl')];
    const told = JSON.parse(json({ ...report, packages: listed }, { listAllPkgs: 'true' })) as Told;
    expect(told.Results[0]?.['Packages']).toMatchObject([
      { Name: 'musl' },
      { Name: 'musl-utils', DependsOn: ['musl@1', 'zlib@1'] },
      { Name: 'zlib' },
    ]);
  });

  test("shows the image's configuration in Trivy's order and nothing of unknown form", () => {
    let deep: unknown = 'x';
    for (let depth = 0; depth < 20_000; depth++) deep = [deep];
    const { image, ...report } = sampleReport();
    const config = {
      ...{ Entrypoint: ['/a'], Cmd: ['b', 3], Env: deep, Unknown: deep, User: 7, WorkingDir: '', Tty: false },
      ...{
        Volumes: { '/data': deep },
        Labels: { b: '2', a: '1', c: deep },
        Healthcheck: { Test: ['CMD'], Retries: 3 },
      },
    };
    const told = JSON.parse(
      json({ ...report, image: { ...image, config: { ...image.config, config } } }),
    ) as Told;
    const { ImageConfig } = told['Metadata'] as { ImageConfig: { config: object } };
    expect(JSON.stringify(ImageConfig.config)).toBe(
      '{"Cmd":["b"],"Healthcheck":{"Test":["CMD"],"Retries":3},"Entrypoint":["/a"],"Labels":{"a":"1","b":"2"},"Volumes":{"/data":{}}}',
    );
  });

  test('tells packages apart that differ only in where they are recorded or in their module', () => {
    const { packages, ...report } = sampleReport();
    const [, libssl] = packages;
    if (!libssl) throw new Error('the sample has packages');
    const listed = [libssl, { ...libssl, paths: ['opt/status'] }, { ...libssl, modularityLabel: 'a:1' }];
    const told = JSON.parse(json({ ...report, packages: listed })) as Told;
    const found = told.Results[0]?.['Packages'] as { Identifier: { PURL: string; UID: string } }[];
    expect(new Set(found.map(({ Identifier }) => JSON.stringify(Identifier))).size).toBe(3);
    expect(found[0]?.Identifier.UID).not.toBe(found[1]?.Identifier.UID);
  });

  test('escapes as Go does', () => {
    const text = json(sampleReport(), { listAllPkgs: 'true' });
    expect(text).toContain('https://example.org/a?b\\u0026c');
    expect(text).toContain('\\u003ca\\u0026b@example.org\\u003e');
    expect(text).not.toMatch(/[<>&]/);
    expect(text.endsWith('}\n')).toBe(true);
  });

  test('an image without system and packages has no results, a clean one has one', () => {
    const { os: _, ...bare } = sampleReport();
    expect(JSON.parse(json({ ...bare, packages: [], findings: [] }))).not.toHaveProperty('Results');
    const clean = JSON.parse(json({ ...sampleReport(), findings: [] })) as Told;
    expect(clean.Results).toHaveLength(1);
    const unknown = JSON.parse(json({ ...bare, findings: [] })) as Told;
    expect(unknown.Results[0]).toMatchObject({ Target: 'example.org/app:1', Type: 'none' });
  });

  test('is the same text as the platform writes, but for the escapes', () => {
    const deep = { g: { h: { i: { j: [{ k: [] }, {}] } } } };
    const value = { a: [1, { b: null, c: [] }, 'x\n"'], d: {}, e: undefined, f: true, deep };
    expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value, null, 2));
  });
});

describe('the table', () => {
  test('groups by package, counts, and says how to go on', () => {
    expect(table(sampleReport(), { width: '120' })).toMatchInlineSnapshot(`
      "example.org/app:1 (debian 12.4)
      linux/amd64  sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f

      4 vulnerabilities in 2 packages: 2 critical, 1 high, 1 unknown; 2 can be fixed by an update.

      ┌─────────┬───────────────────┬───────────────┬──────────┬───────────────────┬───────────────────────────────────┐
      │ Package │ Installed         │ Vulnerability │ Severity │ Fixed in          │ Title                             │
      ├─────────┼───────────────────┼───────────────┼──────────┼───────────────────┼───────────────────────────────────┤
      │ libssl3 │ 1:3.0.1-1+deb12u1 │ CVE-2026-0001 │ CRITICAL │ 1:3.0.1-1+deb12u2 │ buffer overflow in <parser>       │
      │         │                   │               │          │                   │ https://example.org/CVE-2026-0001 │
      │         │                   ├───────────────┼──────────┼───────────────────┼───────────────────────────────────┤
      │         │                   │ CVE-2026-0002 │ HIGH     │ will not fix      │ https://example.org/CVE-2026-0002 │
      │         │                   ├───────────────┼──────────┼───────────────────┼───────────────────────────────────┤
      │         │                   │ CVE-2026-0003 │ UNKNOWN  │ affected          │ https://example.org/CVE-2026-0003 │
      ├─────────┼───────────────────┼───────────────┼──────────┼───────────────────┼───────────────────────────────────┤
      │ openssl │ 3.0.1-1+deb12u1   │ CVE-2026-0001 │ CRITICAL │ 3.0.1-1+deb12u2   │ https://example.org/CVE-2026-0001 │
      └─────────┴───────────────────┴───────────────┴──────────┴───────────────────┴───────────────────────────────────┘

      Worth knowing:
        /var/lib/x: too large [FILE_TOO_LARGE]

      Database: trivy-db of 2026-05-31 06:00 UTC.
      "
    `);
  });

  test('is a list on narrow terminals', () => {
    expect(table(sampleReport(), { width: '60' })).toMatchInlineSnapshot(`
      "example.org/app:1 (debian 12.4)
      linux/amd64  sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f

      4 vulnerabilities in 2 packages: 2 critical, 1 high, 1 unknown; 2 can be fixed by an update.

      libssl3 1:3.0.1-1+deb12u1
        CRITICAL CVE-2026-0001 → 1:3.0.1-1+deb12u2
          buffer overflow in <parser>
        HIGH CVE-2026-0002 will not fix
        UNKNOWN CVE-2026-0003 affected

      openssl 3.0.1-1+deb12u1
        CRITICAL CVE-2026-0001 → 3.0.1-1+deb12u2

      Worth knowing:
        /var/lib/x: too large [FILE_TOO_LARGE]

      Database: trivy-db of 2026-05-31 06:00 UTC.
      "
    `);
  });

  test('without a width nothing but titles is broken or cut', () => {
    const report = sampleReport();
    const id = `TEMP-${'9'.repeat(100)}`;
    const long = report.findings.map((finding) => ({ ...finding, id, installedVersion: 'v'.repeat(150) }));
    const text = table({ ...report, findings: long });
    expect(text).toContain(id);
    expect(text).toContain('v'.repeat(150));
  });

  test('what is cut has an ellipsis', () => {
    const report = sampleReport();
    const long = report.findings.map((finding) => ({ ...finding, installedVersion: 'v'.repeat(5000) }));
    expect(table({ ...report, findings: long }, { width: '120' })).toMatch(/v…/);
    expect(table({ ...report, findings: long })).toMatch(/v…/);
  });

  test.each([102, 120, 137, 200])('never is wider than %i columns', (width) => {
    const report = sampleReport();
    const long = report.findings.map((finding) => ({
      ...finding,
      id: `TEMP-${'9'.repeat(60)}`,
      package: { ...finding.package, name: 'n'.repeat(90) },
      vulnerability: { ...finding.vulnerability, title: 'word '.repeat(60) },
    }));
    const grid = table({ ...report, findings: long }, { width: String(width), brief: 'true' });
    const lines = grid.split('\n').filter((line) => /^[│├┌└]/.test(line));
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
    expect(new Set(lines.map(widthOf)).size).toBe(1);
  });

  test('keeps its lines of one width, whatever stands in them', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 200 });
    const report = sampleReport();
    fc.assert(
      fc.property(anything, anything, fc.integer({ min: 1, max: 250 }), (name, title, width) => {
        const findings = report.findings.map((finding) => ({
          ...finding,
          package: { ...finding.package, name },
          vulnerability: { ...finding.vulnerability, title },
        }));
        const text = table({ ...report, findings }, { width: String(width) });
        const lines = text.split('\n').filter((line) => /^[│├┌└]/.test(line));
        expect(new Set(lines.map(widthOf)).size).toBeLessThanOrEqual(1);
        expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]/);
      }),
      { numRuns: 50 },
    );
  });

  test('takes no long time for names that take no room', () => {
    const started = performance.now();
    const report = sampleReport();
    const name = `a${'\u0301'.repeat(100_000)}`;
    const findings = report.findings.map((finding) => ({
      ...finding,
      package: { ...finding.package, name },
    }));
    table({ ...report, findings }, { width: '120' });
    expect(performance.now() - started).toBeLessThan(12_000);
  });

  test('colours and links only when asked to', () => {
    expect(table(sampleReport())).not.toMatch(/\u001b/);
    expect(table(sampleReport(), { color: 'always' })).toContain('\u001b[1;31mCRITICAL');
    expect(table(sampleReport(), { links: 'osc8' })).toContain('\u001b]8;;https://example.org/CVE-2026-0001');
  });

  test('links lead to the web only', () => {
    const report = sampleReport();
    const findings = report.findings.map((finding) => ({ ...finding, primaryUrl: 'file:///etc/passwd' }));
    expect(table({ ...report, findings }, { links: 'osc8' })).not.toMatch(/\u001b\]8/);
  });

  test('tells two diagnostics of a kind and the number of the others', () => {
    const started = performance.now();
    const diagnostics = Array.from({ length: 100_000 }, (_, i) => ({ code: 'A', by: 'b', message: `m${i}` }));
    const text = table({ ...sampleReport(), diagnostics });
    expect(text).toContain('  m0 [A]\n  m1 [A]\n  … and 99998 more [A]\n');
    expect(performance.now() - started).toBeLessThan(12_000);
  });

  test('does not obey what stands in an image', () => {
    const report = sampleReport();
    const [first] = report.findings;
    const evil = first && {
      ...first,
      package: { ...first.package, name: 'a\u001b[31m\nb\u202e' },
      id: 'x\u0007',
    };
    const text = table({ ...report, findings: evil ? [evil] : [] });
    expect(text).not.toMatch(/[\u001b\u0007\u202e]/);
  });

  test('says when nothing was found, when support has ended and when the database is a sample', () => {
    const report = sampleReport();
    const db = report.advisoryDbs.map((version) => ({ ...version, sample: true }));
    const text = table({ ...report, findings: [], endOfLife: true, advisoryDbs: db });
    expect(text).toContain('No vulnerabilities to tell of in 2 packages.');
    expect(text).toContain('gets no more security updates');
    expect(text).toContain('SAMPLE database');
    expect(text).toContain('drydock db update');
    expect(table({ ...report, advisoryDbs: db }, { brief: 'true' })).toContain('SAMPLE database');
    expect(table(report, { brief: 'true' })).not.toContain('Worth knowing');
  });
});

describe('text for terminals', () => {
  test.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['🚢', 2],
  ])('%j takes %i columns', (text, width) => expect(widthOf(text)).toBe(width));

  test('is cut and wrapped by columns', () => {
    expect(cutTo('日本語', 5)).toBe('日本…');
    expect(wrapTo('one two three four', 9, 2)).toEqual(['one two', 'three …']);
    expect(wrapTo('one two', 9, 2)).toEqual(['one two']);
    expect(printable('a\u0000b')).toBe('a\ufffdb');
    expect(printable('a\u00ad\u{e0041}b\u{1f6a2}\ufe0f')).toBe('a\ufffd\ufffdb\u{1f6a2}\ufe0f');
  });
});

describe('identities of packages', () => {
  test.each([
    ['deb', '1:2.3-4-5', { epoch: 1, version: '2.3-4', release: '5' }],
    ['rpm', '2.3-4.el9', { epoch: 0, version: '2.3', release: '4.el9' }],
    ['deb', '12', { epoch: 0, version: '12' }],
    ['apk', '1.2.3-r4', { epoch: 0, version: '1.2.3-r4' }],
  ] as const)('%s %s', (type, text, expected) => expect(versionParts(type, text)).toEqual(expected));

  test('of rpm packages name the architecture', () => {
    const base = { licenses: [], paths: [] };
    const rpm = {
      ...base,
      type: 'rpm',
      name: 'bind',
      version: '32:9.11-1.el8',
      architecture: 'x86_64',
    } as const;
    expect(packageId(rpm)).toBe('bind@9.11-1.el8.x86_64');
    expect(packageUrlOf(rpm, { family: 'redhat', version: '8.8' })).toBe(
      'pkg:rpm/redhat/bind@9.11-1.el8?arch=x86_64&distro=redhat-8.8&epoch=32',
    );
    const bottle = { ...base, type: 'bottlerocket', name: 'glibc', version: '1:2.40-1.br1' } as const;
    expect(packageId(bottle)).toBe('glibc@2.40');
    expect(packageUrlOf(bottle, { family: 'bottlerocket', version: '1.34.0' })).toBe(
      'pkg:bottlerocket/glibc@2.40?distro=bottlerocket-1.34.0&epoch=1',
    );
    expect(packageUrlOf(rpm, { family: 'sles', version: '15.3' })).toContain('pkg:rpm/suse/bind@');
    expect(packageUrlOf(rpm, { family: 'opensuse-leap', version: '15.3' })).toContain(
      'pkg:rpm/opensuse/bind@',
    );
    const apk = { ...base, type: 'apk', name: 'musl', version: '1.2-r0' } as const;
    expect(packageUrlOf(apk, { family: 'alpine', version: '3.18.4' })).toBe(
      'pkg:apk/alpine/musl@1.2-r0?distro=3.18.4',
    );
  });
});
