import type { RootView } from '../../root/root-view.ts';

const FOLDERS = ['etc/apk/commit_hooks.d', 'lib/apk/commit_hooks.d'];
const RUNS = 0o111;

/** A program of the image's owner that apk runs before and after all it does; undefined where there is none. */
export function commitHook(root: Pick<RootView, 'list' | 'resolve'>): string | undefined {
  return FOLDERS.flatMap((folder) => root.list(folder).map((name) => `${folder}/${name}`)).find((path) => {
    const { type, mode = 0 } = root.resolve(path) ?? {};
    const isHidden = path.slice(path.lastIndexOf('/') + 1).startsWith('.');
    return !isHidden && (type === 'file' || type === 'hardlink') && (mode & RUNS) !== 0;
  });
}
