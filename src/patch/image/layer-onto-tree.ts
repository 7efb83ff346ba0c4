import { DrydockError } from '../../base/errors.ts';
import type { TarEntry, TarVisitor } from '../../codec/tar/walker.ts';
import { inode, pathOf, type Inode, type PathNode } from './path-node.ts';
import type { PathTree } from './path-tree.ts';

/** What is allowed to stay in memory, over all layers. */
export interface Budget {
  /** Names, targets of links, extended attributes. */
  metadataBytes: number;
  keptBytes: number;
}

const MAX_METADATA_BYTES = 256 << 20;
const MAX_KEPT_BYTES = 128 << 20;
const MAX_KEPT_FILE_BYTES = 32 << 20;
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/**
 * Lays a layer's members onto the tree as they come.
 * @throws DrydockError LAYER_LIMIT
 * @see OCI Image Spec 1.1, "Image Layer Filesystem Changeset"
 */
export function layerOntoTree(
  tree: PathTree,
  layer: number,
  wanted: (path: string) => boolean,
  budget: Budget,
): TarVisitor {
  let member = -1;
  let current: PathNode | undefined;
  return {
    entry(entry) {
      member++;
      current = undefined;
      if (isOddPath(entry.path)) return false;
      const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
      if (name.startsWith(WHITEOUT)) {
        whiteOut(tree, entry.path, name, layer);
        return false;
      }
      charge(budget, entry);
      current = lay(tree, entry, layer, member);
      if (entry.kind !== 'file' || !current || entry.sizeBytes > MAX_KEPT_FILE_BYTES) return false;
      return budget.keptBytes + entry.sizeBytes <= MAX_KEPT_BYTES && wanted(pathOf(current));
    },
    content(_entry, content) {
      if (!current) return;
      budget.keptBytes += content.length;
      current.inode.kept = Uint8Array.from(content);
    },
  };
}

/** No file system takes a NUL; what lies below a whiteout is a record of old union file systems. */
function isOddPath(path: string): boolean {
  const slash = path.lastIndexOf('/');
  if (path.includes('\0')) return true;
  return slash >= 0 && (path.startsWith(WHITEOUT) || path.lastIndexOf(`/${WHITEOUT}`, slash - 1) >= 0);
}

function whiteOut(tree: PathTree, path: string, name: string, layer: number): void {
  const folder = path.slice(0, path.length - name.length);
  if (name === OPAQUE) return tree.empty(folder, layer);
  const hidden = name.slice(WHITEOUT.length);
  if (hidden === '' || hidden === '.' || hidden === '..' || hidden.startsWith(WHITEOUT)) return;
  tree.remove(folder + hidden, layer);
}

function lay(tree: PathTree, entry: TarEntry, layer: number, member: number): PathNode | undefined {
  if (entry.kind === 'hardlink') return tree.link(entry.path, entry.linkTarget ?? '', layer);
  const type = typeOf(entry);
  return type && tree.put(ownText(entry.path), inodeFor(entry, type, layer, member), layer);
}

/** Members of types that nobody knows are as good as not there. */
function typeOf({ kind, device }: TarEntry): Inode['type'] | undefined {
  return kind === 'other' || kind === 'hardlink' ? device?.type : kind;
}

function inodeFor(entry: TarEntry, type: Inode['type'], layer: number, member: number): Inode {
  const { mode, uid, gid, mtime, sizeBytes, linkTarget, xattrs, device } = entry;
  return inode({
    type,
    mode,
    uid: uid ?? 0,
    gid: gid ?? 0,
    mtime: mtime ?? 0,
    sizeBytes: type === 'file' ? sizeBytes : 0,
    target: linkTarget === undefined ? undefined : ownText(linkTarget),
    xattrs,
    device: device && device.type !== 'fifo' ? { major: device.major, minor: device.minor } : undefined,
    layer,
    member,
  });
}

/** A part of a longer text keeps all of that text in memory; this is a copy that does not. */
function ownText(text: string): string {
  return Buffer.from(text).toString();
}

function charge(budget: Budget, { path, linkTarget = '', xattrs }: TarEntry): void {
  budget.metadataBytes += path.length + linkTarget.length;
  for (const [name, value] of xattrs ?? []) budget.metadataBytes += name.length + value.length;
  if (budget.metadataBytes <= MAX_METADATA_BYTES) return;
  throw new DrydockError(
    'LAYER_LIMIT',
    `the names and attributes in the image take more than ${MAX_METADATA_BYTES >> 20} MiB`,
  );
}
