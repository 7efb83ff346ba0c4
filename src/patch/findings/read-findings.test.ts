import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import { readFindings } from './read-findings.ts';

const read = (json: unknown) => readFindings(Buffer.from(JSON.stringify(json)), 'r.json');
const told = (json: unknown) =>
  read(json).map(({ id, package: { type, name, version }, fixedVersion, severity }) => [
    id,
    type,
    name,
    version,
    fixedVersion,
    severity,
  ]);

const openssl = ['CVE-1', 'deb', 'libssl3', '3.0.1', '3.0.2', 'HIGH'];

describe('findings are read out of', () => {
  test("Trivy's report", () => {
    const vulnerability = {
      VulnerabilityID: 'CVE-1',
      PkgName: 'libssl3',
      InstalledVersion: '3.0.1',
      FixedVersion: '3.0.2',
      Severity: 'HIGH',
      PkgIdentifier: { PURL: 'pkg:deb/debian/libssl3@3.0.1?arch=amd64&distro=debian-12' },
    };
    const json = {
      SchemaVersion: 2,
      Results: [{ Target: 't', Class: 'os-pkgs', Type: 'debian', Vulnerabilities: [vulnerability] }],
    };
    expect(told(json)).toEqual([openssl]);
  });

  test("Grype's, and a fix only where there is one", () => {
    const match = (state: string, type: string) => ({
      vulnerability: { id: 'CVE-1', severity: 'High', fix: { state, versions: ['3.0.2'] } },
      artifact: { name: 'libssl3', version: '3.0.1', type },
    });
    expect(
      told({ matches: [match('fixed', 'deb'), match('wont-fix', 'deb'), match('fixed', 'npm')] }),
    ).toEqual([
      openssl,
      ['CVE-1', 'deb', 'libssl3', '3.0.1', undefined, 'HIGH'],
      ['CVE-1', 'generic', 'libssl3', '3.0.1', '3.0.2', 'HIGH'],
    ]);
  });

  test("Harbor's, bare and as its own API wraps it", () => {
    const report = {
      generated_at: '2026-01-01T00:00:00Z',
      scanner: { name: 'x' },
      vulnerabilities: [
        { id: 'CVE-1', package: 'libssl3', version: '3.0.1', fix_version: '3.0.2', severity: 'High' },
      ],
    };
    expect(told(report)).toEqual([openssl]);
    expect(told({ 'application/vnd.security.vulnerability.report; version=1.1': report })).toEqual([openssl]);
    expect(told({ ...report, vulnerabilities: null })).toEqual([]);
  });

  test("sbomscanner's resource, without what is suppressed", () => {
    const one = {
      cve: 'CVE-1',
      packageName: 'libssl3',
      installedVersion: '3.0.1',
      fixedVersions: ['3.0.2'],
      severity: 'HIGH',
    };
    const results = [{ class: 'os-pkgs', vulnerabilities: [one, { ...one, suppressed: true }] }];
    expect(told({ kind: 'VulnerabilityReport', report: { results } })).toEqual([openssl]);
  });

  test("trivy-operator's resource", () => {
    const vulnerabilities = [
      {
        vulnerabilityID: 'CVE-1',
        resource: 'libssl3',
        installedVersion: '3.0.1',
        fixedVersion: '3.0.2',
        severity: 'HIGH',
        class: 'os-pkgs',
      },
    ];
    expect(told({ kind: 'VulnerabilityReport', report: { vulnerabilities } })).toEqual([openssl]);
  });
});

test.each(['', '[]', '{}', '{"SchemaVersion":1}', 'nonsense', '['.repeat(100_000)])(
  '%.20s is refused',
  (text) => {
    expect(() => readFindings(Buffer.from(text), 'r.json')).toThrow(DrydockError);
  },
);

test('whatever is inside, nothing but a clear error comes out', () => {
  const key = fc.constantFrom(
    'matches',
    'vulnerabilities',
    'report',
    'results',
    'kind',
    'scanner',
    'artifact',
    'id',
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue(),
      fc.constant('VulnerabilityReport'),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(key, tie('any'), { maxKeys: 4 }),
    ),
  })).any;
  fc.assert(
    fc.property(value, (json) => {
      try {
        read(json);
      } catch (error) {
        expect(error).toBeInstanceOf(DrydockError);
      }
    }),
  );
});
