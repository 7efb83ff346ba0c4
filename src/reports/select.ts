import { parsePackageUrl, type PackageUrl } from '../codec/purl.ts';
import type { AdvisoryStatus, Severity } from '../model/advisory.ts';
import type { Finding } from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import type { Report, SuppressedFinding } from '../model/report.ts';
import { parseGlob, type Glob } from '../base/glob.ts';
import type { IgnoreRule } from './ignore-rule.ts';
import { packageUrlOf } from './package-identity.ts';
import { isSamePackage } from './same-package.ts';
import { targetOf } from './target.ts';
import { openVex } from './vex/apply-vex.ts';
import type { VexStatement } from './vex/statement.ts';

/** What of a report is told. */
export interface Selection {
  readonly severities: readonly Severity[];
  readonly ignoreUnfixed: boolean;
  readonly ignoreStatuses: readonly AdvisoryStatus[];
  readonly pkgTypes: readonly ('os' | 'library')[];
  readonly ignoreRules: readonly IgnoreRule[];
  /** The file that the rules are from, for those who ask what was left out. */
  readonly ignoreFile?: string;
  readonly vex?: readonly VexStatement[];
  /** Only vulnerabilities that are known to be exploited, of all vulnerabilities. */
  readonly exploitedOnly?: boolean;
  /** Packages that are only needed to build or test, too. */
  readonly includeDevelopment?: boolean;
  readonly now: Date;
}

/** Filters a report for one asker; the stored one stays whole. What somebody has spoken for is in `suppressed`. */
export function selectFindings(report: Report, selection: Selection): Report {
  const hidden = hiddenStatuses(selection);
  const rules = rulesById(selection);
  const kept: Finding[] = [];
  const suppressed: SuppressedFinding[] = [];
  const statementFor = openVex(selection.vex ?? [], report);
  const isOfType = (pkg: Package): boolean =>
    selection.pkgTypes.includes(pkg.application === undefined ? 'os' : 'library') &&
    (!pkg.development || selection.includeDevelopment === true);
  for (const finding of report.findings) {
    if (!selection.severities.includes(finding.severity)) continue;
    if (finding.kind === 'vulnerability' && hidden.has(finding.status)) continue;
    if (finding.kind === 'vulnerability' && selection.exploitedOnly && !finding.exploited) continue;
    const pkg = packageOf(finding);
    if (pkg && !isOfType(pkg)) continue;
    const rule = findRule(rules.get(idOf(finding)) ?? [], finding, report);
    const told = finding.kind === 'vulnerability' ? statementFor(finding) : undefined;
    if (rule) suppressed.push(byRule(finding, rule, selection));
    else if (told && isSettled(told)) suppressed.push(byStatement(finding, told));
    else kept.push(finding);
  }
  const packages = report.packages.filter(isOfType);
  return { ...report, packages, findings: kept, ...(suppressed.length > 0 && { suppressed }) };
}

function byRule(finding: Finding, rule: IgnoreRule, { ignoreFile }: Selection): SuppressedFinding {
  return {
    finding,
    status: 'ignored',
    ...(rule.statement !== undefined && { statement: rule.statement }),
    source: ignoreFile ?? '',
  };
}

/** Of the four things that VEX can say, two end a finding. */
function isSettled({ status }: VexStatement): boolean {
  return status === 'not_affected' || status === 'fixed';
}

function byStatement(finding: Finding, told: VexStatement): SuppressedFinding {
  const { status, statement, justification, source } = told;
  return {
    finding,
    status: status === 'fixed' ? 'fixed' : 'not_affected',
    ...(statement !== undefined && { statement }),
    ...(justification !== undefined && { justification }),
    source,
  };
}

function packageOf(finding: Finding): Package | undefined {
  return finding.kind === 'vulnerability' || finding.kind === 'license' ? finding.package : undefined;
}

/** What a rule names a finding by. */
function idOf(finding: Finding): string {
  if (finding.kind === 'vulnerability') return finding.id;
  return finding.kind === 'license' ? finding.name : finding.ruleId;
}

function pathsOf(finding: Finding): readonly string[] {
  const own = finding.kind !== 'vulnerability' && finding.path !== undefined ? [finding.path] : [];
  return [...own, ...(packageOf(finding)?.paths ?? [])];
}

const UNFIXED: readonly AdvisoryStatus[] = [
  'unknown',
  'not_affected',
  'affected',
  'under_investigation',
  'will_not_fix',
  'fix_deferred',
  'end_of_life',
];

/** Naming statuses is the finer tool, so it wins over `ignoreUnfixed`. */
function hiddenStatuses({ ignoreUnfixed, ignoreStatuses }: Selection): ReadonlySet<AdvisoryStatus> {
  return new Set(ignoreStatuses.length > 0 ? ignoreStatuses : ignoreUnfixed ? UNFIXED : []);
}

/** A rule with its patterns read, which is done once for all findings. */
interface ReadyRule {
  readonly rule: IgnoreRule;
  readonly paths: readonly Glob[];
  readonly purls: readonly PackageUrl[];
}

function rulesById({ ignoreRules, now }: Selection): Map<string, ReadyRule[]> {
  const byId = new Map<string, ReadyRule[]>();
  for (const rule of ignoreRules) {
    if (rule.expiresAt !== undefined && rule.expiresAt <= now.getTime()) continue;
    const ready = {
      rule,
      paths: rule.paths.flatMap((path) => parseGlob(path) ?? []),
      purls: rule.purls.flatMap((purl) => parsePackageUrl(purl) ?? []),
    };
    const group = byId.get(rule.id);
    if (group) group.push(ready);
    else byId.set(rule.id, [ready]);
  }
  return byId;
}

function findRule(rules: readonly ReadyRule[], finding: Finding, report: Report): IgnoreRule | undefined {
  const pkg = packageOf(finding);
  // Read when first asked for, as most rules name no package.
  let found: PackageUrl | undefined;
  const isNamed = (wanted: PackageUrl): boolean => {
    found ??= pkg && parsePackageUrl(packageUrlOf(pkg, report.os));
    return found !== undefined && isSamePackage(wanted, found);
  };
  const places = [...pathsOf(finding), targetOf(report)];
  const applying = rules.find(
    ({ rule, paths, purls }) =>
      (rule.kind === undefined || rule.kind === finding.kind) &&
      (rule.paths.length === 0 || places.some((place) => paths.some((fits) => fits(place)))) &&
      (rule.purls.length === 0 || purls.some(isNamed)),
  );
  return applying?.rule;
}
