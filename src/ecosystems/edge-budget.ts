/** Real applications have some thousands; hostile files would have each package depend on every other. */
const MAX_EDGES = 200_000;
const MAX_EDGES_OF_ONE = 2_000;

/** Hands out the dependencies of one file's packages until they are too many altogether. */
export function openEdgeBudget(): <T>(edges: readonly T[]) => readonly T[] {
  let left = MAX_EDGES;
  return (edges) => {
    const some = edges.slice(0, Math.min(left, MAX_EDGES_OF_ONE));
    left -= some.length;
    return some;
  };
}
