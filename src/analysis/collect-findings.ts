import type { LicenseFile } from '../model/analysis.ts';
import type { FoundIn, MisconfigurationFinding, SecretFinding } from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import type { AppliedLayer, VisibleFile } from './merge-tree.ts';

/** Secrets of all layers: who pulls an image has them all, also those that a later layer hides. */
export function collectSecrets(
  withSecrets: readonly VisibleFile[],
  visible: readonly VisibleFile[],
  layers: readonly AppliedLayer[],
): SecretFinding[] {
  const seen = new Set(visible.map(({ analysis }) => analysis));
  const found = new Map<string, SecretFinding>();
  for (const { path, layerIndex, analysis } of withSecrets) {
    for (const secret of analysis.secrets ?? []) {
      // A file that is written anew and has the secret still: told once, of the later layer.
      found.set([path, secret.ruleId, secret.match].join('\0'), {
        kind: 'secret',
        ...secret,
        path,
        ...layerOf(layers[layerIndex]),
        ...(!seen.has(analysis) && { isDeleted: true }),
      });
    }
  }
  return [...found.values()];
}

export function collectMisconfigurations(
  files: readonly VisibleFile[],
  layers: readonly AppliedLayer[],
): MisconfigurationFinding[] {
  return files.flatMap(({ path, layerIndex, analysis }) =>
    (analysis.misconfigurations ?? []).map((found) => ({
      kind: 'misconfiguration' as const,
      ...found,
      path,
      ...layerOf(layers[layerIndex]),
    })),
  );
}

export function collectLicenseFiles(
  files: readonly VisibleFile[],
  layers: readonly AppliedLayer[],
): LicenseFile[] {
  return files.flatMap(({ path, layerIndex, analysis }) =>
    (analysis.licenses ?? []).flatMap(({ name, confidence, packageName }) =>
      packageName === undefined ? [{ path, name, confidence, ...layerOf(layers[layerIndex]) }] : [],
    ),
  );
}

/** Debian's database tells no licences; its packages' copyright files do. */
export function withStatedLicenses(packages: readonly Package[], files: readonly VisibleFile[]): Package[] {
  const stated = new Map<string, Set<string>>();
  for (const { analysis } of files) {
    for (const { name, packageName } of analysis.licenses ?? []) {
      if (packageName === undefined) continue;
      const known = stated.get(packageName);
      if (known) known.add(name);
      else stated.set(packageName, new Set([name]));
    }
  }
  return packages.map((pkg) => {
    const more =
      pkg.application === undefined && pkg.licenses.length === 0 ? stated.get(pkg.name) : undefined;
    return more ? { ...pkg, licenses: [...more] } : pkg;
  });
}

function layerOf(layer: AppliedLayer | undefined): { readonly layer?: FoundIn } {
  return layer ? { layer: { digest: layer.digest, diffId: layer.analysis.diffId } } : {};
}
