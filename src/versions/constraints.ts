import type { VersionConstraints } from '../model/advisory.ts';
import type { AnyVersionScheme, VersionConstraint } from './scheme.ts';

export type Predicate<V> = (version: V) => boolean;

/** One condition of a range: `>=1.2`. */
export interface Term {
  /** Empty where there is none. */
  readonly operator: string;
  readonly version: string;
}

/** More than any advisory has; beyond it lies damage. */
const MAX_CHARS = 20_000;
const OPERATORS = '<>=!~^';
/** A tilde within a version (`1.0~rc1`) is part of it. */
const VERSION_ENDS = ' \t\n,<>=!^';

/**
 * Reads alternatives with `||`, each of terms that commas or blanks divide and that must all hold.
 *
 * @param read undefined for a term that is none
 * @returns undefined when any part cannot be read
 */
export function parseAlternatives<V>(
  text: string,
  read: (terms: readonly Term[]) => readonly Predicate<V>[] | undefined,
): VersionConstraint<V> | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const alternatives: (readonly Predicate<V>[])[] = [];
  for (const alternative of text.split('||')) {
    const terms = termsOf(alternative);
    const predicates = terms && read(terms);
    if (!predicates || predicates.length === 0) return undefined;
    alternatives.push(predicates);
  }
  return { includes: (version) => alternatives.some((all) => all.every((holds) => holds(version))) };
}

/** Reads each term by itself. */
export function eachTerm<V>(
  read: (term: Term) => Predicate<V> | undefined,
): (terms: readonly Term[]) => readonly Predicate<V>[] | undefined {
  return (terms) => {
    const predicates = terms.map(read);
    return predicates.every((predicate) => predicate !== undefined) ? predicates : undefined;
  };
}

/** Operators may stand apart from their versions, and terms without anything between them. */
function termsOf(text: string): Term[] | undefined {
  const terms: Term[] = [];
  let at = 0;
  const skip = (chars: string): void => {
    while (at < text.length && chars.includes(text[at] ?? '')) at++;
  };
  for (skip(' \t\n,'); at < text.length; skip(' \t\n,')) {
    const start = at;
    skip(OPERATORS);
    const operator = text.slice(start, at);
    skip(' \t\n');
    const from = at;
    while (at < text.length && !VERSION_ENDS.includes(text[at] ?? '')) at++;
    if (from === at) return undefined;
    terms.push({ operator, version: text.slice(from, at) });
  }
  return terms;
}

/** The operators that every scheme has. */
export function ordered<V>(
  operator: string,
  version: V,
  compare: (a: V, b: V) => number,
): Predicate<V> | undefined {
  switch (operator) {
    case '':
    case '=':
    case '==':
      return (other) => compare(other, version) === 0;
    case '!=':
      return (other) => compare(other, version) !== 0;
    case '>':
      return (other) => compare(other, version) > 0;
    case '<':
      return (other) => compare(other, version) < 0;
    case '>=':
    case '=>':
      return (other) => compare(other, version) >= 0;
    case '<=':
    case '=<':
      return (other) => compare(other, version) <= 0;
    default:
      return undefined;
  }
}

/** `*` as a whole version: `<=*` is how some sources say that there is no upper end. */
export function anyVersion(operator: string): Predicate<unknown> | undefined {
  return ['', '=', '==', '>=', '=>', '<=', '=<', '~', '~>', '^'].includes(operator) ? () => true : undefined;
}

/** From the first, inclusive, to the second, exclusive. */
export function between<V>(from: V, to: V, compare: (a: V, b: V) => number): Predicate<V> {
  return (version) => compare(version, from) >= 0 && compare(version, to) < 0;
}

/**
 * What an advisory's constraints mean as one: its `vulnerable` ranges, without `patched` and `unaffected` ones. An empty
 * text stands for all versions.
 *
 * @returns undefined when a range cannot be read, so that nobody can say what is affected
 */
export function prepareConstraints(
  constraints: VersionConstraints,
  scheme: AnyVersionScheme,
): VersionConstraint | undefined {
  if (meansAll(constraints)) return { includes: () => true };
  const { vulnerable, patched, unaffected } = constraints;
  const secure = [...patched, ...unaffected].filter(Boolean);
  const isIn = vulnerable.length > 0 ? readAll(vulnerable, scheme) : undefined;
  const isOut = secure.length > 0 ? readAll(secure, scheme) : undefined;
  if ((vulnerable.length > 0 && !isIn) || (secure.length > 0 && !isOut)) return undefined;
  if (!isIn && !isOut) return { includes: () => false };
  return { includes: (version) => (isIn?.includes(version) ?? true) && !isOut?.includes(version) };
}

/**
 * Whether an advisory means a version. Who asks for many versions prepares its constraints once.
 *
 * @returns undefined when the version or a range cannot be read, so that nobody can say
 */
export function isAffected(
  text: string,
  constraints: VersionConstraints,
  scheme: AnyVersionScheme,
): boolean | undefined {
  if (meansAll(constraints)) return true;
  const version = scheme.parse(text);
  return version === undefined ? undefined : prepareConstraints(constraints, scheme)?.includes(version);
}

function meansAll({ vulnerable, patched }: VersionConstraints): boolean {
  return vulnerable.includes('') || patched.includes('');
}

function readAll(ranges: readonly string[], scheme: AnyVersionScheme): VersionConstraint | undefined {
  const read = ranges.map((range) => scheme.parseConstraint?.(range));
  if (!read.every((constraint) => constraint !== undefined)) return undefined;
  return { includes: (version) => read.some((constraint) => constraint.includes(version)) };
}
