import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { fullReport } from '../../../test/fixtures/full-report.ts';
import { variedReports } from '../../../test/fixtures/varied-reports.ts';
import type { Report } from '../../model/report.ts';
import { junitFormat } from './junit.ts';
import { xmlText } from './xml-text.ts';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const told = (report: Report): string => [...junitFormat.encode(report, {})].join('');

/** All elements; throws on what is not well-formed. */
function elementsOf(xml: string): Element[] {
  const elements: Element[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => elements.push({ name, attributes }));
  parser.write(xml).close();
  return elements;
}

describe('JUnit', () => {
  test.each(variedReports())('%s is well-formed, and its counts are right', (_name, report) => {
    const elements = elementsOf(told(report));
    const count = (name: string): number => elements.filter((element) => element.name === name).length;
    const [root] = elements;
    expect(root?.name).toBe('testsuites');
    expect(Number(root?.attributes['tests'])).toBe(count('testcase'));
    expect(Number(root?.attributes['failures'])).toBe(count('failure'));
    expect(count('failure')).toBe(report.findings.length);
    expect(count('skipped')).toBe(report.suppressed?.length ?? 0);
    const suites = elements.filter(({ name }) => name === 'testsuite');
    expect(suites.reduce((sum, { attributes }) => sum + Number(attributes['tests']), 0)).toBe(
      count('testcase'),
    );
  });

  test('a finding is a test that failed', () => {
    expect(told(fullReport())).toContain(
      '<testcase classname="lodash-1.2.3" name="[HIGH] CVE-2026-1000" time="0">',
    );
  });

  test('nothing found is a test that passed', () => {
    const quiet: Report = { ...fullReport(), findings: [], suppressed: [] };
    expect(told(quiet)).toContain('name="no findings"');
    expect(told(quiet)).toMatch(/^.*\n<testsuites name="example.org\/app:1" tests="3" failures="0"/);
  });
});

test('any text stays itself in XML, but for what XML cannot hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      let read = '';
      const parser = new SaxesParser();
      parser.on('error', (error) => {
        throw error;
      });
      parser.on('opentag', ({ attributes }) => (read = String(attributes['a'])));
      parser.write(`<x a="${xmlText(text)}">${xmlText(text)}</x>`).close();
      expect(read.length).toBe(text.length);
    }),
  );
});
