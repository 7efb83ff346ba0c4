import { describe, expect, test } from 'vitest';
import { fullReport, HOSTILE_TEXTS, secret } from '../../test/fixtures/full-report.ts';
import { findingRows, type FindingRow } from './finding-row.ts';
import { httpLink } from './http-link.ts';
import { cut, plainLine, plainLines } from './plain-text.ts';

const rows = [...findingRows(fullReport())];
const found = (id: string): FindingRow | undefined => rows.find((row) => row.id === id);

describe('a finding as a row', () => {
  test('of a vulnerability', () => {
    expect(found('CVE-2026-1000')).toMatchObject({
      ...{ kind: 'vulnerability', class: 'lang-pkgs', target: 'srv/app/package-lock.json', type: 'npm' },
      ...{ package: 'lodash', version: '1.2.3', fixedVersion: '1.2.4', remedy: 'Upgrade lodash to 1.2.4' },
      ...{ purl: 'pkg:npm/lodash@1.2.3', startLine: 12, cvssScore: 9.8, epss: 0.94321, isExploited: true },
      links: ['https://avd.example.org/nvd/cve-2026-1000', 'https://example.org/CVE-2026-1000'],
    });
  });

  test('of other kinds', () => {
    expect(found('DD-101')).toMatchObject({
      kind: 'misconfiguration',
      path: 'usr/bin/tool',
      class: 'config',
    });
    expect(found('AGPL-3.0-only')).toMatchObject({
      kind: 'license',
      path: 'srv/app/COPYING',
      status: 'forbidden',
    });
    expect(rows.filter(({ status }) => status === 'deleted').map(({ path }) => path)).toEqual([
      'root/.aws/credentials',
    ]);
  });

  test('has a fingerprint that does not depend on where packages of the system are recorded', () => {
    const report = fullReport();
    const prints = (path: string): string[] => {
      const findings = report.findings.map((finding) =>
        finding.kind === 'vulnerability' && finding.package.application === undefined
          ? { ...finding, package: { ...finding.package, paths: [path] } }
          : finding,
      );
      return [...findingRows({ ...report, findings })].map(({ fingerprint }) => fingerprint);
    };
    expect(prints('var/lib/dpkg/status')).toEqual(prints('var/lib/dpkg/status.d/x'));
  });

  test('has a fingerprint of its own, even beside its like', () => {
    const twice = [...findingRows(fullReport([secret('a'), secret('a')]))];
    expect(new Set(twice.map(({ fingerprint }) => fingerprint)).size).toBe(twice.length);
    expect(twice.find(({ id }) => id === 'DD-001')?.fingerprint).toBe(found('DD-001')?.fingerprint);
  });
});

test.each<readonly [string, boolean]>([
  ['https://example.org/a?b=c&d#e', true],
  ['HTTP://example.org', true],
  ['https://example.org/%41', true],
  ['https://example.org/%zz', false],
  ['https://example.org/a b', false],
  ['https://example.org/"onload=x', false],
  ['javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['//example.org', false],
  ['https://', false],
  [`https://example.org/${'a'.repeat(3000)}`, false],
  ...HOSTILE_TEXTS.map((text) => [text, false] as const),
])('%j is a link: %s', (text, isLink) => expect(httpLink(text)).toBe(isLink ? text : undefined));

test.each([
  ['a\u0000\u202eb\r\nc', 'a\ufffd\ufffdb c', 'a\ufffd\ufffdb\nc'],
  ['\ud800', '\ufffd', '\ufffd'],
  ['  a\tb  ', 'a b', '  a\tb  '],
])('%j is plain as %j', (text, line, lines) => {
  expect(plainLine(text, 100)).toBe(line);
  expect(plainLines(text, 100)).toBe(lines);
});

test('nothing is cut within a pair', () => {
  expect(cut('a😀b', 3)).toBe('a…');
  expect(cut('a😀b', 4)).toBe('a😀b');
});
