import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { sampleReport } from '../../../test/fixtures/sample-report.ts';
import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { jsonFormat } from './json.ts';
import { readJsonReport } from './read-report.ts';

/** Without what is drawn by lot, and what depends on where packages are recorded, which JSON does not tell. */
const write = (report: Report): string =>
  [...jsonFormat.encode(report, {})].join('').replace(/"(ReportID|UID)": "[^"]*"/g, '"$1": ""');
const read = (text: string): Report => readJsonReport(Buffer.from(text), 'report.json');

describe('a report in JSON', () => {
  test('is read back as it was written', () => {
    const text = write(sampleReport());
    expect(write(read(text))).toBe(text);
  });

  test('of applications, secrets, licences and checks too', () => {
    const report = sampleReport();
    const [pkg] = report.packages;
    const layer = pkg?.layer;
    const jar: Package = {
      type: 'maven',
      name: 'a:b',
      version: '1',
      licenses: [],
      application: 'jar',
      paths: ['app/b.jar'],
      dependsOn: ['c:d@2'],
      relationship: 'direct',
      ...(layer && { layer }),
    };
    const [first] = report.findings;
    const findings: Report['findings'] = [
      ...(first
        ? [{ ...first, package: jar, installedVersion: '1', exploited: { addedOn: '2026-01-01' } }]
        : []),
      {
        ...{ kind: 'secret', ruleId: 'r', category: 'c', title: 't', severity: 'HIGH', path: 'etc/key' },
        ...{ startLine: 2, endLine: 2, match: '***', code: [{ number: 2, text: '***', isCause: true }] },
        isDeleted: true,
      },
      { kind: 'license', name: 'MIT', category: 'notice', severity: 'LOW', package: jar, confidence: 1 },
      {
        kind: 'license',
        name: 'GPL-3.0',
        category: 'restricted',
        severity: 'HIGH',
        path: 'L',
        confidence: 0.9,
      },
      {
        ...{
          kind: 'misconfiguration',
          ruleId: 'm',
          title: 't',
          description: 'd',
          message: 'm',
          resolution: 'r',
        },
        ...{ severity: 'LOW', subject: 'file', path: 'etc/x', references: ['https://example.org'] },
      },
      {
        ...{
          kind: 'misconfiguration',
          ruleId: 'n',
          title: 't',
          description: 'd',
          message: 'm',
          resolution: 'r',
        },
        ...{ severity: 'LOW', subject: 'image-config', references: [] },
      },
    ];
    const text = write({ ...report, packages: [...report.packages, jar], findings });
    expect(write(read(text))).toBe(text);
  });

  test('keeps the digest and the name of the system, and what was scanned', () => {
    const report = sampleReport();
    const { image } = read(
      write({ ...report, image: { ...report.image, repoDigests: [], sbomFormat: 'spdx', kind: 'sbom' } }),
    );
    expect(image).toMatchObject({ digest: report.image.digest, kind: 'sbom', sbomFormat: 'spdx' });
    const os = { family: 'debian', version: '12.4', prettyName: 'Debian GNU/Linux 12 (bookworm)' };
    expect(read(write({ ...report, os })).os).toEqual(os);
  });

  test('gives a licence to the package of its own place, where others have the name too', () => {
    const of = (application: Package['application'], version: string, path: string): Package => ({
      ...{ type: 'npm', name: 'tar', version, licenses: [], paths: [path] },
      ...(application && { application }),
    });
    const system: Package = { ...of(undefined, '1', ''), type: 'deb', paths: [] };
    const packages = [system, of('node-pkg', '2', 'a/package.json'), of('node-pkg', '3', 'b/package.json')];
    const all = [...packages, of('npm', '4', 'app/package-lock.json')];
    const findings = all.map((pkg) => ({
      ...{ kind: 'license', name: 'MIT', category: 'notice', severity: 'LOW', package: pkg, confidence: 1 },
    })) as Report['findings'];
    const told = read(write({ ...sampleReport(), packages: all, findings })).findings;
    const versions = told.flatMap((one) => (one.kind === 'license' ? [one.package?.version] : []));
    expect(versions.toSorted()).toEqual(['1', '2', '3', '4']);
  });

  test('of very many results, or of one with very many findings, takes no long time', () => {
    const results = Array.from({ length: 20_000 }, (_, index) => ({
      ...{ Target: `a/${index}`, Class: 'lang-pkgs', Type: 'npm' },
      Packages: [{ Name: `p${index}`, Version: '1' }],
    }));
    const secrets = Array.from({ length: 200_000 }, () => ({ RuleID: 'r' }));
    const Results = [...results, { Target: 's', Class: 'secret', Secrets: secrets }];
    const report = read(JSON.stringify({ SchemaVersion: 2, Results }));
    expect([report.packages.length, report.findings.length]).toEqual([20_000, 200_000]);
  }, 10_000);

  test.each([
    ['', /is not JSON/],
    ['{"a": 1', /is not JSON/],
    ['[]', /not a report/],
    ['{"SchemaVersion": 1}', /not a report/],
    ['['.repeat(100_000), /nested too deep/],
  ])('%.20s is refused', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  test('any other JSON gives a report or one of our errors', () => {
    const names = ['Results', 'Packages', 'Vulnerabilities', 'Metadata', 'Layers', 'Name', 'DiffID', 'Class'];
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, 1, 'x', true, 'lang-pkgs', '__proto__'),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie('any')),
      ),
    })).any;
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (members) => {
        const report = read(JSON.stringify({ SchemaVersion: 2, ...members }));
        expect(write(report)).toContain('SchemaVersion');
      }),
    );
  });
});
