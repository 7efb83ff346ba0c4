import { anyVersion, eachTerm, ordered, parseAlternatives, type Predicate } from './constraints.ts';
import { compareDigits, digitsOf, isDigits } from './dotted.ts';
import type { VersionConstraint, VersionScheme } from './scheme.ts';

/** A number, a word, or what stands behind a hyphen or a change from digits to letters. */
type Item = string | List;
interface List {
  readonly items: Item[];
}

export interface MavenVersion {
  readonly root: List;
}

const MAX_CHARS = 256;
/** Words with a meaning, in order; the empty one is the release. Others come behind, by letters. */
const QUALIFIERS: readonly string[] = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['ga', ''],
  ['final', ''],
  ['release', ''],
  ['cr', 'rc'],
]);
/** Written right before a digit. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ['a', 'alpha'],
  ['b', 'beta'],
  ['m', 'milestone'],
]);

/** @see https://maven.apache.org/pom.html#version-order-specification; any text is a version. */
function parse(text: string): MavenVersion | undefined {
  const version = text.trim().toLowerCase();
  if (version === '' || version.length > MAX_CHARS || /[\s,[\]()|<>=]/.test(version)) return undefined;
  const lists = readLists(version.match(/[.-]|[0-9]+|[^0-9.-]+/g) ?? []);
  const [root] = lists;
  for (let i = lists.length - 1; i >= 0; i--) normalise(lists[i]?.items ?? []);
  return root && { root };
}

/** The lists of a version, each but the first the last item of the one before it. */
function readLists(tokens: readonly string[]): List[] {
  let list: List = { items: [] };
  const lists = [list];
  const open = (): void => {
    const inner: List = { items: [] };
    list.items.push(inner);
    lists.push(inner);
    list = inner;
  };
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (isSeparator(token)) {
      if (isSeparator(tokens[index - 1] ?? '.')) list.items.push('0');
      if (token === '-') open();
    } else if (isDigits(token)) {
      list.items.push(digitsOf(token));
      if (next !== undefined && !isSeparator(next)) open();
    } else {
      const isBeforeDigit = next !== undefined && isDigits(next);
      // A word right before a number or at the end is a part of its own, and so is a number right behind a word.
      if ((isBeforeDigit || next === undefined) && list.items.length > 0) open();
      list.items.push(wordOf(token, isBeforeDigit));
      if (isBeforeDigit) open();
    }
  });
  return lists;
}

function isSeparator(token: string): boolean {
  return token === '.' || token === '-';
}

function wordOf(text: string, isBeforeDigit: boolean): string {
  const word = (isBeforeDigit ? SHORT.get(text) : undefined) ?? text;
  return ALIASES.get(word) ?? word;
}

/** Trailing items that say nothing (zeros, releases, empty lists) go, up to the last that says something. */
function normalise(items: Item[]): void {
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i];
    if (item !== undefined && isNull(item)) items.splice(i, 1);
    else if (typeof item === 'string') break;
  }
}

function isNull(item: Item): boolean {
  return typeof item === 'string' ? item === '0' || item === '' : item.items.length === 0;
}

function compareLists(a: List, b: List): number {
  const length = Math.max(a.items.length, b.items.length);
  for (let i = 0; i < length; i++) {
    const difference = compareItems(a.items[i], b.items[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareItems(a: Item | undefined, b: Item | undefined): number {
  if (a === undefined) return b === undefined ? 0 : -compareToNothing(b);
  if (b === undefined) return compareToNothing(a);
  const [kindA, kindB] = [kindOf(a), kindOf(b)];
  if (kindA !== kindB) return kindA - kindB;
  if (typeof a !== 'string' || typeof b !== 'string')
    return typeof a === 'string' || typeof b === 'string' ? 0 : compareLists(a, b);
  return isDigits(a) ? compareDigits(a, b) : compareWords(a, b);
}

/** A number comes after a list, and that after a word. */
function kindOf(item: Item): number {
  if (typeof item !== 'string') return 1;
  return isDigits(item) ? 2 : 0;
}

function compareToNothing(item: Item): number {
  if (typeof item === 'string') return isDigits(item) ? (item === '0' ? 0 : 1) : compareWords(item, '');
  for (const inner of item.items) {
    const difference = compareToNothing(inner);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareWords(a: string, b: string): number {
  const [left, right] = [rankOf(a), rankOf(b)];
  if (left !== right) return left - right;
  return left < QUALIFIERS.length ? 0 : a < b ? -1 : a > b ? 1 : 0;
}

function rankOf(word: string): number {
  const known = QUALIFIERS.indexOf(word);
  return known < 0 ? QUALIFIERS.length : known;
}

function compare(a: MavenVersion, b: MavenVersion): number {
  return compareLists(a.root, b.root);
}

/** Advisories write `>=2.0, <2.5.1`; Maven itself `[2.0,2.5.1)`, several with commas between. */
function parseConstraint(text: string): VersionConstraint<MavenVersion> | undefined {
  if (/^\s*[[(]/.test(text)) return parseIntervals(text);
  return parseAlternatives(
    text,
    eachTerm(({ operator, version: told }) => {
      if (told === '*') return anyVersion(operator);
      const version = parse(told);
      return version && ordered(operator, version, compare);
    }),
  );
}

const MAX_INTERVALS = 1000;
const INTERVAL = /[[(][^[\]()]*[\])]/g;

function parseIntervals(text: string): VersionConstraint<MavenVersion> | undefined {
  const predicates: Predicate<MavenVersion>[] = [];
  for (const alternative of text.split('||')) {
    const parts = alternative.match(INTERVAL) ?? [];
    if (parts.length === 0 || parts.length > MAX_INTERVALS) return undefined;
    if (!/^[\s,]*$/.test(alternative.replace(INTERVAL, ''))) return undefined;
    for (const part of parts) {
      const predicate = interval(part);
      if (!predicate) return undefined;
      predicates.push(predicate);
    }
  }
  return { includes: (version) => predicates.some((holds) => holds(version)) };
}

function interval(text: string): Predicate<MavenVersion> | undefined {
  const [low = '', high = low, ...more] = text.slice(1, -1).split(',');
  const [from, to] = [parse(low), parse(high)];
  const isSound = more.length === 0 && (low.trim() === '' || from) && (high.trim() === '' || to);
  if (!isSound) return undefined;
  const above = from && ordered(text.startsWith('[') ? '>=' : '>', from, compare);
  const below = to && ordered(text.endsWith(']') ? '<=' : '<', to, compare);
  return (version) => (above?.(version) ?? true) && (below?.(version) ?? true);
}

/**
 * Maven's `ComparableVersion`, with its faults: 1x < 1-0-rc < 1.0 < 1x, so versions cannot always be sorted, though any
 * two of them compare as Maven compares them.
 */
export const maven: VersionScheme<MavenVersion> = { id: 'maven', parse, compare, parseConstraint };
