import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import type { PackageUpdate, PatchPlan, UnfixedFinding, UsedIndex } from '../../model/patch.ts';
import { isFixedBy, unfixedBecause } from './move-sources.ts';
import { placeOf, type PackageKind, type Present } from './planned.ts';
import type { PlacedFinding } from './select-findings.ts';
import type { Refusal } from './widen.ts';

export interface PlanParts<P extends Present, V> {
  readonly placed: readonly PlacedFinding<P, V>[];
  /** Findings that were of no package. */
  readonly unfixed: readonly UnfixedFinding[];
  readonly kind: PackageKind<P, V>;
  readonly updates?: readonly PackageUpdate[];
  readonly refusals?: ReadonlyMap<string, Refusal>;
  readonly indexes?: readonly UsedIndex[];
  readonly notes: readonly string[];
}

/** A plan in which every finding is among the `fixes` of an update or in `unfixed`. */
export function toPlan<P extends Present, V>(
  image: Image,
  { placed, unfixed, kind, updates = [], refusals = new Map(), indexes = [], notes }: PlanParts<P, V>,
): PatchPlan {
  const byPlace = new Map(updates.map((update) => [placeOf(update), update]));
  const left = placed.filter((one) => !isFixedBy(one, byPlace, kind));
  const because = left.map((one) => unfixedBecause(one, refusals, byPlace));
  return { image, updates, unfixed: [...unfixed, ...because].sort(byFinding), indexes, notes };
}

/** In the order of packages, then of vulnerabilities. */
function byFinding({ finding: a }: UnfixedFinding, { finding: b }: UnfixedFinding): number {
  return compareTexts(keyOf(a), keyOf(b));
}

function keyOf({
  id,
  package: { name, version, architecture, paths },
}: VulnerabilityFinding): readonly string[] {
  return [name, id, architecture ?? '', version, ...paths];
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((text, i) => text !== b[i]);
  if (at < 0) return 0;
  return (a[at] ?? '') < (b[at] ?? '') ? -1 : 1;
}
