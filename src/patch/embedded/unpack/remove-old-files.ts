import { divert } from '../database/diversions.ts';
import type { ConffileRecord } from '../database/stanza.ts';
import type { ConffilePlan } from './conffiles.ts';
import { removeStaleBytecode } from './stale-bytecode.ts';
import type { Unpacking, Upgrade } from './unpacking.ts';

export interface OldFiles {
  readonly upgrade: Upgrade;
  readonly list: readonly string[];
  readonly filtered: ReadonlySet<string>;
  readonly conffileOf: ReadonlyMap<string, ConffilePlan>;
  readonly placed: readonly { readonly place: string }[];
}

/**
 * Takes away what only the old version had, from the last listed to the first, so that folders come empty. What lies
 * under another name of the new version, and what another package has, stays.
 *
 * @returns former conffiles that are still there
 */
export function removeOldFiles(old: OldFiles, unpacking: Unpacking): ConffileRecord[] {
  const { installed } = old.upgrade;
  const isNew = new Set(old.list.filter((name) => !old.filtered.has(name)));
  const newPlaces = new Set(
    old.list.flatMap((name) => (old.filtered.has(name) ? [] : [unpacking.tree.place(name.slice(1)) ?? ''])),
  );
  for (const { place } of old.placed) newPlaces.add(place);
  const records = new Map(installed.conffiles.map((record) => [record.path, record]));
  const files = unpacking.lists.get(installed) ?? installed.files;
  const obsolete: ConffileRecord[] = [];
  for (const name of [...files].reverse()) {
    if (isNew.has(name) || old.conffileOf.has(name) || name === '/.') continue;
    const record = records.get(name);
    if (isStillThere(name, newPlaces, old.upgrade, unpacking, record !== undefined) && record)
      obsolete.push({
        ...record,
        flags: ['obsolete', ...record.flags.filter((flag) => flag !== 'obsolete')],
      });
  }
  return obsolete;
}

/** Removes it where that is right; true for a conffile that was left. */
function isStillThere(
  name: string,
  newPlaces: ReadonlySet<string>,
  { installed }: Upgrade,
  unpacking: Unpacking,
  isConffile: boolean,
): boolean {
  const { tree, owners, database } = unpacking;
  const place = tree.place(divert(name, installed.name, database.diversions).slice(1));
  const existing = place === undefined ? undefined : tree.entry(place);
  if (place === undefined || !existing) return false;
  const isOthers = [...(owners.get(name) ?? [])].some((owner) => owner !== installed);
  if (existing.type === 'directory') {
    if (!isOthers && !newPlaces.has(place) && tree.list(place).length === 0) tree.remove(place);
    return false;
  }
  if (newPlaces.has(place)) return false;
  if (isConffile) return true;
  if (isOthers) return false;
  tree.remove(place);
  removeStaleBytecode([place], unpacking);
  return false;
}
