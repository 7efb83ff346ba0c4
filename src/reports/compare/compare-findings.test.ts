import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleReport } from '../../../test/fixtures/sample-report.ts';
import type { ComparedFinding } from './compared-finding.ts';
import { findingsOfHarborReport, findingsOfReport } from './compared-finding.ts';
import { compareFindings, isAgreed, type ScannerComparison } from './compare-findings.ts';
import { compareFormats } from './compare-formats.ts';

const finding = (id: string, more: Partial<ComparedFinding> = {}): ComparedFinding => ({
  id,
  aliases: [],
  package: 'openssl',
  version: '3.0.1',
  fixedVersion: '',
  severity: 'HIGH',
  ...more,
});

const compare = (a: readonly ComparedFinding[], b: readonly ComparedFinding[]): ScannerComparison =>
  compareFindings({ name: 'a', findings: a }, { name: 'b', findings: b });

const counts = ({ agreed, severityDiffers, onlyA, onlyB }: ScannerComparison): number[] => [
  agreed.length,
  severityDiffers.length,
  onlyA.length,
  onlyB.length,
];

/** Many of one name, which no two scanners of good will tell. */
const alike = (prefix: string, size: number, more: Partial<ComparedFinding>): ComparedFinding[] =>
  Array.from({ length: size }, (_, index) => finding(`${prefix}${index}`, more));

test('many that share a name take no longer each than few', () => {
  const size = 30_000;
  const [left, right] = ['A', 'B'].map((name) => alike(name, size, { aliases: ['CVE-1'] }));
  const begun = performance.now();
  expect(counts(compare(left ?? [], right ?? []))).toEqual([size, 0, 0, 0]);
  expect(performance.now() - begun).toBeLessThan(5000);
});

test('long names of packages with many names of vulnerabilities each are told quickly, too', () => {
  const aliases = Array.from({ length: 50 }, (_, index) => `CVE-${index}`);
  const right = alike('B', 6000, { aliases, version: 'v'.repeat(2000) }).map((one, index) => ({
    ...one,
    package: `${'p'.repeat(1990)}${index}`,
  }));
  const begun = performance.now();
  expect(counts(compare([finding('CVE-1')], right))).toEqual([0, 0, 1, 6000]);
  expect(performance.now() - begun).toBeLessThan(4000);
});

