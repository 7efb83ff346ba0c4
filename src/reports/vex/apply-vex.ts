import { parsePackageUrl, type PackageUrl } from '../../codec/purl.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { packageUrlOf } from '../package-identity.ts';
import { isSamePackage } from '../same-package.ts';
import type { VexProduct, VexStatement } from './statement.ts';

/** Answers which statement speaks of a finding, the last one where several do. */
export function openVex(
  statements: readonly VexStatement[],
  report: Report,
): (finding: VulnerabilityFinding) => VexStatement | undefined {
  const byId = new Map<string, VexStatement[]>();
  for (const statement of statements) {
    for (const id of new Set(statement.ids)) {
      const group = byId.get(id);
      if (group) group.push(statement);
      else byId.set(id, [statement]);
    }
  }
  const purls = new Map<Package, PackageUrl | undefined>();
  const purlOf = (pkg: Package): PackageUrl | undefined => {
    if (!purls.has(pkg)) purls.set(pkg, parsePackageUrl(packageUrlOf(pkg, report.os)));
    return purls.get(pkg);
  };
  const roots = rootsByPath(report.packages);

  function isMeant({ purl, parts }: VexProduct, pkg: Package): boolean {
    const own = purlOf(pkg);
    const holds = (wanted: PackageUrl): boolean => own !== undefined && isSamePackage(wanted, own);
    if (holds(purl)) return true;
    const isPart = parts.length === 0 || parts.some(holds);
    return isPart && (isImage(purl, report.image) || isRootOf(purl, pkg));
  }

  /** The application that a package is a part of. */
  function isRootOf(wanted: PackageUrl, pkg: Package): boolean {
    return (roots.get(pkg.paths[0] ?? '') ?? []).some((root) => {
      const own = root === pkg ? undefined : purlOf(root);
      return own !== undefined && isSamePackage(wanted, own);
    });
  }

  return (finding) => {
    const ids = [finding.id, ...finding.vendorIds];
    const known = new Set(ids.flatMap((id) => byId.get(id) ?? []));
    return [...known].findLast(({ products }) =>
      products.some((product) => isMeant(product, finding.package)),
    );
  };
}

function rootsByPath(packages: readonly Package[]): Map<string, Package[]> {
  const roots = new Map<string, Package[]>();
  for (const pkg of packages) {
    if (pkg.relationship !== 'root') continue;
    const path = pkg.paths[0] ?? '';
    const group = roots.get(path);
    if (group) group.push(pkg);
    else roots.set(path, [pkg]);
  }
  return roots;
}

/**
 * `pkg:oci/NAME@sha256:…?repository_url=REGISTRY/PATH/NAME`: the digest decides where it is told, else the place.
 *
 * @see https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst, oci
 */
function isImage({ type, name, version, qualifiers }: PackageUrl, image: Image): boolean {
  if (type !== 'oci') return false;
  const { reference } = image;
  const place = qualifiers?.['repository_url']?.replace(/^https?:\/\//, '');
  if (place !== undefined && (!reference || !isSamePlace(place, reference.registry, reference.repository)))
    return false;
  if (version?.startsWith('sha256:'))
    return version === image.digest || image.repoDigests.some((known) => known.endsWith(`@${version}`));
  const last = reference?.repository.split('/').at(-1);
  return last === name && (version === undefined || version === reference?.tag);
}

function isSamePlace(place: string, registry: string, repository: string): boolean {
  const normal = (text: string): string =>
    text.replace(/^(?:index\.|registry-1\.)?docker\.io\//, 'docker.io/');
  return normal(place) === normal(`${registry}/${repository}`);
}
