import type { Cvss, Severity } from '../../model/advisory.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { BillPart } from '../bill/bill.ts';
import { OWN } from '../bill/properties.ts';
import { compareTexts } from '../results.ts';

interface Affected {
  readonly part: BillPart;
  readonly finding: VulnerabilityFinding;
}

/** Each vulnerability once, with all packages it was found in, in order of their ids. */
export function* cycloneDxVulnerabilities(
  parts: readonly BillPart[],
  refOf: (part: BillPart) => string,
  specVersion: string,
): Generator<unknown> {
  const byId = new Map<string, Affected[]>();
  for (const part of parts) {
    for (const finding of part.vulnerabilities) {
      const known = byId.get(finding.id);
      if (known) known.push({ part, finding });
      else byId.set(finding.id, [{ part, finding }]);
    }
  }
  for (const [, affected] of [...byId].sort(([a], [b]) => compareTexts(a, b))) {
    const vulnerability = toVulnerability(affected, refOf, specVersion);
    if (vulnerability) yield vulnerability;
  }
}

function toVulnerability(
  affected: readonly Affected[],
  refOf: (part: BillPart) => string,
  specVersion: string,
): unknown {
  const first = affected[0]?.finding;
  if (!first) return undefined;
  const { vulnerability: details, dataSource } = first;
  const cwes = details.cwes.flatMap((cwe) => /^CWE-([1-9][0-9]{0,8})$/.exec(cwe)?.[1] ?? []).map(Number);
  return {
    id: first.id,
    source: dataSource && { name: dataSource.id, url: usableUrl(dataSource.url) },
    ratings: ratingsOf(first, specVersion),
    cwes: cwes.length > 0 ? cwes : undefined,
    description: details.description ?? details.title,
    recommendation: recommendation(affected),
    advisories: advisoriesOf(affected),
    published: dateTime(details.publishedAt),
    updated: dateTime(details.modifiedAt),
    analysis: analysisOf(affected),
    affects: affectsOf(affected, refOf),
    properties: properties(affected),
  };
}

const MAX_VERSION_CHARS = 1024;

/** Each package once, though stored reports may tell a finding of it twice. */
function affectsOf(affected: readonly Affected[], refOf: (part: BillPart) => string): unknown[] {
  const versions = new Map(affected.map(({ part, finding }) => [refOf(part), finding.installedVersion]));
  return [...versions].map(([ref, version]) => ({
    ref,
    versions:
      version === '' || version.length > MAX_VERSION_CHARS ? undefined : [{ version, status: 'affected' }],
  }));
}

/** In CycloneDX's words. */
const SEVERITIES: Readonly<Record<Severity, string>> = {
  UNKNOWN: 'unknown',
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
  CRITICAL: 'critical',
};

/** The one that was chosen comes first. */
function ratingsOf(finding: VulnerabilityFinding, specVersion: string): unknown[] {
  const { severity, severitySource, vulnerability } = finding;
  const { severityBySource, cvssBySource } = vulnerability;
  const chosen = severitySource ?? '';
  const names = [...new Set([...Object.keys(severityBySource), ...Object.keys(cvssBySource)])]
    .filter((name) => name !== chosen)
    .sort();
  const ratings = [chosen, ...names].flatMap((name) => {
    const source = name === '' ? undefined : { name };
    const own = name === chosen ? severity : severityBySource[name];
    const scores = scoresOf(cvssBySource[name], specVersion);
    const [only] = scores;
    if (only === undefined) return own === undefined ? [] : [{ source, severity: SEVERITIES[own] }];
    return scores.map((score) => ({ source, ...(own && { severity: SEVERITIES[own] }), ...score }));
  });
  return ratings.map(({ source, ...rest }) => (source ? { source, ...rest } : rest));
}

/** The newest first. */
function scoresOf(cvss: Cvss | undefined, specVersion: string): object[] {
  if (!cvss) return [];
  const { v2Score, v2Vector, v3Score, v3Vector, v40Score, v40Vector } = cvss;
  const v3 = v3Vector?.startsWith('CVSS:3.1') ? 'CVSSv31' : 'CVSSv3';
  const v4 = specVersion === '1.4' ? 'other' : 'CVSSv4';
  return [
    { method: v4, score: v40Score, vector: v40Vector },
    { method: v3, score: v3Score, vector: v3Vector },
    { method: 'CVSSv2', score: v2Score, vector: v2Vector },
  ]
    .filter(({ score, vector }) => score !== undefined || vector !== undefined)
    .map(({ method, score, vector }) => ({
      ...(score !== undefined && { score }),
      method,
      ...(vector !== undefined && { vector }),
    }));
}

function recommendation(affected: readonly Affected[]): string | undefined {
  const sentences = affected.flatMap(({ finding }) =>
    finding.fixedVersion ? [`Upgrade ${finding.package.name} to version ${finding.fixedVersion}`] : [],
  );
  return sentences.length > 0 ? [...new Set(sentences)].join('; ') : undefined;
}

function advisoriesOf(affected: readonly Affected[]): unknown[] | undefined {
  const urls = new Set<string>();
  for (const { finding } of affected) {
    for (const url of [finding.primaryUrl, ...finding.vulnerability.references]) {
      const usable = url === undefined ? undefined : usableUrl(url);
      if (usable !== undefined) urls.add(usable);
    }
  }
  return urls.size > 0 ? [...urls].map((url) => ({ url })) : undefined;
}

/** Databases hold texts among their links; those would make the document invalid. */
function usableUrl(text: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`\u0000-\u001f]+$/i.test(text) && !/%(?![0-9a-f]{2})/i.test(text)
    ? text
    : undefined;
}

/** Seconds and zone are required; a day alone is none. */
function dateTime(text: string | undefined): string | undefined {
  const time = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

/** Said of the vulnerability as a whole, so only where all packages agree. */
function analysisOf(affected: readonly Affected[]): unknown {
  const statuses = new Set(affected.map(({ finding }) => finding.status));
  const [status] = statuses;
  if (statuses.size !== 1) return undefined;
  switch (status) {
    case 'not_affected':
      return { state: 'not_affected' };
    case 'under_investigation':
      return { state: 'in_triage' };
    case 'will_not_fix':
    case 'end_of_life':
      return { response: ['will_not_fix'] };
    case 'fixed':
      return { response: ['update'] };
    default:
      return undefined;
  }
}

function properties(affected: readonly Affected[]): unknown[] | undefined {
  const pairs = new Map<string, readonly [string, string]>();
  const put = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) pairs.set(`${name}=${value}`, [`${OWN}${name}`, String(value)]);
  };
  for (const { finding } of affected) {
    put('Status', finding.status);
    for (const id of finding.vendorIds) put('VendorID', id);
    put('KnownExploited', finding.exploited?.addedOn);
    put('EPSS', finding.epss?.score);
  }
  return pairs.size > 0 ? [...pairs.values()].map(([name, value]) => ({ name, value })) : undefined;
}
