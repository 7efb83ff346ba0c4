import { describe, expect, test } from 'vitest';
import {
  fullReport,
  hostileReport,
  largeReport,
  misconfiguration,
} from '../../../test/fixtures/full-report.ts';
import { reportValidator } from '../../../test/fixtures/report-schemas.ts';
import { variedReports } from '../../../test/fixtures/varied-reports.ts';
import type { Report } from '../../model/report.ts';
import { MAX_RESULTS, sarifFormat } from './sarif.ts';

interface Location {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string; readonly uriBaseId: string };
    readonly region: { readonly startLine: number; readonly endLine: number };
  };
}
interface Rule {
  readonly id: string;
  readonly name: string;
  readonly shortDescription: { readonly text: string };
  readonly properties: { readonly 'security-severity': string; readonly tags: readonly string[] };
  readonly [member: string]: unknown;
}
interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly Location[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}
interface Run {
  readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly Rule[] } };
  readonly results: readonly Result[];
  readonly invocations: readonly {
    readonly toolExecutionNotifications: readonly { message: { text: string } }[];
  }[];
}

const textOf = (report: Report): string => [...sarifFormat.encode(report, {})].join('');

function runOf(report: Report): Run {
  const { runs } = JSON.parse(textOf(report)) as { readonly runs: readonly Run[] };
  const [run] = runs;
  if (!run) throw new Error('no run');
  return run;
}

describe('every report', () => {
  const validate = reportValidator('sarif-2.1.0');

  test.each(variedReports())('%s is SARIF 2.1.0', (_name, report) => {
    const text = textOf(report);
    validate(JSON.parse(text));
    expect(validate.errors ?? []).toEqual([]);
    expect(textOf(report)).toBe(text);
  });

  test.each(variedReports())('%s is what code scanning takes', (_name, report) => {
    const { tool, results } = runOf(report);
    expect(results).toHaveLength(report.findings.length);
    for (const { ruleId, ruleIndex, locations, message } of results) {
      expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
      expect(message.text).not.toBe('');
      for (const { physicalLocation } of locations) {
        const { uri, uriBaseId } = physicalLocation.artifactLocation;
        expect(uriBaseId).toBe('ROOTPATH');
        expect(new URL(uri, 'file:///root/').href.startsWith('file:///root/')).toBe(true);
        expect(uri).toMatch(/^[^/\s][^\s]*$/);
        expect(physicalLocation.region.startLine).toBeGreaterThanOrEqual(1);
        expect(physicalLocation.region.endLine).toBeGreaterThanOrEqual(physicalLocation.region.startLine);
      }
    }
    for (const { properties, shortDescription } of tool.driver.rules) {
      expect(properties['security-severity']).toMatch(/^(?:10\.0|[0-9]\.[0-9])$/);
      expect(properties.tags.length).toBeLessThanOrEqual(20);
      expect(shortDescription.text.length).toBeLessThanOrEqual(1024 * 2);
    }
    const prints = results.map(({ partialFingerprints }) => partialFingerprints['primaryLocationLineHash']);
    expect(new Set(prints).size).toBe(prints.length);
  });
});

describe('a report of all kinds', () => {
  const { tool, results } = runOf(fullReport());
  const found = (id: string): Result | undefined => results.find(({ ruleId }) => ruleId === id);

  test('names rules by their kind', () => {
    expect(new Set(tool.driver.rules.map(({ name }) => name))).toEqual(
      new Set([
        ...['OsPackageVulnerability', 'LanguageSpecificPackageVulnerability', 'Misconfiguration'],
        ...['Secret', 'License'],
      ]),
    );
  });

  test('says where things lie', () => {
    const at = (id: string): unknown => found(id)?.locations[0]?.physicalLocation;
    expect(at('CVE-2026-0001')).toMatchObject({ artifactLocation: { uri: 'example.org/app' } });
    expect(at('CVE-2026-1000')).toMatchObject({
      artifactLocation: { uri: 'srv/app/package-lock.json', uriBaseId: 'ROOTPATH' },
      region: { startLine: 12, endLine: 14 },
    });
    expect(at('aws-access-key-id')).toMatchObject({
      artifactLocation: { uri: 'root/.aws/credentials' },
      region: { startLine: 3 },
    });
  });

  test('has the severities of code scanning', () => {
    const rule = (id: string): Rule | undefined => tool.driver.rules.find((one) => one.id === id);
    expect(rule('CVE-2026-0001')?.properties['security-severity']).toBe('9.8');
    expect(rule('DD-001')?.properties['security-severity']).toBe('5.5');
    expect(rule('license:AGPL-3.0-only')?.properties['security-severity']).toBe('9.5');
    expect(rule('CVE-2026-1000')?.properties.tags).toEqual([
      ...['vulnerability', 'security', 'HIGH', 'known-exploited', 'external/cwe/cwe-787'],
    ]);
    expect(found('CVE-2026-1000')?.level).toBe('error');
    expect(found('DD-001')?.level).toBe('warning');
    expect(found('DD-101')?.level).toBe('note');
  });

  test('a finding keeps its fingerprint when versions and lines move', () => {
    const moved: Report = {
      ...fullReport(),
      findings: fullReport().findings.map((finding) => {
        if (finding.kind === 'vulnerability')
          return { ...finding, installedVersion: '9', fixedVersion: '10' };
        return finding.kind === 'secret' ? { ...finding, startLine: 77, endLine: 77 } : finding;
      }),
    };
    const prints = (report: Report): unknown => runOf(report).results.map((one) => one.partialFingerprints);
    expect(prints(moved)).toEqual(prints(fullReport()));
  });
});

test('text is no link and no placeholder', () => {
  const { results } = runOf(hostileReport('[a](https://evil.example) {0}'));
  for (const { message } of results) expect(message.text).toContain('\\[a\\](https://evil.example) {{0}}');
});

test('of too many findings the worst are told, and the rest is counted', () => {
  const many = largeReport(MAX_RESULTS + 10);
  const worst = misconfiguration('DD-999', { severity: 'CRITICAL' });
  const run = runOf({ ...many, findings: [...many.findings, worst] });
  expect(run.results).toHaveLength(MAX_RESULTS);
  expect(run.results.some(({ ruleId }) => ruleId === 'DD-999')).toBe(true);
  expect(run.invocations[0]?.toolExecutionNotifications[0]?.message.text).toMatch(/^11 findings/);
});
