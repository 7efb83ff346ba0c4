import type { Package } from '../../model/package.ts';
import { packageName, type Coordinates } from './coordinates.ts';
import { baseName, parseFileName } from './file-name.ts';
import { manifestCoordinates, type ManifestFields } from './manifest.ts';

/** One thing that was read in an archive. */
export type ArchiveFact =
  | { readonly kind: 'pom.properties'; readonly coordinates: Required<Coordinates> }
  | { readonly kind: 'manifest'; readonly fields: ManifestFields; readonly isMain: boolean }
  | { readonly kind: 'packages'; readonly packages: readonly Package[] };

type Identified = Coordinates & Pick<Package, 'identifiedBy'>;

/**
 * What an archive holds: each `pom.properties` is a package, as is what lies in archives inside. If none of them tells
 * of the archive itself (going by its name), its manifest does; if that does not either, its name. The digest stays
 * with it then, by which a database of digests can tell better. One without even a version in its name has an empty
 * version: it is only there to be found by its digest.
 *
 * @param path of the archive; one inside another one's goes on behind the outer one's
 */
export function packagesOf(
  facts: readonly ArchiveFact[],
  { path, sha1 }: { readonly path: string; readonly sha1: string },
): Package[] {
  const stated = facts.flatMap((fact) => (fact.kind === 'pom.properties' ? [fact.coordinates] : []));
  const inner = facts.flatMap((fact) => (fact.kind === 'packages' ? fact.packages : []));
  const named = parseFileName(path);
  const isItself = (one: Coordinates): boolean =>
    named !== undefined && one.artifact === named.artifact && one.version === named.version;
  const own = stated.some(isItself) ? undefined : ownCoordinates(facts, path, stated.length > 0, named);
  const identified: Identified[] = stated.map((one) => ({ ...one, identifiedBy: 'pom.properties' }));
  if (own) identified.push(own);
  const isAlone = stated.length === 1;
  const packages = identified.map((one): Package => {
    const isOfArchive = one === own || isAlone || isItself(one);
    return toPackage(one, path, isOfArchive ? sha1 : undefined);
  });
  return withoutRepeated([...packages, ...inner]);
}

function ownCoordinates(
  facts: readonly ArchiveFact[],
  path: string,
  isExplained: boolean,
  named: Coordinates | undefined,
): Identified {
  const manifests = facts.filter((fact) => fact.kind === 'manifest');
  const manifest = manifests.findLast(({ isMain }) => isMain) ?? manifests.at(-1);
  const told = manifest && manifestCoordinates(manifest.fields);
  if (told) return { ...told, identifiedBy: 'manifest' };
  // With other packages inside, a name that fits none of them is more likely a classifier than one more package.
  if (named && !isExplained) return { ...named, identifiedBy: 'file-name' };
  return { artifact: baseName(path), version: '', identifiedBy: 'file-name' };
}

function toPackage(one: Identified, path: string, sha1: string | undefined): Package {
  return {
    type: 'maven',
    application: 'jar',
    name: packageName(one),
    version: one.version,
    licenses: [],
    ...(one.identifiedBy && { identifiedBy: one.identifiedBy }),
    ...(sha1 !== undefined && { archiveDigest: `sha1:${sha1}` }),
    paths: [path],
  };
}

function withoutRepeated(packages: readonly Package[]): Package[] {
  const seen = new Map<string, Package>();
  for (const pkg of packages) {
    const key = `${pkg.name}\0${pkg.version}\0${pkg.paths.join('\0')}`;
    if (!seen.has(key)) seen.set(key, pkg);
  }
  return [...seen.values()];
}
