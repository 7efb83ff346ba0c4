import type { VulnerabilityFinding } from '../../model/finding.ts';
import { isAggregated } from '../results.ts';
import type { Row } from './row.ts';
import { printable } from './terminal-text.ts';

/** Vulnerabilities in the words of the table. */
export function rowsOf(findings: readonly VulnerabilityFinding[]): Row[] {
  return findings.map((finding) => ({
    name: printable(nameOf(finding)),
    installed: printable(finding.installedVersion),
    id: printable(finding.id),
    severity: finding.severity,
    remedy: finding.fixedVersion ? printable(finding.fixedVersion) : finding.status.replaceAll('_', ' '),
    isFixed: Boolean(finding.fixedVersion),
    title: titleOf(finding),
    url: finding.primaryUrl && printable(finding.primaryUrl),
  }));
}

/** Where packages of many places are told as one, the file tells them apart. */
function nameOf({ package: pkg }: VulnerabilityFinding): string {
  const [path] = pkg.paths;
  if (!isAggregated(pkg) || path === undefined) return pkg.name;
  return `${pkg.name} (${path.slice(path.lastIndexOf('/') + 1)})`;
}

function titleOf({ vulnerability, exploited }: VulnerabilityFinding): string {
  const title = vulnerability.title ?? vulnerability.description?.slice(0, 300) ?? '';
  return printable(exploited ? `KNOWN TO BE EXPLOITED. ${title}` : title);
}
