import { apk, type ApkVersion } from '../../../versions/apk.ts';
import { placeOf, type Versioned } from '../../plan/planned.ts';
import type { Break, MovableSet, Refusal, SourceMove } from '../../plan/widen.ts';
import { holdsFor, parseRelations, type Relation } from './relations.ts';

/** A package with its relationships read. */
export interface RelatedApk<P extends Versioned = Versioned> {
  readonly pkg: P;
  readonly version: ApkVersion;
  readonly needs: readonly Relation[];
  readonly provides: readonly Relation[];
}

export interface ApkWords {
  readonly depends: readonly string[];
  readonly provides: readonly string[];
}

/** Undefined where the version is none. */
export function toRelated<P extends Versioned & ApkWords>(pkg: P): RelatedApk<P> | undefined {
  const version = apk.parse(pkg.version);
  return (
    version && { pkg, version, needs: parseRelations(pkg.depends), provides: parseRelations(pkg.provides) }
  );
}

export interface ApkSurroundings {
  /** What the image wants to be there. */
  readonly world: readonly Relation[];
  /** Sources whose newer packages provide a name that is missing. */
  readonly providing: (name: string) => readonly string[];
}

interface Provider {
  readonly by: RelatedApk;
  /** Absent for a name that is provided without one. */
  readonly version?: ApkVersion;
}

export interface ApkSet extends MovableSet<RelatedApk> {
  /** Whether a relation holds. */
  holds(relation: Relation): boolean;
  moved(moves: Iterable<SourceMove<RelatedApk>>): ApkSet;
}

/**
 * Packages of apk that are installed together.
 *
 * @param fresh those of them that were not there before
 */
export function apkSet(
  packages: Iterable<RelatedApk>,
  surroundings: ApkSurroundings,
  fresh: ReadonlySet<RelatedApk> = new Set(),
): ApkSet {
  const { byPlace, providers } = indexed(packages);

  const providersOf = ({ name }: Relation): readonly Provider[] => providers.get(name) ?? [];
  /** Whether it is as the relation has it; a package does not stand against itself. */
  const isMatch = (relation: Relation, { by, version }: Provider, of?: RelatedApk): boolean =>
    !(relation.isConflict && by === of) && holdsFor(relation, version);
  const holds = (relation: Relation, of?: RelatedApk): boolean =>
    relation.isConflict !== providersOf(relation).some((one) => isMatch(relation, one, of));

  function breakOf(relation: Relation, of: RelatedApk | undefined): Break {
    const others = (): RelatedApk[] => {
      const named = providersOf(relation).filter((one) => !relation.isConflict || isMatch(relation, one, of));
      return [...new Set(named.map(({ by }) => by))];
    };
    const own = of ? [of.pkg.source.name] : [];
    return {
      id: `${relation.isConflict ? 'refuses' : 'needs'} ${of ? placeOf(of.pkg) : 'world'}: ${relation.name}`,
      // Only when asked for: many may break alike, each with many on the other side.
      get sources() {
        return [
          ...others().map(({ pkg }) => pkg.source.name),
          ...(relation.isConflict ? [] : surroundings.providing(relation.name)),
          ...own,
        ];
      },
      refusal: () => refusalOf(relation, of, others(), of !== undefined && fresh.has(of)),
    };
  }

  return {
    holds: (relation) => holds(relation),
    breaks: () => [
      ...[...byPlace.values()].flatMap((of) =>
        of.needs.filter((relation) => !holds(relation, of)).map((relation) => breakOf(relation, of)),
      ),
      ...surroundings.world
        .filter((relation) => !holds(relation))
        .map((relation) => breakOf(relation, undefined)),
    ],
    moved(moves) {
      const next = new Map(byPlace);
      const added = new Set(fresh);
      for (const { to } of moves) {
        for (const [place, pkg] of to) {
          next.set(place, pkg);
          added.add(pkg);
        }
      }
      return apkSet(next.values(), surroundings, added);
    },
  };
}

function indexed(packages: Iterable<RelatedApk>): {
  readonly byPlace: ReadonlyMap<string, RelatedApk>;
  /** By what they are called and what they provide. */
  readonly providers: ReadonlyMap<string, readonly Provider[]>;
} {
  const byPlace = new Map<string, RelatedApk>();
  const providers = new Map<string, Provider[]>();
  const provide = (name: string, provider: Provider): void => {
    const known = providers.get(name);
    if (known) known.push(provider);
    else providers.set(name, [provider]);
  };
  for (const each of packages) {
    byPlace.set(placeOf(each.pkg), each);
    provide(each.pkg.name, { by: each, version: each.version });
    for (const { name, bound } of each.provides)
      provide(name, { by: each, ...(bound && { version: bound.version }) });
  }
  return { byPlace, providers };
}

function refusalOf(
  { text, isConflict }: Relation,
  of: RelatedApk | undefined,
  others: readonly RelatedApk[],
  isFresh: boolean,
): Refusal {
  const who = of ? `${of.pkg.name} ${of.pkg.version}` : "the image's world";
  const there = others.map(({ pkg }) => `${pkg.name} ${pkg.version}`).join(', ');
  if (isConflict) return { reason: 'conflict', detail: `${who} does not go with ${there}` };
  if (others.length > 0) return { reason: 'conflict', detail: `${who} needs ${text}, but there is ${there}` };
  if (!isFresh) return { reason: 'conflict', detail: `${who} needs ${text}, which would be gone` };
  return { reason: 'new-dependency-required', detail: `${who} needs ${text}, which is not installed` };
}
