import type { RootEntry, RootEntryType } from '../root/root-view.ts';

/** What a name stands for. Several names share one where there are hard links. */
export interface Inode {
  readonly type: Exclude<RootEntryType, 'hardlink'>;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly sizeBytes: number;
  readonly target: string | undefined;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  readonly device: { readonly major: number; readonly minor: number } | undefined;
  readonly layer: number;
  /** Which of the layer's members it is, so that its content can be found again. */
  readonly member: number;
  /** Undefined while there is only one. */
  names: Set<PathNode> | undefined;
  /** Of small files that were wanted in the first pass. */
  kept: Uint8Array | undefined;
}

/** A name in a directory. */
export interface PathNode {
  readonly name: string;
  readonly parent: PathNode | undefined;
  readonly depth: number;
  inode: Inode;
  children: Map<string, PathNode> | undefined;
  /** The last layer that wrote it or something below it. */
  touched: number;
}

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

type OptionalFact = Exclude<keyof Inode, 'type' | 'layer' | 'member' | 'names' | 'kept'>;

/** All fields in one order, so that the engine keeps one shape for the hundreds of thousands of them. */
export function inode(
  facts: Pick<Inode, 'type' | 'layer' | 'member'> & { readonly [K in OptionalFact]?: Inode[K] | undefined },
): Inode {
  return {
    type: facts.type,
    mode: facts.mode ?? 0o755,
    uid: facts.uid ?? 0,
    gid: facts.gid ?? 0,
    mtime: facts.mtime ?? 0,
    sizeBytes: facts.sizeBytes ?? 0,
    target: facts.target,
    xattrs: facts.xattrs ?? NO_XATTRS,
    device: facts.device,
    layer: facts.layer,
    member: facts.member,
    names: undefined,
    kept: undefined,
  };
}

/** A directory that nobody wrote, but that something lies in. */
export function impliedDirectory(layer: number): Inode {
  return inode({ type: 'directory', layer, member: -1 });
}

export function nodeIn(parent: PathNode | undefined, name: string, of: Inode, layer: number): PathNode {
  const depth = parent ? parent.depth + 1 : 0;
  return { name, parent, depth, inode: of, children: undefined, touched: layer };
}

export function pathOf(node: PathNode): string {
  return namesOf(node).join('/');
}

export function namesOf(node: PathNode): string[] {
  const names: string[] = [];
  for (let at = node; at.parent; at = at.parent) names.push(at.name);
  return names.reverse();
}

/** The node as it is shown; of several names of one file the first is the file and the others are links to it. */
export function entryOf(node: PathNode, path = pathOf(node)): RootEntry {
  const { type, mode, uid, gid, mtime, sizeBytes, xattrs, target, device, layer, names } = node.inode;
  const [first] = names ?? [];
  const linked = first !== undefined && first !== node ? pathOf(first) : undefined;
  const leads = linked ?? target;
  return {
    path,
    type: linked === undefined ? type : 'hardlink',
    mode,
    uid,
    gid,
    mtime,
    sizeBytes,
    ...(leads !== undefined && { target: leads }),
    xattrs,
    ...(device && { device }),
    layer,
  };
}
