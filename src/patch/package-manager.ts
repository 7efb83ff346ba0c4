import type { Signal } from '../base/signal.ts';
import type { PackageRisk, PackageUpdate, PatchOutcome, PatchPlan } from '../model/patch.ts';
import { applyApkUpdates } from './apk/apply-apk-updates.ts';
import { apkFolder } from './apk/database/database.ts';
import { judgeApkUpdates } from './apk/judge-apk-updates.ts';
import { planApk } from './apk/plan/plan-apk.ts';
import { openApkFetcher } from './apk/sources/apk-offers.ts';
import { applyUpdates, type AppliedUpdates, type ApplyOptions } from './embedded/apply-updates.ts';
import { judgeUpdates, type JudgeOptions } from './embedded/judge-updates.ts';
import { planPatch, type PlanRequest } from './plan/plan-patch.ts';
import type { RootView } from './root/root-view.ts';
import type { ArchiveAccess, ArchiveOptions } from './sources/archives.ts';
import { openPackageFetcher, type FetchPackage } from './sources/fetch-packages.ts';

/** What the engine can do with the packages of one manager. */
export interface PackageManager {
  plan(request: PlanRequest): Promise<PatchPlan>;
  openFetcher(
    root: RootView,
    options: ArchiveOptions,
    access: ArchiveAccess,
    signal: Signal,
  ): Promise<FetchPackage>;
  /** Fetches packages and says which could be replaced without running anything. */
  judge(root: RootView, updates: readonly PackageUpdate[], options: JudgeOptions): Promise<Judged>;
  apply(root: RootView, updates: readonly PackageUpdate[], options: ApplyOptions): Promise<AppliedUpdates>;
}

interface Judged extends Pick<PatchOutcome, 'refused' | 'notes'> {
  readonly accepted: readonly { readonly update: PackageUpdate }[];
  readonly risks: readonly PackageRisk[];
}

const dpkg: PackageManager = {
  plan: planPatch,
  openFetcher: openPackageFetcher,
  judge: judgeUpdates,
  apply: applyUpdates,
};
const apk: PackageManager = {
  plan: planApk,
  openFetcher: openApkFetcher,
  judge: judgeApkUpdates,
  apply: applyApkUpdates,
};

const DPKG = ['var/lib/dpkg/status', 'var/lib/dpkg/status.d'];

/** The manager that an image has packages of: dpkg, unless there are only some of apk. */
export function managerOf(root: Pick<RootView, 'resolve'>): PackageManager {
  const isDpkg = DPKG.some((path) => root.resolve(path));
  return !isDpkg && apkFolder(root) !== undefined ? apk : dpkg;
}
