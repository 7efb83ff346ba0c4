import { idOf } from '../../embedded/database/accounts.ts';
import type { WriteChange } from '../../embedded/unpack/merged-tree.ts';
import type { RootEntry } from '../../root/root-view.ts';
import type { ApkEntry } from '../archive/open-apk.ts';
import { checksumText, foldersOf } from '../database/write-record.ts';
import type { InstalledApk } from '../database/record.ts';
import { digestOf, isRecorded } from './checksum.ts';
import { fateOf, replaced } from './file-owners.ts';
import { removeOldFiles } from './remove-old-files.ts';
import type { ApkUnpacked, ApkUnpacking, ApkUpgrade } from './unpacking.ts';

/** Does with a package what apk does between its scripts: brings the new files, takes the old ones away. */
export function unpackApk(upgrade: ApkUpgrade, unpacking: ApkUnpacking): ApkUnpacked {
  const all = upgrade.file.payload.map((entry) => withOwner(entry, unpacking));
  const payload = all.filter(({ path, type }) => type === 'directory' || !isLeft(path, upgrade, unpacking));
  const kept = new Set<string>();
  const before = new Map(upgrade.installed.folders.map((folder) => [folder.path, folder]));
  for (const entry of payload)
    if (entry.type === 'directory') placeFolder(entry, before.get(entry.path), unpacking);
  const own = new Set(payload);
  for (const { source, names } of linkedNames(all))
    placeNames({ source, names: names.filter((entry) => own.has(entry)) }, kept, unpacking);
  claim(payload, upgrade, unpacking);
  unpacking.folders.set(upgrade.installed.name, foldersOf(payload));
  removeOldFiles(upgrade, payload, unpacking);
  return { upgrade, payload, kept };
}

/** The file of a package that is more important stays. */
function isLeft(path: string, upgrade: ApkUpgrade, { owners }: ApkUnpacking): boolean {
  const owner = owners.get(path);
  return owner !== undefined && fateOf(upgrade, owner.pkg) === 'left';
}

/** Names count for more than numbers, where the image knows them. */
function withOwner(entry: ApkEntry, { database }: ApkUnpacking): ApkEntry {
  const uid = idOf(database.accounts.users, entry.user) ?? entry.uid;
  const gid = idOf(database.accounts.groups, entry.group) ?? entry.gid;
  return { ...entry, uid, gid };
}

/** A folder that is as the old version had it becomes as the new one has it; one that was changed stays so. */
function placeFolder(entry: ApkEntry, before: Owned | undefined, { tree }: ApkUnpacking): void {
  const existing = tree.resolve(entry.path);
  if (existing?.type !== 'directory') {
    const place = tree.place(entry.path);
    if (place !== undefined) tree.write(toChange(entry, place));
    return;
  }
  const isAsRecorded = before !== undefined && isSameMode(existing, before);
  if (isAsRecorded && !isSameMode(existing, entry)) tree.write(toChange(entry, existing.path));
}

type Owned = Pick<RootEntry, 'mode' | 'uid' | 'gid'>;

function isSameMode(a: Owned, b: Owned): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

function toChange(entry: ApkEntry, path: string): WriteChange {
  const { type, mode, uid, gid, mtime, target, xattrs, content } = entry;
  return {
    kind: 'write',
    path,
    type,
    mode,
    uid,
    gid,
    mtime,
    ...(target !== undefined && { target }),
    ...(xattrs && { xattrs }),
    ...(content && { content }),
  };
}

/** Files and links, each with its content and all the names it has in the package. */
function linkedNames(
  payload: readonly ApkEntry[],
): { readonly source: ApkEntry; readonly names: ApkEntry[] }[] {
  const groups = new Map<string, { source: ApkEntry; names: ApkEntry[] }>();
  const firstOf = new Map<string, string>();
  for (const entry of payload) {
    if (entry.type === 'directory') continue;
    const first = entry.type === 'hardlink' ? (firstOf.get(entry.target ?? '') ?? '') : entry.path;
    firstOf.set(entry.path, first);
    const group = groups.get(first);
    if (group) group.names.push(entry);
    else if (entry.type !== 'hardlink') groups.set(first, { source: entry, names: [entry] });
  }
  return [...groups.values()];
}

