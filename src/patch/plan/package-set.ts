import { deb, type DebVersion } from '../../versions/deb.ts';
import type { ControlRecord } from '../sources/packages-index.ts';
import { placeOf } from './planned.ts';
import { holds, parseRelations, type Alternative, type Clause } from './relations.ts';

/** A package with its relationships read. */
export interface RelatedPackage {
  readonly control: ControlRecord;
  readonly version: DebVersion;
  /** Pre-Depends first. */
  readonly needs: readonly Clause[];
  readonly refuses: readonly {
    readonly field: 'Breaks' | 'Conflicts';
    readonly clauses: readonly Clause[];
  }[];
  readonly provides: readonly Alternative[];
}

/** Undefined where the version is none. */
export function toRelated(control: ControlRecord): RelatedPackage | undefined {
  const version = deb.parse(control.version);
  return (
    version && {
      control,
      version,
      needs: [...parseRelations(control.preDepends), ...parseRelations(control.depends)],
      refuses: [
        { field: 'Breaks', clauses: parseRelations(control.breaks) },
        { field: 'Conflicts', clauses: parseRelations(control.conflicts) },
      ],
      provides: parseRelations(control.provides).flat(),
    }
  );
}

/** A relationship that does not hold in a set of packages. */
export interface Violation {
  readonly kind: 'unmet' | 'refused' | 'unequal';
  /** Whose relationship it is. */
  readonly of: RelatedPackage;
  readonly clause: Clause;
  /** Packages of the set that the clause names but which do not satisfy it, or which it refuses. */
  readonly others: readonly RelatedPackage[];
  /** Equal for the same relationship whatever versions there are. */
  readonly id: string;
}

/** Packages that are installed together. */
export interface PackageSet {
  readonly byPlace: ReadonlyMap<string, RelatedPackage>;
  violations(): readonly Violation[];
}

/** @param native the architecture that packages for all count as */
export function openPackageSet(packages: Iterable<RelatedPackage>, native: string): PackageSet {
  const byPlace = new Map<string, RelatedPackage>();
  const byName = new Map<string, RelatedPackage[]>();
  const byProvided = new Map<string, { readonly provider: RelatedPackage; readonly as: Alternative }[]>();
  for (const pkg of packages) {
    byPlace.set(placeOf(pkg.control), pkg);
    append(byName, pkg.control.name, pkg);
    for (const as of pkg.provides) append(byProvided, as.name, { provider: pkg, as });
  }
  const own = (architecture: string): string => (architecture === 'all' ? native : architecture);

  function reaches(from: RelatedPackage, to: RelatedPackage, wanted: string | undefined): boolean {
    const [here, there] = [own(from.control.architecture), own(to.control.architecture)];
    if (wanted === 'any') return here === there || ['allowed', 'foreign'].includes(to.control.multiArch);
    if (wanted !== undefined) return (wanted === 'native' ? native : wanted) === there;
    return here === there || to.control.multiArch === 'foreign';
  }

  function satisfies(from: RelatedPackage, { name, architecture, version }: Alternative): boolean {
    const real = byName
      .get(name)
      ?.some((pkg) => reaches(from, pkg, architecture) && (!version || holds(pkg.version, version)));
    if (real) return true;
    return (byProvided.get(name) ?? []).some(
      ({ provider, as }) => reaches(from, provider, architecture) && providesVersion(as, version),
    );
  }

  /** A package does not stand against itself, nor against its likes of other architectures. */
  function refusedBy(from: RelatedPackage, { name, architecture, version }: Alternative): RelatedPackage[] {
    const isMeant = (pkg: RelatedPackage): boolean =>
      pkg.control.name !== from.control.name &&
      (architecture === undefined || architecture === 'any' || reaches(from, pkg, architecture));
    const real = (byName.get(name) ?? []).filter(
      (pkg) => isMeant(pkg) && (!version || holds(pkg.version, version)),
    );
    const virtual = (byProvided.get(name) ?? []).filter(
      ({ provider, as }) => isMeant(provider) && providesVersion(as, version),
    );
    return [...new Set([...real, ...virtual.map(({ provider }) => provider)])];
  }

  function* unmetBy(pkg: RelatedPackage): Generator<Violation> {
    for (const clause of pkg.needs) {
      if (clause.some((alternative) => satisfies(pkg, alternative))) continue;
      const others = clause.flatMap(({ name }) => [
        ...(byName.get(name) ?? []),
        ...(byProvided.get(name) ?? []).map(({ provider }) => provider),
      ]);
      yield { kind: 'unmet', of: pkg, clause, others: [...new Set(others)], id: idOf('needs', pkg, clause) };
    }
  }

  function* refusals(pkg: RelatedPackage): Generator<Violation> {
    for (const { field, clauses } of pkg.refuses) {
      for (const clause of clauses) {
        for (const other of clause.flatMap((alternative) => refusedBy(pkg, alternative))) {
          const id = `${idOf(field, pkg, clause)} ${placeOf(other.control)}`;
          yield { kind: 'refused', of: pkg, clause, others: [other], id };
        }
      }
    }
  }

  /** Packages that share their files over architectures must be of one version. */
  function* unequal(): Generator<Violation> {
    for (const [name, packages] of byName) {
      const same = packages.filter(({ control }) => control.multiArch === 'same');
      const [first] = same;
      const other = same.find(({ control }) => control.version !== first?.control.version);
      if (first && other) {
        yield { kind: 'unequal', of: first, clause: [{ name }], others: same, id: `same ${name}` };
      }
    }
  }

  return {
    byPlace,
    violations: () => [
      ...[...byPlace.values()].flatMap((pkg) => [...unmetBy(pkg), ...refusals(pkg)]),
      ...unequal(),
    ],
  };
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** What is provided without a version satisfies no wish for one. */
function providesVersion(as: Alternative, wanted: Alternative['version']): boolean {
  if (!wanted) return true;
  return as.version?.operator === '=' && holds(as.version.version, wanted);
}

/** By the names alone: a clause that was broken before and is still broken with another version is no new break. */
function idOf(what: string, pkg: RelatedPackage, clause: Clause): string {
  return `${what} ${placeOf(pkg.control)}: ${clause.map(({ name }) => name).join('|')}`;
}
