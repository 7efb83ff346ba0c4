import type { RootView } from '../../root/root-view.ts';
import type { Upgrade } from '../unpack/unpacking.ts';
import type { Database } from './installed.ts';

/** What small images leave out of packages without harm. */
const DOCUMENTATION = /^\/usr\/share\/(?:doc|man|info|locale|lintian|bug|doc-base|gcc)(?:\/|$)/;

/**
 * A distroless image may hold only part of a package: then a new version of it would not be what was chosen.
 */
export function missingParts(
  { installed }: Upgrade,
  { root, database }: { root: RootView; database: Database },
): { readonly refusal?: string; readonly notes: readonly string[] } {
  if (database.kind !== 'distroless') return { notes: [] };
  if (installed.files.length === 0)
    return { refusal: `partial install: nothing says which files ${installed.name} has`, notes: [] };
  const missing = installed.files.filter(
    (path) => root.place(path.slice(1)) === undefined || !root.resolve(path.slice(1)),
  );
  const needed = missing.find((path) => !DOCUMENTATION.test(path));
  if (needed !== undefined)
    return {
      refusal: `partial install: the image holds only part of ${installed.name} (${needed} is missing)`,
      notes: [],
    };
  return { notes: missing.length > 0 ? [`${installed.name} has no documentation in this image`] : [] };
}

/** Documentation that the image was made without stays out. */
export function isLeftOut(path: string, root: RootView, database: Database): boolean {
  if (database.kind !== 'distroless' || !DOCUMENTATION.test(`/${path}`)) return false;
  const [top, share, kind] = path.split('/');
  return root.resolve(`${top}/${share}/${kind}`)?.type !== 'directory';
}
