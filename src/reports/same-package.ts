import type { PackageUrl } from '../codec/purl.ts';
import { nameInUrl } from './package-identity.ts';

/** What is wanted may leave out version, qualifiers and subpath; what it has must be the same. */
export function isSamePackage(wanted: PackageUrl, found: PackageUrl): boolean {
  if (wanted.type !== found.type || nameKey(wanted) !== nameKey(found)) return false;
  if (wanted.version !== undefined && wanted.version !== found.version) return false;
  if (wanted.subpath !== undefined && wanted.subpath !== found.subpath) return false;
  return Object.entries(wanted.qualifiers ?? {}).every(([key, value]) => found.qualifiers?.[key] === value);
}

/** The same for all spellings of one name. */
export function nameKey({ type, namespace = '', name }: PackageUrl): string {
  return [type, nameInUrl(type, namespace), nameInUrl(type, name)].join('\0');
}
