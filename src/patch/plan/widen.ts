import type { UnfixedReason } from '../../model/patch.ts';

/** What one source would become. */
export interface SourceMove<R> {
  readonly source: string;
  /** New packages, by the place of the one they replace. */
  readonly to: ReadonlyMap<string, R>;
}

export interface Refusal {
  readonly reason: UnfixedReason;
  readonly detail: string;
}

export type MoveOf<R> = (source: string) => SourceMove<R> | Refusal;

/** A relationship that does not hold in a set of packages. */
export interface Break {
  /** Equal for the same relationship whatever versions there are. */
  readonly id: string;
  /** Those of packages on either side of it: where one of them moves, it may hold again. */
  readonly sources: readonly string[];
  /** Why it cannot be, for people. */
  refusal(): Refusal;
}

/** Packages that are installed together. */
export interface MovableSet<R> {
  breaks(): readonly Break[];
  /** The same with other packages in the places of these. */
  moved(moves: Iterable<SourceMove<R>>): MovableSet<R>;
}

/** More than this means that half of the system would move. */
const MAX_SOURCES_TOGETHER = 12;

/**
 * Moves one source and as few others as its dependencies ask for, so that nothing is broken that was whole before.
 *
 * @param set what is there, moves of before included
 */
export function moveTogether<R>(
  source: string,
  set: MovableSet<R>,
  moveOf: MoveOf<R>,
): { readonly set: MovableSet<R>; readonly moves: readonly SourceMove<R>[] } | Refusal {
  const before = new Set(set.breaks().map(({ id }) => id));
  const moves = new Map<string, SourceMove<R>>();
  const asked = [source];
  for (let next = asked.pop(); next !== undefined; next = asked.pop()) {
    const move = moveOf(next);
    if ('reason' in move) return next === source ? move : becauseOf(next, move);
    moves.set(next, move);
    if (moves.size > MAX_SOURCES_TOGETHER) {
      const detail = `more than ${MAX_SOURCES_TOGETHER} other sources would have to be updated with it`;
      return { reason: 'conflict', detail };
    }
    const moved = set.moved(moves.values());
    const broken = moved.breaks().find(({ id }) => !before.has(id));
    if (!broken) return { set: moved, moves: [...moves.values()] };
    const helper = helpingSource(broken, moves, moveOf);
    if (helper === undefined) return broken.refusal();
    asked.push(helper);
  }
  return { reason: 'conflict', detail: `${source} cannot be updated` };
}

function becauseOf(other: string, { reason, detail }: Refusal): Refusal {
  return {
    reason: reason === 'held' ? 'held' : 'conflict',
    detail: `${other} would have to be updated too: ${detail}`,
  };
}

/** A source that does not move yet and whose move could end the break. */
function helpingSource<R>(
  { sources }: Break,
  moves: ReadonlyMap<string, SourceMove<R>>,
  moveOf: MoveOf<R>,
): string | undefined {
  return [...new Set(sources)].find((source) => {
    if (moves.has(source)) return false;
    const move = moveOf(source);
    // One that is held is told of, rather than that nothing helps.
    return !('reason' in move) || move.reason === 'held';
  });
}
