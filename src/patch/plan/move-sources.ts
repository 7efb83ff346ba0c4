import type { PackageUpdate, UnfixedFinding } from '../../model/patch.ts';
import { groupBy } from './group-by.ts';
import { placeOf, type Offered, type Present } from './planned.ts';
import type { PlacedFinding } from './select-findings.ts';
import { openMoves, type Members, type MoveKind } from './source-moves.ts';
import { moveTogether, type MovableSet, type Refusal, type SourceMove } from './widen.ts';

export interface MovesInput<P extends Present, V, O extends Offered, R> {
  readonly placed: readonly PlacedFinding<P, V>[];
  readonly members: Members<P, O>;
  readonly kind: MoveKind<P, V, O, R>;
  /** What is installed. */
  readonly set: MovableSet<R>;
  readonly offerOf: (related: R) => Pick<Offered, 'source'>;
}

export interface Moves<R> {
  readonly moves: ReadonlyMap<string, SourceMove<R>>;
  /** Why sources do not move, by the name of the source. */
  readonly refusals: ReadonlyMap<string, Refusal>;
}

/** Which sources move to which version, source after source in the order of their names. */
export function moveSources<P extends Present, V, O extends Offered, R>(
  input: MovesInput<P, V, O, R>,
): Moves<R> {
  const { placed, members, kind } = input;
  const moveOf = openMoves(members, kind);
  const wanted = groupBy(
    placed.filter(({ fixed, selected }) => fixed !== undefined && selected),
    ({ pkg }) => pkg.source.name,
  );
  const refusals = new Map<string, Refusal>();
  const moves = new Map<string, SourceMove<R>>();
  let set = input.set;
  for (const source of [...wanted.keys()].sort()) {
    const move = moveOf(source);
    const refusal = 'reason' in move ? move : helplessness(wanted.get(source) ?? [], move, input);
    if (moves.has(source) || refusal) {
      if (refusal && !moves.has(source)) refusals.set(source, refusal);
      continue;
    }
    const moved = moveTogether(source, set, moveOf);
    if ('reason' in moved) refusals.set(source, moved);
    else {
      set = moved.set;
      for (const each of moved.moves) moves.set(each.source, each);
    }
  }
  return { moves, refusals };
}

/** A source whose new version fixes nothing that is wanted does not move. */
function helplessness<P extends Present, V, O extends Offered, R>(
  wanted: readonly PlacedFinding<P, V>[],
  { source, to }: SourceMove<R>,
  { members, kind: { versions }, offerOf }: MovesInput<P, V, O, R>,
): Refusal | undefined {
  const helps = wanted.some(({ pkg, fixed }) => {
    const related = to.get(placeOf(pkg));
    const version = related && versions.parse(offerOf(related).source.version);
    return version !== undefined && fixed !== undefined && versions.compare(version, fixed) >= 0;
  });
  if (helps) return undefined;
  const newest = [...new Set([...to.values()].map((related) => offerOf(related).source.version))].join(', ');
  const now = [...new Set((members.get(source) ?? []).map(({ pkg }) => pkg.source.version))].join(', ');
  return { reason: 'not-in-sources', detail: `the sources have ${source} ${newest || now} at most` };
}

/** The updates of all moves, in the order of their places. */
export function updatesOf<P extends Present, V, O extends Offered, R>(
  { moves }: Moves<R>,
  { members, placed, kind, offerOf }: MovesInput<P, V, O, R>,
): PackageUpdate[] {
  const updates = [...moves.values()].flatMap(({ source, to }) =>
    (members.get(source) ?? []).flatMap(({ pkg, candidates }): PackageUpdate[] => {
      const related = to.get(placeOf(pkg));
      const chosen = related && offerOf(related);
      const offer = candidates.find(({ offer: offered }) => offered === chosen)?.offer;
      if (!offer) return [];
      const update = toUpdate(pkg, offer, kind);
      const fixed = placed.filter((one) => one.pkg === pkg && fixes(update, one, kind));
      return [{ ...update, fixes: [...new Set(fixed.map(({ finding }) => finding.id))].sort() }];
    }),
  );
  return updates.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

function toUpdate<P extends Present, V, O extends Offered, R>(
  pkg: P,
  { version, source, url, sizeBytes, sha256, identity }: O,
  { type }: MoveKind<P, V, O, R>,
): PackageUpdate {
  return {
    type,
    name: pkg.name,
    architecture: pkg.architecture,
    from: pkg.version,
    to: version,
    source: { name: pkg.source.name, from: pkg.source.version, to: source.version },
    fixes: [],
    archive: {
      url,
      sizeBytes,
      ...(sha256 !== undefined && { sha256 }),
      ...(identity !== undefined && { identity }),
    },
  };
}

type Scheme<P, V> = Pick<MoveKind<P, V, unknown, unknown>, 'versions'>;

function fixes<P, V>(
  { source }: Pick<PackageUpdate, 'source'>,
  { fixed }: PlacedFinding<P, V>,
  { versions }: Scheme<P, V>,
): boolean {
  const version = versions.parse(source.to);
  return fixed !== undefined && version !== undefined && versions.compare(version, fixed) >= 0;
}

/** Whether one of the updates ends a finding. */
export function isFixedBy<P extends Present, V>(
  one: PlacedFinding<P, V>,
  updates: ReadonlyMap<string, PackageUpdate>,
  kind: Scheme<P, V>,
): boolean {
  const update = updates.get(placeOf(one.pkg));
  return update !== undefined && fixes(update, one, kind);
}

/** The reason why a finding stays, with what is missing. */
export function unfixedBecause<P extends Present, V>(
  one: PlacedFinding<P, V>,
  refusals: ReadonlyMap<string, Refusal>,
  updates: ReadonlyMap<string, PackageUpdate>,
): UnfixedFinding {
  const { finding, pkg, fixed, selected } = one;
  if (fixed === undefined)
    return { finding, reason: 'no-fix', detail: `no fixed version is known (${finding.status})` };
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
export function notesOn<P extends Present, O extends Offered, R>(
  { moves }: Moves<R>,
  members: Members<P, O>,
  packages: readonly P[],
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
