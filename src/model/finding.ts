import type { AdvisoryStatus, DataSource, Severity, Vulnerability } from './advisory.ts';
import type { Package } from './package.ts';

export interface VulnerabilityFinding {
  readonly kind: 'vulnerability';
  readonly id: string;
  readonly package: Package;
  /** The version that was compared and is shown. */
  readonly installedVersion: string;
  readonly fixedVersion?: string;
  readonly status: AdvisoryStatus;
  readonly severity: Severity;
  /** Which source's severity was chosen; absent for the database's own. */
  readonly severitySource?: string;
  readonly vendorIds: readonly string[];
  readonly dataSource?: DataSource;
  readonly primaryUrl?: string;
  readonly vulnerability: Vulnerability;
}

/** Other kinds (secret, license, filesystem) join this union with their analyzers. */
export type Finding = VulnerabilityFinding;
