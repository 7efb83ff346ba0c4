import type { ApkEntry } from '../archive/open-apk.ts';
import { filesOf } from '../database/record.ts';
import { isRecorded } from './checksum.ts';
import type { ApkUnpacking, ApkUpgrade } from './unpacking.ts';

/** Takes away what only the old version had; what was changed in a protected folder stays. */
export function removeOldFiles(
  { installed }: ApkUpgrade,
  payload: readonly ApkEntry[],
  unpacking: ApkUnpacking,
): void {
  const { tree, owners, isProtected, notes } = unpacking;
  const paths = new Set(payload.map(({ path }) => path));
  const places = new Set(payload.map(({ path }) => tree.place(path)));
  for (const { path, folder, file } of filesOf(installed)) {
    const owner = owners.get(path);
    if (paths.has(path) || owner?.pkg.name !== installed.name || owner.isShared === true) continue;
    owners.delete(path);
    const place = tree.place(path);
    const existing = place === undefined ? undefined : tree.entry(place);
    if (place === undefined || !existing || existing.type === 'directory' || places.has(place)) continue;
    if (!isProtected(folder.path) || isRecorded(file.checksum, existing, unpacking)) tree.remove(place);
    else notes.push(`/${path} is no longer of ${installed.name}, but was changed and is kept`);
  }
}

/** Folders that no package has any more go where nothing is in them, the innermost first. */
export function removeOldFolders(
  upgrades: readonly ApkUpgrade[],
  { database, folders, tree }: ApkUnpacking,
): void {
  const used = new Set<string>(['']);
  for (const each of database.packages)
    for (const { path } of folders.get(each.name) ?? each.folders)
      for (const above of upwards(path)) used.add(above);
  const old = new Set(
    upgrades.flatMap(({ installed }) => installed.folders.flatMap(({ path }) => [...upwards(path)])),
  );
  const byDepth = [...old].filter((path) => !used.has(path)).sort((a, b) => b.length - a.length);
  for (const path of byDepth) {
    const place = tree.place(path);
    if (place !== undefined && tree.entry(place)?.type === 'directory' && tree.list(place).length === 0)
      tree.remove(place);
  }
}

/** A folder and all those above it. */
function* upwards(path: string): Generator<string> {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) yield at;
}
