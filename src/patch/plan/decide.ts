import type { PackageUpdate } from '../../model/patch.ts';
import type { DebVersion } from '../../versions/deb.ts';
import type { Offer } from '../sources/archives.ts';
import type { Pin } from '../sources/preferences.ts';
import { candidatesFor } from './candidates.ts';
import { debianKind } from './debian-kind.ts';
import { debianSet } from './debian-set.ts';
import { groupBy } from './group-by.ts';
import type { InstalledPackage } from './installed.ts';
import { moveSources, notesOn, updatesOf } from './move-sources.ts';
import { toRelated, type RelatedPackage } from './package-set.ts';
import type { PlacedFinding } from './select-findings.ts';
import type { Refusal } from './widen.ts';

export interface Decision {
  readonly updates: readonly PackageUpdate[];
  /** Why sources do not move, by the name of the source. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  readonly notes: readonly string[];
}

export interface DecisionInput {
  readonly placed: readonly PlacedFinding<InstalledPackage, DebVersion>[];
  readonly packages: readonly InstalledPackage[];
  /** The architecture that packages for all count as. */
  readonly native: string;
  readonly offers: readonly Offer[];
  readonly pins: readonly Pin[];
  readonly defaultRelease: string | undefined;
  readonly excludePhased: boolean;
}

/** Which packages of dpkg move to which version. */
export function decide(input: DecisionInput): Decision {
  const { placed, packages, native, offers } = input;
  const byName = groupBy(offers, ({ name }) => name);
  const members = groupBy(
    packages.map((pkg) => ({ pkg, candidates: candidatesFor(pkg, byName.get(pkg.name) ?? [], input) })),
    ({ pkg }) => pkg.source.name,
  );
  const set = debianSet(
    packages.flatMap((pkg) => toRelated(pkg) ?? []),
    native,
  );
  const moving = {
    placed,
    members,
    kind: debianKind,
    set,
    offerOf: ({ control }: RelatedPackage) => control,
  };
  const moved = moveSources(moving);
  return {
    updates: updatesOf(moved, moving),
    refusals: moved.refusals,
    notes: notesOn(moved, members, packages),
  };
}
