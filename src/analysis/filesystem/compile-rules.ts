import { parseGlob } from '../../base/glob.ts';
import type { EntryHeader } from '../analyzer.ts';
import type { FilesystemRule, ModeMask, OwnerBounds, RuleKind } from './filesystem-rule.ts';

/** A rule that can be asked quickly. */
export interface CompiledRule {
  readonly rule: FilesystemRule;
  readonly fitsPath: PathTest;
  /** All but kind and content. */
  readonly fits: (entry: EntryHeader, name: string) => boolean;
}

/** Rules by what they can be told from at a glance. */
export interface CompiledRules {
  /** Those that may fit an entry of this name and kind. */
  candidates(name: string, kind: EntryHeader['kind']): readonly CompiledRule[];
  /** Those for which a file of this path has to be read. */
  wantsContent(path: string, name: string, sizeBytes: number): boolean;
}

const ALL_KINDS: readonly RuleKind[] = ['file', 'directory', 'symlink', 'other'];

/** @throws RangeError for a pattern that cannot be read; what `loadFilesystemRules` gives holds none */
export function compileRules(rules: readonly FilesystemRule[]): CompiledRules {
  const everywhere: CompiledRule[] = [];
  const byName = new Map<string, CompiledRule[]>();
  const all = rules.map(compile);
  for (const compiled of all) {
    const names = onlyNames(compiled.rule);
    if (!names) everywhere.push(compiled);
    else for (const name of names) byName.set(name, [...(byName.get(name) ?? []), compiled]);
  }
  const joined = new Map([...byName].map(([name, own]) => [name, byKind([...everywhere, ...own])]));
  const others = byKind(everywhere);
  const reading = all.filter(({ rule }) => rule.content !== undefined);
  return {
    candidates: (name, kind) => (joined.get(name) ?? others)[kind],
    wantsContent: (path, name, sizeBytes) =>
      reading.some(({ rule, fitsPath }) => fitsSize(sizeBytes, rule) && fitsPath(path, name)),
  };
}

type ByKind = Readonly<Record<EntryHeader['kind'], readonly CompiledRule[]>>;

function byKind(rules: readonly CompiledRule[]): ByKind {
  const of = (kind: RuleKind): readonly CompiledRule[] =>
    rules.filter(({ rule }) => (rule.kinds ?? ALL_KINDS).includes(kind));
  return {
    file: of('file'),
    hardlink: of('file'),
    symlink: of('symlink'),
    directory: of('directory'),
    other: of('other'),
  };
}

function fitsSize(sizeBytes: number, { size }: FilesystemRule): boolean {
  return size === undefined || (sizeBytes >= (size.min ?? 0) && sizeBytes <= (size.max ?? Infinity));
}

/** The names of all that a rule can fit, if its patterns end in such. */
function onlyNames({ paths }: FilesystemRule): readonly string[] | undefined {
  const last = (paths ?? ['*']).map((path) => path.slice(path.lastIndexOf('/') + 1));
  return last.some((name) => /[*?[\]{}\\]/.test(name)) || last.includes('') ? undefined : [...new Set(last)];
}

function compile(rule: FilesystemRule): CompiledRule {
  const included = rule.paths && anyOf(rule.paths);
  const excluded = rule.notPaths && anyOf(rule.notPaths);
  const fitsPath = (path: string, name: string): boolean =>
    (included === undefined || included(path, name)) && !excluded?.(path, name);
  return {
    rule,
    fitsPath,
    // What is cheap comes first: most entries fail there.
    fits: (entry, name) =>
      fitsMode(entry.mode, rule.mode) &&
      (rule.hasCapabilities === undefined || entry.xattrs?.has('security.capability') === true) &&
      (rule.oncePer === undefined || rule.oncePer.some((directory) => entry.path.startsWith(directory))) &&
      (entry.kind === 'hardlink' || fitsSize(entry.sizeBytes, rule)) &&
      fitsOwner(entry, rule.owner) &&
      fitsPath(entry.path, name),
  };
}

function fitsMode(mode: number, mask: ModeMask | undefined): boolean {
  if (mask === undefined) return true;
  const { all = 0, any, none = 0 } = mask;
  return (mode & all) === all && (any === undefined || (mode & any) !== 0) && (mode & none) === 0;
}

function fitsOwner({ uid, gid }: EntryHeader, owner: OwnerBounds | undefined): boolean {
  if (owner === undefined) return true;
  return fitsId(uid, owner.uids, owner.notUids) && fitsId(gid, owner.gids, owner.notGids);
}

function fitsId(
  id: number | undefined,
  wanted: readonly number[] | undefined,
  refused: readonly number[] | undefined,
): boolean {
  if (wanted === undefined && refused === undefined) return true;
  return id !== undefined && wanted?.includes(id) !== false && refused?.includes(id) !== true;
}

type PathTest = (path: string, name: string) => boolean;

function anyOf(patterns: readonly string[]): PathTest {
  const tests = patterns.map(toTest);
  return (path, name) => tests.some((test) => test(path, name));
}

/** The usual shapes of patterns need no general matching. */
function toTest(pattern: string): PathTest {
  const name = /^\*\*\/([^*?[\]{}\\/]+)$/.exec(pattern)?.[1];
  if (name !== undefined) return (_, own) => own === name;
  const ending = /^\*\*\/\*(\.[^*?[\]{}\\/]+)$/.exec(pattern)?.[1];
  if (ending !== undefined) return (_, own) => own.endsWith(ending);
  const directory = /^([^*?[\]{}\\]+\/)\*\*$/.exec(pattern)?.[1];
  if (directory !== undefined) return (path) => path.startsWith(directory);
  const glob = parseGlob(pattern);
  if (!glob) throw new RangeError(`not a pattern: ${pattern.slice(0, 100)}`);
  const isAnywhere = pattern.startsWith('**/');
  const rest = isAnywhere ? pattern.slice('**/'.length) : pattern;
  const start = /^[^*?[\]{}\\]*/.exec(rest)?.[0] ?? '';
  if (!isAnywhere) return (path) => path.startsWith(start) && glob(path);
  if (rest.includes('/')) return (path) => path.includes(start) && glob(path);
  return (path, own) => own.startsWith(start) && glob(path);
}
