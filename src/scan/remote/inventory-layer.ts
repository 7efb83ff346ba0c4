import type { AppliedLayer } from '../../analysis/merge-tree.ts';
import { sha256Of } from '../../base/digest.ts';
import type { FileAnalysis, Inventory } from '../../model/analysis.ts';
import type { Package } from '../../model/package.ts';

/**
 * What is known as a whole, as one layer, since that is what servers judge. It tells of packages alone: the rest needs
 * nobody to judge it.
 */
export function inventoryAsLayer({ os, packages }: Pick<Inventory, 'os' | 'packages'>): AppliedLayer {
  const files: FileAnalysis[] = [];
  if (os) files.push({ path: '', analyzer: ANALYZER, os });
  for (const [path, members] of byPlace(packages))
    files.push({ path, analyzer: ANALYZER, packages: members.map(withoutLayer) });
  const diffId = sha256Of(JSON.stringify(files));
  return {
    digest: diffId,
    analysis: {
      schema: 1,
      diffId,
      analyzers: ANALYZER,
      sizeBytes: 0,
      files,
      links: [],
      whiteouts: [],
      opaqueDirs: [],
      held: { files: '', directories: '' },
      diagnostics: [],
    },
  };
}

const ANALYZER = 'inventory/1';

function byPlace(packages: readonly Package[]): Map<string, Package[]> {
  const places = new Map<string, Package[]>();
  for (const pkg of packages) {
    const path = pkg.paths[0] ?? '';
    const members = places.get(path);
    if (members) members.push(pkg);
    else places.set(path, [pkg]);
  }
  return places;
}

export function withoutLayer({ layer: _layer, ...pkg }: Package): Package {
  return pkg;
}

/** What tells one package of an image from another. */
export function packageKey({ type, name, version, application, architecture, paths }: Package): string {
  const place = application === undefined ? architecture : paths[0];
  return [type, name, version, application, place].join('\0');
}
