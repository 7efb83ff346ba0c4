import { DrydockError } from '../../base/errors.ts';
import type { PackageUpdate } from '../../model/patch.ts';
import type { AppliedUpdates, ApplyOptions } from '../embedded/apply-updates.ts';
import type { RootView } from '../root/root-view.ts';
import { inInstallOrder, writeDatabase } from './database/write-database.ts';
import { judgeApkUpdates } from './judge-apk-updates.ts';
import type { ApkWork } from './judge-origin.ts';
import { writeLinks } from './scripts/busybox-links.ts';
import { accountsAfter, writeAccounts } from './scripts/write-accounts.ts';
import { removeOldFolders } from './unpack/remove-old-files.ts';
import { unpackApk } from './unpack/unpack-apk.ts';
import type { ApkUnpacking, ApkUpgrade } from './unpack/unpacking.ts';
import { verifyApk } from './verify-apk.ts';

/**
 * Replaces packages of an Alpine image as `apk upgrade` would, without running anything: the files that change, those
 * that go, and the database. All updates of one origin are done or none.
 *
 * @throws DrydockError PATCH_UNSUPPORTED without a database, PACKAGE_ARCHIVE_INVALID, PATCH_VERIFY_FAILED
 */
export async function applyApkUpdates(
  root: RootView,
  updates: readonly PackageUpdate[],
  options: ApplyOptions,
): Promise<AppliedUpdates> {
  const { accepted, refused, risks, state } = await judgeApkUpdates(root, updates, options);
  const { unpacking, work } = state;
  const upgrades = accepted.map(({ upgrade }) => upgrade);
  const made = upgrades.length === 0 ? undefined : await apply(root, upgrades, unpacking, work, options);
  const applied = accepted.map(({ update }) => update);
  const notes = made ? [...new Set(unpacking.notes)] : [];
  return {
    changes: made?.changes ?? [],
    outcome: { applied, refused, risks, notes },
    after: made?.after ?? new Map(),
  };
}

async function apply(
  root: RootView,
  upgrades: readonly ApkUpgrade[],
  before: ApkUnpacking,
  { links, accounts }: ApkWork,
  { sourceDateEpoch, signal }: ApplyOptions,
): Promise<Pick<AppliedUpdates, 'changes' | 'after'>> {
  const { tree, owners } = before;
  // Files may be of accounts that scripts make.
  const known = await accountsAfter(root, accounts, { signal });
  const database = { ...before.database, accounts: known };
  const unpacking = { ...before, database };
  const unpacked = inInstallOrder(upgrades, database).map((upgrade) => unpackApk(upgrade, unpacking));
  removeOldFolders(upgrades, unpacking);
  if (links) {
    const upgrade = upgrades.find(({ installed }) => installed.name === 'busybox');
    await writeLinks({ root, tree, upgrade, owners, sourceDateEpoch, signal });
  }
  await writeAccounts(root, unpacking, accounts, sourceDateEpoch, { signal });
  const after = writeDatabase({ unpacking, unpacked, epoch: sourceDateEpoch });
  const changes = tree.changes();
  const problems = await verifyApk(root, changes, { unpacking, unpacked, signal });
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
