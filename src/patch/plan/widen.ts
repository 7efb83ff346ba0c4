import type { UnfixedReason } from '../../model/patch.ts';
import {
  openPackageSet,
  placeOf,
  type PackageSet,
  type RelatedPackage,
  type Violation,
} from './package-set.ts';
import { showClause } from './relations.ts';

/** What one source would become. */
export interface SourceMove {
  readonly source: string;
  /** New packages, by the place of the one they replace. */
  readonly to: ReadonlyMap<string, RelatedPackage>;
}

export interface Refusal {
  readonly reason: UnfixedReason;
  readonly detail: string;
}

export type MoveOf = (source: string) => SourceMove | Refusal;

/** More than this means that half of the system would move. */
const MAX_SOURCES_TOGETHER = 12;

/**
 * Moves one source and as few others as its dependencies ask for, so that nothing is broken that was whole before.
 *
 * @param set what is there, moves of before included
 */
export function moveTogether(
  source: string,
  set: PackageSet,
  native: string,
  moveOf: MoveOf,
): { readonly set: PackageSet; readonly moves: readonly SourceMove[] } | Refusal {
  const before = new Set(set.violations().map(({ id }) => id));
  const moves = new Map<string, SourceMove>();
  const asked = [source];
  for (let next = asked.pop(); next !== undefined; next = asked.pop()) {
    const move = moveOf(next);
    if ('reason' in move) return next === source ? move : becauseOf(next, move);
    moves.set(next, move);
    if (moves.size > MAX_SOURCES_TOGETHER) {
      const detail = `more than ${MAX_SOURCES_TOGETHER} other sources would have to be updated with it`;
      return { reason: 'conflict', detail };
    }
    const moved = withMoves(set, moves.values(), native);
    const broken = moved.violations().find(({ id }) => !before.has(id));
    if (!broken) return { set: moved, moves: [...moves.values()] };
    const helper = helpingSource(broken, moves, moved, moveOf);
    if (helper === undefined) return refusalOf(broken, moved);
    asked.push(helper);
  }
  return { reason: 'conflict', detail: `${source} cannot be updated` };
}

function withMoves(set: PackageSet, moves: Iterable<SourceMove>, native: string): PackageSet {
  const packages = new Map(set.byPlace);
  for (const { to } of moves) for (const [place, pkg] of to) packages.set(place, pkg);
  return openPackageSet(packages.values(), native);
}

function becauseOf(other: string, { reason, detail }: Refusal): Refusal {
  return {
    reason: reason === 'held' ? 'held' : 'conflict',
    detail: `${other} would have to be updated too: ${detail}`,
  };
}

/** A source that does not move yet and whose move could end the break: that of a package on either side of it. */
function helpingSource(
  { of, others }: Violation,
  moves: ReadonlyMap<string, SourceMove>,
  set: PackageSet,
  moveOf: MoveOf,
): string | undefined {
  const places = [...others, of].map(({ control }) => set.byPlace.get(placeOf(control)) ?? undefined);
  const sources = new Set(places.flatMap((pkg) => (pkg ? [pkg.control.source.name] : [])));
  return [...sources].find((source) => {
    if (moves.has(source)) return false;
    const move = moveOf(source);
    // One that is held is told of, rather than that nothing helps.
    return !('reason' in move) || move.reason === 'held';
  });
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
