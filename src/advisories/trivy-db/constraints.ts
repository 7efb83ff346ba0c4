import type { VersionRange } from '../../model/advisory.ts';

interface Bounds {
  introduced?: string;
  fixed?: string;
  lastAffected?: string;
}

const OPERATORS: ReadonlyMap<string, (version: string) => Bounds> = new Map<
  string,
  (version: string) => Bounds
>([
  ['<', (fixed) => ({ fixed })],
  ['<=', (lastAffected) => ({ lastAffected })],
  ['=<', (lastAffected) => ({ lastAffected })],
  ['>=', (introduced) => ({ introduced })],
  ['=>', (introduced) => ({ introduced })],
  // One version too many is affected: ranges have no lower end of which they are without.
  ['>', (introduced) => ({ introduced })],
  ['=', (version) => ({ introduced: version, lastAffected: version })],
  ['==', (version) => ({ introduced: version, lastAffected: version })],
  ['', (version) => ({ introduced: version, lastAffected: version })],
]);

/**
 * Ranges of an expression such as `>=1.2, <1.4 || <1.1`, which suppliers use with distribution versions.
 * Undefined for an expression that holds anything else, as no range is what it means.
 */
export function parseConstraints(text: string): readonly VersionRange[] | undefined {
  const ranges: VersionRange[] = [];
  for (const alternative of text.split('||')) {
    const range = parseAlternative(alternative);
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return ranges;
}

function parseAlternative(text: string): VersionRange | undefined {
  // Blanks may stand before a version but also take the place of a comma.
  const terms = text
    .trim()
    .replace(/([<>=])\s+/g, '$1')
    .split(/[\s,]+/)
    .filter(Boolean);
  const range: Bounds = {};
  for (const term of terms) {
    const operator = /^[<>=!~^]*/.exec(term)?.[0] ?? '';
    const version = term.slice(operator.length);
    const bounds = OPERATORS.get(operator);
    if (!bounds || version === '') return undefined;
    Object.assign(range, bounds(version));
  }
  return terms.length === 0 ? undefined : range;
}
