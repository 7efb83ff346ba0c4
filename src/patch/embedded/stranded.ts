import { debianSet } from '../plan/debian-set.ts';
import { toRelated, type RelatedPackage } from '../plan/package-set.ts';
import { placeOf } from '../plan/planned.ts';
import { toControl } from '../sources/packages-index.ts';
import type { Database, InstalledPackage } from './database/installed.ts';
import type { Paragraph } from './database/paragraph.ts';
import type { Upgrade } from './unpack/unpacking.ts';

/**
 * Why a source cannot move where others that were to move with it stay: a relationship that held would not hold any
 * more. By the name of the source; empty where all that is left goes together.
 */
export function strandedAmong(
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
  const known = new Set(set.breaks().map(({ id }) => id));
  const moves = [...accepted].map(([source, upgrades]) => ({ source, to: nextOf(upgrades, source) }));
  const stranded = new Map<string, string>();
  for (const broken of set.moved(moves).breaks()) {
    if (known.has(broken.id)) continue;
    const { detail } = broken.refusal();
    for (const source of broken.sources)
      if (accepted.has(source) && !stranded.has(source)) stranded.set(source, detail);
  }
  return stranded;
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

/** That of dpkg itself, or of the C library. */
function nativeOf(packages: readonly InstalledPackage[]): string {
  const own = packages.find(
    ({ name, architecture }) => ['dpkg', 'libc6'].includes(name) && architecture !== 'all',
  );
  return (own ?? packages.find(({ architecture }) => architecture !== 'all'))?.architecture ?? 'all';
}
