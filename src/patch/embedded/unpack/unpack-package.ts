import { linkTargetPath } from '../../../codec/tar/path.ts';
import type { PayloadEntry } from '../archive/read-tar.ts';
import { divert } from '../database/diversions.ts';
import { isFiltered } from '../database/path-filters.ts';
import type { ConffileRecord } from '../database/stanza.ts';
import { applyConffile, planConffiles } from './conffiles.ts';
import { placePayload, toChange, metadataFor, isSame } from './place-payload.ts';
import { removeOldFiles } from './remove-old-files.ts';
import { removeStaleBytecode } from './stale-bytecode.ts';
import type { Unpacked, Unpacking, Upgrade } from './unpacking.ts';

/** What happens to an entry of the payload. */
interface Placed {
  readonly entry: PayloadEntry;
  /** As listed, with a leading slash; the root is `/.`. */
  readonly name: string;
  readonly place: string;
}

/** Does with a package what dpkg does between its scripts: brings the new files, takes the old ones away. */
export function unpackPackage(upgrade: Upgrade, unpacking: Unpacking): Unpacked {
  const plans = planConffiles(upgrade, unpacking);
  const conffileOf = new Map(plans.map((plan) => [plan.path, plan]));
  const list: string[] = [];
  const filtered = new Set<string>();
  const placed: Placed[] = [];
  const conffileEntries = new Map<string, PayloadEntry>();
  for (const entry of upgrade.file.payload) {
    const name = entry.path === '' ? '/.' : `/${entry.path}`;
    list.push(name);
    const isFolderOrLink = entry.type === 'directory' || entry.type === 'symlink';
    if (isFiltered(name, isFolderOrLink, unpacking.database.filters) || unpacking.isLeftOut(entry.path))
      filtered.add(name);
    else if (conffileOf.has(name)) conffileEntries.set(name, contentful(entry, upgrade));
    else placeOne(entry, name, upgrade, unpacking, placed);
  }
  placeLinked(placed, upgrade, unpacking);
  takeOver(placed, conffileEntries, upgrade, unpacking);
  const obsolete = removeOldFiles({ upgrade, list, filtered, conffileOf, placed }, unpacking);
  const records = plans.map((plan) =>
    applyConffile({ upgrade, plan, entry: conffileEntries.get(plan.path) }, unpacking),
  );
  removeStaleBytecode(
    placed.map(({ place }) => place),
    unpacking,
  );
  return {
    upgrade,
    list: [...list, ...obsolete.map(({ path }) => path)],
    conffiles: [...records, ...obsolete],
    filtered,
  };
}

/** A hard link to a conffile, or one that is one itself, becomes a file of its own. */
function contentful(entry: PayloadEntry, { file }: Upgrade): PayloadEntry {
  if (entry.type !== 'hardlink') return entry;
  const target = file.payload.find(({ path }) => path === entry.target);
  return { ...entry, type: 'file', ...(target?.content && { content: target.content }) };
}

function placeOne(
  entry: PayloadEntry,
  name: string,
  upgrade: Upgrade,
  unpacking: Unpacking,
  placed: Placed[],
): void {
  const { tree, database } = unpacking;
  const wanted = divert(name, upgrade.installed.name, database.diversions).slice(1);
  const place = tree.place(wanted);
  if (entry.path === '' || place === undefined || isExistingFolder(entry, wanted, place, unpacking)) return;
  if (entry.type === 'symlink' || entry.type === 'directory') placePayload(entry, place, upgrade, unpacking);
  placed.push({ entry, name, place });
}

/** A folder stays what it is, a link to a folder too; and no link ever takes a folder's place. */
function isExistingFolder(entry: PayloadEntry, wanted: string, place: string, { tree }: Unpacking): boolean {
  if (entry.type === 'directory') return tree.resolve(wanted)?.type === 'directory';
  if (entry.type !== 'symlink') return false;
  const existing = tree.entry(place);
  if (existing?.type === 'directory') return true;
  if (existing?.type !== 'symlink') return false;
  const before = tree.resolve(place);
  const after = tree.resolve(linkTargetPath(place, entry.target ?? ''));
  return before?.type === 'directory' && after?.type === 'directory' && before.path === after.path;
}

/**
 * Files with all the names they have in the package. The first name in the layer's order holds the content, so that
 * the others can lead to it.
 */
function placeLinked(placed: readonly Placed[], upgrade: Upgrade, unpacking: Unpacking): void {
  const groups = new Map<string, Placed[]>();
  const firstOf = new Map<string, string>();
  for (const each of placed) {
    const { path, type, target = '' } = each.entry;
    if (type !== 'file' && type !== 'hardlink') continue;
    const first = type === 'file' ? path : (firstOf.get(target) ?? target);
    firstOf.set(path, first);
    const group = groups.get(first);
    if (group) group.push(each);
    else groups.set(first, [each]);
  }
  const contents = new Map(upgrade.file.payload.map((entry) => [entry.path, entry] as const));
  for (const [first, group] of groups) {
    const source = contents.get(first);
    if (source?.content) placeGroup(source, group, upgrade, unpacking);
  }
}

function placeGroup(
  source: PayloadEntry,
  group: readonly Placed[],
  upgrade: Upgrade,
  unpacking: Unpacking,
): void {
  const { tree } = unpacking;
  const metadata = metadataFor(source, tree.entry(group[0]?.place ?? ''), upgrade, unpacking);
  const isWhole = group.every(({ place }) => {
    const existing = tree.entry(place);
    return existing && isSame(source, existing, metadata, unpacking);
  });
  if (isWhole) return;
  const [main, ...others] = [...new Set(group.map(({ place }) => place))].sort();
  if (main === undefined) return;
  tree.write(toChange(source, main, metadata));
  const { content: _, ...bare } = source;
  for (const place of others)
    tree.write(toChange({ ...bare, type: 'hardlink', target: main }, place, metadata));
}

/** What a package brings is no longer another's: that one's list and records lose it. */
function takeOver(
  placed: readonly Placed[],
  conffileEntries: ReadonlyMap<string, PayloadEntry>,
  { installed }: Upgrade,
  { owners, lists, conffiles, database }: Unpacking,
): void {
  const names = [
    ...placed.filter(({ entry }) => entry.type !== 'directory').map(({ name }) => name),
    ...conffileEntries.keys(),
  ];
  for (const name of names) {
    for (const other of owners.get(name) ?? []) {
      if (other.name === installed.name || database.diversions.get(name)?.by === other.name) continue;
      if (database.diversions.get(name)?.by === installed.name) continue;
      owners.get(name)?.delete(other);
      lists.set(
        other,
        (lists.get(other) ?? other.files).filter((path) => path !== name),
      );
      if (!conffileEntries.has(name)) continue;
      const records = conffiles.get(other) ?? other.conffiles;
      conffiles.set(
        other,
        records.map((record) => (record.path === name ? markObsolete(record) : record)),
      );
    }
  }
}

function markObsolete(record: ConffileRecord): ConffileRecord {
  return record.flags.includes('obsolete') ? record : { ...record, flags: ['obsolete', ...record.flags] };
}
