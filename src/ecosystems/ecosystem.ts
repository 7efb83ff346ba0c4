import type { Analyzer } from '../analysis/analyzer.ts';
import type { Package, PackageType } from '../model/package.ts';
import type { AnyVersionScheme } from '../versions/scheme.ts';

/** A kind of package: how it is found and how its versions are ordered. */
export interface Ecosystem {
  readonly type: PackageType;
  readonly analyzers: readonly Analyzer[];
  readonly versions: AnyVersionScheme;
  /** Where advisories speak of its packages, unless a distribution's do. */
  readonly advisories?: {
    /** As OSV calls it: `npm`, `PyPI`, `crates.io`. */
    readonly ecosystem: string;
    /** The name that advisories are filed under. */
    nameOf(pkg: Package): string;
  };
}
