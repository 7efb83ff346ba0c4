import type { PackageUrl } from '../codec/purl.ts';

/** What is wanted may leave out version and qualifiers; what it has must be the same. */
export function isSamePackage(wanted: PackageUrl, found: PackageUrl): boolean {
  const isSameName =
    wanted.type === found.type &&
    wanted.name === found.name &&
    (wanted.namespace ?? '') === (found.namespace ?? '');
  if (!isSameName || (wanted.version !== undefined && wanted.version !== found.version)) return false;
  return Object.entries(wanted.qualifiers ?? {}).every(([key, value]) => found.qualifiers?.[key] === value);
}
