import { DrydockError } from '../../base/errors.ts';
import { impliedDirectory, namesOf, nodeIn, type Inode, type PathNode } from './path-node.ts';

/** Names, links and attributes of all layers together; the layers are laid on in their order. */
export interface PathTree {
  readonly root: PathNode;
  /** Puts something where a layer has it, through links among its parents. Undefined where there is no such place. */
  put(path: string, of: Inode, layer: number): PathNode | undefined;
  /** Another name for what is at `target`. Undefined where nothing is. */
  link(path: string, target: string, layer: number): PathNode | undefined;
  /** Takes away what lower layers have at a path; what this layer wrote there stays. */
  remove(path: string, layer: number): void;
  /** The same for all that lies in a directory. */
  empty(path: string, layer: number): void;
  find(path: string, followLast: boolean): PathNode | undefined;
  /** Where something written to the path would lie; its parents need not be there. */
  place(path: string): string | undefined;
}

/** As the kernel has it. */
const MAX_LINKS = 40;
/** A path of the kernel's greatest length has no more parts; only links make deeper ones. */
const MAX_DEPTH = 4096;
const MAX_NODES = 3_000_000;

/** Where a walk came to: the last directory that is there, and the names that are not. */
interface Walk {
  readonly at: PathNode;
  /** Of names that are missing, the next one last. */
  readonly missing: string[];
}

export function openPathTree(): PathTree {
  const root = nodeIn(undefined, '', impliedDirectory(0), 0);
  let nodes = 0;

  function add(parent: PathNode, name: string, of: Inode, layer: number): PathNode {
    if (parent.depth >= MAX_DEPTH) throw limit(`directories nested deeper than ${MAX_DEPTH}`);
    if (++nodes > MAX_NODES) throw limit(`more than ${MAX_NODES} files`);
    const node = nodeIn(parent, name, of, layer);
    (parent.children ??= new Map()).set(name, node);
    touch(parent, layer);
    return node;
  }

  function drop(node: PathNode): void {
    node.parent?.children?.delete(node.name);
    for (const one of below(node)) {
      nodes--;
      one.inode.names?.delete(one);
    }
  }

  /** The directory that a member lies in, made where it is missing. */
  function parentFor(parts: readonly string[], layer: number): PathNode | undefined {
    const walk = walkFrom(root, parts.slice(0, -1), true);
    if (!walk) return undefined;
    let at = walk.at;
    // A file where a directory has to be gives way, as one layer lies over the other.
    if (at.inode.type !== 'directory') {
      const { parent, name } = at;
      if (!parent) return undefined;
      drop(at);
      at = add(parent, name, impliedDirectory(layer), layer);
    }
    for (const name of walk.missing.toReversed()) {
      // A link may lead to where only a whiteout could be.
      if (name.startsWith('.wh.')) return undefined;
      if (name === '..') at = at.parent ?? at;
      else at = at.children?.get(name) ?? add(at, name, impliedDirectory(layer), layer);
      if (at.inode.type !== 'directory') return undefined;
    }
    return at;
  }

  function put(path: string, of: Inode, layer: number): PathNode | undefined {
    const parts = partsOf(path);
    const name = parts.at(-1);
    if (name === undefined) {
      if (of.type === 'directory') root.inode = of;
      return root;
    }
    const parent = parentFor(parts, layer);
    if (!parent) return undefined;
    const there = parent.children?.get(name);
    if (there?.inode.type === 'directory' && of.type === 'directory') {
      there.inode = of;
      touch(there, layer);
      return there;
    }
    if (there) drop(there);
    return add(parent, name, of, layer);
  }

  function link(path: string, target: string, layer: number): PathNode | undefined {
    const linked = find(target, false);
    if (!linked || linked.inode.type === 'directory') return undefined;
    // Taking away what is there might take the file with it: a link to itself changes nothing.
    if (find(path, false) === linked) return linked;
    const node = put(path, linked.inode, layer);
    if (!node?.parent) return undefined;
    // The new name may have taken the place of a directory that the first one was in.
    linked.inode.names ??= new Set(find(target, false) === linked ? [linked] : []);
    linked.inode.names.add(node);
    return node;
  }

  function find(path: string, followLast: boolean): PathNode | undefined {
    const walk = walkFrom(root, partsOf(path), followLast);
    return walk && walk.missing.length === 0 ? walk.at : undefined;
  }

  return {
    root,
    put,
    link,
    find,
    remove(path, layer) {
      const node = find(path, false);
      if (node?.parent) removeLower(node, layer, drop);
    },
    empty(path, layer) {
      const node = find(path, true);
      for (const child of [...(node?.children?.values() ?? [])]) removeLower(child, layer, drop);
    },
    place(path) {
      const parts = partsOf(path);
      const name = parts.at(-1);
      if (name === undefined) return '';
      const walk = walkFrom(root, parts.slice(0, -1), true);
      if (!walk || walk.at.inode.type !== 'directory') return undefined;
      const names = namesOf(walk.at);
      for (const missing of walk.missing.toReversed()) {
        if (missing === '..') names.pop();
        else names.push(missing);
      }
      return [...names, name].join('/');
    },
  };
}

/** A node and all below it. Without recursion, as depth is not ours to choose. */
function* below(node: PathNode): Generator<PathNode> {
  const stack = [node];
  for (let next = stack.pop(); next; next = stack.pop()) {
    yield next;
    for (const child of next.children?.values() ?? []) stack.push(child);
  }
}

/** A whiteout is for lower layers only, wherever in its own layer it stands. */
function removeLower(node: PathNode, layer: number, drop: (node: PathNode) => void): void {
  const stack = [node];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (next.touched !== layer) drop(next);
    else for (const child of next.children?.values() ?? []) stack.push(child);
  }
}

function touch(node: PathNode, layer: number): void {
  for (let at: PathNode | undefined = node; at && at.touched !== layer; at = at.parent) at.touched = layer;
}

/** Follows links, never out of the root. Undefined for a circle, and for a way through what is no directory. */
function walkFrom(root: PathNode, parts: readonly string[], followLast: boolean): Walk | undefined {
  const left = parts.toReversed();
  let at = root;
  let links = 0;
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    if (name === '..') {
      at = at.parent ?? at;
      continue;
    }
    const next: PathNode | undefined = at.children?.get(name);
    if (!next) return at.inode.type === 'directory' ? { at, missing: [...left, name] } : undefined;
    const { type, target = '' } = next.inode;
    if (type !== 'symlink' || (left.length === 0 && !followLast)) {
      at = next;
      continue;
    }
    if (++links > MAX_LINKS) return undefined;
    if (target.startsWith('/')) at = root;
    for (const part of partsOf(target).toReversed()) left.push(part);
  }
  return { at, missing: [] };
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function limit(what: string): DrydockError {
  return new DrydockError('LAYER_LIMIT', `the layers of the image have ${what}`);
}
