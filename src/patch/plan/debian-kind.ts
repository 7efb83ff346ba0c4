import { deb, type DebVersion } from '../../versions/deb.ts';
import type { Offer } from '../sources/archives.ts';
import type { InstalledPackage } from './installed.ts';
import { toRelated, type RelatedPackage } from './package-set.ts';
import type { MoveKind } from './source-moves.ts';

/** Packages of dpkg, for who plans. */
export const debianKind: MoveKind<InstalledPackage, DebVersion, Offer, RelatedPackage> = {
  type: 'deb',
  versions: deb,
  adapt: withEpoch,
  toRelated,
};

/**
 * Some reports leave the epoch out. Then the version that is installed would seem to be fixed, though it was found
 * vulnerable, and has an epoch itself.
 */
function withEpoch(fixed: DebVersion, pkg: InstalledPackage): DebVersion {
  const source = deb.parse(pkg.source.version);
  if (!source || fixed.epoch > 0 || deb.compare(source, fixed) < 0) return fixed;
  return { ...fixed, epoch: source.epoch };
}
