import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { PackageUpdate, PatchOutcome } from '../../model/patch.ts';
import type { LayerChange, RootView } from '../root/root-view.ts';
import { isLeftOut } from './database/partial-install.ts';
import { writeDatabase } from './database/write-database.ts';
import type { Judging } from './judge-source.ts';
import { judgeUpdates, type JudgeOptions } from './judge-updates.ts';
import { writeDerived } from './derived/derived-files.ts';
import { layOver } from './unpack/merged-tree.ts';
import { ownersOf, type Unpacking, type Upgrade } from './unpack/unpacking.ts';
import { unpackPackage } from './unpack/unpack-package.ts';
import { verifyPatched } from './verify/verify-patched.ts';

export interface ApplyOptions extends JudgeOptions {
  /** Seconds since 1970: the time of files that the engine makes itself. */
  readonly sourceDateEpoch: number;
}

export interface AppliedUpdates {
  /** In byte order of paths, each once. */
  readonly changes: readonly LayerChange[];
  readonly outcome: PatchOutcome;
  /** What the package database says afterwards, by path. */
  readonly after: ReadonlyMap<string, string>;
}

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
  const { accepted, refused, risks, notes: judged, state } = await judgeUpdates(root, updates, options);
  const notes = [...judged];
  const upgrades = accepted.map(({ upgrade }) => upgrade);
  const made = upgrades.length === 0 ? undefined : await apply(state, upgrades, options, notes);
  return {
    changes: made?.changes ?? [],
    outcome: {
      applied: accepted.map(({ update }) => update),
      refused,
      notes: [...new Set(notes)],
      risks,
    },
    after: made?.after ?? new Map(),
  };
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
