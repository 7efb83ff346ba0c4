import type { OperatingSystem } from '../model/analysis.ts';
import type { Digest } from '../model/image.ts';
import type { Package, PackageType } from '../model/package.ts';
import { toDigest } from '../base/digest.ts';
import { isApplicationType, packageTypeOf, systemTypeOf } from './application-types.ts';
import type { MergedPackage } from './merge-blobs.ts';
import type { Layer, OS, Repository } from './messages/common.ts';
import { RELATIONSHIPS } from './package-json.ts';

/** A package of the operating system, as advisories are compared with it. */
export function toSystemPackage({ pkg, layer, licenses, buildInfo }: MergedPackage, family: string): Package {
  const type = systemTypeOf(family) ?? 'generic';
  const label = pkg.beyondWire?.modularityLabel;
  return {
    type,
    name: pkg.name,
    version: fullVersion(type, pkg.epoch, pkg.version, pkg.release),
    ...(pkg.arch !== '' && { architecture: pkg.arch }),
    ...(pkg.srcName !== '' && {
      source: {
        name: pkg.srcName,
        version: fullVersion(type, pkg.srcEpoch, pkg.srcVersion, pkg.srcRelease),
      },
    }),
    licenses,
    ...(pkg.maintainer !== '' && { maintainer: pkg.maintainer }),
    ...(label && { modularityLabel: label }),
    ...(pkg.dependsOn.length > 0 && { dependsOn: pkg.dependsOn }),
    ...(pkg.digest !== '' && { archiveDigest: pkg.digest }),
    ...(pkg.repository?.class === 'third-party' && { thirdParty: true }),
    ...(buildInfo && {
      redHatBuild: {
        contentSets: buildInfo.contentSets,
        ...(buildInfo.nvr !== '' && { nvr: buildInfo.nvr }),
        ...(buildInfo.arch !== '' && { architecture: buildInfo.arch }),
      },
    }),
    paths: pkg.filePath === '' ? [] : [pkg.filePath],
    ...toFoundIn(layer),
  };
}

/** A package of an application; undefined when nobody here knows the kind. */
export function toApplicationPackage(
  { pkg, layer, licenses }: MergedPackage,
  type: string,
  applicationPath: string,
): Package | undefined {
  const packageType = packageTypeOf(type);
  if (!packageType || !isApplicationType(type)) return undefined;
  const relationship = RELATIONSHIPS[pkg.relationship] as Package['relationship'] | 'unknown' | undefined;
  return {
    type: packageType,
    application: type,
    name: pkg.name,
    version: pkg.version,
    licenses,
    ...(pkg.dev && { development: true }),
    ...(relationship && relationship !== 'unknown' && { relationship }),
    ...(pkg.dependsOn.length > 0 && { dependsOn: pkg.dependsOn }),
    ...(pkg.digest !== '' && { archiveDigest: pkg.digest }),
    ...(pkg.locations.length > 0 && {
      locations: pkg.locations.map(({ startLine, endLine }) => ({ startLine, endLine })),
    }),
    paths: [pkg.filePath || applicationPath],
    ...toFoundIn(layer),
  };
}

/** What versions before 0.52 called them. */
const FORMER_NAMES: ReadonlyMap<string, string> = new Map([
  ['suse linux enterprise server', 'sles'],
  ['opensuse.leap', 'opensuse-leap'],
  ['opensuse.tumbleweed', 'opensuse-tumbleweed'],
]);

export function toModelSystem({ family, name, extended }: OS, repository?: Repository): OperatingSystem {
  return {
    family: FORMER_NAMES.get(family) ?? family,
    version: name,
    ...(extended && { extendedSupport: true }),
    ...(repository && repository.family === family && { repositoryRelease: repository.release }),
  };
}

/** As the ecosystem writes it: an epoch only where there is one. */
function fullVersion(type: PackageType, epoch: number, version: string, release: string): string {
  if (version === '') return '';
  const full = release === '' ? version : `${version}-${release}`;
  return epoch > 0 && type !== 'apk' ? `${epoch}:${full}` : full;
}

function toFoundIn(layer: Layer | undefined): Pick<Package, 'layer'> {
  const diffId = toDigest(layer?.diffId);
  const digest: Digest | undefined = toDigest(layer?.digest) ?? diffId;
  return digest && diffId ? { layer: { digest, diffId } } : {};
}
