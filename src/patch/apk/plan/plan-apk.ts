import { DrydockError } from '../../../base/errors.ts';
import type { PatchPlan } from '../../../model/patch.ts';
import { apk, type ApkVersion } from '../../../versions/apk.ts';
import { groupBy } from '../../plan/group-by.ts';
import { moveSources, notesOn, updatesOf } from '../../plan/move-sources.ts';
import type { PlanRequest } from '../../plan/plan-patch.ts';
import { isWanted, placeFindings } from '../../plan/select-findings.ts';
import type { MoveKind } from '../../plan/source-moves.ts';
import { toPlan } from '../../plan/to-plan.ts';
import { readApkDatabase } from '../database/database.ts';
import { loadApkOffers, type ApkOffer, type ApkOffers } from '../sources/apk-offers.ts';
import { readApkConfiguration } from '../sources/image-configuration.ts';
import { apkSet, toRelated, type ApkSet, type RelatedApk } from './apk-set.ts';
import { memberOf, toPresent, type PresentApk } from './candidates.ts';
import { parseRelations } from './relations.ts';

const apkKind: MoveKind<PresentApk, ApkVersion, ApkOffer, RelatedApk> = {
  type: 'apk',
  versions: apk,
  toRelated,
};

/**
 * The smallest set of updates of an Alpine image that fixes as many of the findings as its own repositories can fix.
 *
 * @throws DrydockError PATCH_UNSUPPORTED for images without apk; ARCHIVE_UNTRUSTED, ARCHIVE_ROLLED_BACK,
 * ARCHIVE_UNAVAILABLE, ARCHIVE_LIMIT; CONFIG_INVALID; what the view throws
 */
export async function planApk(request: PlanRequest): Promise<PatchPlan> {
  const { image, root, findings, options, archive, signal } = request;
  const database = await readApkDatabase(root, { signal });
  if (!database || database.packages.length === 0) {
    throw new DrydockError('PATCH_UNSUPPORTED', `${image.name} has no packages of apk`);
  }
  const packages = database.packages.flatMap((pkg) => toPresent(pkg) ?? []);
  const { placed, unfixed } = placeFindings(findings, packages, options, apkKind);
  const notes = database.problems.slice(0, 100);
  if (!placed.some(isWanted)) return toPlan(image, { placed, unfixed, kind: apkKind, notes });

  const configuration = await readApkConfiguration(root, { signal });
  const offered = await loadApkOffers({
    configuration,
    architecture: database.architecture,
    wanted: new Set(packages.map(({ name }) => name)),
    options,
    access: archive,
    signal,
  });
  const decision = decideApk(packages, placed, database.world, offered);
  return toPlan(image, {
    ...decision,
    placed,
    unfixed,
    kind: apkKind,
    indexes: offered.indexes,
    notes: [...notes, ...configuration.notes, ...offered.notes, ...decision.notes],
  });
}

function decideApk(
  packages: readonly PresentApk[],
  placed: ReturnType<typeof placeFindings<PresentApk, ApkVersion>>['placed'],
  words: readonly string[],
  { offers }: ApkOffers,
) {
  const world = parseRelations(words);
  const byName = groupBy(offers, ({ name }) => name);
  const all = packages.map((pkg) => memberOf(pkg, byName.get(pkg.name) ?? [], world));
  const members = groupBy(all, ({ pkg }) => pkg.source.name);
  const providing = providersAmong(all.flatMap(({ candidates }) => candidates.map(({ offer }) => offer)));
  const related = packages.flatMap((pkg) => toRelated(pkg) ?? []);
  const set = apkSet(related, { world, providing });
  const offerOf = ({ pkg }: RelatedApk): RelatedApk['pkg'] => pkg;
  const moving = { placed, members, kind: apkKind, set, offerOf };
  const moved = moveSources(moving);
  const after = set.moved(moved.moves.values());
  return {
    updates: updatesOf(moved, moving),
    refusals: moved.refusals,
    notes: [...notesOn(moved, members, packages), ...wouldInstall(packages, offers, after)],
  };
}

/** Sources of packages that provide a name. */
function providersAmong(offers: readonly ApkOffer[]): (name: string) => readonly string[] {
  const sources = new Map<string, Set<string>>();
  for (const { source, provides } of offers) {
    for (const { name } of parseRelations(provides)) {
      const known = sources.get(name);
      if (known) known.add(source.name);
      else sources.set(name, new Set([source.name]));
    }
  }
  return (name) => [...(sources.get(name) ?? [])].sort();
}

/** What apk would add by itself where others are there; no package is added here, so it is said. */
function wouldInstall(packages: readonly PresentApk[], offers: readonly ApkOffer[], after: ApkSet): string[] {
  const installed = new Set(packages.map(({ name }) => name));
  const names = offers
    .filter(({ name, installIf }) => installIf.length > 0 && !installed.has(name))
    .filter(({ installIf }) => parseRelations(installIf).every((relation) => after.holds(relation)))
    .map(({ name }) => name);
  return [...new Set(names)].sort().map((name) => `apk would install ${name} too, which nothing needs`);
}
