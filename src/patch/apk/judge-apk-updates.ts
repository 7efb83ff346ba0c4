import { createHash } from 'node:crypto';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { PackageRisk, PackageUpdate, PatchOutcome } from '../../model/patch.ts';
import { invalidArchive } from '../embedded/archive/archive-error.ts';
import { bySource, fetchedAhead, type JudgeOptions } from '../embedded/judge-updates.ts';
import { layOver } from '../embedded/unpack/merged-tree.ts';
import type { RootView } from '../root/root-view.ts';
import { openApk } from './archive/open-apk.ts';
import { infoOf } from './archive/package-info.ts';
import { readApkDatabase, type ApkDatabase } from './database/database.ts';
import { filesOf } from './database/record.ts';
import { openJudging, type ApkJudgingParts, type ApkWork } from './judge-origin.ts';
import { strandedUpgrades } from './stranded.ts';
import { protectedFolders } from './unpack/protected-paths.ts';
import { ownersOf, type ApkDigests, type ApkUnpacking, type ApkUpgrade } from './unpack/unpacking.ts';

type Refusal = PatchOutcome['refused'][number];

export interface JudgedApkUpdates {
  readonly accepted: readonly { readonly upgrade: ApkUpgrade; readonly update: PackageUpdate }[];
  readonly refused: readonly Refusal[];
  readonly risks: readonly PackageRisk[];
  readonly notes: readonly string[];
  readonly state: { readonly unpacking: ApkUnpacking; readonly work: ApkWork };
}

/**
 * Fetches packages and says of each origin whether it can be replaced without running anything. Changes nothing.
 *
 * @throws DrydockError PATCH_UNSUPPORTED without a database that can be read whole, PACKAGE_ARCHIVE_INVALID, and what
 * fetching throws
 */
export async function judgeApkUpdates(
  root: RootView,
  updates: readonly PackageUpdate[],
  options: JudgeOptions,
): Promise<JudgedApkUpdates> {
  const database = await readApkDatabase(root, options);
  if (!database) throw new DrydockError('PATCH_UNSUPPORTED', 'the image holds no database of apk');
  const [problem] = database.problems;
  // It is written anew: what cannot be read would be gone, and no scan would find it again.
  if (problem !== undefined) throw new DrydockError('PATCH_UNSUPPORTED', problem);
  const refused: Refusal[] = [];
  const opened = new Map<string, readonly ApkUpgrade[]>();
  const groups = bySource(updates);
  const fetch = fetchedAhead([...groups.values()].flat(), options);
  for (const [source, group] of groups) {
    const found = await openOrigin(source, group, database, { ...options, fetch });
    if ('reason' in found) refused.push(found);
    else opened.set(source, found);
  }
  const all = [...opened.values()].flat();
  const unpacking: ApkUnpacking = {
    database,
    tree: layOver(root),
    digests: await digestsFor(root, all, options),
    owners: ownersOf(database.packages),
    folders: new Map(),
    isProtected: protectedFolders(database.protectedPaths),
    derived: new Set(),
    notes: [],
  };
  const judged = await judgeOrigins(opened, refused, { root, unpacking, all, ...options });
  return {
    accepted: judged.accepted.map((upgrade) => ({ upgrade, update: upgrade.update })),
    refused: [...refused, ...judged.refused],
    risks: judged.risks,
    notes: unpacking.notes,
    state: { unpacking, work: judged.work },
  };
}

interface JudgedOrigins extends Pick<JudgedApkUpdates, 'refused' | 'risks'> {
  readonly accepted: readonly ApkUpgrade[];
  readonly work: ApkWork;
}

/** What needs an origin that is refused is refused too, and the others are judged anew without it. */
async function judgeOrigins(
  opened: ReadonlyMap<string, readonly ApkUpgrade[]>,
  before: readonly Refusal[],
  parts: ApkJudgingParts,
): Promise<JudgedOrigins> {
  const refused: Refusal[] = [];
  const risks = new Map<string, readonly PackageRisk[]>();
  for (let left = opened; ;) {
    const judging = await openJudging(parts);
    const accepted = new Map<string, readonly ApkUpgrade[]>();
    for (const [source, upgrades] of left) {
      const judged = await judging.judge(upgrades, parts);
      risks.set(source, judged.risks);
      if (judged.refusal) refused.push({ source, ...judged.refusal });
      else accepted.set(source, upgrades);
    }
    const isWhole = before.length + refused.length === 0;
    const stranded = isWhole
      ? new Map<string, string>()
      : strandedUpgrades(accepted, parts.unpacking.database);
    if (stranded.size === 0)
      return {
        accepted: [...accepted.values()].flat(),
        refused,
        risks: [...risks.values()].flat(),
        work: judging.work(),
      };
    for (const [source, detail] of stranded) {
      refused.push({ source, reason: 'conflict', detail });
      risks.set(
        source,
        (accepted.get(source) ?? []).map(({ installed: { name, architecture } }) => ({
          name,
          architecture,
          risk: 'refused',
          detail,
        })),
      );
      accepted.delete(source);
    }
    left = accepted;
  }
}

async function openOrigin(
  source: string,
  updates: readonly PackageUpdate[],
  { packages, architecture }: ApkDatabase,
  { fetch, signal, limits }: JudgeOptions,
): Promise<Refusal | readonly ApkUpgrade[]> {
  const opened: ApkUpgrade[] = [];
  for (const update of updates) {
    signal.throwIfAborted();
    const { name, from, to, archive } = update;
    const installed = packages.find((each) => each.name === name);
    if (installed?.version !== from)
      return {
        source,
        reason: 'conflict',
        detail: `${name} ${from} is not what is installed (${installed?.version ?? 'nothing'})`,
      };
    const of = `${name} ${to}`;
    const identity = archive.identity ?? '';
    const content = await fetch(update);
    const file = await openApk(content, { of, identity, signal, ...(limits && { limits }) });
    if (infoOf(file.info, 'pkgname') !== name || infoOf(file.info, 'pkgver') !== to)
      throw invalidArchive(of, 'it is another package than it should be');
    if (!['noarch', architecture, installed.architecture].includes(infoOf(file.info, 'arch')))
      throw invalidArchive(of, 'it is of another architecture');
    const sha256 = createHash('sha256').update(content).digest('hex');
    opened.push({ installed, file, update: { ...update, archive: { ...archive, sha256 } } });
  }
  return opened;
}

/** Of all files of the image that are brought again or were recorded, read in one go. */
async function digestsFor(
  root: RootView,
  upgrades: readonly ApkUpgrade[],
  { signal }: Signal,
): Promise<ReadonlyMap<string, ApkDigests>> {
  const paths = upgrades.flatMap(({ installed, file }) => [
    ...file.payload.flatMap(({ path, type }) => (type === 'directory' ? [] : [path])),
    ...[...filesOf(installed)].map(({ path }) => path),
  ]);
  const places = new Set(paths.flatMap((path) => root.place(path) ?? []));
  const wanted = [...places].filter((path) => ['file', 'hardlink'].includes(root.entry(path)?.type ?? ''));
  return root.digests(wanted, { signal });
}
