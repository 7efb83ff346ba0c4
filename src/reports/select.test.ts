import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleReport } from '../../test/fixtures/sample-report.ts';
import { matchesGlob } from './glob.ts';
import { parseIgnoreFile } from './ignore-file.ts';
import { selectFindings, type Selection } from './select.ts';

const all: Selection = {
  severities: ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'],
  ignoreUnfixed: false,
  ignoreStatuses: [],
  pkgTypes: ['os', 'library'],
  ignoreRules: [],
  now: new Date('2026-06-01T12:00:00Z'),
};
const select = (change: Partial<Selection>): string[] =>
  selectFindings(sampleReport(), { ...all, ...change }).report.findings.map((finding) => finding.id);

describe('selecting findings', () => {
  test('everything is told unless somebody asked for less', () => {
    expect(select({})).toEqual(['CVE-2026-0001', 'CVE-2026-0002', 'CVE-2026-0003', 'CVE-2026-0001']);
  });

  test.each<[Partial<Selection>, string[]]>([
    [{ severities: ['HIGH', 'CRITICAL'] }, ['CVE-2026-0001', 'CVE-2026-0002', 'CVE-2026-0001']],
    [{ ignoreUnfixed: true }, ['CVE-2026-0001', 'CVE-2026-0001']],
    [{ ignoreStatuses: ['will_not_fix'] }, ['CVE-2026-0001', 'CVE-2026-0003', 'CVE-2026-0001']],
    [
      { ignoreStatuses: ['will_not_fix'], ignoreUnfixed: true },
      ['CVE-2026-0001', 'CVE-2026-0003', 'CVE-2026-0001'],
    ],
    [{ pkgTypes: ['library'] }, []],
  ])('%j', (change, expected) => expect(select(change)).toEqual(expected));

  test.each<[string, string, number]>([
    ['.trivyignore', '# all\nCVE-2026-0001\n', 2],
    ['.trivyignore', 'CVE-2026-0001 exp:2026-06-02 # soon', 2],
    ['.trivyignore', 'CVE-2026-0001 exp:2026-06-01', 0],
    ['i.yaml', 'vulnerabilities:\n  - id: CVE-2026-0001\n    statement: not reachable\n', 2],
    ['i.yaml', 'vulnerabilities:\n  - id: CVE-2026-0001\n    expired_at: 2026-01-01\n', 0],
    ['i.yaml', 'vulnerabilities:\n  - id: CVE-2026-0001\n    purls: ["pkg:deb/debian/openssl"]\n', 1],
    ['i.yaml', 'vulnerabilities:\n  - id: CVE-2026-0001\n    purls: ["pkg:deb/debian/openssl@9"]\n', 0],
    ['i.yaml', 'vulnerabilities:\n  - id: CVE-2026-0001\n    paths: ["var/**"]\n', 2],
    ['i.yaml', 'vulnerabilities:\n  - id: CVE-2026-0001\n    paths: ["srv/*"]\n', 0],
    ['i.yml', '', 0],
  ])('%s %j leaves out %i', (name, text, count) => {
    const selected = selectFindings(sampleReport(), { ...all, ignoreRules: parseIgnoreFile(text, name) });
    expect(selected.suppressed).toHaveLength(count);
    expect(selected.report.findings).toHaveLength(4 - count);
  });
});

describe('ignore files', () => {
  test.each([
    ['.trivyignore', 'CVE-1\nCVE-2 until tomorrow', /line 2/],
    ['.trivyignore', 'CVE-1 exp:2026-13-45', /line 1.*YYYY-MM-DD/],
    ['a.yaml', 'vulnerabilities: [', /not YAML/],
    ['a.yaml', 'vulnerability: []', /"vulnerability"/],
    ['a.yaml', 'vulnerabilities: {}', /list/],
    ['a.yaml', 'vulnerabilities: [{paths: [x]}]', /without an id/],
    ['a.yaml', 'vulnerabilities: [{id: a, paths: x}]', /list of texts/],
    ['a.yaml', 'vulnerabilities: [{id: a, purls: [x]}]', /package URL/],
    ['a.yaml', '- id: x', /mapping/],
  ])('%s %j is refused', (name, text, message) => {
    expect(() => parseIgnoreFile(text, name)).toThrow(message);
  });

  test('a file of aliases upon aliases does not grow', () => {
    const lines = [
      'a0: &a0 [x, x]',
      ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
    ];
    expect(() => parseIgnoreFile(lines.join('\n'), 'bomb.yaml')).toThrow();
  });

  test('any text gives rules or one of our errors', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('.trivyignore', 'x.yaml'), (text, name) => {
        try {
          parseIgnoreFile(text, name);
        } catch (error) {
          expect(error).toMatchObject({ code: 'IGNORE_FILE_INVALID' });
        }
      }),
    );
  });
});

describe('globs', () => {
  test.each([
    ['var/lib/*', 'var/lib/x', true],
    ['var/lib/*', 'var/lib/x/y', false],
    ['**/status', 'status', true],
    ['**/status', 'var/lib/dpkg/status', true],
    ['**/status', 'var/lib/mystatus', false],
    ['var/**', 'var/a/b', true],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/?.txt', 'a/1.txt', true],
    ['a/[!0-9].txt', 'a/1.txt', false],
    ['{a,b}/{c,d}', 'b/c', true],
    ['a\\*', 'a*', true],
    ['a', 'ab', false],
  ])('%s against %s is %s', (pattern, path, expected) => expect(matchesGlob(pattern, path)).toBe(expected));

  test('hostile patterns take no long time', () => {
    const started = performance.now();
    matchesGlob('*a'.repeat(200) + '**/'.repeat(50), 'a'.repeat(2000));
    matchesGlob('{a,b}'.repeat(60), 'a'.repeat(60));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
