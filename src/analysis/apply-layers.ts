import type { Diagnostic, Inventory } from '../model/analysis.ts';
import type { Package, RedHatBuild } from '../model/package.ts';
import type { Analyzer } from './analyzer.ts';
import { mergeTree, type AppliedLayer, type VisibleFile } from './merge-tree.ts';
import { resolveOperatingSystem } from './os/resolve-operating-system.ts';

/**
 * Merges layers into what a container would see: whiteouts and later files hide earlier ones, links to a package
 * database are followed, each package is attributed to the first layer that held it.
 */
export function applyLayers(layers: readonly AppliedLayer[], analyzers: readonly Analyzer[]): Inventory {
  const { files, diagnostics } = mergeTree(layers, analyzers);
  const os = resolveOperatingSystem(
    files.flatMap(({ path, analysis }) => (analysis.os ? [{ path, clue: analysis.os }] : [])),
  );
  const packages = collectPackages(files, layers);
  const mismatch = otherSystems(packages, os?.family);
  return {
    schema: 1,
    ...(os && { os }),
    layerSizes: Object.fromEntries(layers.map(({ analysis }) => [analysis.diffId, analysis.sizeBytes])),
    packages,
    diagnostics: [...diagnostics, ...mismatch],
  };
}

function collectPackages(files: readonly VisibleFile[], layers: readonly AppliedLayer[]): Package[] {
  const origins = firstLayers(layers);
  const builds = layers.map(({ analysis }) => analysis.files.find((file) => file.redHatBuild)?.redHatBuild);
  const found = new Map<string, Package>();
  for (const { analysis } of files) {
    for (const pkg of analysis.packages ?? []) {
      const key = packageKey(pkg);
      const known = found.get(key);
      if (known) {
        found.set(key, { ...known, paths: [...new Set([...known.paths, ...pkg.paths])] });
        continue;
      }
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
  return [...found.values()];
}

function packageKey(pkg: Package): string {
  return `${pkg.type}\0${pkg.name}\0${pkg.version}\0${pkg.architecture ?? ''}`;
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
  const own = PACKAGE_TYPE_OF[family];
  const foreign = own === undefined ? [] : packages.filter((pkg) => pkg.type !== own);
  const types = [...new Set(foreign.map((pkg) => pkg.type))];
  return types.map((type) => {
    const count = foreign.filter((pkg) => pkg.type === type).length;
    const message = `${count} ${type} packages lie in a root file system that calls itself ${family}`;
    return { code: 'PACKAGES_OF_ANOTHER_SYSTEM', by: 'apply-layers', message };
  });
}
