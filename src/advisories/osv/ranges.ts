import type { VersionRange } from '../../model/advisory.ts';
import type { AnyVersionScheme } from '../../versions/scheme.ts';

/** One turn of a range: from here on affected, or from here (or behind it) on no more. */
export interface OsvEvent {
  readonly kind: 'introduced' | 'fixed' | 'lastAffected' | 'limit';
  readonly version: string;
}

/**
 * Ranges of events, which may stand in any order. `limit` ends a range as `fixed` does, without being a version to
 * go to.
 * @param order of their versions; where it cannot read one of them, they count as they stand
 * @see https://ossf.github.io/osv-schema/#evaluation
 */
export function toRanges(events: readonly OsvEvent[], order: AnyVersionScheme): readonly VersionRange[] {
  // Who names only the end means everything before it.
  const isBegun = events.some(({ kind }) => kind === 'introduced');
  const ranges: VersionRange[] = [];
  let introduced = isBegun ? undefined : '0';
  for (const { kind, version } of inOrder(events, order)) {
    if (kind === 'introduced') introduced ??= version;
    else if (introduced !== undefined && !(kind === 'limit' && version === '*')) {
      ranges.push({ ...startOf(introduced), ...endOf(kind, version) });
      introduced = undefined;
    }
  }
  if (introduced !== undefined && isBegun) ranges.push(startOf(introduced));
  return ranges;
}

/** Before all versions, "0" stands. */
function startOf(introduced: string): VersionRange {
  return introduced === '0' ? {} : { introduced };
}

function endOf(kind: OsvEvent['kind'], version: string): VersionRange {
  return kind === 'lastAffected' ? { lastAffected: version } : { fixed: version };
}

type Place = Parsed | 'start' | 'end';

/**
 * Pairs of a beginning and an end, as nearly all are written, count as they stand: real ones overlap, and mean all of
 * what they name. Anything else is put in order.
 */
function inOrder(events: readonly OsvEvent[], order: AnyVersionScheme): readonly OsvEvent[] {
  const placed = events.map((event) => ({ event, place: placeOf(event, order) }));
  if (placed.some(({ place }) => place === undefined)) return events;
  const compare = (a: Place = 'start', b: Place = 'start'): number => comparePlaces(a, b, order);
  const arePairs = placed.every(({ event, place }, at) =>
    at % 2 === 0
      ? event.kind === 'introduced'
      : event.kind !== 'introduced' && compare(placed[at - 1]?.place, place) <= 0,
  );
  if (arePairs) return events;
  return placed.toSorted((a, b) => compare(a.place, b.place)).map(({ event }) => event);
}

function comparePlaces(a: Place, b: Place, order: AnyVersionScheme): number {
  if (typeof a === 'object' && typeof b === 'object') return order.compare(a.parsed, b.parsed);
  return rankOf(a) - rankOf(b);
}

function rankOf(place: Place): number {
  return place === 'start' ? 0 : place === 'end' ? 2 : 1;
}

interface Parsed {
  readonly parsed: unknown;
}

function placeOf({ kind, version }: OsvEvent, order: AnyVersionScheme): Place | undefined {
  if (kind === 'introduced' && version === '0') return 'start';
  if (kind === 'limit' && version === '*') return 'end';
  const parsed = order.parse(version);
  return parsed === undefined ? undefined : { parsed };
}
