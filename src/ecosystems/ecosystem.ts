import type { Analyzer } from '../analysis/analyzer.ts';
import type { PackageType } from '../model/package.ts';
import type { AnyVersionScheme } from '../versions/scheme.ts';

/** A kind of package: how it is found and how its versions are ordered. */
export interface Ecosystem {
  readonly type: PackageType;
  readonly analyzers: readonly Analyzer[];
  readonly versions: AnyVersionScheme;
}
