import type { Package } from '../../model/package.ts';
import { packageId, versionParts } from '../package-identity.ts';
import { compareTexts } from '../results.ts';
import { filled } from './filled.ts';
import { filePathOf, jsonLayer, type ResultContext } from './context.ts';

/** `Packages` of one result, in order of their names. */
export function jsonPackages(packages: readonly Package[], context: ResultContext): unknown[] {
  const ids = new Map(packages.map((pkg) => [pkg.name, packageId(pkg)]));
  const known = new Set(packages.map((pkg) => packageId(pkg)));
  /** Packages of applications name ids already, those of systems names. */
  const idsNamed = (name: string): readonly string[] => (known.has(name) ? [name] : listOf(ids.get(name)));
  return [...packages].sort(byNameAndVersion).map((pkg) => ({
    ...(pkg.application === undefined ? systemPackage(pkg, context) : applicationPackage(pkg, context)),
    DependsOn: filled([...new Set(pkg.dependsOn?.flatMap(idsNamed) ?? [])].sort()),
    Layer: jsonLayer(pkg.layer),
    FilePath: filePathOf(pkg),
    Digest: pkg.archiveDigest,
    Locations: filled(
      pkg.locations?.map(({ startLine, endLine }) => ({ StartLine: startLine, EndLine: endLine })),
    ),
  }));
}

function listOf(id: string | undefined): readonly string[] {
  return id === undefined ? [] : [id];
}

function systemPackage(pkg: Package, { identify }: ResultContext): object {
  const own = versionParts(pkg.type, pkg.version);
  const source = pkg.source ?? pkg;
  const from = versionParts(pkg.type, source.version);
  return {
    ID: packageId(pkg),
    Name: pkg.name,
    Identifier: identify(pkg),
    Version: own.version,
    Release: own.release,
    Epoch: own.epoch || undefined,
    Arch: pkg.architecture,
    SrcName: source.name,
    SrcVersion: from.version,
    SrcRelease: from.release,
    SrcEpoch: from.epoch || undefined,
    Licenses: filled(pkg.licenses),
    Maintainer: pkg.maintainer,
    Modularitylabel: pkg.modularityLabel,
    BuildInfo: pkg.redHatBuild && {
      ContentSets: filled(pkg.redHatBuild.contentSets),
      Nvr: pkg.redHatBuild.nvr,
      Arch: pkg.redHatBuild.architecture,
    },
  };
}

function applicationPackage(pkg: Package, { identify }: ResultContext): object {
  return {
    ID: packageId(pkg),
    Name: pkg.name,
    Identifier: identify(pkg),
    Version: pkg.version || undefined,
    Dev: pkg.development,
    Licenses: filled(pkg.licenses),
    Indirect: pkg.relationship === 'indirect' || undefined,
    Relationship: pkg.relationship,
  };
}

function byNameAndVersion(a: Package, b: Package): number {
  return (
    compareTexts(a.name, b.name) ||
    compareTexts(a.version, b.version) ||
    compareTexts(a.paths[0] ?? '', b.paths[0] ?? '')
  );
}
