import type { Analyzer } from './analyzer.ts';

/** The fixed paths that analyzers look at, and every directory on the way to them. */
export interface UsualPlaces {
  isPlace(path: string): boolean;
  isOnTheWay(path: string): boolean;
}

export function usualPlaces(analyzers: readonly Analyzer[]): UsualPlaces {
  const files = new Set<string>();
  const ancestors = new Set<string>();
  for (const place of analyzers.flatMap((analyzer) => analyzer.usualPlaces ?? [])) {
    if (place.endsWith('/')) ancestors.add(place.slice(0, -1));
    else files.add(place);
    for (const ancestor of ancestorsOf(place.replace(/\/$/, ''))) ancestors.add(ancestor);
  }
  return { isPlace: (path) => files.has(path), isOnTheWay: (path) => ancestors.has(path) };
}

/** `a/b/c` → `a/b`, `a`. */
export function* ancestorsOf(path: string): Generator<string> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    yield path.slice(0, end);
}
