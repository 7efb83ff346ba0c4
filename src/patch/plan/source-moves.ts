import { deb } from '../../versions/deb.ts';
import type { Candidate } from './candidates.ts';
import type { InstalledPackage } from './installed.ts';
import { placeOf, toRelated, type RelatedPackage } from './package-set.ts';
import type { MoveOf, Refusal, SourceMove } from './widen.ts';

/** Installed packages of one source with what each could become, the most wished for first. */
export interface SourceMember {
  readonly pkg: InstalledPackage;
  readonly candidates: readonly Candidate[];
}

/**
 * What each source would become: all its installed packages go to one version of the source. A package that this
 * version no longer makes stays as it is, if its dependencies let it.
 */
export function openMoves(members: ReadonlyMap<string, readonly SourceMember[]>): MoveOf {
  const known = new Map<string, SourceMove | Refusal>();
  return (source) => {
    const move = known.get(source) ?? moveOf(source, members.get(source) ?? []);
    known.set(source, move);
    return move;
  };
}

function moveOf(source: string, members: readonly SourceMember[]): SourceMove | Refusal {
  const held = members.find(({ pkg }) => pkg.held);
  if (held) return { reason: 'held', detail: `${held.pkg.name} is on hold at ${held.pkg.version}` };
  const partial = members.find(({ pkg }) => !pkg.complete);
  if (partial) return { reason: 'conflict', detail: `${partial.pkg.name} is not installed completely` };
  const target = newestSource(members);
  if (!target) {
    const versions = [...new Set(members.map(({ pkg }) => pkg.source.version))].join(', ') || 'not installed';
    return { reason: 'not-in-sources', detail: `the sources have nothing newer than ${source} ${versions}` };
  }
  const to = new Map<string, RelatedPackage>();
  for (const { pkg, candidates } of members) {
    const chosen = candidates.find(
      ({ offer }) => offer.source.version === target.version && offer.source.name === target.name,
    );
    const related = chosen && toRelated(chosen.offer);
    if (related) to.set(placeOf(pkg), related);
  }
  return { source, to };
}

/** Of what apt would take for each package, the newest source. */
function newestSource(members: readonly SourceMember[]): { name: string; version: string } | undefined {
  const firsts = members.flatMap(({ candidates: [first] }) => {
    const version = first && deb.parse(first.offer.source.version);
    return version ? [{ version, source: first.offer.source }] : [];
  });
  return firsts.sort((a, b) => deb.compare(b.version, a.version))[0]?.source;
}
