import type { Severity } from '../../model/advisory.ts';
import type { Report } from '../../model/report.ts';
import { stableUuid } from '../bill/stable-id.ts';
import { findingRows, type FindingRow } from '../finding-row.ts';
import type { ReportFormat } from '../format.ts';
import { jsonPieces } from '../json-pieces.ts';
import { codeSpan } from '../markdown/text.ts';
import { cut, plainLine, plainLines } from '../plain-text.ts';
import { cvssVersionOf } from './cvss-vector.ts';

/** The oldest version of the schema that every GitLab since 16 takes; newer ones take the same document. */
const SCHEMA_VERSION = '15.0.7';

/**
 * GitLab's report of container scanning. It has room for vulnerabilities only; other kinds are told by
 * `gitlab-codequality`.
 *
 * @see https://docs.gitlab.com/user/application_security/container_scanning/#reports-json-format
 */
export const gitlabFormat: ReportFormat = {
  id: 'gitlab',
  mediaType: 'application/vnd.gitlab.container-scanning+json',
  *encode(report) {
    yield* jsonPieces(toGitlab(report), '', 2);
    yield '\n';
  },
};

function toGitlab(report: Report): unknown {
  const rows = [...findingRows(report)].filter(({ kind }) => kind === 'vulnerability');
  return {
    version: SCHEMA_VERSION,
    scan: scanOf(report),
    vulnerabilities: rows.map((row) => toVulnerability(row, report)),
    remediations: [],
  };
}

function scanOf({ engine, scannedAt, diagnostics }: Report): unknown {
  const [name = '', version = ''] = engine.split('/', 2);
  const tool = {
    id: name,
    name: 'Drydock',
    version: version === '' ? '0' : version,
    vendor: { name: 'Drydock' },
  };
  const time = utcSeconds(scannedAt);
  return {
    type: 'container_scanning',
    status: 'success',
    start_time: time,
    end_time: time,
    analyzer: tool,
    scanner: tool,
    messages: diagnostics.map(({ code, path, message }) => ({
      level: 'warn',
      value: plainLine(`${code}${path === undefined ? '' : ` ${path}`}: ${message}`, 1000),
    })),
  };
}

/** `yyyy-mm-ddThh:mm:ss`, without a zone. */
function utcSeconds(time: string): string {
  const milliseconds = Date.parse(time);
  return new Date(Number.isNaN(milliseconds) ? 0 : milliseconds).toISOString().slice(0, 19);
}

const SEVERITIES: Readonly<Record<Severity, string>> = {
  CRITICAL: 'Critical',
  HIGH: 'High',
  MEDIUM: 'Medium',
  LOW: 'Low',
  UNKNOWN: 'Unknown',
};

function toVulnerability(row: FindingRow, { image, os }: Report): unknown {
  const system = os ? `${os.family} ${os.version}`.trim() : '';
  return {
    id: stableUuid(image.name, row.fingerprint),
    name: plainLine(row.title === '' ? row.id : row.title, 255),
    // Rendered as Markdown, so that it stands as code.
    description: row.description === '' ? '' : fenced(row.description),
    severity: SEVERITIES[row.severity],
    solution: row.remedy === '' ? 'No solution provided' : codeSpan(row.remedy, 1000),
    identifiers: identifiersOf(row),
    cvss_vectors: cvssOf(row),
    links: row.links.map((url) => ({ url })),
    details: detailsOf(row),
    location: {
      dependency: { package: { name: row.package }, version: row.version },
      operating_system: system === '' ? 'Unknown' : system,
      image: image.name === '' ? 'image' : image.name,
    },
  };
}

/** In a block of code whose fence the text cannot close: GitLab's Markdown would make mentions and links of it. */
function fenced(text: string): string {
  const lines = plainLines(text, 4000);
  let longest = 2;
  for (const [run] of lines.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return `${fence}plaintext\n${lines}\n${fence}`;
}

function identifiersOf({ id, aliases, cwes, links }: FindingRow): unknown[] {
  const known = new Set<string>();
  const identifier = (value: string, url?: string): unknown[] => {
    if (value === '' || known.has(value)) return [];
    known.add(value);
    const name = cut(value, 255);
    return [{ type: typeOf(value), name, value: name, url }];
  };
  const first = identifier(id === '' ? 'unknown' : id, links[0]);
  return [...first, ...[...aliases, ...cwes].flatMap((value) => identifier(value))].slice(0, 20);
}

/** `cve`, `ghsa`, `dsa`, …: what stands before the first hyphen. */
function typeOf(id: string): string {
  return /^([a-z]{2,8})-/i.exec(id)?.[1]?.toLowerCase() ?? 'drydock';
}

function cvssOf({ cvssVector }: FindingRow): unknown {
  return cvssVersionOf(cvssVector) === undefined ? undefined : [{ vendor: 'unknown', vector: cvssVector }];
}

function detailsOf({ path, isExploited, epss, status, purl }: FindingRow): unknown {
  const facts: Readonly<Record<string, readonly [string, string]>> = {
    status: ['Status', status.replaceAll('_', ' ')],
    purl: ['Package URL', purl],
    path: ['Recorded in', path],
    exploited: ['Exploited', isExploited ? 'known to be' : ''],
    epss: ['EPSS', epss === undefined ? '' : epss.toFixed(5)],
  };
  return Object.fromEntries(
    Object.entries(facts)
      .filter(([, [, value]]) => value !== '')
      .map(([key, [name, value]]) => [key, { type: 'text', name, value: plainLine(value, 1000) }]),
  );
}
