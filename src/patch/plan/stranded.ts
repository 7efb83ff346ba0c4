import type { MovableSet, SourceMove } from './widen.ts';

/**
 * Why a source cannot move where others that were to move with it stay: a relationship that held would not hold any
 * more. By the name of the source; empty where all that moves goes together.
 */
export function strandedAmong<R>(
  set: MovableSet<R>,
  moves: readonly SourceMove<R>[],
): ReadonlyMap<string, string> {
  const moving = new Set(moves.map(({ source }) => source));
  const known = new Set(set.breaks().map(({ id }) => id));
  const stranded = new Map<string, string>();
  for (const broken of set.moved(moves).breaks()) {
    if (known.has(broken.id)) continue;
    const { detail } = broken.refusal();
    for (const source of broken.sources)
      if (moving.has(source) && !stranded.has(source)) stranded.set(source, detail);
  }
  return stranded;
}