describe('two scanners', () => {
  test.each([
    ['the same', [finding('CVE-1')], [finding('CVE-1')], [1, 0, 0, 0]],
    ['another severity', [finding('CVE-1')], [finding('CVE-1', { severity: 'LOW' })], [0, 1, 0, 0]],
    ['another vulnerability', [finding('CVE-1')], [finding('CVE-2')], [0, 0, 1, 1]],
    ['another version', [finding('CVE-1')], [finding('CVE-1', { version: '2' })], [0, 0, 1, 1]],
    ['another package', [finding('CVE-1')], [finding('CVE-1', { package: 'curl' })], [0, 0, 1, 1]],
    [
      'another name, which is told',
      [finding('CVE-1')],
      [finding('GHSA-1', { aliases: ['CVE-1'] })],
      [1, 0, 0, 0],
    ],
    [
      'a common third name',
      [finding('GO-1', { aliases: ['CVE-1'] })],
      [finding('GHSA-1', { aliases: ['CVE-1'] })],
      [1, 0, 0, 0],
    ],
    ['one of them several times', [finding('CVE-1'), finding('CVE-1')], [finding('CVE-1')], [1, 0, 0, 0]],
    [
      'a spelling of Python',
      [finding('CVE-1', { package: 'Flask_Login' })],
      [finding('CVE-1', { package: 'flask-login' })],
      [1, 0, 0, 0],
    ],
    [
      'a group of Java',
      [finding('CVE-1', { package: 'org.apache.logging.log4j:log4j-core' })],
      [finding('CVE-1', { package: 'log4j-core' })],
      [1, 0, 0, 0],
    ],
    [
      'a version of Go',
      [finding('CVE-1', { version: 'v1.2.3' })],
      [finding('CVE-1', { version: '1.2.3' })],
      [1, 0, 0, 0],
    ],
    ['nothing at all', [], [], [0, 0, 0, 0]],
  ])('%s', (_, a, b, wanted) => {
    const found = compare(a, b);
    expect(counts(found)).toEqual(wanted);
    expect(isAgreed(found)).toBe(wanted.slice(1).every((count) => count === 0));
  });

  test('why the other has not found it', () => {
    const { onlyA } = compare(
      [finding('CVE-1'), finding('CVE-2', { version: '9' }), finding('CVE-3', { package: 'curl' })],
      [finding('CVE-2', { version: '8' }), finding('CVE-4')],
    );
    expect(onlyA.map(({ finding: { id }, other }) => [id, other])).toEqual([
      ['CVE-1', 'other-vulnerabilities'],
      ['CVE-2', 'other-version'],
      ['CVE-3', 'nothing'],
    ]);
  });

  test('nothing is lost, and turned round it is the same', () => {
    const any = fc.array(
      fc.record({
        id: fc.constantFrom('CVE-1', 'CVE-2', 'GHSA-1', 'GHSA-2'),
        aliases: fc.subarray(['CVE-1', 'CVE-2', 'GHSA-1']),
        package: fc.constantFrom('a', 'A', 'b'),
        version: fc.constantFrom('1', 'v1', '2'),
        fixedVersion: fc.constant(''),
        severity: fc.constantFrom('LOW' as const, 'HIGH' as const),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(any, any, (a, b) => {
        const there = compare(a, b);
        const alike = compare(a, a);
        expect(alike.onlyA.length + alike.onlyB.length).toBe(0);
        const pairs = there.agreed.length + there.severityDiffers.length;
        expect(pairs + there.onlyA.length).toBeLessThanOrEqual(a.length);
        expect(pairs + there.onlyB.length).toBeLessThanOrEqual(b.length);
        expect(pairs > 0 || a.length === 0 || there.onlyA.length > 0).toBe(true);
      }),
    );
  });

  test('many findings take no long time', () => {
    const many = (prefix: string) =>
      Array.from({ length: 60_000 }, (_, index) =>
        finding(`${prefix}-${index}`, { package: `p${index % 50}` }),
      );
    const begun = performance.now();
    expect(counts(compare(many('CVE'), many('CVE')))).toEqual([60_000, 0, 0, 0]);
    expect(performance.now() - begun).toBeLessThan(3000);
  });
});

describe('what is compared', () => {
  test("Drydock's own report and one of Harbor's kind", () => {
    const own = findingsOfReport(sampleReport());
    expect(own.length).toBeGreaterThan(0);
    const harbor = findingsOfHarborReport({
      vulnerabilities: [
        {
          id: 'CVE-1',
          package: 'a',
          version: '1',
          severity: 'negligible',
          vendor_attributes: { aliases: ['GHSA-1', 5] },
        },
        { id: 'CVE-2' },
        null,
      ],
    });
    expect(harbor).toEqual([
      { id: 'CVE-1', aliases: ['GHSA-1'], package: 'a', version: '1', fixedVersion: '', severity: 'LOW' },
    ]);
  });

  test('whatever is in a report, nothing is thrown', () => {
    fc.assert(fc.property(fc.anything(), (value) => void findingsOfHarborReport(value)));
    fc.assert(
      fc.property(
        fc.array(fc.anything()),
        (vulnerabilities) => void findingsOfHarborReport({ vulnerabilities }),
      ),
    );
  });
});

describe('a comparison is told', () => {
  const comparison = compareFindings(
    {
      name: 'drydock',
      version: '1.0',
      findings: [
        finding('CVE-1'),
        finding('CVE-2', { severity: 'CRITICAL', fixedVersion: '4' }),
        finding('CVE-3'),
      ],
    },
    {
      name: 'trivy',
      findings: [
        finding('CVE-1'),
        finding('CVE-3', { severity: 'LOW' }),
        finding('CVE-9\u001b[2J', { package: 'x' }),
      ],
    },
  );
  const told = (id: string, parameters = {}): string =>
    [
      ...(compareFormats.find((format) => format.id === id)?.encode('app:1', comparison, parameters) ?? []),
    ].join('');

  test('as a table, in which nothing moves the terminal', () => {
    expect(told('table')).toBe(
      [
        'app:1: drydock 1.0 and trivy',
        '1 agreed, 1 with another severity, 1 only drydock, 1 only trivy',
        '',
        'Another severity',
        '  HIGH → LOW CVE-3 openssl 3.0.1',
        '',
        'Only drydock',
        '  CRITICAL CVE-2 openssl 3.0.1 → 4',
        '',
        'Only trivy',
        expect.stringMatching(/^ {2}HIGH CVE-9/) as string,
      ]
        .map((line) => (typeof line === 'string' ? line : told('table').split('\n')[10]))
        .join('\n') + '\n',
    );
    expect(told('table')).not.toContain('\u001b[2J');
  });

  test('as JSON', () => {
    expect(JSON.parse(told('json'))).toMatchObject({
      SchemaVersion: 1,
      Image: 'app:1',
      A: { Name: 'drydock', Version: '1.0', Findings: 3 },
      Agreed: [{ ID: 'CVE-1', Package: 'openssl' }],
      SeverityDiffers: [{ ID: 'CVE-3', A: { Severity: 'HIGH' }, B: { Severity: 'LOW' } }],
      OnlyA: [{ ID: 'CVE-2', FixedVersion: '4', Other: 'other-vulnerabilities' }],
      OnlyB: [{ Other: 'nothing' }],
    });
  });
});
