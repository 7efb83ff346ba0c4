import { StreamError } from '../codec/stream-error.ts';
import type { Diagnostic, FileAnalysis } from '../model/analysis.ts';
import { ancestorsOf } from './usual-places.ts';

/**
 * What was learnt of the paths of one tree so far. A tar may hold a path several times, and a file where it held a
 * directory before: the last entry wins, at a cost that depends on what it replaces alone.
 */
export interface TreeResults {
  keep(analysis: FileAnalysis): void;
  note(diagnostic: Diagnostic): void;
  /** For analyzers that answer at the end: a path they were given, and whether only for its name. */
  await(path: string, linkTarget: boolean): void;
  /** Undefined for a path that nobody waits for any more. */
  awaited(path: string): boolean | undefined;
  of(path: string): readonly FileAnalysis[] | undefined;
  /** Forgets a path and, if asked to, what is below it. */
  forget(path: string, withBelow: boolean): void;
  files(): FileAnalysis[];
  diagnostics(): Diagnostic[];
}

/** Bounds what one layer can make us remember. */
const MAX_DIAGNOSTICS = 1_000;
const MAX_PATHS = 2_000_000;
/** The fullest images have some ten thousand; one file of a few kilobytes can claim a hundred thousand. */
const MAX_PACKAGES = 250_000;

interface Known {
  readonly analyses: FileAnalysis[];
  readonly diagnostics: Diagnostic[];
  awaited?: boolean;
}

/** @throws StreamError (from `keep` and `await`) when there are absurdly many */
export function openTreeResults(): TreeResults {
  const known = new Map<string, Known>();
  /** Paths right below each directory that leads to something known. */
  const children = new Map<string, Set<string>>();
  const pathless: Diagnostic[] = [];
  let noted = 0;
  let packages = 0;

  function at(path: string): Known {
    const found = known.get(path);
    if (found) return found;
    if (known.size >= MAX_PATHS) throw new StreamError(`more than ${MAX_PATHS} files to look at`);
    const fresh: Known = { analyses: [], diagnostics: [] };
    known.set(path, fresh);
    let child = path;
    for (const parent of ancestorsOf(path)) {
      const siblings = children.get(parent);
      if (siblings) {
        siblings.add(child);
        break; // and so are those above it
      }
      children.set(parent, new Set([child]));
      child = parent;
    }
    return fresh;
  }

  function note(diagnostic: Diagnostic): void {
    if (noted >= MAX_DIAGNOSTICS) return;
    noted++;
    (diagnostic.path === undefined ? pathless : at(diagnostic.path).diagnostics).push(diagnostic);
  }

  /** Without its packages, if there are too many of them altogether. */
  function affordable(analysis: FileAnalysis): FileAnalysis {
    const { packages: more = [], ...rest } = analysis;
    if (packages + more.length <= MAX_PACKAGES) {
      packages += more.length;
      return analysis;
    }
    const message = `with those of this file there are more than ${MAX_PACKAGES} packages; they were left out`;
    note({ code: 'PACKAGE_LIMIT', by: analysis.analyzer, path: analysis.path, message });
    return rest;
  }

  function drop(path: string): void {
    const { diagnostics = [], analyses = [] } = known.get(path) ?? {};
    noted -= diagnostics.length;
    for (const analysis of analyses) packages -= analysis.packages?.length ?? 0;
    known.delete(path);
  }

  function dropBelow(directory: string): void {
    const open = [directory];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const child of children.get(next) ?? []) {
        drop(child);
        open.push(child);
      }
      children.delete(next);
    }
  }

  return {
    keep: (analysis) => void at(analysis.path).analyses.push(affordable(analysis)),
    note,
    await(path, linkTarget) {
      at(path).awaited = linkTarget;
    },
    awaited: (path) => known.get(path)?.awaited,
    of: (path) => known.get(path)?.analyses,
    forget(path, withBelow) {
      drop(path);
      if (withBelow && children.has(path)) dropBelow(path);
    },
    files: () => [...known.values()].flatMap(({ analyses }) => analyses),
    diagnostics: () => [...[...known.values()].flatMap((each) => each.diagnostics), ...pathless],
  };
}
