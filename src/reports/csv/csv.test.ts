import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fullReport, hostileReport } from '../../../test/fixtures/full-report.ts';
import { variedReports } from '../../../test/fixtures/varied-reports.ts';
import type { Report } from '../../model/report.ts';
import { csvField } from './csv-field.ts';
import { csvFormat } from './csv.ts';

const told = (report: Report): string => [...csvFormat.encode(report, {})].join('');

/** As RFC 4180 has it. */
function parse(text: string): string[][] {
  const lines: string[][] = [[]];
  let field = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (isQuoted) {
      if (char !== '"') field += char;
      else if (text[at + 1] === '"') field += text[(at += 1)] ?? '';
      else isQuoted = false;
    } else if (char === '"') isQuoted = true;
    else if (char === ',' || char === '\r') {
      lines.at(-1)?.push(field);
      field = '';
    } else if (char === '\n') lines.push([]);
    else field += char;
  }
  return lines.slice(0, -1);
}

describe('a table of commas', () => {
  test.each(variedReports())('%s has a line for each finding, all of one width', (_name, report) => {
    const lines = parse(told(report));
    expect(lines).toHaveLength(report.findings.length + 1);
    expect(new Set(lines.map((fields) => fields.length))).toEqual(new Set([20]));
  });

  test('tells a finding', () => {
    const [names = [], ...lines] = parse(told(fullReport()));
    const line = lines.find((fields) => fields[1] === 'CVE-2026-1000') ?? [];
    expect(Object.fromEntries(names.map((name, i) => [name, line[i]]))).toMatchObject({
      ...{ Kind: 'vulnerability', Severity: 'HIGH', Package: 'lodash', 'Installed Version': '1.2.3' },
      ...{ 'Fixed Version': '1.2.4', Status: 'fixed', Path: 'srv/app/package-lock.json', Line: '12' },
      ...{ CVSS: '9.8', Exploited: 'yes', EPSS: '0.94321', 'Package URL': 'pkg:npm/lodash@1.2.3' },
    });
  });

  test('no field begins as a formula', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(1)', '\t=1', '\r=1', ' =1', '\uff1d1'])
      for (const field of parse(told(hostileReport(text))).flat())
        expect(field).not.toMatch(/^\s*[=+@\uff1d]|^\s*-./);
  });

  test('no formula begins behind what parts cells elsewhere, and nothing steers a terminal', () => {
    for (const sign of [';', '\t', '\n', '\r\n', '; '])
      expect(csvField(`a${sign}=cmd|' /C calc'!A0`)).toContain(`a${sign}'=cmd`);
    expect(csvField('a;b\u001b]0;x\u0007\u009b2J')).toBe('a;b\ufffd]0;x\ufffd\ufffd2J');
  });

  test('whatever is written can be read again, but for apostrophes that were put in', () => {
    const signs = fc.constantFrom(...`;=+-@,"' \t\r\n\uff1dax1`);
    const bare = (value: string): string => value.replaceAll("'", '');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: signs })), (text) => {
        const [[read = ''] = []] = parse(`${csvField(text)}\r\n`);
        expect(bare(read)).toBe(bare(text));
        expect(read.length).toBeGreaterThanOrEqual(text.length);
      }),
      { numRuns: 1000 },
    );
  });
});
