import type { PackageUrl } from '../../codec/purl.ts';
import { isSamePackage, nameKey } from '../same-package.ts';

/** What is held under package URLs, found by the URL of a package. */
export interface ByPackageUrl<T> {
  find(own: PackageUrl): readonly T[];
}

/** Indexed by names and versions, as documents may name very many products. */
export function indexByUrl<T>(entries: readonly (readonly [PackageUrl, T])[]): ByPackageUrl<T> {
  const index = new Map<string, (readonly [PackageUrl, T])[]>();
  for (const entry of entries) {
    const key = keyOf(entry[0], entry[0].version);
    const group = index.get(key);
    if (group) group.push(entry);
    else index.set(key, [entry]);
  }
  return {
    find: (own) =>
      [...new Set([keyOf(own, own.version), keyOf(own, undefined)])].flatMap((key) =>
        (index.get(key) ?? []).flatMap(([wanted, value]) => (isSamePackage(wanted, own) ? [value] : [])),
      ),
  };
}

function keyOf(url: PackageUrl, version: string | undefined): string {
  return `${nameKey(url)}\0${version ?? ''}`;
}
