import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { fullReport, HOSTILE_TEXTS, hostileReport, largeReport } from '../../../test/fixtures/full-report.ts';
import { variedReports } from '../../../test/fixtures/varied-reports.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Report } from '../../model/report.ts';
import { FILTERS } from './filters.ts';
import { parseTemplate } from './parse-template.ts';
import { renderTemplate } from './render.ts';
import { templateData } from './template-data.ts';
import { templateFormat } from './template.ts';
import type { Fields } from './value.ts';

const told = (template: string, report: Report = fullReport()): string =>
  [...templateFormat.encode(report, { template, templateName: 't.tmpl' })].join('');

const filled = (template: string, fields: Fields): string =>
  [...renderTemplate(parseTemplate(template, 't'), fields)].join('');

describe('a template', () => {
  test.each([
    ['', ''],
    ['a } b { c }}', 'a } b { c }}'],
    ['{{ .image.name }}', 'example.org/app:1'],
    ['{{.image.name}}', 'example.org/app:1'],
    ['a {{- "b" -}} c', 'abc'],
    ['a\n{{- /* two\nlines }} */ -}}\nb', 'ab'],
    ['{{ "a}}b\\n\\"\\\\" }}', 'a}}b\n"\\'],
    ['{{ 12.5 }}{{ -1 }}{{ true }}', '12.5-1true'],
    ['{{ .counts.total }} {{ .counts.critical }}', '13 4'],
    ['{{ if .endOfLife }}old{{ else }}new{{ end }}', 'old'],
    ['{{ if .os.name }}a{{ else if .os.family | is "debian" "ubuntu" }}b{{ else }}c{{ end }}', 'b'],
    ['{{ with .os }}{{ .family }} {{ $.counts.total }}{{ else }}none{{ end }}', 'debian 13'],
    ['{{ range .image.tags }}{{ . }}{{ else }}none{{ end }}', 'example.org/app:1'],
    [
      '{{ range .findings | where "severity" "LOW" }}{{ $number }}/{{ $index }} {{ .id }}{{ if $last | not }}, {{ end }}{{ end }}',
      '1/0 GHSA-1111-2222-3333, 2/1 DD-101',
    ],
    [
      '{{ range .findings | bySeverity | first 1 }}{{ if $first }}{{ .severity }}{{ end }}{{ end }}',
      'CRITICAL',
    ],
    [
      '{{ range .findings | where "isExploited" }}{{ .id }} {{ .cvssScore }} {{ .severity | rank }}{{ end }}',
      'CVE-2026-1000 9.8 1',
    ],
    ['{{ .findings | where "kind" "secret" | length }}', '2'],
    ['{{ if "HIGH" | atLeast "MEDIUM" }}yes{{ end }}{{ if 5 | over 4.9 }}!{{ end }}', 'yes!'],
    [
      '{{ .scannedAt | date }} {{ .scannedAt | date "DD.MM.YYYY hh:mm:ss" }} {{ "x" | date }}',
      '2026-06-01 01.06.2026 00:00:00 x',
    ],
    ['{{ .os.name | default "unknown" | upper }}', 'UNKNOWN'],
    ['{{ "Abc" | lower | truncate 2 }}', 'a…'],
    ['{{ .image.digests | join "; " | length }}', '87'],
    [
      '{{ "a\\"<&" | json }} {{ "<&\'" | xml }} {{ "<`" | html }} {{ "=1,2" | csv }} {{ "a b/ü" | url }} {{ "@x" | markdown }}',
      '"a\\"\\u003c\\u0026" &lt;&amp;&apos; &lt;&#96; "\'=1,2" a%20b%2F%C3%BC `@x`',
    ],
    [
      '{{ escape xml }}{{ "<" }}{{ "<" | raw }}{{ "<" | json }}{{ escape html }}{{ "`" }}',
      '&lt;<"\\u003c"&#96;',
    ],
    ['{{ .image.tags | json }}', '["example.org/app:1"]'],
    [
      '{{ range .results }}{{ .target }}: {{ .findings | length }}\n{{ end }}',
      'example.org/app:1 (debian 12.4): 4\nJava: 1\nsrv/app/package-lock.json: 2\nexample.org/app:1: 1\nusr/bin/tool: 1\n/root/.aws/credentials: 1\n/srv/app/.env: 1\nsrv/app/package-lock.json: 1\nLoose File License(s): 1\n',
    ],
  ])('%j gives %j', (template, expected) => expect(told(template)).toBe(expected));

  test.each([
    ['{{', /^t\.tmpl:1:1: a tag is not closed/],
    ['a\nb {{ .x', /^t\.tmpl:2:3: a tag is not closed/],
    ['{{ "a }}', /quotes is not closed/],
    ['{{/* x }}', /comment is not closed/],
    ['{{ }}', /^t\.tmpl:1:3: a value is missing/],
    ['\n\n  {{ .nope }}', /^t\.tmpl:3:6: a group of fields has no "nope"; there are image, os/],
    ['{{ .image.name.length }}', /a text has no "length"/],
    ['{{ .__proto__ }}', /t\.tmpl:1:5: "_" means nothing here/],
    ['{{ .constructor }}', /has no "constructor"/],
    ['{{ .toString }}', /has no "toString"/],
    ['{{ image }}', /"image" is no value/],
    ['{{ .image.name | shout }}', /1:18: there is no filter "shout"; there are csv, html/],
    ['{{ .image.name | toString }}', /there is no filter "toString"/],
    ['{{ .image.name | truncate }}', /truncate takes 1 arguments, not 0/],
    ['{{ .image.name | truncate 0 }}', /truncate takes a whole number/],
    ['{{ .image.name | }}', /name of a filter is missing/],
    ['{{ | upper }}', /value is missing before/],
    ['{{ .os .image }}', /stands behind a value/],
    ['{{ .findings }}', /a list cannot be written/],
    ['{{ .image }}', /a group of fields cannot be written/],
    ['{{ range .image }}{{ end }}', /range takes a list, not a group/],
    ['{{ range .findings }}', /1:4: range has no \{\{ end \}\}/],
    ['{{ end }}', /end belongs to no block/],
    ['{{ else }}', /else belongs to no block/],
    ['{{ if 1 }}{{ else }}{{ else }}{{ end }}', /else stands behind else/],
    ['{{ range .findings }}{{ else if 1 }}{{ end }}', /"if" means nothing behind else of range/],
    ['{{ $last }}', /known only within range/],
    ['{{ $x }}', /there is no \$x; there are \$index/],
    ['{{ "\\x" }}', /a text knows/],
    ['{{ escape shell }}', /escape takes one of csv, html/],
    ['{{ .findings | upper }}', /upper takes a text, not a list/],
    ['{{ "x" | bySeverity }}', /takes a list/],
    ['{{ .image.tags | where "x" }}', /finds no field "x" in a text/],
    ['{{ "x" | rank }}', /rank takes a severity/],
    ['{{ if 1 }}'.repeat(40), /at most 32 deep/],
    [`{{ ${'x'.repeat(20_000)} }}`, /longer than 10000/],
    ['{{ 1 }}'.repeat(30_000), /at most 20000 tags/],
    [' '.repeat(2 << 20), /at most 1048576/],
  ])('%j is refused, with its place', (template, message) => {
    expect(() => told(template)).toThrow(message);
    expect(() => told(template)).toThrow(expect.objectContaining({ code: 'TEMPLATE_INVALID' }) as Error);
  });

  test('the example of the documentation works', () => {
    const text = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8');
    const example = /```\n(\{\{ escape[^]*?)```/.exec(text)?.[1] ?? '';
    const lines = told(example).split('\n');
    expect(lines[0]).toBe('*example.org/app:1*: 4 critical, 4 high');
    expect(lines[1]).toBe('- CVE-2026-0001 in libssl3 `1:3.0.1-1+deb12u1`, fixed in `1:3.0.1-1+deb12u2`');
    expect(lines).toHaveLength(10);
  });

  test('a format without a template says so', () => {
    expect(() => [...templateFormat.encode(fullReport(), {})]).toThrow(/needs a template/);
  });

  test('loops within loops end', () => {
    const loop = '{{ range $.findings }}';
    const started = performance.now();
    expect(() => told(`${loop.repeat(4)}x${'{{ end }}'.repeat(4)}`, largeReport(2000))).toThrow(
      expect.objectContaining({ code: 'TEMPLATE_LIMIT' }) as Error,
    );
    expect(performance.now() - started).toBeLessThan(25_000);
  });

  test('what it writes is bounded', () => {
    const limits = { chars: 1000, steps: 1_000_000 };
    const template = parseTemplate('{{ range .list }}0123456789{{ end }}', 't');
    const list = Array.from({ length: 1000 }, (_, i) => i);
    expect(() => [...renderTemplate(template, { list }, limits)]).toThrow(/beyond 1000/);
  });
});

