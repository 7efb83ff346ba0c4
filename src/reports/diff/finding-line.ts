import type { Finding } from '../../model/finding.ts';

/** One finding in a few words: what it is about, and where. */
export interface FindingLine {
  readonly severity: Finding['severity'];
  readonly id: string;
  readonly subject: string;
  /** The version that mends it, where there is one. */
  readonly fix: string;
  readonly title: string;
}

export function lineOf(finding: Finding): FindingLine {
  const { severity } = finding;
  switch (finding.kind) {
    case 'vulnerability':
      return {
        severity,
        id: finding.id,
        subject: `${finding.package.name} ${finding.installedVersion}`,
        fix: finding.fixedVersion ?? '',
        title: finding.vulnerability.title ?? '',
      };
    case 'secret':
      return {
        severity,
        id: finding.ruleId,
        subject: `${finding.path}:${finding.startLine}`,
        fix: '',
        title: finding.title,
      };
    case 'license':
      return {
        severity,
        id: finding.name,
        subject: finding.package?.name ?? finding.path ?? '',
        fix: '',
        title: `licence, ${finding.category}`,
      };
    case 'misconfiguration':
      return {
        severity,
        id: finding.ruleId,
        subject: finding.path ?? 'image configuration',
        fix: '',
        title: finding.title,
      };
  }
}
