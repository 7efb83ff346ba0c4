import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleReport } from '../../test/fixtures/sample-report.ts';
import { parseGlob } from '../base/glob.ts';
import { parseIgnoreFile } from './ignore-file.ts';
import { vulnerabilitiesOf } from './results.ts';
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
  vulnerabilitiesOf(selectFindings(sampleReport(), { ...all, ...change }).findings).map(({ id }) => id);

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
    ['i.yaml', 'vulnerabilities:\n  - id: CVE-2026-0001\n    paths: ["example.org/** (debian 12.4)"]\n', 2],
    ['i.yaml', 'secrets:\n  - id: CVE-2026-0001\n', 0],
    ['i.yml', '', 0],
  ])('%s %j leaves out %i', (name, text, count) => {
    const selected = selectFindings(sampleReport(), { ...all, ignoreRules: parseIgnoreFile(text, name) });
    expect(selected.suppressed ?? []).toHaveLength(count);
    expect(selected.findings).toHaveLength(4 - count);
  });
});

describe('ignore files', () => {
  test.each([
    ['.trivyignore', 'CVE-1\nCVE-2 exp:tomorrow', /line 2/],
    ['.trivyignore', 'CVE-1 exp:2026-13-45', /line 1.*YYYY-MM-DD/],
    ['a.yaml', 'vulnerabilities: [', /not YAML/],
    ['a.yaml', 'vulnerability: []', /"vulnerability"/],
    ['a.yaml', 'vulnerabilities: {}', /list/],
    ['a.yaml', 'vulnerabilities: [{paths: [x]}]', /without an id/],
    ['a.yaml', 'vulnerabilities: [{id: a, paths: x}]', /list of texts/],
    ['a.yaml', 'vulnerabilities: [{id: a, purls: [x]}]', /package URL/],
    ['a.yaml', '- id: x', /mapping/],
    ['.trivyignore', 'CVE-1 exp:2026-02-30', /line 1.*YYYY-MM-DD/],
    ['a.yaml', 'secrets: []\nvulnerabilities: []\nsecrets: []', /line 3.*twice/],
    ['a.yaml', 'vulnerabilities:\n- id: a\n  id: b', /line 3.*twice/],
    ['a.yaml', 'vulnerabilities:\n- id: a\n- paths: [x]', /line 3.*without an id/],
    ['a.yaml', 'vulnerabilities:\n- id: a\n  expired_at: soon', /line 2.*"soon" for a date/],
    ['a.yaml', 'vulnerabilities: [{id: a, expired_at: 2026-01-01T99:00:00Z}]', /date/],
    ['a.yaml', `vulnerabilities: [{id: a, paths: ["${'{a,b}'.repeat(9)}"]}]`, /path pattern/],
    ['a.yaml', '['.repeat(50_000), /brackets/],
    ['a.yaml', ' '.repeat(5 << 20), /4 MiB/],
  ])('%s %.60j is refused', (name, text, message) => {
    expect(() => parseIgnoreFile(text, name)).toThrow(message);
  });

  test('a file of aliases upon aliases does not grow', () => {
    const lines = [
      'a0: &a0 [x, x]',
      ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
    ];
    expect(() => parseIgnoreFile(lines.join('\n'), 'bomb.yaml')).toThrow();
  });

  test.each([
    ['a.yaml', (n: number) => Array.from({ length: n }, (_, i) => `k${i}: 1`).join('\n')],
    [
      'a.yaml',
      (n: number) =>
        `vulnerabilities: [{id: a, ${Array.from({ length: n }, (_, i) => `k${i}: 1`).join(', ')}}]`,
    ],
    ['.trivyignore', (n: number) => `a${' #'.repeat(n)}\u2028`],
  ])('a hostile %s takes no long time', (name, textOf) => {
    const started = performance.now();
    try {
      parseIgnoreFile(textOf(40_000), name);
    } catch (error) {
      expect(error).toMatchObject({ code: 'IGNORE_FILE_INVALID' });
    }
    expect(performance.now() - started).toBeLessThan(12_000);
  });

  test('any structure of YAML gives rules or one of our errors', () => {
    const piece = fc.constantFrom(
      ...['vulnerabilities', 'id', 'paths', 'purls', 'expired_at', ': ', ':\n', '\n', '- ', '  ', '[', ']'],
      ...[
        '{',
        '}',
        ', ',
        '&a ',
        '*a',
        '!!',
        '|\n',
        '? ',
        '"',
        "'",
        '#',
        'x',
        '<<: ',
        '---\n',
        '\t',
        '2026-01-01',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          parseIgnoreFile(pieces.join(''), 'x.yaml');
        } catch (error) {
          expect(error).toMatchObject({ code: 'IGNORE_FILE_INVALID' });
        }
      }),
      { numRuns: 1000 },
    );
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

test('a rule that is repeated many times costs no more than once each', () => {
  const started = performance.now();
  const ignoreRules = parseIgnoreFile('CVE-2026-0001\n'.repeat(100_000), '.trivyignore');
  expect(selectFindings(sampleReport(), { ...all, ignoreRules }).suppressed ?? []).toHaveLength(2);
  expect(performance.now() - started).toBeLessThan(12_000);
});

test('rules for many versions of one package are compared with it, not read again for each', () => {
  const started = performance.now();
  const lines = Array.from(
    { length: 30_000 },
    (_, i) => `- {id: CVE-2026-0001, purls: ["pkg:deb/x/y@${i}"]}`,
  );
  const ignoreRules = parseIgnoreFile(`vulnerabilities:\n${lines.join('\n')}`, 'a.yaml');
  const parsed = performance.now();
  expect(selectFindings(sampleReport(), { ...all, ignoreRules }).suppressed ?? []).toHaveLength(0);
  expect(performance.now() - parsed).toBeLessThan(6000);
  expect(parsed - started).toBeLessThan(8000);
});

test.each([
  ['2026-06-01T12:00:01Z', 2],
  ['2026-06-01T12:00:00Z', 0],
  ['2026-06-01T15:00:00+02:00', 2],
])('a YAML rule that expires at %s leaves out %i', (time, count) => {
  const text = `vulnerabilities: [{id: CVE-2026-0001, expired_at: ${time}}]`;
  const ignoreRules = parseIgnoreFile(text, 'a.yaml');
  expect(selectFindings(sampleReport(), { ...all, ignoreRules }).suppressed ?? []).toHaveLength(count);
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
    ['a/**', 'a', true],
    ['a/**', 'ab', false],
    ['a**b', 'a/b', false],
    ['a**b', 'axb', true],
    ['**', '', true],
    ['**/**/b', 'b', true],
    ['**/a/**/b', 'x/a/y/a/b', true],
    ['{a}{b,c}', 'ac', true],
    ['\\{a,b}', '{a,b}', true],
    ['\\{a,b}', 'a', false],
    ['{a\\,b,c}', 'a,b', true],
    ['{a,b', '{a,b', true],
    ['a}', 'a}', true],
    ['{a,b{c,d}}', 'bd', true],
    ['*a*b*c', 'xxaybzbc', true],
    ['*a*b*c', 'xxaybzbd', false],
    ['[', '[', true],
  ])('%s against %s is %s', (pattern, path, expected) => expect(parseGlob(pattern)?.(path)).toBe(expected));

  test('any pattern gives an answer, and every plain path fits itself', () => {
    const pattern = fc.string({
      unit: fc.constantFrom('a', 'b', '*', '?', '/', '[', ']', '{', '}', ',', '\\', '!'),
    });
    fc.assert(fc.property(pattern, pattern, (text, path) => void parseGlob(text)?.(path)));
    fc.assert(fc.property(fc.stringMatching(/^[a-c/]{0,12}$/), (path) => parseGlob(path)?.(path) === true));
  });

  test.each(['x'.repeat(2000), '{a,b}'.repeat(60)])('%s is too much', (pattern) => {
    expect(parseGlob(pattern)).toBeUndefined();
  });

  test('hostile patterns take no long time', () => {
    const started = performance.now();
    parseGlob('*a'.repeat(500) + 'b')?.('a'.repeat(4000));
    parseGlob('**/'.repeat(300) + 'b')?.('a/'.repeat(2000));
    parseGlob('*'.repeat(1000) + 'b')?.('a'.repeat(4000));
    expect(performance.now() - started).toBeLessThan(12_000);
  });
});
