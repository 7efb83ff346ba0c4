import { describe, expect, test } from 'vitest';
import { fullReport, hostileReport } from '../../../test/fixtures/full-report.ts';
import { reportValidator } from '../../../test/fixtures/report-schemas.ts';
import { variedReports } from '../../../test/fixtures/varied-reports.ts';
import { gitlabCodeQualityFormat } from './code-quality.ts';
import { cvssVersionOf } from './cvss-vector.ts';
import { gitlabFormat } from './gitlab.ts';
import type { Report } from '../../model/report.ts';

interface Vulnerability {
  readonly id: string;
  readonly description: string;
  readonly [member: string]: unknown;
}

const told = (report: Report): { readonly vulnerabilities: readonly Vulnerability[] } =>
  JSON.parse([...gitlabFormat.encode(report, {})].join('')) as ReturnType<typeof told>;

describe('container scanning', () => {
  const validate = reportValidator('gitlab-container-scanning');

  test.each(variedReports())('%s fits the schema', (_name, report) => {
    const document = told(report);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    const ids = document.vulnerabilities.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('tells a vulnerability', () => {
    expect(
      told(fullReport()).vulnerabilities.find(({ name }) => String(name).startsWith('lodash')),
    ).toMatchObject({
      severity: 'High',
      solution: '`Upgrade lodash to 1.2.4`',
      identifiers: [
        { type: 'cve', name: 'CVE-2026-1000', value: 'CVE-2026-1000', url: /avd/ },
        { type: 'ghsa', value: 'GHSA-aaaa-bbbb-cccc' },
        { type: 'cwe', value: 'CWE-787' },
      ].map((one) => (one.url ? { ...one, url: 'https://avd.example.org/nvd/cve-2026-1000' } : one)),
      cvss_vectors: [{ vendor: 'unknown', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
      location: {
        dependency: { package: { name: 'lodash' }, version: '1.2.3' },
        operating_system: 'debian 12.4',
        image: 'example.org/app:1',
      },
    });
  });

  test('a description cannot leave its block of code', () => {
    const [first] = told(hostileReport('x\n````\n@everyone')).vulnerabilities;
    expect(first?.description).toBe('`````plaintext\nx\n````\n@everyone\n`````');
  });
});

test.each([
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', '3'],
  ['CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P', '3'],
  ['AV:N/AC:L/Au:N/C:P/I:P/A:P', '2'],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H', undefined],
  ['CVSS:3.1/AV:N', undefined],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:', undefined],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/__proto__:N', undefined],
  ['', undefined],
])('the version of %j is %j', (vector, version) => expect(cvssVersionOf(vector)).toBe(version));

describe('code quality', () => {
  test.each(variedReports())('%s has an issue for each finding', (_name, report) => {
    const issues = JSON.parse([...gitlabCodeQualityFormat.encode(report, {})].join('')) as Record<
      string,
      unknown
    >[];
    expect(issues).toHaveLength(report.findings.length);
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
    for (const issue of issues) {
      expect(issue).toMatchObject({
        type: 'issue',
        check_name: expect.any(String) as string,
        description: expect.any(String) as string,
        severity: expect.stringMatching(/^(?:info|minor|major|critical|blocker)$/) as string,
        location: { path: expect.any(String) as string, lines: { begin: expect.any(Number) as number } },
      });
    }
  });
});
