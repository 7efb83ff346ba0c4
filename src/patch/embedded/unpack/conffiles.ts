import { createHash } from 'node:crypto';
import type { PayloadEntry } from '../archive/read-tar.ts';
import { textOf, type InstalledPackage } from '../database/installed.ts';
import type { ConffileRecord } from '../database/stanza.ts';
import { divert } from '../database/diversions.ts';
import type { Unpacking, Upgrade } from './unpacking.ts';
import { placePayload } from './place-payload.ts';

/** dpkg's words where there is no hash: of a new conffile, and of one that cannot be followed. */
const NEW_CONFFILE = 'newconffile';

export interface ConffilePlan {
  /** With a leading slash. */
  readonly path: string;
  readonly oldHash: string;
  /** The new version wants it gone. */
  readonly isRemoved: boolean;
}

/** The lines of a package's `conffiles`. @see deb-conffiles(5) */
export function planConffiles({ installed, file }: Upgrade, { owners }: Unpacking): ConffilePlan[] {
  return textOf(file.info.get('conffiles')?.content)
    .split('\n')
    .flatMap((line) => {
      const match = /^(remove-on-upgrade\s+)?(\/.*?)\s*$/.exec(line);
      const path = match?.[2];
      if (path === undefined) return [];
      return [{ path, oldHash: oldHashOf(path, installed, owners), isRemoved: match?.[1] !== undefined }];
    });
}

/** The package's own record, or that of another one which has the file. */
function oldHashOf(path: string, installed: InstalledPackage, owners: Unpacking['owners']): string {
  for (const each of [installed, ...(owners.get(path) ?? [])]) {
    const record = each.conffiles.find((known) => known.path === path);
    if (record) return record.hash;
  }
  return NEW_CONFFILE;
}

export interface ConffileWork {
  readonly upgrade: Upgrade;
  readonly plan: ConffilePlan;
  /** Undefined where the package only names it. */
  readonly entry: PayloadEntry | undefined;
}

/**
 * What dpkg does with `--force-confold`: what the user changed or deleted stays so, what he did not is replaced.
 *
 * @returns the record for the status file
 */
export function applyConffile({ upgrade, plan, entry }: ConffileWork, unpacking: Unpacking): ConffileRecord {
  const { path, oldHash } = plan;
  if (plan.isRemoved) return removeConffile(upgrade, plan, unpacking);
  if (!entry?.content) return { path, hash: oldHash, flags: [] };
  const { tree, database, notes } = unpacking;
  const newHash = createHash('md5').update(entry.content).digest('hex');
  const wanted = divert(path, upgrade.installed.name, database.diversions).slice(1);
  const place = tree.place(wanted);
  if (place !== undefined && tree.entry(place)?.type === 'symlink') {
    // dpkg writes the new one beside the link, looks for it behind the link, and so leaves all as it is.
    notes.push(`${path} is a link and is kept as it is (${upgrade.installed.name})`);
    return { path, hash: oldHash, flags: [] };
  }
  const existing = tree.resolve(wanted);
  const current = existing && hashOf(existing.path, unpacking);
  const isNew = oldHash === NEW_CONFFILE;
  const record = { path, hash: newHash, flags: [] };
  if (current === newHash) return record;
  if (current === undefined && isNew) placePayload(entry, wanted, upgrade, unpacking);
  else if (current !== undefined && existing && current === oldHash)
    placePayload({ ...entry, ...pick(existing) }, existing.path, upgrade, unpacking);
  else if (oldHash !== newHash || isNew)
    notes.push(
      current === undefined
        ? `${path} was deleted and stays so (${upgrade.installed.name})`
        : `${path} was changed and is kept as it is (${upgrade.installed.name})`,
    );
  return record;
}

/** A replaced one keeps the owner and the mode that it had. */
function pick({ mode, uid, gid }: { mode: number; uid: number; gid: number }): Partial<PayloadEntry> {
  return { mode, uid, gid, user: '', group: '' };
}

function removeConffile(
  { installed }: Upgrade,
  { path, oldHash }: ConffilePlan,
  unpacking: Unpacking,
): ConffileRecord {
  const { tree, owners, notes } = unpacking;
  const record = { path, hash: oldHash, flags: ['remove-on-upgrade'] };
  const existing = tree.resolve(path.slice(1));
  const isShared = [...(owners.get(path) ?? [])].some((owner) => owner !== installed);
  if (!existing || isShared) return record;
  if (hashOf(existing.path, unpacking) === oldHash) tree.remove(existing.path);
  else {
    // dpkg would move it to `.dpkg-old`, out of the way of whatever reads the folder.
    renameFile(existing.path, `${existing.path}.dpkg-old`, unpacking);
    notes.push(`${path} was changed and is no longer used: kept as ${path}.dpkg-old (${installed.name})`);
  }
  return record;
}

function renameFile(from: string, to: string, { tree, renames }: Unpacking): void {
  tree.remove(from);
  renames.set(to, from);
}

/** MD5 of what lies there now; undefined where it is no file. */
function hashOf(place: string, { tree, digests }: Unpacking): string | undefined {
  const written = tree.written(place);
  if (written?.content) return createHash('md5').update(written.content).digest('hex');
  return digests.get(place)?.md5;
}
