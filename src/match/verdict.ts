import type { AdvisoryStore } from '../advisories/source.ts';
import type { Advisory, Severity, Vulnerability } from '../model/advisory.ts';
import type { AnyVersionScheme } from '../versions/scheme.ts';
import { compareText } from '../versions/scheme.ts';
import type { PreparedAdvisory, Verdict } from './prepare-advisories.ts';
import { primaryUrlOf } from './primary-url.ts';
import { chooseSeverity, withOwnSeverity } from './severity.ts';
import { statusOf } from './status.ts';

const RANK: Readonly<Record<Severity, number>> = { UNKNOWN: 0, LOW: 1, MEDIUM: 2, HIGH: 3, CRITICAL: 4 };

/** Fills advisories with what is known of their vulnerabilities, each of which is looked up once. */
export function openVerdicts(
  store: AdvisoryStore,
  severitySources: readonly string[],
): (prepared: PreparedAdvisory) => Verdict {
  const vulnerabilities = new Map<string, Vulnerability | undefined>();

  function vulnerabilityOf(id: string): Vulnerability | undefined {
    if (vulnerabilities.has(id)) return vulnerabilities.get(id);
    const found = store.vulnerability(id);
    vulnerabilities.set(id, found);
    return found;
  }

  return (prepared) =>
    (prepared.verdict ??= toVerdict(prepared, vulnerabilityOf(prepared.advisory.id), severitySources));
}

function toVerdict(
  { advisory, fixedVersion }: PreparedAdvisory,
  known: Vulnerability | undefined,
  severitySources: readonly string[],
): Verdict {
  const vulnerability = withOwnSeverity(known ?? unknownVulnerability(advisory), advisory);
  const primaryUrl = primaryUrlOf(advisory.id, vulnerability.references, advisory.source?.id);
  return {
    id: advisory.id,
    ...(fixedVersion !== undefined && { fixedVersion }),
    status: statusOf(advisory.status, fixedVersion),
    ...chooseSeverity(advisory, known, severitySources),
    vendorIds: advisory.vendorIds,
    ...(advisory.source && { dataSource: advisory.source }),
    ...(primaryUrl !== undefined && { primaryUrl }),
    vulnerability,
  };
}

/** The record may be gone while advisories still speak of it, as with rejected ones. */
function unknownVulnerability({ id }: Advisory): Vulnerability {
  return { id, severityBySource: {}, cvssBySource: {}, cwes: [], references: [] };
}

/**
 * One verdict for each vulnerability, the gravest first. Where several advisories speak of one, the latest fix counts,
 * as an earlier one may have been incomplete, and the announcements of all are named.
 */
export function mergeVerdicts(verdicts: readonly Verdict[], scheme: AnyVersionScheme): readonly Verdict[] {
  const byId = new Map<string, Verdict>();
  for (const verdict of verdicts) {
    const other = byId.get(verdict.id);
    byId.set(verdict.id, other ? merge(other, verdict, scheme) : verdict);
  }
  return [...byId.values()].sort(byGravity);
}

export function byGravity(a: Verdict, b: Verdict): number {
  return RANK[b.severity] - RANK[a.severity] || byText(a.id, b.id);
}

function merge(first: Verdict, second: Verdict, scheme: AnyVersionScheme): Verdict {
  const fixedVersion = laterFix(first.fixedVersion, second.fixedVersion, scheme);
  return {
    ...first,
    ...(fixedVersion !== undefined && { fixedVersion, status: 'fixed' }),
    vendorIds: [...new Set([...first.vendorIds, ...second.vendorIds])],
  };
}

function laterFix(
  a: string | undefined,
  b: string | undefined,
  scheme: AnyVersionScheme,
): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (compareText(scheme, a, b) ?? byText(a, b)) < 0 ? b : a;
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
