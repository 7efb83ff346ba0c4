import type { PackageArchive } from '../../model/patch.ts';
import type { VersionScheme } from '../../versions/scheme.ts';

/** What planning needs to know of a package, whatever manages it. */
export interface Versioned {
  readonly name: string;
  readonly architecture: string;
  /** As it is written. */
  readonly version: string;
  readonly source: { readonly name: string; readonly version: string };
}

/** A package of the image. */
export interface Present extends Versioned {
  /** Not to be changed, says the image's owner. */
  readonly held: boolean;
  /** All of its files are there and it is set up. */
  readonly complete: boolean;
}

/** A package that an archive offers. */
export interface Offered extends Versioned, PackageArchive {}

/** What differs between package managers for who plans. */
export interface PackageKind<P, V> {
  readonly type: 'deb' | 'apk';
  readonly versions: VersionScheme<V>;
  /** Where reports write versions otherwise than the package has them. */
  readonly adapt?: (fixed: V, pkg: P) => V;
}

/** One package of one architecture has one place. */
export function placeOf({ name, architecture }: Pick<Versioned, 'name' | 'architecture'>): string {
  return `${name} ${architecture}`;
}
