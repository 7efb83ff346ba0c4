import type { Severity } from '../../model/advisory.ts';
import { findingRows, type FindingRow } from '../finding-row.ts';
import type { ReportFormat } from '../format.ts';
import { cut, plainLine } from '../plain-text.ts';

/**
 * GitLab's report of code quality: findings of every kind beside a merge request.
 *
 * @see https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
 */
export const gitlabCodeQualityFormat: ReportFormat = {
  id: 'gitlab-codequality',
  mediaType: 'application/vnd.gitlab.code-quality+json',
  *encode(report) {
    yield '[';
    let separator = '\n';
    for (const row of findingRows(report)) {
      yield `${separator}${JSON.stringify(toIssue(row, report.image.name))}`;
      separator = ',\n';
    }
    yield '\n]\n';
  },
};

const SEVERITIES: Readonly<Record<Severity, string>> = {
  CRITICAL: 'blocker',
  HIGH: 'critical',
  MEDIUM: 'major',
  LOW: 'minor',
  UNKNOWN: 'info',
};

function toIssue(row: FindingRow, image: string): unknown {
  return {
    type: 'issue',
    check_name: cut(row.id, 255),
    description: plainLine(descriptionOf(row), 1000),
    categories: ['Security'],
    severity: SEVERITIES[row.severity],
    fingerprint: row.fingerprint,
    location: {
      path: row.class === 'os-pkgs' || row.path === '' ? image : row.path,
      lines: { begin: Math.max(1, row.startLine) },
    },
  };
}

function descriptionOf({
  id,
  title,
  package: pkg,
  version,
  fixedVersion,
  kind,
  message,
}: FindingRow): string {
  if (kind !== 'vulnerability') return `${id}: ${message === '' ? title : `${title}: ${message}`}`;
  const fix = fixedVersion === '' ? '' : `, fixed in ${fixedVersion}`;
  return `${id} in ${pkg} ${version}${fix}${title === '' ? '' : `: ${title}`}`;
}
