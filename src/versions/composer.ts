import { eachTerm, parseAlternatives } from './constraints.ts';
import {
  compareDigits,
  compareNumbers,
  digitsOf,
  dottedPredicate,
  parseDotted,
  type DottedVersion,
} from './dotted.ts';
import type { VersionScheme } from './scheme.ts';

/** Words behind the numbers, and where they stand to the release itself (5). */
const STABILITY: ReadonlyMap<string, number> = new Map([
  ['dev', 1],
  ['alpha', 2],
  ['a', 2],
  ['beta', 3],
  ['b', 3],
  ['rc', 4],
  ['c', 4],
  ['stable', 5],
  ['patch', 6],
  ['pl', 6],
  ['p', 6],
]);
const RELEASE = 5;

/** Versions of branches (`dev-main`) have no place in an order. */
function parse(text: string): DottedVersion | undefined {
  const version = parseDotted(text.toLowerCase().replace(/_/g, '-'));
  return version && version.numbers.length <= 4 && rankOf(version) !== undefined ? version : undefined;
}

interface Rank {
  readonly stability: number;
  readonly number: string;
}

function rankOf({ prerelease }: DottedVersion): Rank | undefined {
  if (prerelease.length === 0) return { stability: RELEASE, number: '0' };
  const [, word = '', number = ''] = /^([a-z]+)[-.]?([0-9]*)(?:[-.]dev)?$/.exec(prerelease.join('.')) ?? [];
  const stability = STABILITY.get(word);
  return stability === undefined ? undefined : { stability, number: digitsOf(number || '0') };
}

function compare(a: DottedVersion, b: DottedVersion): number {
  const difference = compareNumbers(a.numbers, b.numbers);
  if (difference !== 0) return difference;
  const [left, right] = [rankOf(a), rankOf(b)];
  if (!left || !right) return 0;
  return left.stability - right.stability || compareDigits(left.number, right.number);
}

/** @see https://getcomposer.org/doc/articles/versions.md: dev < alpha < beta < RC < release < patch. */
export const composer: VersionScheme<DottedVersion> = {
  id: 'composer',
  parse,
  compare,
  parseConstraint: (text) =>
    parseAlternatives(
      text,
      eachTerm((term) => dottedPredicate(term, parse, compare)),
    ),
};
