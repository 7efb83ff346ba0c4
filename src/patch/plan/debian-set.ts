import { openPackageSet, type PackageSet, type RelatedPackage, type Violation } from './package-set.ts';
import { placeOf } from './planned.ts';
import { showClause } from './relations.ts';
import type { MovableSet, Refusal } from './widen.ts';

/** Packages of dpkg that are installed together. */
export function debianSet(packages: Iterable<RelatedPackage>, native: string): MovableSet<RelatedPackage> {
  const set = openPackageSet(packages, native);
  return {
    breaks: () =>
      set.violations().map((violation) => ({
        id: violation.id,
        sources: sourcesOf(violation, set),
        refusal: () => refusalOf(violation, set),
      })),
    moved(moves) {
      const next = new Map(set.byPlace);
      for (const { to } of moves) for (const [place, pkg] of to) next.set(place, pkg);
      return debianSet(next.values(), native);
    },
  };
}

function sourcesOf({ of, others }: Violation, set: PackageSet): string[] {
  return [...others, of].flatMap(
    ({ control }) => set.byPlace.get(placeOf(control))?.control.source.name ?? [],
  );
}

function refusalOf({ kind, of, clause, others }: Violation, set: PackageSet): Refusal {
  const who = `${of.control.name} ${of.control.version}`;
  const shown = showClause(clause);
  if (kind === 'unmet' && others.length === 0) {
    return { reason: 'new-dependency-required', detail: `${who} needs ${shown}, which is not installed` };
  }
  const there = others
    .map(({ control }) => set.byPlace.get(placeOf(control))?.control ?? control)
    .map(({ name, version }) => `${name} ${version}`)
    .join(', ');
  if (kind === 'unmet') return { reason: 'conflict', detail: `${who} needs ${shown}, but there is ${there}` };
  if (kind === 'refused') return { reason: 'conflict', detail: `${who} does not go with ${there}` };
  return { reason: 'conflict', detail: `${of.control.name} would be of different versions: ${there}` };
}
