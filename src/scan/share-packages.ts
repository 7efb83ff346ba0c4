import type { FileAnalysis, LayerAnalysis } from '../model/analysis.ts';
import type { Package } from '../model/package.ts';

/**
 * Layers that each rewrite a package database tell of the same packages over and over: equal ones become one object,
 * so that an image of many layers needs little more memory than one of few.
 */
export function openPackageSharing(): (analysis: LayerAnalysis) => LayerAnalysis {
  const seen = new Map<string, Package>();

  function shared(pkg: Package): Package {
    const key = `${pkg.name}\0${pkg.version}\0${pkg.paths[0] ?? ''}`;
    const known = seen.get(key);
    if (known && isEqual(known, pkg)) return known;
    seen.set(key, pkg);
    return pkg;
  }

  function sharedFile(file: FileAnalysis): FileAnalysis {
    return file.packages ? { ...file, packages: file.packages.map(shared) } : file;
  }

  return (analysis) => ({ ...analysis, files: analysis.files.map(sharedFile) });
}

/** Of plain data. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => isEqual(a[key as keyof typeof a], b[key as keyof typeof b]));
}
