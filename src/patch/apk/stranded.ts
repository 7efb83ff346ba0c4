import { wordsOf } from './archive/package-info.ts';
import type { ApkDatabase } from './database/database.ts';
import { apkSet, toRelated, type RelatedApk } from './plan/apk-set.ts';
import { parseRelations } from './plan/relations.ts';
import { placeOf } from '../plan/planned.ts';
import { strandedAmong } from '../plan/stranded.ts';
import type { ApkUpgrade } from './unpack/unpacking.ts';

/** @see strandedAmong */
export function strandedUpgrades(
  accepted: ReadonlyMap<string, readonly ApkUpgrade[]>,
  { packages, world }: Pick<ApkDatabase, 'packages' | 'world'>,
): ReadonlyMap<string, string> {
  const origins = new Map(
    [...accepted].flatMap(([name, upgrades]) => upgrades.map((one) => [one.installed.name, name])),
  );
  const sourceOf = (name: string): string => origins.get(name) ?? '';
  const toOld = ({ name, version, architecture, depends, provides }: ApkDatabase['packages'][number]) =>
    toRelated({ name, version, architecture, depends, provides, source: { name: sourceOf(name), version } });
  const before = packages.flatMap((pkg) => toOld(pkg) ?? []);
  const set = apkSet(before, { world: parseRelations(world), providing: providersAmong(before) });
  return strandedAmong(
    set,
    [...accepted].map(([source, upgrades]) => ({ source, to: nextOf(upgrades, source) })),
  );
}

function nextOf(upgrades: readonly ApkUpgrade[], source: string): ReadonlyMap<string, RelatedApk> {
  return new Map(
    upgrades.flatMap(({ installed: { name, architecture }, file: { info }, update: { to } }) => {
      const pkg = { name, architecture, version: to, source: { name: source, version: to } };
      const words = { depends: wordsOf(info, 'depend'), provides: wordsOf(info, 'provides') };
      const related = toRelated({ ...pkg, ...words });
      return related ? [[placeOf(pkg), related] as const] : [];
    }),
  );
}

/** Sources of packages that provide a name as they are, though they may not any more. */
function providersAmong(packages: readonly RelatedApk[]): (name: string) => readonly string[] {
  const sources = new Map<string, Set<string>>();
  for (const { pkg, provides } of packages)
    for (const { name } of [...provides, pkg]) {
      const found = sources.get(name);
      if (found) found.add(pkg.source.name);
      else sources.set(name, new Set([pkg.source.name]));
    }
  return (name) => [...(sources.get(name) ?? [])];
}
