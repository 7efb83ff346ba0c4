import type { Package } from '../../model/package.ts';
import { applicationTarget, isAggregated, SYSTEM_LICENSES } from '../results.ts';

/** Packages by what a licence tells of its own: names, of which several packages may have one. */
export interface PackageNames {
  add(pkg: Package): void;
  /** The one of that place if there is one, else any of the name. */
  find(name: string, target: string, path: string | undefined): Package | undefined;
}

export function openPackageNames(): PackageNames {
  const known = new Map<string, Package>();
  const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);
  return {
    add(pkg) {
      const { name, paths } = pkg;
      const target = applicationTarget(pkg) ?? SYSTEM_LICENSES;
      known.set(keyOf(name), pkg);
      known.set(keyOf(name, target), pkg);
      if (isAggregated(pkg)) known.set(keyOf(name, target, paths[0] ?? ''), pkg);
    },
    find: (name, target, path = '') =>
      known.get(keyOf(name, target, path)) ?? known.get(keyOf(name, target)) ?? known.get(keyOf(name)),
  };
}
