import { infoOf, wordsOf } from '../archive/package-info.ts';
import { SCRIPT_KINDS } from '../archive/open-apk.ts';
import { installOrder } from '../install-order.ts';
import { replaced } from '../unpack/file-owners.ts';
import type { ApkUnpacked, ApkUnpacking, ApkUpgrade } from '../unpack/unpacking.ts';
import type { InstalledApk } from './record.ts';
import { writeScripts, type RecordedScript } from './scripts-archive.ts';
import { writeTriggers, type Trigger } from './triggers.ts';
import { folderLines, isSorted, recordOf } from './write-record.ts';

export interface DatabaseWriting {
  readonly unpacking: ApkUnpacking;
  readonly unpacked: readonly ApkUnpacked[];
  /** Seconds since 1970. */
  readonly epoch: number;
}

/** Records the new versions as apk does. @returns the text of `installed`, by its path */
export function writeDatabase({ unpacking, unpacked, epoch }: DatabaseWriting): ReadonlyMap<string, string> {
  const { database } = unpacking;
  const { folder, packages } = database;
  const byName = new Map(unpacked.map((each) => [each.upgrade.installed.name, each]));
  const records = inOrder(packages, byName).map((pkg) => textOf(pkg, byName.get(pkg.name), unpacking));
  const installed = `${records.join('\n\n')}\n\n`;
  write(`${folder}/installed`, Buffer.from(installed), epoch, unpacking);
  writeScriptsOf(byName, epoch, unpacking);
  const triggers = triggersOf(byName, unpacking);
  if (triggers !== writeTriggers(database.triggers))
    write(`${folder}/triggers`, Buffer.from(triggers), epoch, unpacking);
  return new Map([[`${folder}/installed`, installed]]);
}

type ByName = ReadonlyMap<string, ApkUnpacked>;

/** By name, or what is new behind what stays: as the version of apk has it that wrote the database. */
function inOrder(packages: readonly InstalledApk[], byName: ByName): readonly InstalledApk[] {
  return isSorted(packages) ? packages : newLast(packages, byName);
}

/** What is new behind what stays, in the order in which it is installed. */
function newLast(
  packages: readonly InstalledApk[],
  byName: ByName,
  order: readonly string[] = [...byName.keys()],
) {
  const known = new Map(packages.map((pkg) => [pkg.name, pkg]));
  const fresh = order.flatMap((name) => (byName.has(name) ? (known.get(name) ?? []) : []));
  return [...packages.filter(({ name }) => !byName.has(name)), ...fresh];
}

function textOf(pkg: InstalledApk, next: ApkUnpacked | undefined, { folders }: ApkUnpacking): string {
  const own = folders.get(pkg.name) ?? pkg.folders;
  if (next) {
    const { file } = next.upgrade;
    const { architecture } = pkg;
    return recordOf({ file, architecture, folders: own, ...(pkg.tag !== undefined && { tag: pkg.tag }) });
  }
  if (own === pkg.folders) return pkg.text;
  const head = pkg.text.split('\n').filter((line) => !/^[FMRaZ]:/.test(line));
  return [...head, ...folderLines(own)].join('\n');
}

function writeScriptsOf(byName: ByName, epoch: number, unpacking: ApkUnpacking): void {
  const { scriptsPath, scriptsForm, packages, scripts } = unpacking.database;
  const ordered = newLast(packages, byName);
  const all = ordered.flatMap((pkg): readonly RecordedScript[] => {
    const next = byName.get(pkg.name);
    return next ? scriptsOf(next) : (scripts.get(pkg.identity) ?? []);
  });
  const isTouched = scripts.size > 0 || all.length > 0;
  if (!isTouched) return;
  const path = scriptsPath ?? `${unpacking.database.folder}/scripts.tar`;
  write(path, writeScripts(all, scriptsForm), epoch, unpacking);
}

function scriptsOf({ upgrade }: ApkUnpacked): RecordedScript[] {
  const { file, update } = upgrade;
  const built = infoOf(file.info, 'builddate');
  return SCRIPT_KINDS.flatMap((kind) => {
    const content = file.scripts.get(kind);
    if (!content) return [];
    const mtime = /^\d{1,11}$/.test(built) ? Number(built) : 0;
    return [{ owner: `${update.name}-${update.to}`, identity: file.identity, kind, content, mtime }];
  });
}

function triggersOf(byName: ByName, { database }: ApkUnpacking): string {
  const gone = new Set([...byName.values()].map(({ upgrade }) => upgrade.installed.identity));
  const fresh = [...byName.values()].flatMap(({ upgrade }): Trigger[] => {
    const globs = wordsOf(upgrade.file.info, 'triggers');
    return globs.length > 0 ? [{ identity: upgrade.file.identity, globs }] : [];
  });
  return writeTriggers([...database.triggers.filter(({ identity }) => !gone.has(identity)), ...fresh]);
}

function write(path: string, content: Uint8Array, epoch: number, { tree }: ApkUnpacking): void {
  const existing = tree.resolve(path);
  const { mode = 0o644, uid = 0, gid = 0 } = existing ?? {};
  const place = existing?.path ?? tree.place(path);
  if (place !== undefined)
    tree.write({ kind: 'write', path: place, type: 'file', mode, uid, gid, mtime: epoch, content });
}

/** Upgrades in the order in which apk installs them. */
export function inInstallOrder(
  upgrades: readonly ApkUpgrade[],
  { packages, world }: ApkUnpacking['database'],
): ApkUpgrade[] {
  const byName = new Map(upgrades.map((upgrade) => [upgrade.installed.name, upgrade]));
  const next = packages.map((pkg) => {
    const upgrade = byName.get(pkg.name);
    return upgrade ? replaced(upgrade) : pkg;
  });
  return installOrder(next, world).flatMap((name) => byName.get(name) ?? []);
}
