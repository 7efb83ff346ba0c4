import type { Coordinates } from './coordinates.ts';

const ARCHIVE = /\.(?:jar|war|ear|par)$/i;
const ALLOWED = /^[A-Za-z0-9._-]+$/;

export function isArchiveName(name: string): boolean {
  return ARCHIVE.test(name);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * Reads `spring-core-5.3.4-SNAPSHOT.jar`: the version starts behind the last dash that a digit follows.
 * Undefined for a name without a version. Only names of jars tell one.
 */
export function parseFileName(path: string): Coordinates | undefined {
  const name = baseName(path);
  if (!/\.jar$/i.test(name) || name.length > 512) return undefined;
  const stem = name.slice(0, -'.jar'.length);
  for (let dash = stem.lastIndexOf('-'); dash > 0; dash = stem.lastIndexOf('-', dash - 1)) {
    const artifact = stem.slice(0, dash);
    const version = stem.slice(dash + 1);
    if (!/^\d/.test(version) || artifact.endsWith('-') || !ALLOWED.test(artifact)) continue;
    return /\s/.test(version) ? undefined : { artifact, version };
  }
  return undefined;
}
