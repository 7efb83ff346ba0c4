import type { AnalyzerSession, FileResult, LayerFile } from '../analysis/analyzer.ts';

/** Lock files and what explains them are kept until the tree has been walked. */
const MAX_KEPT_BYTES = 256 << 20;
/** Steps that searches through the tree may take, of all its lock files together. */
const MAX_STEPS = 20_000_000;

/** Files of one source tree that one analyzer wanted, by path. */
export type SourceTree = ReadonlyMap<string, Uint8Array>;

/** A lock file, and the other files that the analyzer has been given. */
export interface LockFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly tree: SourceTree;
  /** Shared by all lock files of the tree. */
  readonly steps: { left: number };
}

type Parse = (file: LockFile) => FileResult | undefined;

/**
 * The session of an analyzer which needs other files of the tree to explain a lock file (`package.json` beside
 * `yarn.lock`): lock files are parsed when all of them have been seen.
 */
export function withTree(
  isLockFile: (path: string) => boolean,
  parse: Parse,
  maxKeptBytes = MAX_KEPT_BYTES,
): () => AnalyzerSession {
  return () => {
    const tree = new Map<string, Uint8Array>();
    const steps = { left: MAX_STEPS };
    let keptBytes = 0;
    return {
      add({ path, content }: LayerFile): FileResult | undefined {
        if (keptBytes + content.length > maxKeptBytes)
          return isLockFile(path) ? alone({ path, content, tree: new Map(), steps }, parse) : undefined;
        keptBytes += content.length;
        tree.set(path, content.slice());
        return undefined;
      },
      end() {
        const results = new Map<string, FileResult>();
        for (const [path, content] of tree) {
          if (!isLockFile(path)) continue;
          const result = parse({ path, content, tree, steps });
          if (result) results.set(path, result);
        }
        return results;
      },
    };
  };
}

function alone(file: LockFile, parse: Parse): FileResult {
  const result = parse(file);
  const diagnostic = {
    code: 'PACKAGE_LIMIT',
    message: 'the tree holds too many such files; this one was read without those that explain it',
  };
  return { ...result, diagnostics: [...(result?.diagnostics ?? []), diagnostic] };
}

/** The directory of a path, with its closing slash; empty for the root. */
export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** Another path of the tree, as seen from a directory; undefined for one that leads out of the tree. */
export function pathFrom(directory: string, relative: string): string | undefined {
  const parts: string[] = [];
  for (const part of `${directory}${relative}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** A directory is a part of the path. */
export function liesIn(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`) || path.includes(`/${directory}/`);
}

/**
 * Paths of the tree with that base name in directories which one of the patterns matches, as seen from `directory`.
 * `*` stands for anything within a part, `**` for any parts; a pattern that starts with `!` takes back.
 */
export function filesInMatching(
  { tree, steps }: Pick<LockFile, 'tree' | 'steps'>,
  directory: string,
  patterns: readonly string[],
  name: string,
): string[] {
  const parsed = patterns.map((pattern) => ({
    isTakenBack: pattern.startsWith('!'),
    parts: pattern
      .replace(/^!/, '')
      .split('/')
      .filter((part) => part !== '' && part !== '.'),
  }));
  if (parsed.length === 0) return [];
  const found: string[] = [];
  for (const path of tree.keys()) {
    if (--steps.left < 0) break;
    if (!path.startsWith(directory) || !path.endsWith(`/${name}`)) continue;
    const parts = path.slice(directory.length).split('/').slice(0, -1);
    if (parts.length === 0) continue;
    steps.left -= parsed.length * parts.length;
    let matches = false;
    for (const pattern of parsed) if (matchesParts(pattern.parts, parts)) matches = !pattern.isTakenBack;
    if (!matches) continue;
    found.push(path);
    chargeReading(steps, tree.get(path));
  }
  return found;
}

/** Lock files within each other's trees may ask for the same files again and again. */
export function chargeReading(steps: LockFile['steps'], content: Uint8Array | undefined): void {
  steps.left -= content?.length ?? 0;
}

function matchesParts(pattern: readonly string[], parts: readonly string[]): boolean {
  return matchesGreedily(pattern, parts, (part) => part === '**', matchesPart);
}

function matchesPart(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text;
  if (pattern === '*') return true;
  return matchesGreedily(
    [...pattern],
    [...text],
    (char) => char === '*',
    (a, b) => a === b,
  );
}

/** Never slower than the product of the lengths: only the last star is tried again. */
function matchesGreedily(
  pattern: readonly string[],
  items: readonly string[],
  isStar: (part: string) => boolean,
  matches: (part: string, item: string) => boolean,
): boolean {
  let [at, star, from] = [0, -1, 0];
  let index = 0;
  while (index < items.length) {
    const part = pattern[at];
    if (part !== undefined && isStar(part)) {
      [star, from] = [at++, index];
    } else if (part !== undefined && matches(part, items[index] ?? '')) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++from;
    } else return false;
  }
  return pattern.slice(at).every(isStar);
}
