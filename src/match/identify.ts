import type { JavaDb } from '../advisories/java-db/java-db.ts';
import { baseName, parseFileName } from '../ecosystems/maven/file-name.ts';
import type { Package } from '../model/package.ts';

type Archives = Pick<JavaDb, 'findBySha1' | 'hasArtifact' | 'findGroup'>;

/**
 * Gives jars that do not say what they are the coordinates of published ones: what a manifest says counts if there is
 * such an artifact, otherwise the digest of the file tells, then its name. Without a database, or where it does not
 * know them, they stay as they are; those that not even a version is known of are dropped.
 */
export function identifyJars(packages: readonly Package[], javaDb: Archives | undefined): Package[] {
  const isUnsure = ({ application, identifiedBy }: Package): boolean =>
    application === 'jar' && (identifiedBy === 'manifest' || identifiedBy === 'file-name');
  if (!packages.some(isUnsure)) return [...packages];
  const known = remembered(javaDb);
  const identified = packages.flatMap((pkg) => {
    const better = isUnsure(pkg) ? known(pkg) : pkg;
    return better.version === '' && isUnsure(better) ? [] : [better];
  });
  return withoutRepeated(identified);
}

type Coordinates = Pick<Package, 'name' | 'version' | 'identifiedBy'>;

/** The same file lies in many places of one image. */
function remembered(javaDb: Archives | undefined): (pkg: Package) => Package {
  const answers = new Map<string, Coordinates | undefined>();
  return (pkg) => {
    if (!javaDb) return pkg;
    const fileName = baseName(pkg.paths[0] ?? '');
    const key = [pkg.archiveDigest, pkg.identifiedBy, pkg.name, fileName].join('\0');
    if (!answers.has(key)) answers.set(key, identify(pkg, javaDb));
    return { ...pkg, ...answers.get(key) };
  };
}

function identify(pkg: Package, javaDb: Archives): Coordinates | undefined {
  const colon = pkg.name.indexOf(':');
  if (
    pkg.identifiedBy === 'manifest' &&
    javaDb.hasArtifact(pkg.name.slice(0, colon), pkg.name.slice(colon + 1))
  )
    return undefined;
  const sha1 = pkg.archiveDigest?.startsWith('sha1:') ? pkg.archiveDigest.slice('sha1:'.length) : undefined;
  const published = sha1 === undefined ? undefined : javaDb.findBySha1(sha1);
  if (published) {
    const { group, artifact, version } = published;
    return { name: `${group}:${artifact}`, version, identifiedBy: 'digest' };
  }
  const named = parseFileName(pkg.paths[0] ?? '');
  const group = named && javaDb.findGroup(named.artifact, named.version);
  if (!named || group === undefined) return undefined;
  return { name: `${group}:${named.artifact}`, version: named.version, identifiedBy: 'file-name' };
}

/** What was found out may be what another file inside had said already. */
function withoutRepeated(packages: readonly Package[]): Package[] {
  const seen = new Set<string>();
  return packages.filter(({ application, name, version, paths }) => {
    if (application !== 'jar') return true;
    const key = [name, version, ...paths].join('\0');
    return !seen.has(key) && seen.add(key);
  });
}
