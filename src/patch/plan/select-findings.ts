import type { Severity } from '../../model/advisory.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { UnfixedFinding } from '../../model/patch.ts';
import { deb, type DebVersion } from '../../versions/deb.ts';
import { groupBy } from './group-by.ts';
import type { InstalledPackage } from './installed.ts';

/** Which findings are to be fixed; those left out here stay, unless what fixes others fixes them too. */
export interface FindingFilter {
  readonly severities?: readonly Severity[];
  /** Ids of vulnerabilities, these alone. */
  readonly ids?: readonly string[];
  /** Names of packages or of sources, these alone. */
  readonly only?: readonly string[];
  /** Ids of vulnerabilities that are not to be fixed. */
  readonly ignore?: readonly string[];
}

/** A finding of a package that dpkg has installed. */
export interface PlacedFinding {
  readonly finding: VulnerabilityFinding;
  readonly pkg: InstalledPackage;
  /** Of the source; absent where there is no fix. */
  readonly fixed?: DebVersion;
  readonly selected: boolean;
}

/** Finds the installed package of each finding. What is of no system package is `unfixed` at once. */
export function placeFindings(
  findings: readonly VulnerabilityFinding[],
  installed: readonly InstalledPackage[],
  filter: FindingFilter,
): { readonly placed: readonly PlacedFinding[]; readonly unfixed: readonly UnfixedFinding[] } {
  const byName = groupBy(installed, ({ name }) => name);
  const isSelected = selection(filter);
  const placed: PlacedFinding[] = [];
  const unfixed: UnfixedFinding[] = [];
  for (const finding of findings) {
    const { type, name, application } = finding.package;
    const isSystem = type === 'deb' && application === undefined;
    const pkg = isSystem ? closest(byName.get(name) ?? [], finding) : undefined;
    if (pkg) {
      const fixed = fixedVersion(finding, pkg);
      placed.push({ finding, pkg, ...(fixed && { fixed }), selected: isSelected(finding, pkg) });
    } else {
      const detail = isSystem
        ? `${name} is not in the package database`
        : `${name} was not installed by the package manager of the system`;
      unfixed.push({ finding, reason: 'not-a-system-package', detail });
    }
  }
  return { placed, unfixed };
}

function closest(
  packages: readonly InstalledPackage[],
  { package: { architecture, version } }: VulnerabilityFinding,
): InstalledPackage | undefined {
  const sameArchitecture = packages.filter(
    (pkg) => architecture === undefined || pkg.architecture === architecture,
  );
  return sameArchitecture.find((pkg) => pkg.version === version) ?? sameArchitecture[0];
}

function selection({ severities, ids, only, ignore }: FindingFilter) {
  const wanted = {
    severities: toSet(severities),
    ids: toSet(ids),
    only: toSet(only),
    ignore: new Set(ignore),
  };
  return (finding: VulnerabilityFinding, { name, source }: InstalledPackage): boolean =>
    (wanted.severities?.has(finding.severity) ?? true) &&
    (wanted.ids?.has(finding.id) ?? true) &&
    (!wanted.only || wanted.only.has(name) || wanted.only.has(source.name)) &&
    !wanted.ignore.has(finding.id);
}

function toSet<T>(list: readonly T[] | undefined): ReadonlySet<T> | undefined {
  return list && list.length > 0 ? new Set(list) : undefined;
}

/** Of several that are named, the highest: it fixes whatever the branch. */
function fixedVersion(
  { fixedVersion: text }: VulnerabilityFinding,
  pkg: InstalledPackage,
): DebVersion | undefined {
  const all = (text ?? '').split(',').flatMap((part) => deb.parse(part.trim()) ?? []);
  const highest = all.sort((a, b) => deb.compare(a, b)).at(-1);
  return highest && withEpoch(highest, pkg);
}

/**
 * Some reports leave the epoch out. Then the version that is installed would seem to be fixed, though it was found
 * vulnerable, and has an epoch itself.
 */
function withEpoch(fixed: DebVersion, pkg: InstalledPackage): DebVersion {
  const source = deb.parse(pkg.source.version);
  if (!source || fixed.epoch > 0 || deb.compare(source, fixed) < 0) return fixed;
  return { ...fixed, epoch: source.epoch };
}
