import type { Severity } from '../../model/advisory.ts';
import type { Report } from '../../model/report.ts';
import { vulnerabilitiesOf } from '../results.ts';

/** A vulnerability of a package, as far as two scanners can mean the same by it. */
export interface ComparedFinding {
  /** What the scanner calls it. */
  readonly id: string;
  /** Other names of the same vulnerability, where the scanner tells them. */
  readonly aliases: readonly string[];
  readonly package: string;
  readonly version: string;
  readonly fixedVersion: string;
  readonly severity: Severity;
}

const SEVERITIES: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'CRITICAL'],
  ['high', 'HIGH'],
  ['medium', 'MEDIUM'],
  ['low', 'LOW'],
  // Neither is told apart by everybody.
  ['negligible', 'LOW'],
]);
/** Announcements of vendors often speak of several vulnerabilities; these of one. */
const ALIAS = /^(?:CVE|GHSA|GO|PYSEC|RUSTSEC|OSV|MAL)-/;
const MAX_FINDINGS = 500_000;

/** What Drydock has found. */
export function findingsOfReport({ findings }: Report): ComparedFinding[] {
  return vulnerabilitiesOf(findings).map((finding) => ({
    id: finding.id,
    aliases: finding.vendorIds.filter((id) => ALIAS.test(id)),
    package: finding.package.name,
    version: finding.installedVersion,
    fixedVersion: finding.fixedVersion ?? '',
    severity: finding.severity,
  }));
}

/** What stands in a report of Harbor's kind, whoever made it; anything else in it is overlooked. */
export function findingsOfHarborReport(report: unknown): ComparedFinding[] {
  const list = isObject(report) ? report['vulnerabilities'] : undefined;
  if (!Array.isArray(list)) return [];
  return (list as unknown[]).slice(0, MAX_FINDINGS).flatMap((item) => {
    if (!isObject(item)) return [];
    const [id, name] = [textOf(item['id']), textOf(item['package'])];
    if (id === '' || name === '') return [];
    return [
      {
        id,
        aliases: aliasesIn(item['vendor_attributes']),
        package: name,
        version: textOf(item['version']),
        fixedVersion: textOf(item['fix_version']),
        severity: SEVERITIES.get(textOf(item['severity']).toLowerCase()) ?? 'UNKNOWN',
      },
    ];
  });
}

function aliasesIn(attributes: unknown): string[] {
  const aliases = isObject(attributes) ? attributes['aliases'] : undefined;
  if (!Array.isArray(aliases)) return [];
  return (aliases as unknown[]).slice(0, 50).flatMap((alias) => textOf(alias) || []);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
