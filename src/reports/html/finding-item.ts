import type { CodeLine } from '../../model/finding.ts';
import type { FindingRow } from '../finding-row.ts';
import { cut, plainLine } from '../plain-text.ts';
import { severityRank } from '../severities.ts';
import { markup, type Markup } from './markup.ts';
import { KINDS, SEVERITY_KEYS, SEVERITY_WORDS } from './words.ts';

const MAX_DESCRIPTION_CHARS = 1500;
const MAX_LINKS = 6;
const MAX_LINK_CHARS = 80;

/** What a page knows beyond the row: the layer in people's words, and the lines around a secret. */
export interface Surroundings {
  readonly layer: string;
  readonly code: readonly CodeLine[];
}

/**
 * One finding, folded: what everybody asks first in its line, the rest below. It works without any script; filters
 * read the `data-` attributes, which hold nothing but keys and numbers.
 */
export function findingItem(row: FindingRow, typeIndex: number, around: Surroundings): Markup {
  const key = SEVERITY_KEYS[row.severity];
  return markup`<li class="f" data-s="${key}" data-r="${severityRank(row.severity)}" data-k="${row.kind}" data-t="${typeIndex}" data-f="${row.fixedVersion === '' ? 0 : 1}" data-x="${row.isExploited ? 1 : 0}" data-c="${row.cvssScore ?? 0}" data-e="${row.epss ?? 0}"><details><summary><span class="pill ${key}">${SEVERITY_WORDS[row.severity]}</span><span class="what"><span class="id">${plainLine(row.id, 120)}</span>${badges(row)}<span class="title">${plainLine(row.title, 240)}</span></span><span class="where">${where(row)}</span><span class="score">${scores(row)}</span></summary><div class="more">${more(row, around)}</div></details></li>\n`;
}

function badges(row: FindingRow): Markup {
  const exploited = row.isExploited ? markup`<span class="badge hot">Exploited</span>` : undefined;
  const deleted =
    row.kind === 'secret' && row.status === 'deleted'
      ? markup`<span class="badge hot">In a deleted file</span>`
      : undefined;
  const words = KINDS.find(({ kind }) => kind === row.kind);
  const kind = row.kind === 'vulnerability' ? undefined : markup`<span class="badge">${words?.one}</span>`;
  return markup`${kind}${exploited}${deleted}`;
}

function where(row: FindingRow): Markup {
  if (row.package === '') {
    const place = row.path === '' ? row.target : row.path;
    return markup`<span class="pkg path">${plainLine(place, 200)}${row.startLine > 0 ? `:${row.startLine}` : ''}</span>`;
  }
  const fixed =
    row.fixedVersion === ''
      ? statusOf(row)
      : markup`<span class="fix"><span class="arrow" aria-label="fixed in">→</span> ${plainLine(row.fixedVersion, 80)}</span>`;
  return markup`<span class="pkg">${plainLine(row.package, 120)}</span><span class="versions"><span class="now">${plainLine(row.version, 80)}</span> ${fixed}</span>`;
}

function statusOf(row: FindingRow): Markup {
  return markup`<span class="status">${row.kind === 'vulnerability' && row.status === 'affected' ? 'no fix' : row.status.replaceAll('_', ' ')}</span>`;
}

function scores({ cvssScore, epss }: FindingRow): Markup {
  const cvss =
    cvssScore === undefined
      ? undefined
      : markup`<span><abbr title="Common Vulnerability Scoring System, base score">CVSS</abbr> ${cvssScore.toFixed(1)}</span>`;
  const chance =
    epss === undefined
      ? undefined
      : markup`<span><abbr title="Exploit Prediction Scoring System, chance within 30 days">EPSS</abbr> ${percent(epss)}</span>`;
  return markup`${cvss}${chance}`;
}

export function percent(share: number): string {
  const hundredths = share * 100;
  return `${hundredths >= 10 ? hundredths.toFixed(0) : hundredths.toFixed(hundredths >= 1 ? 1 : 2)} %`;
}

function more(row: FindingRow, { layer, code }: Surroundings): Markup {
  const facts: readonly (readonly [string, Markup | string])[] = [
    ['Remedy', row.remedy],
    ['Found', row.kind === 'misconfiguration' ? row.message : ''],
    ['Target', row.target],
    ['Package', mono(row.purl)],
    ['Path', mono(row.path === '' ? '' : `/${row.path}`)],
    ['Layer', mono(layer)],
    ['CVSS', mono(row.cvssVector)],
    [
      'EPSS',
      row.epss === undefined
        ? ''
        : `${percent(row.epss)}, more likely than ${percent(row.epssPercentile ?? 0)} of all`,
    ],
    ['Weakness', row.cwes.slice(0, 10).join(', ')],
    ['Announcements', row.aliases.slice(0, 10).join(', ')],
    ['Published', row.publishedAt.slice(0, 10)],
  ];
  const shown = facts.filter(([, value]) => (typeof value === 'string' ? value : value.html) !== '');
  const text =
    row.description === ''
      ? undefined
      : markup`<p class="text">${cut(row.description, MAX_DESCRIPTION_CHARS)}</p>`;
  return markup`${text}${codeOf(row, code)}<dl>${shown.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>${linksOf(row.links)}`;
}

function mono(text: string): Markup {
  return text === '' ? { html: '' } : markup`<code>${plainLine(text, 400)}</code>`;
}

function codeOf(row: FindingRow, code: readonly CodeLine[]): Markup | undefined {
  if (row.kind !== 'secret') return undefined;
  if (code.length === 0) return markup`<pre><code>${plainLine(row.message, 200)}</code></pre>`;
  const lines = code
    .slice(0, 20)
    .map(
      ({ number, text, isCause }) =>
        markup`<span class="${isCause ? 'line cause' : 'line'}"><i>${number}</i>${cut(text, 200)}</span>`,
    );
  return markup`<pre><code>${lines}</code></pre>`;
}

/** They were looked at when the row was made: only addresses of the web are among them. */
function linksOf(links: readonly string[]): Markup | undefined {
  if (links.length === 0) return undefined;
  const items = links
    .slice(0, MAX_LINKS)
    .map(
      (link) =>
        markup`<li><a href="${link}" target="_blank" rel="noopener noreferrer">${cut(link.replace(/^https?:\/\//i, ''), MAX_LINK_CHARS)}</a></li>`,
    );
  const rest = links.length > MAX_LINKS ? markup`<li>and ${links.length - MAX_LINKS} more</li>` : undefined;
  return markup`<ul class="links">${items}${rest}</ul>`;
}
