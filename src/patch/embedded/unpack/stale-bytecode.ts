import type { Unpacking } from './unpacking.ts';

const CACHE = '__pycache__';

/** Python's compiled copies of sources that were written or removed; it makes them anew where it may. */
export function removeStaleBytecode(
  places: readonly string[],
  { tree, owners }: Pick<Unpacking, 'tree' | 'owners'>,
): void {
  for (const place of places) {
    if (!place.endsWith('.py') || (tree.entry(place) && !tree.written(place))) continue;
    const slash = place.lastIndexOf('/');
    const folder = place.slice(0, Math.max(0, slash));
    const stem = place.slice(slash + 1, -'.py'.length);
    const cache = folder === '' ? CACHE : `${folder}/${CACHE}`;
    if (tree.entry(cache)?.type !== 'directory') continue;
    for (const name of tree.list(cache)) {
      const isCopy = name.startsWith(`${stem}.`) && name.endsWith('.pyc');
      if (isCopy && !owners.has(`/${cache}/${name}`)) tree.remove(`${cache}/${name}`);
    }
    if (tree.list(cache).length === 0 && !owners.has(`/${cache}`)) tree.remove(cache);
  }
}
