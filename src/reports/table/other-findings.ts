import type { Severity } from '../../model/advisory.ts';
import type { LicenseFinding, MisconfigurationFinding, SecretFinding } from '../../model/finding.ts';
import type { ReportResult } from '../results.ts';
import { inksOf } from './paint.ts';
import type { TableStyle } from './row.ts';
import { cutTo, printable } from './terminal-text.ts';

const MAX_COLUMNS = 400;
const SHOWN_PACKAGES = 3;

/** Everything but vulnerabilities: a paragraph for each kind. */
export function* otherFindings(results: readonly ReportResult[], style: TableStyle): Generator<string> {
  yield* secretLines(results, style);
  yield* misconfigurationLines(results, style);
  yield* licenseLines(
    results.flatMap(({ licenses }) => licenses),
    style,
  );
}

function* secretLines(results: readonly ReportResult[], style: TableStyle): Generator<string> {
  const found = results.filter(({ secrets }) => secrets.length > 0);
  if (found.length === 0) return;
  yield heading('Secrets', found.flatMap(({ secrets }) => secrets).length, style);
  for (const { target, secrets } of found) {
    yield `${style.paint(printable(target), 'bold')}\n`;
    for (const secret of secrets) yield* secretLine(secret, style);
  }
}

function* secretLine(secret: SecretFinding, style: TableStyle): Generator<string> {
  const { severity, title, ruleId, startLine, match, isDeleted } = secret;
  const gone = isDeleted ? ', deleted in a later layer and still in the image' : '';
  yield* itemLines(severity, `${title} (${ruleId}), line ${startLine}${gone}`, [match.trim()], style);
}

function* misconfigurationLines(results: readonly ReportResult[], style: TableStyle): Generator<string> {
  const found = results.flatMap(({ misconfigurations }) => misconfigurations);
  if (found.length === 0) return;
  yield heading('Checks that failed', found.length, style);
  for (const group of groupByRule(found)) {
    const [first] = group;
    if (!first) continue;
    const told = group.slice(0, 5).map(({ message }) => message);
    const more = group.length > told.length ? [`… and ${group.length - told.length} more`] : [];
    yield* itemLines(
      first.severity,
      `${first.title} (${first.ruleId})`,
      [...told, ...more, first.resolution],
      style,
    );
  }
}

function groupByRule(found: readonly MisconfigurationFinding[]): MisconfigurationFinding[][] {
  const groups = new Map<string, MisconfigurationFinding[]>();
  for (const finding of found) {
    const key = `${finding.ruleId}\0${finding.severity}`;
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()].sort(byGravity);
}

const ORDER: readonly Severity[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'];

/** By that of the first, as all of a group have the same. */
function byGravity(
  [a]: readonly { readonly severity: Severity }[],
  [b]: readonly { readonly severity: Severity }[],
): number {
  return ORDER.indexOf(a?.severity ?? 'UNKNOWN') - ORDER.indexOf(b?.severity ?? 'UNKNOWN');
}

function* licenseLines(found: readonly LicenseFinding[], style: TableStyle): Generator<string> {
  if (found.length === 0) return;
  yield heading('Licences', found.length, style);
  const byName = new Map<string, LicenseFinding[]>();
  for (const license of found) {
    const group = byName.get(license.name);
    if (group) group.push(license);
    else byName.set(license.name, [license]);
  }
  for (const group of [...byName.values()].sort(byGravity)) {
    const [first] = group;
    if (!first) continue;
    const holders = [...new Set(group.map((license) => license.package?.name ?? license.path ?? ''))];
    const some = holders.slice(0, SHOWN_PACKAGES).join(', ');
    const more = holders.length > SHOWN_PACKAGES ? ` and ${holders.length - SHOWN_PACKAGES} more` : '';
    yield* itemLines(first.severity, `${first.name} (${first.category})`, [`${some}${more}`], style);
  }
}

function heading(text: string, count: number, { paint }: TableStyle): string {
  return `\n${paint(`${text}: ${count}`, 'bold')}\n\n`;
}

function* itemLines(
  severity: Severity,
  title: string,
  details: readonly string[],
  { paint, width }: TableStyle,
): Generator<string> {
  const columns = Math.min(Math.max(40, width), MAX_COLUMNS);
  yield `  ${paint(severity, ...inksOf(severity))} ${cutTo(printable(title), columns - 12)}\n`;
  for (const detail of details)
    if (detail !== '') yield `    ${paint(cutTo(printable(detail), columns - 4), 'dim')}\n`;
}
