import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { PackageUpdate, PatchOutcome } from '../../model/patch.ts';
import type { LayerChange, RootView } from '../root/root-view.ts';
import { openPackage, type PackageLimits } from './archive/open-package.ts';
import { invalidArchive } from './archive/archive-error.ts';
import { isLeftOut } from './database/partial-install.ts';
import { readDatabase, type Database, type InstalledPackage } from './database/installed.ts';
import { fieldOf } from './database/paragraph.ts';
import { writeDatabase } from './database/write-database.ts';
import { FILES_TO_CHECK, judgeSource, type Judging, type ScriptPolicy } from './judge-source.ts';
import { writeDerived } from './derived/derived-files.ts';
import { layOver } from './unpack/merged-tree.ts';
import { ownersOf, type Unpacking, type Upgrade } from './unpack/unpacking.ts';
import { digestsFor } from './unpack/digests-for.ts';
import { unpackPackage } from './unpack/unpack-package.ts';
import { verifyPatched } from './verify/verify-patched.ts';

export interface ApplyOptions extends Signal {
  /** The verified archive of an update. */
  readonly fetch: (update: PackageUpdate) => Promise<Uint8Array>;
  /** Seconds since 1970: the time of files that the engine makes itself. */
  readonly sourceDateEpoch: number;
  /** `catalogued` (the default): scripts must be known. `equal`: unknown ones may pass where they did not change. */
  readonly scripts?: ScriptPolicy;
  readonly limits?: PackageLimits;
}

export interface AppliedUpdates {
  /** In byte order of paths, each once. */
  readonly changes: readonly LayerChange[];
  readonly outcome: PatchOutcome;
  /** What the package database says afterwards, by path. */
  readonly after: ReadonlyMap<string, string>;
}

type Refusal = PatchOutcome['refused'][number];

/**
 * Replaces packages of a Debian image as `dpkg` would, without running anything: the files that change, those that go,
 * and the database. All updates of one source are done or none.
 *
 * @throws DrydockError PATCH_UNSUPPORTED without a database, PACKAGE_ARCHIVE_INVALID, PATCH_VERIFY_FAILED
 */
export async function applyUpdates(
  root: RootView,
  updates: readonly PackageUpdate[],
  options: ApplyOptions,
): Promise<AppliedUpdates> {
  const database = await readDatabase(root, options);
  if (!database) throw new DrydockError('PATCH_UNSUPPORTED', 'the image holds no database of dpkg');
  const accepted: { upgrade: Upgrade; update: PackageUpdate }[] = [];
  const refused: Refusal[] = [];
  const notes: string[] = [];
  const groups = bySource(updates);
  const opened = new Map<string, { upgrade: Upgrade; update: PackageUpdate }[]>();
  for (const [source, group] of groups) {
    const found = await openSource(source, group, database, options);
    if ('reason' in found) refused.push(found);
    else opened.set(source, found);
  }
  const all = [...opened.values()].flat().map(({ upgrade }) => upgrade);
  const digests = await digestsFor(root, database, all, FILES_TO_CHECK, options);
  const owners = ownersOf(database.packages.filter(({ isInstalled }) => isInstalled));
  for (const [source, group] of opened) {
    const upgrades = group.map(({ upgrade }) => upgrade);
    const judged = await judgeSource(upgrades, {
      root,
      database,
      owners,
      digests,
      all,
      policy: options.scripts ?? 'catalogued',
      signal: options.signal,
    });
    if (judged.refusal) refused.push({ source, ...judged.refusal });
    else accepted.push(...group);
    if (!judged.refusal) notes.push(...judged.notes);
  }
  const upgrades = accepted.map(({ upgrade }) => upgrade);
  const made =
    upgrades.length === 0 ? undefined : await apply({ root, database, digests }, upgrades, options, notes);
  return {
    changes: made?.changes ?? [],
    outcome: { applied: accepted.map(({ update }) => update), refused, notes: [...new Set(notes)] },
    after: made?.after ?? new Map(),
  };
}

