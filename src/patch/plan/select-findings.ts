import type { Severity } from '../../model/advisory.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { UnfixedFinding } from '../../model/patch.ts';
import { groupBy } from './group-by.ts';
import type { PackageKind, Versioned } from './planned.ts';

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

/** A finding of a package that the system's package manager has installed. */
export interface PlacedFinding<P, V> {
  readonly finding: VulnerabilityFinding;
  readonly pkg: P;
  /** Of the source; absent where there is no fix. */
  readonly fixed?: V;
  readonly selected: boolean;
}

/** Whether something is to be done for it, and can be. */
export function isWanted({ fixed, selected }: PlacedFinding<unknown, unknown>): boolean {
  return fixed !== undefined && selected;
}

/** Finds the installed package of each finding. What is of no system package is `unfixed` at once. */
export function placeFindings<P extends Versioned, V>(
  findings: readonly VulnerabilityFinding[],
  installed: readonly P[],
  filter: FindingFilter,
  kind: PackageKind<P, V>,
): { readonly placed: readonly PlacedFinding<P, V>[]; readonly unfixed: readonly UnfixedFinding[] } {
  const byName = groupBy(installed, ({ name }) => name);
  const isSelected = selection(filter);
  const placed: PlacedFinding<P, V>[] = [];
  const unfixed: UnfixedFinding[] = [];
  for (const finding of findings) {
    const { type, name, application } = finding.package;
    const isSystem = type === kind.type && application === undefined;
    const pkg = isSystem ? closest(byName.get(name) ?? [], finding) : undefined;
    if (pkg) {
      const fixed = fixedVersion(finding, pkg, kind);
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

function closest<P extends Versioned>(
  packages: readonly P[],
  { package: { architecture, version } }: VulnerabilityFinding,
): P | undefined {
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
  return (finding: VulnerabilityFinding, { name, source }: Versioned): boolean =>
    (wanted.severities?.has(finding.severity) ?? true) &&
    (wanted.ids?.has(finding.id) ?? true) &&
    (!wanted.only || wanted.only.has(name) || wanted.only.has(source.name)) &&
    !wanted.ignore.has(finding.id);
}

function toSet<T>(list: readonly T[] | undefined): ReadonlySet<T> | undefined {
  return list && list.length > 0 ? new Set(list) : undefined;
}

/** Of several that are named, the highest: it fixes whatever the branch. */
function fixedVersion<P, V>(
  { fixedVersion: text }: VulnerabilityFinding,
  pkg: P,
  { versions, adapt }: PackageKind<P, V>,
): V | undefined {
  // A version may be a list itself, which would be taken apart by flattening.
  const all = (text ?? '').split(',').flatMap((part) => {
    const version = versions.parse(part.trim());
    return version === undefined ? [] : [version];
  });
  const highest = all.sort((a, b) => versions.compare(a, b)).at(-1);
  return highest === undefined ? undefined : (adapt?.(highest, pkg) ?? highest);
}
