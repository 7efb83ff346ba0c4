import { createHash } from 'node:crypto';
import type { CodeLine } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import { findingRows, type FindingRow } from '../finding-row.ts';
import type { ReportFormat } from '../format.ts';
import { compareTexts } from '../results.ts';
import { severityRank } from '../severities.ts';
import { findingItem, type Surroundings } from './finding-item.ts';
import { markup, type Markup } from './markup.ts';
import { alerts, pageFoot, pageHeader, summary } from './page-head.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';
import { tools } from './tools.ts';

/**
 * One page that holds all it needs: it asks no network, and nothing but its own style and script can run in it. It can
 * be read without scripts; with them it filters and sorts.
 */
export const htmlFormat: ReportFormat = {
  id: 'html',
  mediaType: 'text/html; charset=utf-8',
  *encode(report) {
    const rows = [...findingRows(report)]
      .map((row, index) => ({ row, index }))
      .sort((a, b) => compareWorst(a.row, b.row) || a.index - b.index)
      .map(({ row }) => row);
    const types = [...new Set(rows.map(typeOf))].sort(compareTexts);
    yield start(report).html;
    yield markup`${pageHeader(report)}<main>${alerts(report, rows)}${summary(rows)}`.html;
    yield* list(rows, types, report);
    yield `</main>${pageFoot(report).html}<script>${SCRIPT}</script>\n</body>\n</html>\n`;
  },
};

function compareWorst(a: FindingRow, b: FindingRow): number {
  return (
    severityRank(a.severity) - severityRank(b.severity) ||
    Number(b.isExploited) - Number(a.isExploited) ||
    (b.cvssScore ?? 0) - (a.cvssScore ?? 0)
  );
}

function typeOf({ type, class: group }: FindingRow): string {
  return type === '' ? group : type;
}

function start({ image }: Report): Markup {
  const style: Markup = { html: STYLE };
  const rules = [
    "default-src 'none'",
    `style-src '${hashOf(STYLE)}'`,
    `script-src '${hashOf(SCRIPT)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${{ html: rules }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${image.name} – Drydock</title>
<style>${style}</style>
</head>
<body>
`;
}

/** What the policy of a page names a style or a script by. @see https://www.w3.org/TR/CSP3/#grammardef-hash-source */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function* list(rows: readonly FindingRow[], types: readonly string[], report: Report): Generator<string> {
  if (rows.length === 0) {
    yield '<p class="nothing"><strong>Nothing was found.</strong> No finding passes the filters of this scan.</p>';
    return;
  }
  const aroundOf = openSurroundings(report);
  const indexes = new Map(types.map((type, index) => [type, index]));
  yield `<section aria-label="Findings">${tools(rows, types).html}`;
  yield '<div class="cols" aria-hidden="true"><span>Severity</span><span>Finding</span><span>Where</span><span>Score</span></div>\n<ul id="list">\n';
  for (const row of rows) yield findingItem(row, indexes.get(typeOf(row)) ?? 0, aroundOf(row)).html;
  yield '</ul><button type="button" id="rest" class="ghost" hidden>Show more</button><p class="nothing" id="none" hidden>No finding passes these filters.</p></section>';
}

/** Layers in people's words, and the lines around secrets. */
function openSurroundings({ image, findings }: Report): (row: FindingRow) => Surroundings {
  const layers = new Map<string, string>();
  for (const [index, { diffId, createdBy }] of image.layers.entries()) {
    const command = createdBy === undefined || createdBy === '' ? diffId.slice(0, 19) : createdBy;
    if (!layers.has(diffId)) layers.set(diffId, `${index + 1} of ${image.layers.length}: ${command}`);
  }
  const codes = new Map<string, readonly CodeLine[]>();
  for (const finding of findings) {
    if (finding.kind !== 'secret') continue;
    codes.set(`${finding.ruleId}\0${finding.path}\0${finding.startLine}`, finding.code);
  }
  return ({ kind, id, path, startLine, layer }) => ({
    layer: layers.get(layer) ?? '',
    code: kind === 'secret' ? (codes.get(`${id}\0${path}\0${startLine}`) ?? []) : [],
  });
}
