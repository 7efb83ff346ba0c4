import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sbomValidators } from '../../../test/fixtures/sbom-schemas.ts';
import { sampleReport } from '../../../test/fixtures/sample-report.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import { preferredCvss } from './preferred-cvss.ts';
import type { ReportFrame } from './report-frame.ts';
import { harborSbomReport } from './sbom-report.ts';
import { harborVulnerabilityReport } from './vulnerability-report.ts';

const frame: ReportFrame = {
  generatedAt: '2026-06-01T00:00:00.000Z',
  artifact: { repository: 'team/app', digest: 'sha256:x', tag: '1' },
  scanner: { name: 'Drydock', vendor: 'Drydock', version: '1.2.3' },
};

type Item = Record<string, unknown>;

function told(report: Report): Item & { readonly vulnerabilities: readonly Item[] } {
  return JSON.parse([...harborVulnerabilityReport(report, frame)].join('')) as never;
}

const base = sampleReport();
const [first] = base.findings as [VulnerabilityFinding];
const with_ = (...findings: VulnerabilityFinding[]): Report => ({ ...base, findings });

describe('a vulnerability report for Harbor', () => {
  test('tells of each finding all that Harbor keeps', () => {
    const { vulnerabilities, ...rest } = told(base);
    expect(rest).toEqual({
      generated_at: frame.generatedAt,
      artifact: frame.artifact,
      scanner: frame.scanner,
      severity: 'Critical',
    });
    expect(vulnerabilities[0]).toEqual({
      id: 'CVE-2026-0001',
      package: 'libssl3',
      version: '1:3.0.1-1+deb12u1',
      fix_version: '1:3.0.1-1+deb12u2',
      severity: 'Critical',
      status: 'fixed',
      description: 'A long text.',
      links: ['https://example.org/CVE-2026-0001', 'https://example.org/a?b&c'],
      layer: { digest: first.package.layer?.digest, diff_id: first.package.layer?.diffId },
      preferred_cvss: { score_v3: 9.8, vector_v3: 'CVSS:3.1/AV:N' },
      cwe_ids: ['CWE-120'],
      vendor_attributes: { CVSS: { nvd: { V3Score: 9.8, V3Vector: 'CVSS:3.1/AV:N' } } },
    });
    expect(vulnerabilities[1]).toMatchObject({ status: 'will_not_fix', fix_version: '', severity: 'High' });
    expect(vulnerabilities[2]).not.toHaveProperty('vendor_attributes');
  });

  test('without findings there is an empty list and no severity', () => {
    const report = told(with_());
    expect(report.vulnerabilities).toEqual([]);
    expect(report).not.toHaveProperty('severity');
  });

  test('of the same package in several places the worst speaks, and the one that can be fixed', () => {
    const worse: VulnerabilityFinding = { ...first, severity: 'CRITICAL' };
    const { fixedVersion: _, ...unfixed } = worse;
    const report = told(with_({ ...first, severity: 'LOW' }, { ...unfixed, status: 'affected' }, worse));
    expect(report.vulnerabilities).toHaveLength(1);
    expect(report.vulnerabilities[0]).toMatchObject({ severity: 'Critical', status: 'fixed' });
  });

  test('a fix makes the status say so, as Harbor renews what it knows only then', () => {
    const [item] = told(with_({ ...first, status: 'affected' })).vulnerabilities;
    expect(item).toMatchObject({ status: 'fixed' });
  });

  test('whatever a database says, the shape holds', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constant('a\0|,b'),
      fc.constant('x'.repeat(5000)),
    );
    const finding = fc
      .record({
        id: text,
        installedVersion: text,
        fixedVersion: text,
        severity: fc.constantFrom('UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'),
        primaryUrl: fc.oneof(text, fc.constant('javascript:alert(1)'), fc.webUrl()),
        name: text,
        cwe: fc.oneof(text, fc.constant('CWE-79')),
        source: fc.oneof(text, fc.constant('__proto__')),
      })
      .map(({ name, cwe, source, ...more }) => ({
        ...first,
        ...more,
        package: { ...first.package, name },
        vulnerability: {
          ...first.vulnerability,
          description: name,
          cwes: [cwe],
          references: [more.primaryUrl],
          cvssBySource: { [source]: { v3Score: 5 } },
        },
      }));
    fc.assert(
      fc.property(fc.array(finding, { maxLength: 8 }), (findings) => {
        const { vulnerabilities } = told(with_(...(findings as VulnerabilityFinding[])));
        const identities = vulnerabilities.map((one) =>
          [one['id'], one['package'], one['version']].join('\0'),
        );
        expect(new Set(identities).size).toBe(identities.length);
        expect(JSON.stringify(vulnerabilities)).not.toContain('\\u0000');
        for (const one of vulnerabilities) {
          const bytes = Buffer.byteLength([one['id'], one['package'], one['version']].join(''));
          expect(bytes).toBeLessThan(2000);
          const links = one['links'] as string[];
          expect(links.filter((link) => !/^https?:[^|]+$/.test(link))).toEqual([]);
          expect((one['cwe_ids'] as string[]).filter((cwe) => cwe !== 'CWE-79')).toEqual([]);
        }
      }),
    );
  });
});

test.each([
  [{}, undefined, undefined],
  [{ nvd: { v3Score: 9, v3Vector: 'n' } }, undefined, { score_v3: 9, vector_v3: 'n' }],
  [{ nvd: { v3Score: 9 }, redhat: { v3Score: 5 } }, 'redhat', { score_v3: 5 }],
  [
    { nvd: { v2Score: 4, v2Vector: 'AV' }, ghsa: { v3Score: 5 } },
    'ghsa',
    { score_v3: 5, score_v2: 4, vector_v2: 'AV' },
  ],
  [{ nvd: { v3Score: 0, v2Score: 11 } }, undefined, undefined],
  [{ nvd: { v40Score: 9 } }, undefined, undefined],
] as const)(
  'of the scores %j with severities of %s %j is preferred',
  (cvssBySource, severitySource, wanted) => {
    const { severitySource: _, ...rest } = first;
    const finding: VulnerabilityFinding = {
      ...rest,
      ...(severitySource && { severitySource }),
      vulnerability: { ...first.vulnerability, cvssBySource },
    };
    expect(preferredCvss(finding)).toEqual(wanted);
  },
);

test.each([
  ['application/spdx+json', 'spdx-2.3'],
  ['application/vnd.cyclonedx+json', 'cyclonedx-1.7'],
] as const)(
  'a bill of materials as %s is a document of its standard, without vulnerabilities',
  (type, schema) => {
    const text = [...harborSbomReport(base, frame, type)].join('');
    const report = JSON.parse(text) as { media_type: string; sbom: object };
    expect(report).toMatchObject({ generated_at: frame.generatedAt, media_type: type });
    const validate = sbomValidators().get(schema);
    validate?.(report.sbom);
    expect(validate?.errors ?? []).toEqual([]);
    expect(text).not.toContain('CVE-2026');
  },
);
