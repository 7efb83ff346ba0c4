import type { AdvisoryStatus, Severity } from '../model/advisory.ts';

export const SEVERITIES = [
  'UNKNOWN',
  'LOW',
  'MEDIUM',
  'HIGH',
  'CRITICAL',
] as const satisfies readonly Severity[];

export const STATUSES = [
  'unknown',
  'not_affected',
  'affected',
  'fixed',
  'under_investigation',
  'will_not_fix',
  'fix_deferred',
  'end_of_life',
] as const satisfies readonly AdvisoryStatus[];

/** Ids of `reports/list.ts`; a test keeps them equal. They stand here so that help and completion load no format. */
export const FORMATS = [
  ...(['table', 'json', 'sarif', 'cyclonedx', 'spdx-json', 'spdx', 'html', 'markdown', 'junit'] as const),
  ...(['gitlab', 'gitlab-codequality', 'github', 'cosign-vuln', 'csv', 'openvex', 'template'] as const),
] as const;

/** Those that are bills of materials. */
export const SBOM_FORMATS: readonly string[] = ['cyclonedx', 'spdx-json', 'spdx'];

/** What a scan may look for, in Trivy's words. */
export const SCANNERS = ['vuln', 'secret', 'license', 'misconfig'] as const;
