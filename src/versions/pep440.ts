import { anyVersion, type Predicate } from './constraints.ts';
import { compareDigits, compareNumbers, digitsOf, isDigits } from './dotted.ts';
import type { VersionConstraint, VersionScheme } from './scheme.ts';

/** @see https://packaging.python.org/en/latest/specifications/version-specifiers/ */
export interface Pep440Version {
  readonly epoch: string;
  readonly release: readonly string[];
  readonly pre?: { readonly phase: 'a' | 'b' | 'rc'; readonly number: string };
  readonly post?: string;
  readonly dev?: string;
  readonly local: readonly string[];
}

const MAX_CHARS = 256;
const PATTERN =
  /^v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]*))?(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?(?:[-_.]?(dev)[-_.]?([0-9]*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;
const PHASES: Readonly<Record<string, 'a' | 'b' | 'rc'>> = {
  ...{ a: 'a', alpha: 'a', b: 'b', beta: 'b', c: 'rc', rc: 'rc', pre: 'rc', preview: 'rc' },
};

function parse(text: string): Pep440Version | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const match = PATTERN.exec(text.trim().toLowerCase());
  if (!match) return undefined;
  const [
    ,
    epoch = '0',
    release = '0',
    phase,
    phaseNumber,
    implicit,
    post,
    postNumber,
    dev,
    devNumber,
    local,
  ] = match;
  const known = phase === undefined ? undefined : PHASES[phase];
  return {
    epoch: digitsOf(epoch),
    release: release.split('.').map(digitsOf),
    ...(known && { pre: { phase: known, number: digitsOf(phaseNumber || '0') } }),
    ...(implicit !== undefined && { post: digitsOf(implicit) }),
    ...(post !== undefined && { post: digitsOf(postNumber || '0') }),
    ...(dev !== undefined && { dev: digitsOf(devNumber || '0') }),
    local: local === undefined ? [] : local.split(/[-_.]/),
  };
}

function compare(a: Pep440Version, b: Pep440Version): number {
  return comparePublic(a, b) || compareLocal(a.local, b.local);
}

function comparePublic(a: Pep440Version, b: Pep440Version): number {
  return (
    compareDigits(a.epoch, b.epoch) ||
    compareNumbers(a.release, b.release) ||
    comparePre(a, b) ||
    compareOptional(a.post, b.post, -1) ||
    compareOptional(a.dev, b.dev, 1)
  );
}

/** A development release of the release itself comes before its first pre-release. */
function comparePre(a: Pep440Version, b: Pep440Version): number {
  const [left, right] = [preRank(a), preRank(b)];
  if (left !== right) return left - right;
  if (!a.pre || !b.pre) return 0;
  return compareTexts(a.pre.phase, b.pre.phase) || compareDigits(a.pre.number, b.pre.number);
}

function preRank({ pre, post, dev }: Pep440Version): number {
  if (pre) return 0;
  return post === undefined && dev !== undefined ? -1 : 1;
}

/** @param absent where a version without it stands to one that has it */
function compareOptional(a: string | undefined, b: string | undefined, absent: 1 | -1): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? absent : -absent;
  return compareDigits(a, b);
}

function compareLocal(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [left, right] = [a[i] ?? '', b[i] ?? ''];
    const [isNumber, isOtherNumber] = [isDigits(left), isDigits(right)];
    if (isNumber !== isOtherNumber) return isNumber ? 1 : -1;
    const difference = isNumber ? compareDigits(digitsOf(left), digitsOf(right)) : compareTexts(left, right);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const MAX_CONSTRAINT_CHARS = 20_000;

/** Alternatives with `||`, each of clauses with commas (or blanks, as advisories write them). */
function parseConstraint(text: string): VersionConstraint<Pep440Version> | undefined {
  if (text.length > MAX_CONSTRAINT_CHARS) return undefined;
  const alternatives = text.split('||').map((alternative) => clausesOf(alternative).map(toPredicate));
  const isWhole = (all: readonly (Predicate<Pep440Version> | undefined)[]): boolean =>
    all.length > 0 && all.every((predicate) => predicate !== undefined);
  if (!alternatives.every(isWhole)) return undefined;
  return { includes: (version) => alternatives.some((all) => all.every((holds) => holds?.(version))) };
}

function clausesOf(text: string): string[] {
  return text
    .replace(/([<>=!~])\s+/g, '$1')
    .split(/[\s,]+/)
    .filter(Boolean);
}

function toPredicate(clause: string): Predicate<Pep440Version> | undefined {
  const operator = /^(?:===|~=|==|!=|<=|>=|<|>|=)?/.exec(clause)?.[0] ?? '';
  const text = clause.slice(operator.length);
  if (text === '*') return anyVersion(operator);
  const isPrefix = text.endsWith('.*');
  const version = parse(isPrefix ? text.slice(0, -2) : text);
  if (!version) return undefined;
  if (isPrefix) return prefixPredicate(operator, version);
  switch (operator) {
    case '':
    case '=':
    case '==':
      return (other) => isEqual(other, version);
    case '===':
      return (other) => compare(other, version) === 0;
    case '!=':
      return (other) => !isEqual(other, version);
    case '<=':
      return (other) => comparePublic(other, version) <= 0;
    case '>=':
      return (other) => comparePublic(other, version) >= 0;
    case '<':
      // Python leaves a bound's own pre-releases out; an advisory that says `<4.2.14` means 4.2.14rc1 too.
      return (other) => compare(other, version) < 0;
    case '>':
      return (other) => compare(other, version) > 0 && !isExcludedAbove(other, version);
    case '~=':
      return compatible(version);
    default:
      return undefined;
  }
}

/** A local label counts only where the clause has one. */
function isEqual(other: Pep440Version, version: Pep440Version): boolean {
  return comparePublic(other, version) === 0 && (version.local.length === 0 || compare(other, version) === 0);
}

function prefixPredicate(operator: string, version: Pep440Version): Predicate<Pep440Version> | undefined {
  if (version.pre || version.post !== undefined || version.dev !== undefined || version.local.length > 0)
    return undefined;
  const begins = (other: Pep440Version): boolean => hasPrefix(other, version.epoch, version.release);
  if (operator === '!=') return (other) => !begins(other);
  return ['', '=', '=='].includes(operator) ? begins : undefined;
}

function hasPrefix(other: Pep440Version, epoch: string, release: readonly string[]): boolean {
  return other.epoch === epoch && release.every((number, index) => (other.release[index] ?? '0') === number);
}

/** `~=1.4.2` is `>=1.4.2, ==1.4.*`. */
function compatible(version: Pep440Version): Predicate<Pep440Version> | undefined {
  if (version.release.length < 2 || version.local.length > 0) return undefined;
  const prefix = version.release.slice(0, -1);
  return (other) => comparePublic(other, version) >= 0 && hasPrefix(other, version.epoch, prefix);
}

/** What is newer than a version by its post-release or local label alone is not above it. */
function isExcludedAbove(other: Pep440Version, version: Pep440Version): boolean {
  if (other.local.length > 0 && comparePublic(other, version) === 0) return true;
  if (version.post !== undefined || other.post === undefined) return false;
  const { epoch, release, pre } = other;
  return comparePublic({ epoch, release, ...(pre && { pre }), local: [] }, version) === 0;
}

/** Python. */
export const pep440: VersionScheme<Pep440Version> = { id: 'pep440', parse, compare, parseConstraint };
