import type { FindingRow } from '../finding-row.ts';
import { plainLine } from '../plain-text.ts';
import { countSeverities, SEVERITIES } from '../severities.ts';
import { markup, type Markup } from './markup.ts';
import { KINDS, SEVERITY_KEYS, SEVERITY_WORDS } from './words.ts';

/** Filters and orders. Shown only where the script runs. */
export function tools(rows: readonly FindingRow[], types: readonly string[]): Markup {
  const counts = countSeverities(rows);
  const severities = SEVERITIES.filter((severity) => counts[severity] > 0).map((severity) =>
    chip('s', SEVERITY_KEYS[severity], SEVERITY_WORDS[severity], counts[severity], SEVERITY_KEYS[severity]),
  );
  const kinds = KINDS.map(({ kind, many }) => ({
    kind,
    many,
    count: rows.filter((row) => row.kind === kind).length,
  }))
    .filter(({ count }) => count > 0)
    .map(({ kind, many, count }) => chip('k', kind, many, count));
  const fixable = rows.filter(({ fixedVersion }) => fixedVersion !== '').length;
  const exploited = rows.filter(({ isExploited }) => isExploited).length;
  return markup`<div class="tools" role="search" aria-label="Filter findings"><div class="line"><label class="search"><span class="hide">Search</span><input type="search" id="q" placeholder="Search id, package, path, title" autocomplete="off" spellcheck="false"></label><span class="group" role="group" aria-label="More">${fixable > 0 ? chip('f', '1', 'Fixable', fixable) : undefined}${exploited > 0 ? chip('x', '1', 'Exploited', exploited) : undefined}</span>${typeSelect(types)}<label class="pick"><span>Sort</span><select id="sort"><option value="worst">Worst first</option><option value="epss">Most likely exploited</option><option value="cvss">CVSS score</option><option value="package">Package</option><option value="id">Id</option></select></label><button type="button" id="turn" class="ghost" aria-pressed="false" aria-label="Turn the order round">⇅</button></div><div class="line chips"><span class="group" role="group" aria-label="Severity">${severities}</span>${kinds.length > 1 ? markup`<span class="group" role="group" aria-label="Kind">${kinds}</span>` : undefined}</div><p class="count"><span id="count" role="status" aria-live="polite"></span> <button type="button" id="reset" class="link" hidden>Reset filters</button></p></div>`;
}

function chip(name: string, value: string, word: string, count: number, dot?: string): Markup {
  return markup`<button type="button" class="chip" data-name="${name}" data-value="${value}" aria-pressed="false">${dot === undefined ? undefined : markup`<span class="dot ${dot}"></span>`}${word} <b>${count}</b></button>`;
}

function typeSelect(types: readonly string[]): Markup | undefined {
  if (types.length < 2) return undefined;
  const options = types.map(
    (type, index) => markup`<option value="${index}">${plainLine(type, 40)}</option>`,
  );
  return markup`<label class="pick"><span>Type</span><select id="type"><option value="">All</option>${options}</select></label>`;
}
