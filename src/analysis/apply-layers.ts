import type { Diagnostic, Inventory } from '../model/analysis.ts';
import type { Package, RedHatBuild } from '../model/package.ts';
import type { Analyzer } from './analyzer.ts';
import {
  collectLicenseFiles,
  collectMisconfigurations,
  collectSecrets,
  withStatedLicenses,
} from './collect-findings.ts';
import { mergeTree, type AppliedLayer, type VisibleFile } from './merge-tree.ts';
import { resolveOperatingSystem } from './os/resolve-operating-system.ts';

/**
 * Merges layers into what a container would see: whiteouts and later files hide earlier ones, links to a package
 * database are followed, each package is attributed to the first layer that held it.
 */
export function applyLayers(layers: readonly AppliedLayer[], analyzers: readonly Analyzer[]): Inventory {
  const { files, withSecrets, diagnostics } = mergeTree(layers, analyzers);
  const os = resolveOperatingSystem(
    files.flatMap(({ path, analysis }) => (analysis.os ? [{ path, clue: analysis.os }] : [])),
  );
  const packages = withStatedLicenses(collectPackages(files, layers), files);
  const licenseFiles = collectLicenseFiles(files, layers);
  const mismatch = otherSystems(packages, os?.family);
  return {
    schema: 1,
    ...(os && { os }),
    layerSizes: Object.fromEntries(layers.map(({ analysis }) => [analysis.diffId, analysis.sizeBytes])),
    packages,
    findings: [...collectSecrets(withSecrets, files, layers), ...collectMisconfigurations(files, layers)],
    ...(licenseFiles.length > 0 && { licenseFiles }),
    diagnostics: [...diagnostics, ...mismatch],
  };
}

function collectPackages(files: readonly VisibleFile[], layers: readonly AppliedLayer[]): Package[] {
  const origins = firstLayers(layers);
  const builds = layers.map(({ analysis }) => analysis.files.find((file) => file.redHatBuild)?.redHatBuild);
  const found = new Map<string, Package>();
  const paths = new Map<string, Set<string>>();
  for (const { analysis } of files) {
    if (analysis.ownedByOs) continue;
    for (const pkg of analysis.packages ?? []) {
      const key = packageKey(pkg);
      const places = paths.get(key);
      if (places) {
        for (const path of pkg.paths) places.add(path);
        continue;
      }
      paths.set(key, new Set(pkg.paths));
      const index = origins.get(key) ?? 0;
      const layer = layers[index];
      const redHatBuild = pkg.type === 'rpm' ? buildFor(builds, index) : undefined;
      found.set(key, {
        ...pkg,
        ...(layer && { layer: { digest: layer.digest, diffId: layer.analysis.diffId } }),
        ...(redHatBuild && { redHatBuild }),
      });
    }
  }
  return Array.from(found, ([key, pkg]) => {
    const places = paths.get(key);
    return places && places.size > pkg.paths.length ? { ...pkg, paths: [...places] } : pkg;
  });
}

/** A package of an application is another one in another place; a distribution has each only once. */
function packageKey(pkg: Package): string {
  const place = pkg.application === undefined ? (pkg.architecture ?? '') : pkg.paths.join('\0');
  return `${pkg.type}\0${pkg.name}\0${pkg.version}\0${pkg.application ?? ''}\0${place}`;
}

/** For each package the index of the first layer that has it in any of its files. */
function firstLayers(layers: readonly AppliedLayer[]): Map<string, number> {
  const first = new Map<string, number>();
  layers.forEach(({ analysis }, index) => {
    for (const pkg of analysis.files.flatMap((file) => file.packages ?? [])) {
      const key = packageKey(pkg);
      if (!first.has(key)) first.set(key, index);
    }
  });
  return first;
}

/** The layer's own build; for the base layer that of the one above, where Red Hat puts it; else the nearest below. */
function buildFor(builds: readonly (RedHatBuild | undefined)[], index: number): RedHatBuild | undefined {
  const own = builds[index];
  if (own) return own;
  if (index === 0) return builds[1];
  return builds.slice(0, index).findLast((build) => build !== undefined);
}

const PACKAGE_TYPE_OF: Readonly<Record<string, Package['type']>> = {
  alpine: 'apk',
  wolfi: 'apk',
  chainguard: 'apk',
  minimos: 'apk',
  debian: 'deb',
  ubuntu: 'deb',
  echo: 'deb',
};

/** Says so when a package database does not belong to the operating system that the release files name. */
function otherSystems(packages: readonly Package[], family: string | undefined): Diagnostic[] {
  if (family === undefined) return [];
  const own = Object.hasOwn(PACKAGE_TYPE_OF, family) ? PACKAGE_TYPE_OF[family] : undefined;
  const foreign =
    own === undefined ? [] : packages.filter((pkg) => pkg.application === undefined && pkg.type !== own);
  const types = [...new Set(foreign.map((pkg) => pkg.type))];
  return types.map((type) => {
    const count = foreign.filter((pkg) => pkg.type === type).length;
    const message = `${count} ${type} packages lie in a root file system that calls itself ${family}`;
    return { code: 'PACKAGES_OF_ANOTHER_SYSTEM', by: 'apply-layers', message };
  });
}
