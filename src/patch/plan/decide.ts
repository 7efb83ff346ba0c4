import type { PackageUpdate, UnfixedFinding } from '../../model/patch.ts';
import { deb } from '../../versions/deb.ts';
import type { Offer } from '../sources/archives.ts';
import type { Pin } from '../sources/preferences.ts';
import { candidatesFor } from './candidates.ts';
import { groupBy } from './group-by.ts';
import type { InstalledPackage } from './installed.ts';
import { openPackageSet, placeOf, toRelated } from './package-set.ts';
import type { PlacedFinding } from './select-findings.ts';
import { openMoves, type SourceMember } from './source-moves.ts';
import { moveTogether, type MoveOf, type Refusal, type SourceMove } from './widen.ts';

export interface Decision {
  readonly updates: readonly PackageUpdate[];
  /** Why sources do not move, by the name of the source. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  readonly notes: readonly string[];
}

export interface DecisionInput {
  readonly placed: readonly PlacedFinding[];
  readonly packages: readonly InstalledPackage[];
  /** The architecture that packages for all count as. */
  readonly native: string;
  readonly offers: readonly Offer[];
  readonly pins: readonly Pin[];
  readonly defaultRelease: string | undefined;
  readonly excludePhased: boolean;
}

type Members = ReadonlyMap<string, readonly SourceMember[]>;

/** Which sources move to which version, source after source in the order of their names. */
export function decide(input: DecisionInput): Decision {
  const { placed, packages, native, offers } = input;
  const byName = groupBy(offers, ({ name }) => name);
  const members = groupBy(
    packages.map((pkg) => ({ pkg, candidates: candidatesFor(pkg, byName.get(pkg.name) ?? [], input) })),
    ({ pkg }) => pkg.source.name,
  );
  const moveOf = openMoves(members);
  const wanted = groupBy(
    placed.filter(({ fixed, selected }) => fixed && selected),
    ({ pkg }) => pkg.source.name,
  );
  const refusals = new Map<string, Refusal>();
  const moves = new Map<string, SourceMove>();
  let set = openPackageSet(
    packages.flatMap((pkg) => toRelated(pkg) ?? []),
    native,
  );
  for (const source of [...wanted.keys()].sort()) {
    const refusal = refusalOf(wanted.get(source) ?? [], source, members, moveOf);
    if (moves.has(source) || refusal) {
      if (refusal && !moves.has(source)) refusals.set(source, refusal);
      continue;
    }
    const moved = moveTogether(source, set, native, moveOf);
    if ('reason' in moved) refusals.set(source, moved);
    else {
      set = moved.set;
      for (const move of moved.moves) moves.set(move.source, move);
    }
  }
  const updates = [...moves.values()].flatMap((move) =>
    updatesOf(move, members.get(move.source) ?? [], placed),
  );
  return { updates: updates.sort(byPlace), refusals, notes: notesOn(moves, members, packages) };
}

/** A source whose new version fixes nothing that is wanted does not move. */
function refusalOf(
  wanted: readonly PlacedFinding[],
  source: string,
  members: Members,
  moveOf: MoveOf,
): Refusal | undefined {
  const move = moveOf(source);
  if ('reason' in move) return move;
  const helps = wanted.some(({ pkg, fixed }) => {
    const version = deb.parse(move.to.get(placeOf(pkg))?.control.source.version ?? '');
    return version && fixed && deb.compare(version, fixed) >= 0;
  });
  if (helps) return undefined;
  const newest = [...new Set([...move.to.values()].map(({ control }) => control.source.version))].join(', ');
  const now = [...new Set((members.get(source) ?? []).map(({ pkg }) => pkg.source.version))].join(', ');
  return { reason: 'not-in-sources', detail: `the sources have ${source} ${newest || now} at most` };
}

function updatesOf(
  { to }: SourceMove,
  members: readonly SourceMember[],
  placed: readonly PlacedFinding[],
): PackageUpdate[] {
  return members.flatMap(({ pkg, candidates }): PackageUpdate[] => {
    const control = to.get(placeOf(pkg))?.control;
    const offer = candidates.find(({ offer: offered }) => offered === control)?.offer;
    if (!offer) return [];
    const { url, sizeBytes, sha256 } = offer;
    const update = {
      type: 'deb' as const,
      name: pkg.name,
      architecture: pkg.architecture,
      from: pkg.version,
      to: offer.version,
      source: { name: pkg.source.name, from: pkg.source.version, to: offer.source.version },
      archive: { url, sizeBytes, sha256 },
    };
    const fixed = placed.filter((one) => one.pkg === pkg && fixes(update, one));
    return [{ ...update, fixes: [...new Set(fixed.map(({ finding }) => finding.id))].sort() }];
  });
}

function fixes({ source }: Pick<PackageUpdate, 'source'>, { fixed }: PlacedFinding): boolean {
  const version = deb.parse(source.to);
  return fixed !== undefined && version !== undefined && deb.compare(version, fixed) >= 0;
}

/** Whether one of the updates ends a finding. */
export function isFixedBy(one: PlacedFinding, updates: ReadonlyMap<string, PackageUpdate>): boolean {
  const update = updates.get(placeOf(one.pkg));
  return update !== undefined && fixes(update, one);
}

/** The reason why a finding stays, with what is missing. */
export function unfixedBecause(
  one: PlacedFinding,
  refusals: ReadonlyMap<string, Refusal>,
  updates: ReadonlyMap<string, PackageUpdate>,
): UnfixedFinding {
  const { finding, pkg, fixed, selected } = one;
  if (!fixed) return { finding, reason: 'no-fix', detail: `no fixed version is known (${finding.status})` };
  const refusal = refusals.get(pkg.source.name);
  if (!selected) return { finding, reason: 'not-selected', detail: `${finding.fixedVersion ?? ''} fixes it` };
  const needed = `${finding.fixedVersion ?? ''} fixes it`;
  if (!refusal) {
    const newest = updates.get(placeOf(pkg))?.source.to ?? pkg.source.version;
    const detail = `the sources have ${pkg.source.name} ${newest} at most; ${needed}`;
    return { finding, reason: 'not-in-sources', detail };
  }
  const { reason, detail } = refusal;
  return { finding, reason, detail: `${detail}; ${needed}` };
}

/** Packages that a source leaves behind, and those that are held. */
function notesOn(
  moves: ReadonlyMap<string, SourceMove>,
  members: Members,
  packages: readonly InstalledPackage[],
): string[] {
  const held = packages
    .filter((pkg) => pkg.held)
    .map(({ name, version }) => `${name} is on hold at ${version}`);
  const behind = [...moves.values()].flatMap(({ source, to }) =>
    (members.get(source) ?? [])
      .filter(({ pkg }) => !to.has(placeOf(pkg)))
      .map(({ pkg }) => `${pkg.name} stays at ${pkg.version}: the new version of ${source} does not make it`),
  );
  return [...held, ...behind].sort();
}

function byPlace(a: PackageUpdate, b: PackageUpdate): number {
  return placeOf(a) < placeOf(b) ? -1 : 1;
}
