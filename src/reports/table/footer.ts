import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import type { Diagnostic } from '../../model/analysis.ts';
import type { Report } from '../../model/report.ts';
import type { TableStyle } from './row.ts';
import { cutTo, printable } from './terminal-text.ts';

const SHOWN_PER_CODE = 2;
const MAX_MESSAGE_COLUMNS = 400;
const DAY_MS = 86_400_000;

/** What a reader must know to judge the table: what was not seen, and by which database it was judged. */
export function* footer(report: Report, style: TableStyle): Generator<string> {
  // The end of support stands in the heading already.
  const told = report.diagnostics.filter(({ code }) => code !== 'OS_END_OF_LIFE');
  yield* diagnosticLines(told, style);
  yield* sampleWarning(report, style);
  for (const database of report.advisoryDbs)
    if (!database.sample) yield databaseLine(database, report.scannedAt, style);
}

function* diagnosticLines(
  diagnostics: readonly Diagnostic[],
  { paint, width }: TableStyle,
): Generator<string> {
  if (diagnostics.length === 0) return;
  yield `\n${paint('Worth knowing:', 'bold')}\n`;
  const byCode = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const group = byCode.get(diagnostic.code);
    if (group) group.push(diagnostic);
    else byCode.set(diagnostic.code, [diagnostic]);
  }
  for (const [code, group] of byCode) {
    for (const { path, message } of group.slice(0, SHOWN_PER_CODE)) {
      const columns = Math.min(Math.max(40, width - 2), MAX_MESSAGE_COLUMNS);
      const where = path === undefined ? '' : `/${path}: `;
      yield `  ${cutTo(printable(`${where}${message}`), columns)} ${paint(`[${code}]`, 'dim')}\n`;
    }
    if (group.length > SHOWN_PER_CODE)
      yield `  ${paint(`… and ${group.length - SHOWN_PER_CODE} more [${code}]`, 'dim')}\n`;
  }
}

/** Never left out: what a sample says of an image must not be taken for the truth. */
export function* sampleWarning({ advisoryDbs }: Report, { paint }: TableStyle): Generator<string> {
  if (!advisoryDbs.some(({ sample }) => sample)) return;
  yield `\n${paint('This was judged by a SAMPLE database that knows a handful of vulnerabilities: not for real use.', 'bold', 'yellow')}\n`;
  yield `Get the real one with "drydock db update", and scan without --db-path.\n`;
}

function databaseLine(
  { builtAt, source }: AdvisoryDbVersion,
  scannedAt: string,
  { paint }: TableStyle,
): string {
  const days = Math.floor((Date.parse(scannedAt) - Date.parse(builtAt)) / DAY_MS);
  const age = days > 1 ? `, ${days} days before this scan` : '';
  return `\n${paint(`Database: ${printable(source)} of ${printable(builtAt.slice(0, 16)).replace('T', ' ')} UTC${age}.`, 'dim')}\n`;
}
