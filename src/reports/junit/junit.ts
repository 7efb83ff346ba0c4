import type { Finding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import { findingRows, type FindingRow } from '../finding-row.ts';
import type { ReportFormat } from '../format.ts';
import { cut } from '../plain-text.ts';
import { resultsOf } from '../results.ts';
import { xmlText } from './xml-text.ts';

/**
 * JUnit's XML, for whatever shows the tests of a pipeline: a suite for each result, a failed test for each finding. A
 * result without findings is a test that passed; what a rule or a VEX document speaks for is a skipped one.
 */
export const junitFormat: ReportFormat = {
  id: 'junit',
  mediaType: 'application/xml',
  *encode(report) {
    const suites = suitesOf(report);
    const count = (of: (suite: Suite) => number): number => suites.reduce((sum, suite) => sum + of(suite), 0);
    yield '<?xml version="1.0" encoding="UTF-8"?>\n';
    yield `<testsuites${attributes({
      name: report.image.name,
      tests: count(testsOf),
      failures: count(({ failed }) => failed.length),
      errors: 0,
      skipped: count(({ skipped }) => skipped.length),
      time: 0,
    })}>\n`;
    for (const suite of suites) yield* suitePieces(suite, report);
    yield '</testsuites>\n';
  },
};

interface Suite {
  readonly name: string;
  readonly failed: readonly FindingRow[];
  readonly skipped: readonly { readonly row: FindingRow; readonly reason: string }[];
}

/** Nothing at all is a test that passed, too. */
function testsOf({ failed, skipped }: Suite): number {
  return Math.max(1, failed.length + skipped.length);
}

function suitesOf(report: Report): Suite[] {
  const failed = new Map<string, FindingRow[]>();
  for (const { class: group, target, type } of resultsOf(report))
    failed.set(keyOf(group, target, type ?? ''), []);
  for (const row of findingRows(report)) failed.get(keyOf(row.class, row.target, row.type))?.push(row);
  const suites = [...failed].map(([key, rows]) => ({ name: nameOf(key), failed: rows, skipped: [] }));
  const skipped = skippedOf(report);
  const all = skipped.length > 0 ? [...suites, { name: 'Suppressed', failed: [], skipped }] : suites;
  return all.length > 0 ? all : [{ name: report.image.name, failed: [], skipped: [] }];
}

function keyOf(group: string, target: string, type: string): string {
  return [target, type, group].join('\0');
}

function nameOf(key: string): string {
  const [target = '', type = '', group = ''] = key.split('\0');
  return group === 'lang-pkgs' ? `${target} (${type})` : target;
}

function skippedOf({ suppressed = [], ...report }: Report): Suite['skipped'] {
  const words = new Map<Finding, string>();
  for (const { finding, status, statement, justification } of suppressed) {
    words.set(
      finding,
      [status.replaceAll('_', ' '), statement ?? justification ?? ''].filter(Boolean).join(': '),
    );
  }
  return [...words].flatMap(([finding, reason]) =>
    [...findingRows({ ...report, packages: [], findings: [finding] })].map((row) => ({ row, reason })),
  );
}

function* suitePieces(suite: Suite, report: Report): Generator<string> {
  const { name, failed, skipped } = suite;
  yield `  <testsuite${attributes({
    name,
    tests: testsOf(suite),
    failures: failed.length,
    errors: 0,
    skipped: skipped.length,
    time: 0,
    timestamp: report.scannedAt.replace(/(?:\.\d+)?Z$/, ''),
  })}>\n`;
  yield* propertyPieces(report);
  for (const row of failed) {
    yield `    <testcase${testOf(row)}>\n      <failure${attributes({
      message: cut(row.title === '' ? row.id : row.title, 500),
      type: row.severity,
    })}>${xmlText(bodyOf(row))}</failure>\n    </testcase>\n`;
  }
  for (const { row, reason } of skipped) {
    const skip = `<skipped${attributes({ message: cut(reason, 500) })}/>`;
    yield `    <testcase${testOf(row)}>\n      ${skip}\n    </testcase>\n`;
  }
  if (failed.length + skipped.length === 0)
    yield `    <testcase${attributes({ classname: name, name: 'no findings', time: 0 })}/>\n`;
  yield '  </testsuite>\n';
}

function* propertyPieces({ image, engine, advisoryDbs }: Report): Generator<string> {
  yield '    <properties>\n';
  const pairs: [string, string][] = [
    ['image', image.name],
    ['digest', image.digest],
    ['engine', engine],
    ...advisoryDbs.map(({ source, builtAt }): [string, string] => [`database.${source}`, builtAt]),
  ];
  for (const [name, value] of pairs) yield `      <property${attributes({ name, value })}/>\n`;
  yield '    </properties>\n';
}

function testOf({ package: pkg, version, path, target, severity, id, startLine }: FindingRow): string {
  const place = pkg === '' ? (path === '' ? target : path) : `${pkg}-${version}`;
  const line = startLine > 0 ? `:${startLine}` : '';
  return attributes({ classname: place, name: `[${severity}] ${id}${pkg === '' ? line : ''}`, time: 0 });
}

const MAX_BODY_CHARS = 4000;

function bodyOf(row: FindingRow): string {
  const facts: [string, string][] = [
    ['Package', row.package === '' ? '' : `${row.package} ${row.version}`],
    ['Fixed in', row.fixedVersion],
    ['Status', row.status.replaceAll('_', ' ')],
    ['Exploited', row.isExploited ? 'known to be' : ''],
    ['Path', row.path],
    ['Found', row.message],
    ['Remedy', row.kind === 'vulnerability' ? '' : row.remedy],
    ['Link', row.links[0] ?? ''],
  ];
  const lines = facts.filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${value}`);
  return cut([...lines, '', row.description].join('\n').trimEnd(), MAX_BODY_CHARS);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlText(String(value))}"`)
    .join('');
}
