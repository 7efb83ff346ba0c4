import type { Package } from '../../model/package.ts';
import { isAggregated } from '../results.ts';

/** What all packages and findings of one result share. */
export interface ResultContext {
  readonly target: string;
  readonly artifact: string;
  readonly identify: (pkg: Package) => unknown;
}

/** Where a package lies, where its result does not say so. */
export function filePathOf(pkg: Package): string | undefined {
  return isAggregated(pkg) ? pkg.paths[0] : undefined;
}

export function jsonLayer(layer: Package['layer']): unknown {
  return { Digest: layer?.digest, DiffID: layer?.diffId };
}
