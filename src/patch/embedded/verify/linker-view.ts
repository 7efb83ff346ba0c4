import type { Signal } from '../../../base/signal.ts';
import type { RootView } from '../../root/root-view.ts';
import type { MergedTree } from '../unpack/merged-tree.ts';

const MAX_CONFIG_BYTES = 1 << 20;
const MAX_DEPTH = 8;
const MAX_FOLDERS = 1000;

/** Where the dynamic linker would look, besides what an object itself names. */
export async function linkerFolders(root: RootView, { signal }: Signal): Promise<string[]> {
  const configured = await configuredFolders(root, ['etc/ld.so.conf'], signal, 0);
  const usual = ['lib', 'usr/lib', 'lib64', 'usr/lib64', 'lib32', 'usr/lib32', 'libx32', 'usr/libx32'];
  const multiarch = ['lib', 'usr/lib'].flatMap((folder) =>
    root
      .list(folder)
      .filter((name) => /^[a-z0-9_]+-linux-[a-z0-9]+$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  return [...new Set([...configured, ...multiarch, ...usual])].slice(0, MAX_FOLDERS);
}

async function configuredFolders(
  root: RootView,
  files: readonly string[],
  signal: AbortSignal,
  depth: number,
): Promise<string[]> {
  const there = files.filter((path) => root.resolve(path)?.type === 'file');
  if (there.length === 0 || depth > MAX_DEPTH) return [];
  const texts = await root.read(there, { maxBytes: MAX_CONFIG_BYTES, signal });
  const folders: string[] = [];
  for (const path of there) {
    for (const line of Buffer.from(texts.get(path) ?? new Uint8Array(0))
      .toString('utf8')
      .split('\n')) {
      const bare = (line.split('#')[0] ?? '').trim();
      if (bare.startsWith('/')) folders.push(bare.replace(/^\/+|\/+$/g, ''));
      const pattern = /^include\s+(\S+)/.exec(bare)?.[1];
      if (pattern !== undefined)
        folders.push(...(await configuredFolders(root, included(root, pattern), signal, depth + 1)));
    }
  }
  return folders;
}

/** Only the last part may hold a star, as in every configuration there is. */
function included(root: RootView, pattern: string): string[] {
  const slash = pattern.lastIndexOf('/');
  const folder = pattern.startsWith('/')
    ? pattern.slice(1, slash)
    : `etc/${pattern.slice(0, Math.max(0, slash))}`;
  const [start = '', end = ''] = pattern.slice(slash + 1).split('*');
  return root
    .list(folder.replace(/\/+$/, ''))
    .filter((name) => name.startsWith(start) && name.endsWith(end))
    .map((name) => `${folder}/${name}`);
}

/** Where a needed library is found for an object, links followed; undefined where it is not. */
export function findLibrary(
  name: string,
  object: { readonly path: string; readonly searchPaths: readonly string[] },
  folders: readonly string[],
  view: Pick<MergedTree, 'resolve'>,
): string | undefined {
  if (name.includes('/')) return fileAt(view, name.replace(/^\/+/, ''));
  const origin = object.path.slice(0, Math.max(0, object.path.lastIndexOf('/')));
  for (const path of object.searchPaths) {
    const folder = path.replace(/\$(?:ORIGIN|\{ORIGIN\})/g, `/${origin}`);
    const found = folder.startsWith('/') ? fileAt(view, cleaned(`${folder}/${name}`)) : undefined;
    if (found !== undefined) return found;
  }
  // Private libraries beside a program are found by its own loader or by a variable of its start script.
  for (const folder of [...folders, origin]) {
    const found = fileAt(view, `${folder}/${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fileAt(view: Pick<MergedTree, 'resolve'>, path: string): string | undefined {
  const entry = view.resolve(path);
  return entry?.type === 'file' || entry?.type === 'hardlink' ? entry.path : undefined;
}

function cleaned(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
