import type { VulnerabilityFinding } from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import type { Verdict } from './prepare-advisories.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Field by field, as spreading would cost more than all comparing. */
export function toFinding(verdict: Verdict, pkg: Package, installedVersion: string): VulnerabilityFinding {
  const { fixedVersion, severitySource, dataSource, primaryUrl } = verdict;
  const finding: Mutable<VulnerabilityFinding> = {
    kind: 'vulnerability',
    id: verdict.id,
    package: pkg,
    installedVersion,
    status: verdict.status,
    severity: verdict.severity,
    vendorIds: verdict.vendorIds,
    vulnerability: verdict.vulnerability,
  };
  if (fixedVersion !== undefined) finding.fixedVersion = fixedVersion;
  if (severitySource !== undefined) finding.severitySource = severitySource;
  if (dataSource !== undefined) finding.dataSource = dataSource;
  if (primaryUrl !== undefined) finding.primaryUrl = primaryUrl;
  return finding;
}