describe('escapes', () => {
  const junit =
    '{{ escape xml }}<suite name="{{ .image.name }}">{{ range .findings }}<case id="{{ .id }}">{{ .title }}{{ .description }}</case>{{ end }}</suite>';
  const json =
    '[{{ range .findings }}{{ if $first | not }},{{ end }}{"id":{{ .id | json }},"all":{{ . | json }}}{{ end }}]';

  test.each(variedReports())('%s in XML and JSON', (_name, report) => {
    const parser = new SaxesParser();
    parser.on('error', (error) => {
      throw error;
    });
    parser.write(told(junit, report)).close();
    expect(JSON.parse(told(json, report))).toHaveLength(report.findings.length);
  });

  test.each(HOSTILE_TEXTS)('%j in HTML', (text) => {
    expect(
      told('{{ escape html }}{{ range .findings }}{{ .title }}{{ end }}', hostileReport(text)),
    ).not.toMatch(/[<>"'`]/);
  });
});

describe('any template gives a text or one of our errors', () => {
  const fields = templateData(fullReport());
  const isFine = (template: string): void => {
    try {
      filled(template, fields);
    } catch (error) {
      expect(error).toBeInstanceOf(DrydockError);
      expect(error).toMatchObject({ code: expect.stringMatching(/^TEMPLATE_/) as string });
    }
  };

  test('of any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), isFine), { numRuns: 1000 });
  });

  test('of tags', () => {
    const word = fc.constantFrom(
      ...[
        'if',
        'else',
        'end',
        'range',
        'with',
        'escape',
        '|',
        '.',
        '$.',
        '.findings',
        '.image.name',
        '.counts',
      ],
      ...[
        '$last',
        '$index',
        '"x"',
        '"HIGH"',
        '"severity"',
        '1',
        '-2.5',
        'true',
        '/*',
        '*/',
        '-',
        '\\',
        '"',
        '$',
        'é',
      ],
      ...FILTERS.keys(),
    );
    const tag = fc.array(word, { maxLength: 6 }).map((words) => `{{${words.join(' ')}}}`);
    const any = fc.array(
      fc.oneof(tag, fc.constantFrom('{{ range .findings }}', '{{ if . }}', '{{ end }}', 'x')),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(any, (parts) => isFine(parts.join(''))),
      { numRuns: 3000 },
    );
  });

  test('of well-formed calls', () => {
    const operand = fc.constantFrom(
      '.',
      '.findings',
      '.image',
      '.image.name',
      '.counts.total',
      '.endOfLife',
      '"CRITICAL"',
      '3',
    );
    const call = fc
      .tuple(
        fc.constantFrom(...FILTERS.keys()),
        fc.array(fc.constantFrom('"id"', '"x"', '2', '.findings', 'true'), { maxLength: 2 }),
      )
      .map(([name, args]) => [name, ...args].join(' '));
    const expression = fc
      .tuple(operand, fc.array(call, { maxLength: 4 }))
      .map(([first, calls]) => [first, ...calls].join(' | '));
    fc.assert(
      fc.property(expression, (text) => isFine(`{{ ${text} }}`)),
      { numRuns: 3000 },
    );
  });
});
