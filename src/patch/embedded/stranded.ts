import { systemArchitecture } from '../plan/architectures.ts';
import { debianSet } from '../plan/debian-set.ts';
import { toRelated, type RelatedPackage } from '../plan/package-set.ts';
import { placeOf } from '../plan/planned.ts';
import { strandedAmong } from '../plan/stranded.ts';
import { toControl } from '../sources/packages-index.ts';
import type { Database, InstalledPackage } from './database/installed.ts';
import type { Paragraph } from './database/paragraph.ts';
import type { Upgrade } from './unpack/unpacking.ts';

/** @see strandedAmong */
export function strandedUpgrades(
  accepted: ReadonlyMap<string, readonly Upgrade[]>,
  { packages }: Pick<Database, 'packages'>,
): ReadonlyMap<string, string> {
  const present = packages.filter(({ isInstalled }) => isInstalled);
  const sources = new Map(
    [...accepted].flatMap(([source, upgrades]) =>
      upgrades.map(({ installed }) => [installed, source] as const),
    ),
  );
  const before = present.flatMap((pkg) => relatedOf(pkg.paragraph, sources.get(pkg)) ?? []);
  const set = debianSet(before, nativeOf(present));
  return strandedAmong(
    set,
    [...accepted].map(([source, upgrades]) => ({ source, to: nextOf(upgrades, source) })),
  );
}

function nextOf(upgrades: readonly Upgrade[], source: string): ReadonlyMap<string, RelatedPackage> {
  return new Map(
    upgrades.flatMap(({ installed, file }) => {
      const related = relatedOf(file.control, source);
      return related ? [[placeOf(installed), related] as const] : [];
    }),
  );
}

/** @param source under which it is updated, whatever its own record calls it */
function relatedOf({ values }: Paragraph, source: string | undefined): RelatedPackage | undefined {
  const control = toControl({ fields: values, line: 1, oddLines: 0, cutFields: [] });
  if (!control) return undefined;
  const name = source ?? control.source.name;
  return toRelated({ ...control, source: { ...control.source, name } });
}

function nativeOf(packages: readonly InstalledPackage[]): string {
  const specific = packages.find(({ architecture }) => architecture !== 'all');
  return systemArchitecture(packages) ?? specific?.architecture ?? 'all';
}
