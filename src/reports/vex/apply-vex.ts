import { parsePackageUrl, type PackageUrl } from '../../codec/purl.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { packageUrlOf } from '../package-identity.ts';
import { indexByUrl, type ByPackageUrl } from './package-urls.ts';
import type { VexProduct, VexStatement } from './statement.ts';

/** Answers which statement speaks of a finding, the latest one where several do. */
export function openVex(
  statements: readonly VexStatement[],
  report: Report,
): (finding: VulnerabilityFinding) => VexStatement | undefined {
  // Those of one moment count in the order in which they were given.
  const inOrder = statements.toSorted((a, b) => a.at - b.at);
  const ranks = ranksById(inOrder);
  const scopes = new Map<number, Scope>();
  const scopeOf = (rank: number): Scope => {
    const scope = scopes.get(rank) ?? openScope(inOrder[rank]?.products ?? [], report.image);
    scopes.set(rank, scope);
    return scope;
  };
  const purls = new Map<Package, PackageUrl | undefined>();
  const purlOf = (pkg: Package): PackageUrl | undefined => {
    if (!purls.has(pkg)) purls.set(pkg, parsePackageUrl(packageUrlOf(pkg, report.os)));
    return purls.get(pkg);
  };
  const roots = rootsByPath(report.packages);

  /** The package and the applications that it is a part of. */
  function wholesOf(pkg: Package): PackageUrl[] {
    const path = pkg.application && pkg.paths[0];
    const others = path === undefined ? [] : (roots.get(path) ?? []).filter((root) => root !== pkg);
    return [pkg, ...others].flatMap((whole) => purlOf(whole) ?? []);
  }

  return ({ id, vendorIds, package: pkg }) => {
    // What stands for several CVEs is not settled by a word on one of them.
    const names = [id, ...vendorIds.filter((name) => !name.startsWith('CVE-'))];
    const known = new Set(names.flatMap((name) => ranks.get(name) ?? []));
    if (known.size === 0) return undefined;
    const [own, wholes] = [purlOf(pkg), wholesOf(pkg)];
    const latest = [...known].sort((a, b) => b - a).find((rank) => scopeOf(rank).holds(own, wholes));
    return latest === undefined ? undefined : inOrder[latest];
  };
}

/** Places of statements in their order, by what they are about. */
function ranksById(statements: readonly VexStatement[]): Map<string, number[]> {
  const ranks = new Map<string, number[]>();
  for (const [rank, { ids }] of statements.entries()) {
    for (const id of new Set(ids)) {
      const group = ranks.get(id);
      if (group) group.push(rank);
      else ranks.set(id, [rank]);
    }
  }
  return ranks;
}

/** What a statement speaks of. */
interface Scope {
  /** @param wholes the package and whatever else of the image it is a part of */
  holds(own: PackageUrl | undefined, wholes: readonly PackageUrl[]): boolean;
}

function openScope(products: readonly VexProduct[], image: Image): Scope {
  const ready = products.map(({ purl, parts }) => ({ purl, isMeant: openParts(parts) }));
  const ofImage = ready.filter(({ purl }) => isImage(purl, image));
  const others = indexByUrl(ready.map(({ purl, isMeant }) => [purl, isMeant] as const));
  return {
    holds: (own, wholes) =>
      ofImage.some(({ isMeant }) => isMeant(own)) ||
      wholes.some((whole) => others.find(whole).some((isMeant) => isMeant(own))),
  };
}

/** Without parts a product is meant as a whole. */
function openParts(parts: readonly PackageUrl[]): (own: PackageUrl | undefined) => boolean {
  if (parts.length === 0) return () => true;
  let index: ByPackageUrl<true> | undefined;
  return (own) => {
    index ??= indexByUrl(parts.map((part) => [part, true] as const));
    return own !== undefined && index.find(own).length > 0;
  };
}

function rootsByPath(packages: readonly Package[]): Map<string, Package[]> {
  const roots = new Map<string, Package[]>();
  for (const pkg of packages) {
    const [path] = pkg.paths;
    if (pkg.relationship !== 'root' || path === undefined) continue;
    const group = roots.get(path);
    if (group) group.push(pkg);
    else roots.set(path, [pkg]);
  }
  return roots;
}

/**
 * `pkg:oci/NAME@sha256:…?arch=amd64&repository_url=REGISTRY/PATH/NAME&tag=TAG`: the digest decides where it is told,
 * else place and tag.
 *
 * @see https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst, oci
 */
function isImage({ type, name, version, qualifiers }: PackageUrl, image: Image): boolean {
  if (type !== 'oci') return false;
  const { reference } = image;
  const { arch, tag } = qualifiers ?? {};
  // One digest may be that of an index, which is of many architectures.
  if (arch !== undefined && arch !== image.platform.architecture) return false;
  const place = qualifiers?.['repository_url']?.replace(/^https?:\/\//, '');
  if (place !== undefined && (!reference || !isSamePlace(place, reference.registry, reference.repository)))
    return false;
  if (version?.startsWith('sha256:'))
    return version === image.digest || image.repoDigests.some((known) => known.endsWith(`@${version}`));
  const last = reference?.repository.split('/').at(-1);
  return last === name && [version, tag].every((told) => told === undefined || told === reference?.tag);
}

function isSamePlace(place: string, registry: string, repository: string): boolean {
  const normal = (text: string): string =>
    text.replace(/^(?:index\.|registry-1\.)?docker\.io\//, 'docker.io/');
  return normal(place) === normal(`${registry}/${repository}`);
}
