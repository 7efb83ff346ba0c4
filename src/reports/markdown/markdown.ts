import type { Severity } from '../../model/advisory.ts';
import type { Finding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import { findingRows, type FindingRow } from '../finding-row.ts';
import type { ReportFormat } from '../format.ts';
import { countSeverities, SEVERITIES, severityRank } from '../severities.ts';
import { codeSpan, inlineText, linkTo } from './text.ts';

/** GitHub and GitLab refuse a longer comment or cut it without a word. */
export const MAX_CHARS = 65_000;
/** Left for what ends the text. */
const RESERVED_CHARS = 1000;
const SHOWN_DIAGNOSTICS = 10;

/**
 * A comment for a pull or merge request: a summary for everybody, the findings folded away, the worst first. At most
 * {@link MAX_CHARS} characters; what was cut is said.
 */
export const markdownFormat: ReportFormat = {
  id: 'markdown',
  mediaType: 'text/markdown; charset=utf-8',
  *encode(report) {
    const rows = [...findingRows(report)].map((row, index) => ({ row, index }));
    rows.sort((a, b) => compareWorst(a.row, b.row) || a.index - b.index);
    const head = [
      ...headPieces(
        report,
        rows.map(({ row }) => row),
      ),
    ].join('');
    yield head;
    yield* groupPieces(
      rows.map(({ row }) => row),
      MAX_CHARS - RESERVED_CHARS - head.length,
    );
    yield* footPieces(report);
  },
};

function compareWorst(a: FindingRow, b: FindingRow): number {
  return (
    severityRank(a.severity) - severityRank(b.severity) ||
    Number(b.isExploited) - Number(a.isExploited) ||
    Number(b.fixedVersion !== '') - Number(a.fixedVersion !== '')
  );
}

const ICONS: Readonly<Record<Severity, string>> = {
  CRITICAL: '🟣',
  HIGH: '🔴',
  MEDIUM: '🟠',
  LOW: '🟡',
  UNKNOWN: '⚪',
};

const KINDS: readonly (readonly [Finding['kind'], words: string])[] = [
  ['vulnerability', 'Vulnerabilities'],
  ['secret', 'Secrets'],
  ['misconfiguration', 'Misconfigurations'],
  ['license', 'Licences'],
];

function word(severity: Severity): string {
  return `${ICONS[severity]} ${severity.charAt(0)}${severity.slice(1).toLowerCase()}`;
}

function* headPieces(report: Report, rows: readonly FindingRow[]): Generator<string> {
  const { image, os, endOfLife } = report;
  yield `### Drydock: ${codeSpan(image.name, 300)}\n\n`;
  if (rows.length === 0) yield '✅ **Nothing was found.**\n\n';
  else {
    yield `| | ${SEVERITIES.map(word).join(' | ')} | Total |\n`;
    yield `| --- | ${SEVERITIES.map(() => '---: |').join(' ')} ---: |\n`;
    for (const [kind, words] of KINDS)
      yield* countLine(
        words,
        rows.filter((row) => row.kind === kind),
      );
    yield '\n';
  }
  const fixable = rows.filter(({ fixedVersion }) => fixedVersion !== '').length;
  const exploited = rows.filter(({ isExploited }) => isExploited).length;
  const deleted = rows.filter(({ kind, status }) => kind === 'secret' && status === 'deleted').length;
  if (fixable > 0) yield `- 🔧 **${fixable}** can be fixed by an update\n`;
  if (exploited > 0) yield `- ⚠️ **${exploited}** known to be exploited\n`;
  if (deleted > 0) yield `- 🔑 **${deleted}** in deleted files, and still in the image\n`;
  if (os && endOfLife)
    yield `- ⛔ ${codeSpan(`${os.family} ${os.version}`, 100)} gets no more security updates\n`;
  yield '\n';
}

function* countLine(name: string, rows: readonly FindingRow[]): Generator<string> {
  if (rows.length === 0) return;
  const counts = countSeverities(rows);
  const cells = SEVERITIES.map((severity) => (counts[severity] > 0 ? `**${counts[severity]}**` : '·'));
  yield `| ${name} | ${cells.join(' | ')} | ${rows.length} |\n`;
}

/** Each severity folded, and within the room there is. */
function* groupPieces(rows: readonly FindingRow[], room: number): Generator<string> {
  let left = room;
  let told = 0;
  for (const severity of SEVERITIES) {
    const group = rows.filter((row) => row.severity === severity);
    if (group.length === 0) continue;
    const open =
      `<details>\n<summary>${word(severity)}: ${group.length}</summary>\n\n` +
      '| | Where | Installed | Fixed | What |\n| --- | --- | --- | --- | --- |\n';
    const close = '\n</details>\n\n';
    const lines: string[] = [];
    left -= open.length + close.length;
    for (const row of group) {
      const line = lineOf(row);
      left -= line.length;
      if (left < 0) break;
      lines.push(line);
    }
    if (lines.length > 0) yield `${open}${lines.join('')}${close}`;
    told += lines.length;
    if (left < 0) break;
  }
  if (told < rows.length)
    yield `✂️ **${rows.length - told} of ${rows.length} findings are not shown**: a comment has no room for more. The counts above are of all.\n\n`;
}

function lineOf(row: FindingRow): string {
  const flag = row.isExploited ? '⚠️ ' : '';
  const place = row.path === '' ? row.target : row.path;
  const line = row.startLine > 0 ? `:${row.startLine}` : '';
  const where = row.package === '' ? codeSpan(`${place}${line}`, 200) : codeSpan(row.package, 120);
  const what = row.kind === 'misconfiguration' && row.message !== '' ? row.message : row.title;
  const cells = [
    `${flag}${linkTo(row.id)}`,
    where,
    codeSpan(row.version, 80),
    row.fixedVersion === ''
      ? inlineText(row.status.replaceAll('_', ' '), 40)
      : codeSpan(row.fixedVersion, 80),
    inlineText(what, 160),
  ];
  return `| ${cells.join(' | ')} |\n`;
}

function* footPieces({ engine, advisoryDbs, diagnostics, scannedAt }: Report): Generator<string> {
  if (diagnostics.length > 0) {
    const codes = [...new Set(diagnostics.map(({ code }) => code))];
    const shown = codes.slice(0, SHOWN_DIAGNOSTICS).map((code) => codeSpan(code, 30));
    const more = codes.length > shown.length ? ', …' : '';
    yield `ℹ️ The scan could not see everything (${diagnostics.length}): ${shown.join(', ')}${more}\n\n`;
  }
  const database = advisoryDbs[0] ? `, database of ${codeSpan(advisoryDbs[0].builtAt, 30)}` : '';
  yield `<sub>${codeSpan(engine, 60)}, ${codeSpan(scannedAt, 30)}${database}</sub>\n`;
}
