import type { Report } from '../../model/report.ts';
import type { FindingRow } from '../finding-row.ts';
import { plainLine } from '../plain-text.ts';
import { countSeverities, SEVERITIES } from '../severities.ts';
import { bar, donut, meter } from './charts.ts';
import { markup, type Markup } from './markup.ts';
import { KINDS, SEVERITY_KEYS, SEVERITY_WORDS } from './words.ts';

const SHOWN_DIAGNOSTICS = 200;
const SHOWN_SUPPRESSED = 500;

const SIGN = markup`<svg class="sign" viewBox="0 0 32 32" aria-hidden="true"><path d="M4 19h24l-4 8H8z"/><path d="M9 10h6v6H9zM17 10h6v6h-6zM13 3h6v6h-6z"/></svg>`;

/** Who was scanned, when, and by what. */
export function pageHeader(report: Report): Markup {
  const { image, os, engine, scannedAt, advisoryDbs, packages } = report;
  const facts: readonly (readonly [string, string])[] = [
    ['System', os ? (os.prettyName ?? `${os.family} ${os.version}`) : ''],
    ['Platform', image.kind === 'image' ? `${image.platform.os}/${image.platform.architecture}` : ''],
    ['Packages', String(packages.length)],
    ['Layers', image.layers.length > 0 ? String(image.layers.length) : ''],
    ['Scanned', minutes(scannedAt)],
    ['Database', advisoryDbs.map(({ builtAt }) => minutes(builtAt)).join(', ')],
  ];
  const shown = facts.filter(([, value]) => value !== '');
  return markup`<header><div class="brand">${SIGN}<span>${plainLine(engine, 60)}</span><button type="button" id="theme" class="ghost" hidden>Dark</button></div><h1>${plainLine(image.name, 300)}</h1><p class="digest"><code>${image.digest}</code></p><dl class="facts">${shown.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${plainLine(value, 120)}</dd></div>`)}</dl></header>`;
}

/** `2026-06-01 12:30 UTC`. */
function minutes(time: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(time) ? `${time.slice(0, 16).replace('T', ' ')} UTC` : time;
}

/** What stops somebody who reads no further. */
export function alerts({ os, endOfLife, advisoryDbs }: Report, rows: readonly FindingRow[]): Markup {
  const exploited = rows.filter(({ isExploited }) => isExploited).length;
  const said = [
    exploited > 0
      ? markup`<li class="bad"><strong>${exploited}</strong> ${exploited === 1 ? 'vulnerability is' : 'vulnerabilities are'} known to be exploited.</li>`
      : undefined,
    os && endOfLife
      ? markup`<li class="bad"><strong>${plainLine(`${os.family} ${os.version}`, 100)}</strong> gets no more security updates.</li>`
      : undefined,
    advisoryDbs.some(({ sample }) => sample)
      ? markup`<li>Judged by a built-in sample database, not by real data.</li>`
      : undefined,
  ].filter((alert) => alert !== undefined);
  return said.length > 0 ? markup`<ul class="alerts">${said}</ul>` : markup``;
}

/** The ring, and a card for each kind. */
export function summary(rows: readonly FindingRow[]): Markup {
  const counts = countSeverities(rows);
  const legend = SEVERITIES.map(
    (severity) =>
      markup`<li><span class="dot ${SEVERITY_KEYS[severity]}"></span>${SEVERITY_WORDS[severity]}<b>${counts[severity]}</b></li>`,
  );
  return markup`<section class="summary" aria-label="Summary"><div class="card ring">${donut(counts)}<ul class="legend">${legend}</ul></div><div class="cards">${KINDS.map(
    ({ kind, many }) =>
      kindCard(
        many,
        rows.filter((row) => row.kind === kind),
      ),
  )}${fixCard(rows)}</div></section>`;
}

function kindCard(name: string, rows: readonly FindingRow[]): Markup {
  const counts = countSeverities(rows);
  const worst = SEVERITIES.find((severity) => counts[severity] > 0);
  const note = worst ? `${counts[worst]} ${SEVERITY_WORDS[worst].toLowerCase()}` : 'none found';
  return markup`<div class="card${rows.length === 0 ? ' empty' : ''}"><h2>${name}</h2><p class="number">${rows.length}</p>${bar(counts)}<p class="note">${note}</p></div>`;
}

function fixCard(rows: readonly FindingRow[]): Markup {
  const all = rows.filter(({ kind }) => kind === 'vulnerability');
  const fixable = all.filter(({ fixedVersion }) => fixedVersion !== '');
  const packages = new Set(fixable.map((row) => `${row.target}\0${row.package}`)).size;
  const note = packages === 0 ? 'no updates' : `in ${packages} ${packages === 1 ? 'package' : 'packages'}`;
  return markup`<div class="card${all.length === 0 ? ' empty' : ''}"><h2>Fixable</h2><p class="number">${fixable.length}<small> of ${all.length}</small></p>${meter(fixable.length, all.length)}<p class="note">${note}</p></div>`;
}

/** What the scan could not see, and what somebody has spoken for. */
export function pageFoot({ diagnostics, suppressed = [], advisoryDbs }: Report): Markup {
  const unseen = diagnostics
    .slice(0, SHOWN_DIAGNOSTICS)
    .map(
      ({ code, path, message }) =>
        markup`<li><code>${code}</code> ${path === undefined ? '' : plainLine(path, 300)} ${plainLine(message, 500)}</li>`,
    );
  const spoken = suppressed.slice(0, SHOWN_SUPPRESSED).map(({ finding, status, statement, source }) => {
    const id =
      finding.kind === 'vulnerability'
        ? `${finding.id} in ${finding.package.name}`
        : finding.kind === 'license'
          ? finding.name
          : finding.ruleId;
    return markup`<li><code>${plainLine(id, 200)}</code> ${status.replaceAll('_', ' ')}: ${plainLine(statement ?? 'no reason given', 500)} <small>${plainLine(source, 200)}</small></li>`;
  });
  const databases = advisoryDbs.map(
    ({ source, digest, builtAt }) =>
      markup`<li>${source}, built ${minutes(builtAt)}, <code>${digest}</code></li>`,
  );
  return markup`<footer>${folded('What the scan could not see', diagnostics.length, unseen)}${folded('Suppressed findings', suppressed.length, spoken)}${folded('Databases', advisoryDbs.length, databases)}</footer>`;
}

function folded(title: string, count: number, items: readonly Markup[]): Markup | undefined {
  if (count === 0) return undefined;
  const rest = count > items.length ? markup`<li>and ${count - items.length} more</li>` : undefined;
  return markup`<details class="note"><summary>${title} <b>${count}</b></summary><ul>${items}${rest}</ul></details>`;
}
