import { linkTargetPath } from '../codec/tar/path.ts';
import type { Diagnostic, FileAnalysis, LayerAnalysis, LinkEntry } from '../model/analysis.ts';
import type { Digest } from '../model/image.ts';
import type { Analyzer } from './analyzer.ts';
import { decodePathHashes, hashesOf } from './path-hashes.ts';
import { ancestorsOf } from './usual-places.ts';

/** As the kernel's own limit on links in one look-up. */
const MAX_LINK_HOPS = 40;

/** One layer of an image, in order from the base, with what was learnt from it. */
export interface AppliedLayer {
  readonly digest: Digest;
  readonly analysis: LayerAnalysis;
}

/** A file that is visible in the end, and the layer it came from. */
export interface VisibleFile {
  readonly path: string;
  readonly layerIndex: number;
  readonly analysis: FileAnalysis;
}

/** All layers lying on one another. */
export interface MergedTree {
  /** The files that count in the end. */
  readonly files: readonly VisibleFile[];
  /** Files with secrets in order of their layers, whether or not a later one hides them. */
  readonly withSecrets: readonly VisibleFile[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Tree {
  readonly files: Map<string, VisibleFile[]>;
  readonly links: Map<string, LinkEntry>;
  readonly diagnostics: Map<string, Diagnostic[]>;
}

/** The files that count once all layers lie on one another, and what is to be said about them. */
export function mergeTree(layers: readonly AppliedLayer[], analyzers: readonly Analyzer[]): MergedTree {
  const withSecrets: VisibleFile[] = [];
  const tree: Tree = { files: new Map(), links: new Map(), diagnostics: new Map() };
  const pathless: Diagnostic[] = [];
  const hideBelow = openHiding(tree);
  layers.forEach(({ analysis }, index) => {
    hideBelow(analysis);
    const own = groupByPath(analysis.files);
    for (const [path, files] of own) {
      tree.links.delete(path);
      tree.diagnostics.delete(path);
      tree.files.set(
        path,
        files.map((file) => ({ path, layerIndex: index, analysis: file })),
      );
      for (const file of files)
        if (file.secrets) withSecrets.push({ path, layerIndex: index, analysis: file });
    }
    for (const link of analysis.links) applyLink(tree, link, own, index);
    for (const diagnostic of analysis.diagnostics) {
      if (diagnostic.path === undefined) pathless.push(diagnostic);
      else push(tree.diagnostics, diagnostic.path, diagnostic);
    }
  });
  const { files, dangling } = reachable(tree, analyzers);
  const told = [...pathless, ...[...tree.diagnostics.values()].flat(), ...dangling];
  return { files, withSecrets, diagnostics: told };
}

/** Takes away what a layer hides of those below it. */
function openHiding(tree: Tree): (analysis: LayerAnalysis) => void {
  const hashes = new Map<string, readonly number[]>();
  const hashesFor = (path: string): readonly number[] => {
    const known = hashes.get(path) ?? hashesOf(path);
    hashes.set(path, known);
    return known;
  };
  return ({ whiteouts, opaqueDirs, held }) => {
    if (tree.files.size + tree.links.size + tree.diagnostics.size === 0) return;
    const gone = new Set(whiteouts);
    const emptied = new Set(opaqueDirs);
    const [files, directories] = [decodePathHashes(held.files), decodePathHashes(held.directories)];
    const isHidden = (path: string): boolean => {
      if (gone.has(path) || emptied.has('')) return true;
      const own = hashesFor(path);
      if (directories.has(own.at(-1) ?? 0) || own.some((hash) => files.has(hash))) return true;
      if (gone.size + emptied.size === 0) return false;
      for (const ancestor of ancestorsOf(path)) if (gone.has(ancestor) || emptied.has(ancestor)) return true;
      return false;
    };
    for (const map of [tree.files, tree.links, tree.diagnostics])
      for (const path of map.keys()) if (isHidden(path)) map.delete(path);
  };
}

function applyLink(
  tree: Tree,
  link: LinkEntry,
  own: ReadonlyMap<string, readonly FileAnalysis[]>,
  layerIndex: number,
): void {
  tree.files.delete(link.path);
  tree.diagnostics.delete(link.path);
  const target = linkTargetPath('', link.target);
  const linked = link.hard ? own.get(target) : undefined;
  // A hard link is the file itself under another name; it can only be to a file of its own layer.
  if (linked)
    tree.files.set(
      link.path,
      linked.map((analysis) => ({ path: link.path, layerIndex, analysis })),
    );
  else tree.links.set(link.path, link);
}

/** Files in their usual place, and files that a link leads to from one. */
function reachable(
  tree: Tree,
  analyzers: readonly Analyzer[],
): { files: VisibleFile[]; dangling: Diagnostic[] } {
  const byId = new Map(analyzers.map((analyzer) => [analyzer.id, analyzer]));
  const isUsual = (file: VisibleFile, path: string): boolean =>
    byId.get(file.analysis.analyzer)?.wants({ path, sizeBytes: 0, mode: 0o644 }) ?? false;
  const linksTo = new Map<string, LinkEntry[]>();
  for (const link of tree.links.values()) {
    const target = resolveLink(link.path, tree.links);
    if (target !== undefined) push(linksTo, target, link);
  }
  const reached = new Set<LinkEntry>();
  const files = [...tree.files.values()].flat().filter((file) => {
    const isWanted = file.analysis.linkTarget === undefined && file.analysis.path === file.path;
    let counts = isWanted || isUsual(file, file.path);
    for (const target of [file.path, ...ancestorsOf(file.path), '']) {
      for (const link of linksTo.get(target) ?? []) {
        reached.add(link);
        const rest = target === '' ? `/${file.path}` : file.path.slice(target.length);
        counts ||= isUsual(file, link.path + rest);
      }
    }
    return counts;
  });
  return { files, dangling: danglingLinks(tree.links, reached, analyzers) };
}

/** A database behind a link that was not read is a blind spot worth a word. */
function danglingLinks(
  links: ReadonlyMap<string, LinkEntry>,
  reached: ReadonlySet<LinkEntry>,
  analyzers: readonly Analyzer[],
): Diagnostic[] {
  const places = new Map(
    analyzers.flatMap((a) => (a.usualPlaces ?? []).map((place) => [place, a.id] as const)),
  );
  return [...links.values()].flatMap((link) => {
    const by = places.get(link.path);
    if (by === undefined || reached.has(link)) return [];
    const message = `a link to ${JSON.stringify(link.target)}, where nothing was found to read`;
    return [{ code: 'LINK_TARGET_NOT_READ', by, path: link.path, message }];
  });
}

/** The path a link leads to in the end, other links on the way followed; undefined for a loop. */
function resolveLink(start: string, links: ReadonlyMap<string, LinkEntry>): string | undefined {
  let path = start;
  for (let hop = 0; hop < MAX_LINK_HOPS; hop++) {
    const at = firstLinkOn(path, links);
    if (at === undefined) return path;
    const link = links.get(at);
    const target = link?.hard ? linkTargetPath('', link.target) : linkTargetPath(at, link?.target ?? '');
    const rest = path.slice(at.length);
    path = target === '' ? rest.slice(1) : target + rest;
  }
  return undefined;
}

/** The shortest prefix of `path` (itself included) that is a link. */
function firstLinkOn(path: string, links: ReadonlyMap<string, LinkEntry>): string | undefined {
  let found = links.has(path) ? path : undefined;
  for (const ancestor of ancestorsOf(path)) if (links.has(ancestor)) found = ancestor;
  return found;
}

function groupByPath(files: readonly FileAnalysis[]): Map<string, FileAnalysis[]> {
  const groups = new Map<string, FileAnalysis[]>();
  for (const file of files) push(groups, file.path, file);
  return groups;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
