import type { Signal } from '../base/signal.ts';
import type { PackageUpdate } from '../model/patch.ts';
import type { LayerChange, RootView } from './root/root-view.ts';

const INFO = 'var/lib/dpkg/info';
const MAX_LIST_BYTES = 64 << 20;

/**
 * Adds the file lists of replaced packages that are as they were. dpkg writes them anew too, and scanners, which read
 * each layer by itself, take what a library of Ruby or Python brings for the system's only where the list is in the same
 * layer: without it they would tell of upstream's versions what the distribution has long fixed.
 */
export async function withFileLists(
  changes: readonly LayerChange[],
  applied: readonly PackageUpdate[],
  root: RootView,
  { signal }: Signal,
): Promise<readonly LayerChange[]> {
  const changed = new Set(changes.map(({ path }) => path));
  const same = applied
    .flatMap(({ name, architecture }) => [`${INFO}/${name}.list`, `${INFO}/${name}:${architecture}.list`])
    .filter((path) => !changed.has(path) && root.entry(path)?.type === 'file');
  const contents = await root.read(same, { maxBytes: MAX_LIST_BYTES, signal });
  return [...changes, ...same.flatMap((path) => listChange(path, contents.get(path), root))];
}

function listChange(path: string, content: Uint8Array | undefined, root: RootView): LayerChange[] {
  const entry = root.entry(path);
  if (!entry || !content) return [];
  const { mode, uid, gid, mtime, xattrs } = entry;
  return [{ kind: 'write', path, type: 'file', mode, uid, gid, mtime, xattrs, content }];
}
