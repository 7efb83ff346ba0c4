import type { Finding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';

/** What has changed from one report to another. */
export interface ReportDiff {
  readonly before: Report;
  readonly after: Report;
  /** Only in the later one. */
  readonly added: readonly Finding[];
  /** Only in the earlier one: mended, removed, or no longer known. */
  readonly fixed: readonly Finding[];
  /** In both; as the later one tells them. */
  readonly unchanged: readonly Finding[];
}

/**
 * Compares findings by what they are about, not by where or in which version: a package that was updated and has its
 * vulnerability still is unchanged. Of several alike (a library in three places) as many count as there are.
 */
export function compareReports(before: Report, after: Report): ReportDiff {
  const left = new Map<string, Finding[]>();
  for (const finding of before.findings) {
    const key = keyOf(finding);
    const group = left.get(key);
    if (group) group.push(finding);
    else left.set(key, [finding]);
  }
  const added: Finding[] = [];
  const unchanged: Finding[] = [];
  for (const finding of after.findings) {
    const known = left.get(keyOf(finding))?.shift();
    (known ? unchanged : added).push(finding);
  }
  return { before, after, added, fixed: [...left.values()].flat(), unchanged };
}

function keyOf(finding: Finding): string {
  switch (finding.kind) {
    case 'vulnerability':
      return [finding.kind, finding.id, finding.package.type, finding.package.name].join('\0');
    case 'secret':
      return [finding.kind, finding.ruleId, finding.path, finding.match].join('\0');
    case 'license':
      return [finding.kind, finding.name, finding.package?.name, finding.path].join('\0');
    case 'misconfiguration':
      return [finding.kind, finding.ruleId, finding.path].join('\0');
  }
}
