import { createHash } from 'node:crypto';
import type { RootEntry } from '../../root/root-view.ts';
import type { PayloadEntry } from '../archive/read-tar.ts';
import { idOf } from '../database/accounts.ts';
import { textOf } from '../database/installed.ts';
import type { WriteChange } from './merged-tree.ts';
import type { Unpacking, Upgrade } from './unpacking.ts';

const CAPABILITY = 'security.capability';
const SCRIPTS = ['preinst', 'postinst'] as const;
const CHANGES_METADATA = /\b(?:chmod|chgrp|chown|setcap|dpkg-statoverride)\b/;

/** What a path gets of owner and mode: of the package, of the image's own rules, or as scripts once made it. */
export interface Metadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

/**
 * Writes a payload entry unless the same lies there already.
 *
 * @param place where it really goes, links followed
 */
export function placePayload(
  entry: PayloadEntry,
  place: string,
  upgrade: Upgrade,
  unpacking: Unpacking,
): void {
  const existing = unpacking.tree.entry(place);
  const metadata = metadataFor(entry, existing, upgrade, unpacking);
  if (existing && isSame(entry, existing, metadata, unpacking)) return;
  unpacking.tree.write(toChange(entry, place, metadata));
}

export function toChange(entry: PayloadEntry, place: string, metadata: Metadata): WriteChange {
  const { type, mtime, target, content } = entry;
  const { mode, uid, gid, xattrs } = metadata;
  return {
    kind: 'write',
    path: place,
    type,
    mode,
    uid,
    gid,
    mtime,
    ...(target !== undefined && { target }),
    ...(xattrs.size > 0 && { xattrs }),
    ...(content && { content }),
  };
}

export function metadataFor(
  entry: PayloadEntry,
  existing: RootEntry | undefined,
  upgrade: Upgrade,
  { database, notes }: Unpacking,
): Metadata {
  const override = database.statOverrides.get(`/${entry.path}`);
  const uid = idOf(database.accounts.users, entry.user) ?? entry.uid;
  const gid = idOf(database.accounts.groups, entry.group) ?? entry.gid;
  const own: Metadata = { mode: entry.mode, uid, gid, xattrs: new Map(entry.xattrs), ...override };
  if (override || existing?.type !== 'file' || entry.type !== 'file' || !hasDrifted(own, existing))
    return own;
  if (!scriptsMindMetadata(upgrade, entry.path)) return own;
  notes.push(
    `/${entry.path} keeps the owner, mode or capability that it has in the image (${upgrade.installed.name})`,
  );
  const capability = existing.xattrs.get(CAPABILITY);
  return {
    mode: existing.mode,
    uid: existing.uid,
    gid: existing.gid,
    xattrs: capability ? new Map(own.xattrs).set(CAPABILITY, capability) : own.xattrs,
  };
}

function hasDrifted(own: Metadata, { mode, uid, gid, xattrs }: RootEntry): boolean {
  return own.mode !== mode || own.uid !== uid || own.gid !== gid || !isSameCapability(own.xattrs, xattrs);
}

function isSameCapability(a: Metadata['xattrs'], b: Metadata['xattrs']): boolean {
  return Buffer.compare(a.get(CAPABILITY) ?? new Uint8Array(0), b.get(CAPABILITY) ?? new Uint8Array(0)) === 0;
}

/** Then what differs is what a script made of it, not what the package once brought. */
function scriptsMindMetadata({ file }: Upgrade, path: string): boolean {
  return SCRIPTS.some((name) => {
    const script = textOf(file.info.get(name)?.content);
    return script.includes(`/${path}`) || CHANGES_METADATA.test(script);
  });
}

/** A later time of change alone is not worth a copy of the file. */
export function isSame(
  entry: PayloadEntry,
  existing: RootEntry,
  metadata: Metadata,
  { tree, digests }: Unpacking,
): boolean {
  if (entry.type === 'symlink')
    return (
      existing.type === 'symlink' &&
      existing.target === entry.target &&
      existing.uid === metadata.uid &&
      existing.gid === metadata.gid
    );
  if (entry.type !== 'file' || !entry.content) return false;
  if (existing.type !== 'file' && existing.type !== 'hardlink') return false;
  if (hasDrifted(metadata, existing)) return false;
  const written = tree.written(existing.path);
  if (written) return written.content !== undefined && Buffer.compare(written.content, entry.content) === 0;
  const known = digests.get(existing.path);
  return known !== undefined && known.sha256 === createHash('sha256').update(entry.content).digest('hex');
}
