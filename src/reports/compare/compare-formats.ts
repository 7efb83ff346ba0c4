import { jsonPieces } from '../json-pieces.ts';
import { inksOf, painter } from '../table/paint.ts';
import { cutTo, printable } from '../table/terminal-text.ts';
import type { ComparedFinding } from './compared-finding.ts';
import type { ComparedPair, ComparedSide, LoneFinding, ScannerComparison } from './compare-findings.ts';

/** A way to tell a comparison. */
export interface CompareFormat {
  readonly id: string;
  encode(
    image: string,
    comparison: ScannerComparison,
    parameters: Readonly<Record<string, string>>,
  ): Iterable<string>;
}

const MAX_COLUMNS = 400;
const OTHERS: Readonly<Record<LoneFinding['other'], string>> = {
  'other-version': 'told for another version',
  'other-vulnerabilities': '',
  nothing: 'nothing told of this package',
};

const table: CompareFormat = {
  id: 'table',
  *encode(image, { a, b, agreed, severityDiffers, onlyA, onlyB }, parameters) {
    const paint = painter(parameters['color'] === 'always');
    const width = Number(parameters['width']) || MAX_COLUMNS;
    const line = (severity: ComparedFinding['severity'], rest: string): string =>
      `  ${paint(severity, ...inksOf(severity))}${cutTo(printable(` ${rest}`), Math.max(40, width - 2 - severity.length))}\n`;
    yield `${paint(printable(`${image}: ${titleOf(a)} and ${titleOf(b)}`), 'bold')}\n`;
    yield `${agreed.length} agreed, ${severityDiffers.length} with another severity, `;
    yield printable(`${onlyA.length} only ${a.name}, ${onlyB.length} only ${b.name}`) + '\n';
    if (severityDiffers.length > 0) {
      yield `\n${paint('Another severity', 'bold')}\n`;
      for (const pair of sortedPairs(severityDiffers))
        yield line(pair.a.severity, `→ ${pair.b.severity} ${wordsOf(pair.a)}${otherName(pair)}`);
    }
    for (const [side, findings] of [
      [a, onlyA],
      [b, onlyB],
    ] as const) {
      if (findings.length === 0) continue;
      yield `\n${paint(printable(`Only ${side.name}`), 'bold')}\n`;
      for (const { finding, other } of sorted(findings)) {
        const fix = finding.fixedVersion === '' ? '' : ` → ${finding.fixedVersion}`;
        const why = OTHERS[other] === '' ? '' : `  (${OTHERS[other]})`;
        yield line(finding.severity, `${wordsOf(finding)}${fix}${why}`);
      }
    }
  },
};

const json: CompareFormat = {
  id: 'json',
  *encode(image, comparison) {
    yield* jsonPieces(comparisonDocument(image, comparison));
    yield '\n';
  },
};

export const compareFormats: readonly CompareFormat[] = [table, json];

/** The comparison as one JSON value, in a fixed order. */
export function comparisonDocument(
  image: string,
  { a, b, agreed, severityDiffers, onlyA, onlyB }: ScannerComparison,
): Readonly<Record<string, unknown>> {
  const side = ({ name, version, databaseUpdatedAt, findings }: ComparedSide): unknown => ({
    Name: name,
    Version: version,
    DatabaseUpdatedAt: databaseUpdatedAt,
    Findings: findings.length,
  });
  const pairs = (list: readonly ComparedPair[]): unknown =>
    sortedPairs(list).map((pair) => ({
      ...findingOf(pair.a),
      A: { ID: pair.a.id, Severity: pair.a.severity, FixedVersion: pair.a.fixedVersion || undefined },
      B: { ID: pair.b.id, Severity: pair.b.severity, FixedVersion: pair.b.fixedVersion || undefined },
    }));
  const lone = (list: readonly LoneFinding[]): unknown =>
    sorted(list).map(({ finding, other }) => ({
      ...findingOf(finding),
      Severity: finding.severity,
      FixedVersion: finding.fixedVersion || undefined,
      Other: other,
    }));
  return {
    ...{ SchemaVersion: 1, Image: image, A: side(a), B: side(b) },
    ...{ Agreed: pairs(agreed), SeverityDiffers: pairs(severityDiffers) },
    ...{ OnlyA: lone(onlyA), OnlyB: lone(onlyB) },
  };
}

function findingOf({ id, aliases, package: name, version }: ComparedFinding) {
  return { ID: id, Aliases: aliases.length > 0 ? aliases : undefined, Package: name, Version: version };
}

function titleOf({ name, version }: ComparedSide): string {
  return version === undefined ? name : `${name} ${version}`;
}

function wordsOf({ id, package: name, version }: ComparedFinding): string {
  return `${id} ${name} ${version}`;
}

function otherName({ a, b }: ComparedPair): string {
  return a.id === b.id ? '' : `  (${b.id})`;
}

const RANKS = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'] as const;

/** The worst first, then by name: two runs over the same image tell the same. */
function before(a: ComparedFinding, b: ComparedFinding): number {
  const difference = RANKS.indexOf(a.severity) - RANKS.indexOf(b.severity);
  if (difference !== 0) return difference;
  const [left, right] = [a, b].map(({ package: name, version, id }) => [name, version, id].join('\0'));
  return (left ?? '') < (right ?? '') ? -1 : left === right ? 0 : 1;
}

function sorted(list: readonly LoneFinding[]): readonly LoneFinding[] {
  return list.toSorted((x, y) => before(x.finding, y.finding));
}

function sortedPairs(list: readonly ComparedPair[]): readonly ComparedPair[] {
  return list.toSorted((x, y) => before(x.a, y.a));
}
