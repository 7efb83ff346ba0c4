import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fullReport, HOSTILE_TEXTS, hostileReport, largeReport } from '../../../test/fixtures/full-report.ts';
import { variedReports } from '../../../test/fixtures/varied-reports.ts';
import type { Report } from '../../model/report.ts';
import { markdownFormat, MAX_CHARS } from './markdown.ts';
import { codeSpan, inlineText, linkTo } from './text.ts';

const told = (report: Report): string => [...markdownFormat.encode(report, {})].join('');

/** What is left when code is taken out, as CommonMark reads code spans: a run of backticks to the next as long. */
function withoutCode(line: string): string {
  let rest = line;
  let plain = '';
  for (;;) {
    const run = /`+/.exec(rest);
    if (!run) return plain + rest;
    const after = rest.slice(run.index + run[0].length);
    const close = [...after.matchAll(/`+/g)].find(([found]) => found.length === run[0].length);
    plain += rest.slice(0, run.index);
    if (!close) return plain + run[0] + after;
    rest = after.slice(close.index + close[0].length);
  }
}

const OWN_HTML = /<\/?(?:details|summary|sub)>/g;
const OWN_LINK =
  /\[(CVE-[0-9-]+|GHSA-[0-9a-z-]+)\]\(https:\/\/(?:nvd\.nist\.gov|github\.com)\/[A-Za-z0-9/-]+\)/g;

describe('a comment', () => {
  test.each(variedReports())('%s is text and nothing else', (_name, report) => {
    const text = told(report);
    expect(text.length).toBeLessThanOrEqual(MAX_CHARS);
    for (const line of text.split('\n')) {
      const plain = withoutCode(line).replace(OWN_HTML, '').replace(OWN_LINK, '');
      expect(plain.replace(/^### /, '')).not.toMatch(/[<>@#[\]`\\]|:\/\/|www\.|:\w+:/);
    }
  });

  test.each(variedReports())('%s has tables of one width', (_name, report) => {
    const rows = told(report)
      .split('\n')
      .filter((line) => line.startsWith('| '));
    for (const row of rows) expect([6, 8]).toContain(withoutCode(row).split('|').length - 1);
  });

  test('sums up, and tells the worst first', () => {
    const text = told(fullReport());
    expect(text).toContain('| Vulnerabilities | **2** | **2** | **1** | **1** | **1** | 7 |');
    expect(text).toContain('**1** known to be exploited');
    expect(text).toContain('⚠️ [CVE-2026-1000](https://nvd.nist.gov/vuln/detail/CVE-2026-1000)');
    expect(text.indexOf('Critical: 4')).toBeLessThan(text.indexOf('High: 4'));
  });

  test('of too much says what was cut', () => {
    const text = told(largeReport(3000));
    expect(text.length).toBeLessThanOrEqual(MAX_CHARS);
    expect(text.length).toBeGreaterThan(MAX_CHARS - 3000);
    const shown = text.split('\n').filter((line) => line.startsWith('| ') && line.includes('CVE-')).length;
    expect(text).toContain(`**${3000 - shown} of 3000 findings are not shown**`);
    expect(text.split('<details>').length).toBe(text.split('</details>').length);
  });

  test('of huge texts stays within its bounds', () => {
    expect(told(hostileReport('`'.repeat(100_000))).length).toBeLessThanOrEqual(MAX_CHARS);
  });
});

describe('text', () => {
  test.each([...HOSTILE_TEXTS, '` a', 'a `', '``', 'a|b', '\\|', 'x\ny'])('%j is code as a whole', (text) => {
    const span = codeSpan(text, 200);
    expect(withoutCode(span)).toBe('');
    expect(span).not.toMatch(/[|\n]/);
  });

  test('any text is either harmless or code', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const shown = inlineText(text, 100);
        expect(withoutCode(shown)).toMatch(/^[A-Za-z0-9 ,.;()'%=+-]*$/);
      }),
    );
  });

  test.each([
    ['CVE-2026-1', '[CVE-2026-1](https://nvd.nist.gov/vuln/detail/CVE-2026-1)'],
    ['GHSA-aaaa-bbbb-cccc', '[GHSA-aaaa-bbbb-cccc](https://github.com/advisories/GHSA-aaaa-bbbb-cccc)'],
    ['CVE-2026-1)[x', '`CVE-2026-1)[x`'],
    ['TEMP-1', '`TEMP-1`'],
  ])('%s is shown as %s', (id, shown) => expect(linkTo(id)).toBe(shown));
});
