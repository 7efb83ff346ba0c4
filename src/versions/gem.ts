import { eachTerm, ordered, parseAlternatives, type Predicate, type Term } from './constraints.ts';
import { compareDigits, digitsOf, isDigits } from './dotted.ts';
import type { VersionScheme } from './scheme.ts';

/** Numbers and words in order; trailing zeros, also before the first word, are left out. */
export interface GemVersion {
  readonly segments: readonly string[];
}

const MAX_CHARS = 256;

/** @see https://docs.ruby-lang.org/en/master/Gem/Version.html */
function parse(text: string): GemVersion | undefined {
  const trimmed = text.trim();
  if (trimmed.length > MAX_CHARS) return undefined;
  if (!/^[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/.test(trimmed)) return undefined;
  const parts = trimmed.replaceAll('-', '.pre.').match(/[0-9]+|[a-zA-Z]+/g) ?? [];
  return { segments: canonical(parts.map((part) => (isDigits(part) ? digitsOf(part) : part))) };
}

function canonical(segments: readonly string[]): string[] {
  const firstWord = segments.findIndex((segment) => !isDigits(segment));
  const at = firstWord < 0 ? segments.length : firstWord;
  return [...withoutZeros(segments.slice(0, at)), ...withoutZeros(segments.slice(at))];
}

function withoutZeros(segments: readonly string[]): readonly string[] {
  return segments.slice(0, segments.findLastIndex((segment) => segment !== '0') + 1);
}

/** A word comes before a number, so that pre-releases come before their release. */
function compare(a: GemVersion, b: GemVersion): number {
  const length = Math.max(a.segments.length, b.segments.length);
  for (let i = 0; i < length; i++) {
    const [left, right] = [a.segments[i] ?? '0', b.segments[i] ?? '0'];
    if (left === right) continue;
    const [isNumber, isOtherNumber] = [isDigits(left), isDigits(right)];
    if (isNumber !== isOtherNumber) return isNumber ? 1 : -1;
    return isNumber ? compareDigits(left, right) : left < right ? -1 : 1;
  }
  return 0;
}

/** `~> 2.2.0` is from 2.2.0 to before 2.3; of a pre-release its words are left out first. */
function bumped(text: string): GemVersion | undefined {
  const parts = text.replaceAll('-', '.pre.').match(/[0-9]+|[a-zA-Z]+/g) ?? [];
  const firstWord = parts.findIndex((part) => !isDigits(part));
  const numbers = firstWord < 0 ? parts : parts.slice(0, firstWord);
  const kept = numbers.length > 1 ? numbers.slice(0, -1) : numbers;
  const last = kept.at(-1) ?? '0';
  return parse([...kept.slice(0, -1), String(BigInt(last) + 1n)].join('.'));
}

function toPredicate({ operator, version: text }: Term): Predicate<GemVersion> | undefined {
  const version = parse(text);
  if (!version) return undefined;
  if (operator !== '~>' && operator !== '~') return ordered(operator, version, compare);
  const end = bumped(text);
  return end && ((other) => compare(other, version) >= 0 && compare(releaseOf(other), end) < 0);
}

/** Without what makes it a pre-release: those of the end of `~>` are beyond it, as the end itself is. */
function releaseOf(version: GemVersion): GemVersion {
  const at = version.segments.findIndex((segment) => !isDigits(segment));
  return at < 0 ? version : { segments: version.segments.slice(0, at) };
}

/** RubyGems. */
export const gem: VersionScheme<GemVersion> = {
  id: 'gem',
  parse,
  compare,
  parseConstraint: (text) => parseAlternatives(text, eachTerm(toPredicate)),
};
