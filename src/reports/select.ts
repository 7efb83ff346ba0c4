import { parsePackageUrl, type PackageUrl } from '../codec/purl.ts';
import type { AdvisoryStatus, Severity } from '../model/advisory.ts';
import type { Finding } from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import { parseGlob, type Glob } from './glob.ts';
import type { IgnoreRule } from './ignore-rule.ts';
import { packageUrlOf } from './package-identity.ts';
import { targetOf } from './target.ts';

/** What of a report is told. */
export interface Selection {
  readonly severities: readonly Severity[];
  readonly ignoreUnfixed: boolean;
  readonly ignoreStatuses: readonly AdvisoryStatus[];
  readonly pkgTypes: readonly ('os' | 'library')[];
  readonly ignoreRules: readonly IgnoreRule[];
  readonly now: Date;
}

/** A finding that is not told because a rule names it. */
export interface Suppressed {
  readonly finding: Finding;
  readonly rule: IgnoreRule;
}

export interface Selected {
  /** With the findings, and kinds of packages, that are told. */
  readonly report: Report;
  readonly suppressed: readonly Suppressed[];
}

/** Filters a report for one asker; the stored one stays whole. */
export function selectFindings(report: Report, selection: Selection): Selected {
  const hidden = hiddenStatuses(selection);
  const rules = rulesById(selection);
  const kept: Finding[] = [];
  const suppressed: Suppressed[] = [];
  const isOfType = (pkg: Package): boolean =>
    selection.pkgTypes.includes(pkg.application === undefined ? 'os' : 'library');
  for (const finding of report.findings) {
    if (!selection.severities.includes(finding.severity)) continue;
    if (finding.kind === 'vulnerability' && hidden.has(finding.status)) continue;
    const pkg = packageOf(finding);
    if (pkg && !isOfType(pkg)) continue;
    const rule = findRule(rules.get(idOf(finding)) ?? [], finding, report);
    if (rule) suppressed.push({ finding, rule });
    else kept.push(finding);
  }
  const packages = report.packages.filter(isOfType);
  return { report: { ...report, packages, findings: kept }, suppressed };
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

/** A rule's URL may leave out version and qualifiers; what it has must be the same. */
function isSamePackage(wanted: PackageUrl, found: PackageUrl): boolean {
  const isSameName =
    wanted.type === found.type &&
    wanted.name === found.name &&
    (wanted.namespace ?? '') === (found.namespace ?? '');
  if (!isSameName || (wanted.version !== undefined && wanted.version !== found.version)) return false;
  return Object.entries(wanted.qualifiers ?? {}).every(([key, value]) => found.qualifiers?.[key] === value);
}
