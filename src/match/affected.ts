import type { VersionRange } from '../model/advisory.ts';
import type { AnyVersionScheme } from '../versions/scheme.ts';

/** A range whose ends are parsed. */
export interface ParsedRange {
  readonly introduced?: unknown;
  readonly fixed?: unknown;
  readonly lastAffected?: unknown;
}

/** Undefined when an end is no version of the scheme, so that nobody can say what lies within. */
export function parseRange(range: VersionRange, scheme: AnyVersionScheme): ParsedRange | undefined {
  const parsed: { -readonly [K in keyof ParsedRange]: ParsedRange[K] } = {};
  for (const end of ['introduced', 'fixed', 'lastAffected'] as const) {
    const text = range[end];
    if (text === undefined) continue;
    const version = scheme.parse(text);
    if (version === undefined) return undefined;
    parsed[end] = version;
  }
  return parsed;
}

export function isWithin(version: unknown, range: ParsedRange, scheme: AnyVersionScheme): boolean {
  const { introduced, fixed, lastAffected } = range;
  if (introduced !== undefined && scheme.compare(version, introduced) < 0) return false;
  if (fixed !== undefined && scheme.compare(version, fixed) >= 0) return false;
  return lastAffected === undefined || scheme.compare(version, lastAffected) <= 0;
}
