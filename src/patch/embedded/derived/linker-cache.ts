import type { Signal } from '../../../base/signal.ts';
import type { RootView } from '../../root/root-view.ts';
import type { MergedTree } from '../unpack/merged-tree.ts';

const CACHE = 'etc/ld.so.cache';
const MAX_CACHE_BYTES = 64 << 20;
const MAX_ENTRIES = 500_000;
const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER_BYTES = 48;
const ENTRY_BYTES = 24;
/** Where Debian's linker looks anyway, whatever the architecture. */
const USUAL = /^(?:usr\/)?lib(?:32|64|x32)?(?:\/[a-z0-9_]+-linux-[a-z0-9]+)?$/;

/** Names of libraries and where they are, as the linker's cache has them. */
export type LinkerCache = ReadonlyMap<string, readonly string[]>;

export interface LinkerCacheTending extends Signal {
  readonly root: RootView;
  readonly tree: MergedTree;
  readonly notes: string[];
}

/**
 * The cache holds names and paths only: it stays right while no library of its comes or goes. Where one does, it is
 * dropped, for the linker finds without it, more slowly, what lies in the usual folders.
 */
export async function tendLinkerCache({ root, tree, notes, signal }: LinkerCacheTending): Promise<void> {
  if (root.entry(CACHE)?.type !== 'file') return;
  const content = (await root.read([CACHE], { maxBytes: MAX_CACHE_BYTES, signal })).get(CACHE);
  const cache = content && parseLinkerCache(content);
  if (!cache) return;
  const changed = changedName(cache, root, tree);
  if (changed === undefined) return;
  const elsewhere = [...cache.values()].flat().find((path) => !USUAL.test(folderOf(path)));
  if (elsewhere !== undefined && tree.resolve(elsewhere)) {
    notes.push(
      `/${CACHE} does not know of ${changed}, and is kept for /${elsewhere}: run ldconfig where that matters`,
    );
    return;
  }
  tree.remove(CACHE);
  notes.push(`/${CACHE} was dropped, for ${changed} came or went: the linker searches the usual folders`);
}

/** A library that the cache names and is gone, or one that is new beside those it names. */
function changedName(cache: LinkerCache, root: RootView, tree: MergedTree): string | undefined {
  const folders = new Set<string>();
  const paths = new Set<string>();
  for (const path of [...cache.values()].flat()) {
    const place = tree.place(path);
    if (place === undefined || !tree.resolve(path)) {
      if (root.resolve(path)) return `/${path}`;
      continue;
    }
    paths.add(place);
    folders.add(folderOf(place));
  }
  for (const change of tree.changes()) {
    if (change.kind !== 'write' || !/^(?:lib|ld-).*\.so\.[0-9.]+$/.test(nameOf(change.path))) continue;
    // The real file behind a link bears a longer name, which the cache does not hold.
    const isNew = folders.has(folderOf(change.path)) && !paths.has(change.path) && !root.entry(change.path);
    if (isNew && change.type === 'symlink') return `/${change.path}`;
  }
  return undefined;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * Undefined for a cache of another kind than glibc's own since 2.32, or one that does not hold together.
 *
 * @see glibc, sysdeps/generic/dl-cache.h
 */
export function parseLinkerCache(content: Uint8Array): LinkerCache | undefined {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const isBig = (bytes[28] ?? 0) % 4 === 3;
  const u32 = (at: number): number => (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  const count = u32(20);
  if (count > MAX_ENTRIES || HEADER_BYTES + count * ENTRY_BYTES > bytes.length) return undefined;
  const libraries = new Map<string, string[]>();
  for (let i = 0; i < count; i++) {
    const at = HEADER_BYTES + i * ENTRY_BYTES;
    const [name, path] = [textAt(bytes, u32(at + 4)), textAt(bytes, u32(at + 8))];
    if (name === undefined || path?.startsWith('/') !== true) return undefined;
    const known = libraries.get(name);
    if (known) known.push(path.slice(1));
    else libraries.set(name, [path.slice(1)]);
  }
  return libraries;
}

function textAt(bytes: Buffer, at: number): string | undefined {
  if (at >= bytes.length) return undefined;
  const end = bytes.indexOf(0, at);
  return end < 0 || end - at > 4096 ? undefined : bytes.toString('latin1', at, end);
}
