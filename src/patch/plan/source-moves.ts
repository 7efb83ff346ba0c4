import type { Offered, PackageKind, Present } from './planned.ts';
import { placeOf } from './planned.ts';
import type { MoveOf, Refusal, SourceMove } from './widen.ts';

/** Installed packages of one source with what each could become, the most wished for first. */
export interface SourceMember<P extends Present, O extends Offered> {
  readonly pkg: P;
  readonly candidates: readonly { readonly offer: O }[];
  /** Why newer ones that there are do not count, for people. */
  readonly pinned?: string;
}

export type Members<P extends Present, O extends Offered> = ReadonlyMap<
  string,
  readonly SourceMember<P, O>[]
>;

/** How to read what is offered. */
export interface MoveKind<P, V, O, R> extends PackageKind<P, V> {
  /** Undefined where the version is none. */
  readonly toRelated: (offer: O) => R | undefined;
}

/**
 * What each source would become: all its installed packages go to one version of the source. A package that this
 * version no longer makes stays as it is, if its dependencies let it.
 */
export function openMoves<P extends Present, V, O extends Offered, R>(
  members: Members<P, O>,
  kind: MoveKind<P, V, O, R>,
): MoveOf<R> {
  const known = new Map<string, SourceMove<R> | Refusal>();
  return (source) => {
    const move = known.get(source) ?? moveOf(source, members.get(source) ?? [], kind);
    known.set(source, move);
    return move;
  };
}

function moveOf<P extends Present, V, O extends Offered, R>(
  source: string,
  members: readonly SourceMember<P, O>[],
  kind: MoveKind<P, V, O, R>,
): SourceMove<R> | Refusal {
  const held = members.find(({ pkg }) => pkg.held);
  if (held) return { reason: 'held', detail: `${held.pkg.name} is on hold at ${held.pkg.version}` };
  const partial = members.find(({ pkg }) => !pkg.complete);
  if (partial) return { reason: 'conflict', detail: `${partial.pkg.name} is not installed completely` };
  const pinned = members.find((member) => member.pinned !== undefined)?.pinned;
  if (pinned !== undefined) return { reason: 'held', detail: pinned };
  const target = newestSource(members, kind);
  if (!target) {
    const versions = [...new Set(members.map(({ pkg }) => pkg.source.version))].join(', ') || 'not installed';
    return { reason: 'not-in-sources', detail: `the sources have nothing newer than ${source} ${versions}` };
  }
  const to = new Map<string, R>();
  for (const { pkg, candidates } of members) {
    const chosen = candidates.find(
      ({ offer }) => offer.source.version === target.version && offer.source.name === target.name,
    );
    const related = chosen && kind.toRelated(chosen.offer);
    if (related) to.set(placeOf(pkg), related);
  }
  return { source, to };
}

/** Of what would be taken for each package, the newest source. */
function newestSource<P extends Present, V, O extends Offered, R>(
  members: readonly SourceMember<P, O>[],
  { versions }: MoveKind<P, V, O, R>,
): Offered['source'] | undefined {
  const firsts = members.flatMap(({ candidates: [first] }) => {
    const version = first && versions.parse(first.offer.source.version);
    return version ? [{ version, source: first.offer.source }] : [];
  });
  return firsts.sort((a, b) => versions.compare(b.version, a.version))[0]?.source;
}
