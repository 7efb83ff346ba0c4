import type { FileAnalysis } from '../model/analysis.ts';
import type { FileResult } from './analyzer.ts';

/** Which files of a layer its distribution's packages have brought. */
export interface Ownership {
  /** The entry of that path is replaced by a later one. */
  forget(path: string): void;
  add(path: string, installedFiles: NonNullable<FileResult['installedFiles']>): void;
  /** Marks the analyses of files that a package has brought. */
  mark(files: readonly FileAnalysis[]): FileAnalysis[];
}

/** Bounds what hostile lists make us walk. */
const MAX_INSTALLED_FILES = 5_000_000;

export function openOwnership(): Ownership {
  const lists = new Map<string, NonNullable<FileResult['installedFiles']>>();
  return {
    forget: (path) => void lists.delete(path),
    add: (path, installedFiles) => void lists.set(path, installedFiles),
    mark(files) {
      const candidates = new Set(files.filter(isOfApplication).map(({ path }) => path));
      if (candidates.size === 0 || lists.size === 0) return [...files];
      const owned = findOwned(candidates, [...lists.values()]);
      return files.map((file) =>
        isOfApplication(file) && owned.has(file.path) ? { ...file, ownedByOs: true } : file,
      );
    },
  };
}

function isOfApplication({ packages }: FileAnalysis): boolean {
  return packages?.[0]?.application !== undefined;
}

function findOwned(
  candidates: ReadonlySet<string>,
  lists: readonly NonNullable<FileResult['installedFiles']>[],
): Set<string> {
  const owned = new Set<string>();
  let seen = 0;
  for (const list of lists) {
    for (const path of list()) {
      if (candidates.has(path)) owned.add(path);
      if (++seen > MAX_INSTALLED_FILES) return owned;
    }
  }
  return owned;
}