/** In byte order of names, whatever the order they were asked in. */
function bySource(updates: readonly PackageUpdate[]): Map<string, PackageUpdate[]> {
  const groups = new Map<string, PackageUpdate[]>();
  const inOrder = [...updates].sort(
    (a, b) =>
      compare(a.source.name, b.source.name) ||
      compare(a.name, b.name) ||
      compare(a.architecture, b.architecture),
  );
  for (const update of inOrder)
    groups.set(update.source.name, [...(groups.get(update.source.name) ?? []), update]);
  return groups;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function openSource(
  source: string,
  updates: readonly PackageUpdate[],
  database: Database,
  { fetch, signal, limits }: ApplyOptions,
): Promise<Refusal | { upgrade: Upgrade; update: PackageUpdate }[]> {
  const opened: { upgrade: Upgrade; update: PackageUpdate }[] = [];
  for (const update of updates) {
    signal.throwIfAborted();
    const { name, from, to } = update;
    const installed = database.packages.find((each) => isOf(update, each));
    if (installed?.version !== from)
      return {
        source,
        reason: 'conflict',
        detail: `${name} ${from} is not what is installed (${installed?.version ?? 'nothing'})`,
      };
    const of = `${name} ${to}`;
    const file = await openPackage(await fetch(update), { of, signal, ...(limits && { limits }) });
    if (fieldOf(file.control, 'Package') !== name || fieldOf(file.control, 'Version') !== to)
      throw invalidArchive(of, 'it is another package than it should be');
    opened.push({ upgrade: { installed, file }, update });
  }
  return opened;
}

/** A package may change between one architecture and all of them. */
function isOf({ name, architecture }: PackageUpdate, installed: InstalledPackage): boolean {
  const isAny = architecture === 'all' || installed.architecture === 'all';
  return (
    installed.name === name && installed.isInstalled && (isAny || installed.architecture === architecture)
  );
}

async function apply(
  { root, database, digests }: Pick<Judging, 'root' | 'database' | 'digests'>,
  upgrades: readonly Upgrade[],
  options: ApplyOptions,
  notes: string[],
): Promise<Pick<AppliedUpdates, 'changes' | 'after'>> {
  const unpacking: Unpacking = {
    database,
    tree: layOver(root),
    digests,
    owners: ownersOf(
      database.packages.filter(({ isInstalled, conffiles }) => isInstalled || conffiles.length > 0),
    ),
    lists: new Map(),
    conffiles: new Map(),
    renames: new Map(),
    isLeftOut: (path) => isLeftOut(path, root, database),
    notes,
  };
  const unpacked = upgrades.map((upgrade) => unpackPackage(upgrade, unpacking));
  await moveFiles(root, unpacking, options);
  await writeDerived({ root, unpacking, upgrades, ...options });
  const after = writeDatabase({ unpacking, unpacked, epoch: options.sourceDateEpoch });
  const changes = unpacking.tree.changes();
  const problems = await verifyPatched(root, changes, { ...options, unpacked, database, digests });
  if (problems.length > 0)
    throw new DrydockError(
      'PATCH_VERIFY_FAILED',
      `the patched image would not be sound: ${problems
        .slice(0, 5)
        .map(({ text }) => text)
        .join('; ')}`,
    );
  return { changes, after };
}

const MAX_CONFFILE_BYTES = 16 << 20;

async function moveFiles(root: RootView, { renames, tree }: Unpacking, { signal }: Signal): Promise<void> {
  const contents = await root.read(renames.values(), { maxBytes: MAX_CONFFILE_BYTES, signal });
  for (const [to, from] of renames) {
    const [content, entry] = [contents.get(from), root.entry(from)];
    if (!content || !entry) continue;
    const { mode, uid, gid, mtime } = entry;
    tree.write({ kind: 'write', path: to, type: 'file', mode, uid, gid, mtime, content });
  }
}
