import { anyVersion, between, ordered, type Predicate, type Term } from './constraints.ts';

/** A number as its digits, so that none is too large. Without leading zeros. */
export type Digits = string;

/** `1.2.3-rc.1+build`: what most ecosystems have, with any count of numbers. */
export interface DottedVersion {
  readonly numbers: readonly Digits[];
  /** Numbers stand for themselves, other identifiers for text. Empty: a release. */
  readonly prerelease: readonly string[];
}

const MAX_CHARS = 256;
const MAX_NUMBERS = 32;

/** By value. */
export function compareDigits(a: Digits, b: Digits): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

export function digitsOf(text: string): Digits {
  let start = 0;
  while (start < text.length - 1 && text[start] === '0') start++;
  return text.slice(start);
}

export function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}

/**
 * Reads a version with an optional `v`. What follows the numbers is a pre-release, with or without a hyphen (or a dot
 * between, as in `3.0.RC3`, though not `3.0.x`); what follows a plus sign has no bearing on the order.
 */
export function parseDotted(text: string): DottedVersion | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const [, main, separator = '', rest = ''] =
    /^[vV]?([0-9]+(?:\.[0-9]+)*)(-|\.(?=[A-Za-z][0-9A-Za-z]))?([0-9A-Za-z.~_-]*)(?:\+[0-9A-Za-z.~_+-]*)?$/.exec(
      text.trim(),
    ) ?? [];
  if (main === undefined || (separator !== '' && rest === '')) return undefined;
  if (rest.startsWith('.') || rest.endsWith('.')) return undefined;
  const numbers = main.split('.').map(digitsOf);
  if (numbers.length > MAX_NUMBERS) return undefined;
  return { numbers, prerelease: rest === '' ? [] : rest.split('.') };
}

/** Missing numbers are zeros; a pre-release comes before its release, in the order of Semantic Versioning. */
export function compareDotted(a: DottedVersion, b: DottedVersion): number {
  return compareNumbers(a.numbers, b.numbers) || comparePrereleases(a.prerelease, b.prerelease);
}

export function compareNumbers(a: readonly Digits[], b: readonly Digits[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = compareDigits(a[i] ?? '0', b[i] ?? '0');
    if (difference !== 0) return difference;
  }
  return 0;
}

/** @see https://semver.org/#spec-item-11 */
export function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = compareIdentifiers(a[i] ?? '', b[i] ?? '');
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareIdentifiers(a: string, b: string): number {
  const [isNumberA, isNumberB] = [isDigits(a), isDigits(b)];
  if (isNumberA && isNumberB) return compareDigits(digitsOf(a), digitsOf(b));
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The next version when the number at that place is raised: `1.4.2` at 1 gives `1.5`. */
export function raised({ numbers }: DottedVersion, place: number): DottedVersion {
  const kept = numbers.slice(0, place);
  return { numbers: [...kept, increment(numbers[place] ?? '0')], prerelease: [] };
}

function increment(digits: Digits): Digits {
  return String(BigInt(digits) + 1n);
}

type Compare = (a: DottedVersion, b: DottedVersion) => number;
type Parse = (text: string) => DottedVersion | undefined;

/**
 * `~>` lets the last number given grow; `~` does too, but of two numbers keeps both; `^` lets grow whatever follows the
 * first number that is not zero.
 */
export function dottedPredicate(
  { operator, version: text }: Term,
  parse: Parse,
  compare: Compare,
): Predicate<DottedVersion> | undefined {
  const version = parse(text);
  if (!version) return wildcard(operator, text, parse, compare);
  const last = version.numbers.length - 1;
  switch (operator) {
    case '~>':
      return between(version, raised(version, Math.max(0, last - 1)), compare);
    case '~':
      return between(version, raised(version, last === 1 ? 1 : Math.max(0, last - 1)), compare);
    case '^':
      return between(version, raised(version, caretPlace(version)), compare);
    default:
      return ordered(operator, version, compare);
  }
}

function caretPlace({ numbers }: DottedVersion): number {
  const first = numbers.findIndex((number) => number !== '0');
  return first < 0 ? numbers.length - 1 : first;
}

/** `1.2.*`, `1.x`, `*`: from the first version that begins so to before the next that does not. */
function wildcard(
  operator: string,
  text: string,
  parse: Parse,
  compare: Compare,
): Predicate<DottedVersion> | undefined {
  const parts = text.split('.', MAX_NUMBERS);
  const at = parts.findIndex((part) => part === '*' || part === 'x' || part === 'X');
  if (at === 0) return anyVersion(operator);
  const from = at > 0 ? parse(parts.slice(0, at).join('.')) : undefined;
  if (!from) return undefined;
  const next = raised(from, at - 1);
  switch (operator) {
    case '':
    case '=':
    case '==':
      return between(from, next, compare);
    case '~':
    case '~>':
      return between(from, raised(from, Math.min(1, at - 1)), compare);
    case '^':
      return between(from, raised(from, caretPlace(from)), compare);
    case '>':
      return ordered('>=', next, compare);
    case '<=':
    case '=<':
      return ordered('<', next, compare);
    case '>=':
    case '=>':
    case '<':
      return ordered(operator, from, compare);
    default:
      return undefined;
  }
}