/** The first name in the layer's order holds the content, so that the others can lead to it. */
function placeNames(
  { source, names }: { readonly source: ApkEntry; readonly names: readonly ApkEntry[] },
  kept: Set<string>,
  unpacking: ApkUnpacking,
): void {
  const { tree } = unpacking;
  const places = names.flatMap(({ path }) => placeFor(path, source, kept, unpacking) ?? []);
  const isWhole = places.every((place) => {
    const existing = tree.entry(place);
    return existing && isSame(source, existing, unpacking);
  });
  if (isWhole) return;
  const [main, ...others] = [...new Set(places)].sort();
  if (main === undefined) return;
  tree.write(toChange(source, main));
  const { content: _, ...bare } = source;
  for (const place of others) tree.write(toChange({ ...bare, type: 'hardlink', target: main }, place));
}

/** Where a name goes: beside the image's own file, where that one is to be kept; nowhere, where both are the same. */
function placeFor(
  path: string,
  source: ApkEntry,
  kept: Set<string>,
  unpacking: ApkUnpacking,
): string | undefined {
  const { tree, owners, isProtected, notes } = unpacking;
  const place = tree.place(path);
  const existing = place === undefined ? undefined : tree.entry(place);
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  if (!existing || !isProtected(folder)) return place;
  const owner = owners.get(path);
  if (owner && isRecorded(owner.checksum, existing, unpacking)) return place;
  kept.add(path);
  if (source.sha1 !== undefined && digestOf(existing, 'sha1', unpacking) === source.sha1) return undefined;
  notes.push(`/${path} was changed and is kept; the new one is /${path}.apk-new`);
  return `${place ?? path}.apk-new`;
}

/** A later time of change alone is not worth a copy of the file. */
function isSame(entry: ApkEntry, existing: RootEntry, unpacking: ApkUnpacking): boolean {
  if (entry.type === 'symlink') {
    const isOwn = existing.uid === entry.uid && existing.gid === entry.gid;
    return existing.type === 'symlink' && existing.target === entry.target && isOwn;
  }
  if (existing.type !== 'file' && existing.type !== 'hardlink') return false;
  if (!isSameMode(existing, entry) || !hasSameXattrs(existing, entry)) return false;
  return digestOf(existing, 'sha1', unpacking) === entry.sha1;
}

function hasSameXattrs({ xattrs: before }: RootEntry, { xattrs: after = new Map() }: ApkEntry): boolean {
  return (
    before.size === after.size &&
    [...before].every(([name, value]) => Buffer.compare(value, after.get(name) ?? new Uint8Array(0)) === 0)
  );
}

/** What a package brings is no longer another's: that one's record loses it. */
function claim(payload: readonly ApkEntry[], upgrade: ApkUpgrade, { owners, folders }: ApkUnpacking): void {
  const pkg = replaced(upgrade);
  const taken = new Map<InstalledApk, Set<string>>();
  for (const { path, type, sha1 } of payload) {
    if (type === 'directory') continue;
    const owner = owners.get(path)?.pkg;
    owners.set(path, { pkg, ...(sha1 !== undefined && { checksum: checksumText(sha1) }) });
    if (owner && owner.name !== pkg.name) taken.set(owner, (taken.get(owner) ?? new Set()).add(path));
  }
  for (const [owner, paths] of taken) {
    const left = (folders.get(owner.name) ?? owner.folders).map((folder) => ({
      ...folder,
      files: folder.files.filter(
        ({ name }) => !paths.has(folder.path === '' ? name : `${folder.path}/${name}`),
      ),
    }));
    folders.set(owner.name, left);
  }
}
