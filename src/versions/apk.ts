import type { VersionScheme } from './scheme.ts';

/** The parts of a version in order; the first is always a number. */
export type ApkVersion = readonly ApkPart[];

interface ApkPart {
  /** Where two versions differ in the kind of part, the higher rank is the later version. */
  readonly rank: number;
  /** For numbers without leading zeros. */
  readonly text: string;
}

/** `END` stands for the end of the shorter version: pre-releases come before it, all else after. */
const PRE_SUFFIX = 0;
const END = 1;
const REVISION = 2;
const HASH = 3;
const SUFFIX_NUMBER = 4;
const POST_SUFFIX = 5;
const LETTER = 6;
/** A component with a leading zero is a fraction: it comes before one without, and compares as text. */
const FRACTION = 7;
const NUMBER = 8;

const PRE_SUFFIXES = ['alpha', 'beta', 'pre', 'rc'];
const POST_SUFFIXES = ['cvs', 'svn', 'git', 'hg', 'p'];
const SUFFIX_PARTS: ReadonlyMap<string, ApkPart> = new Map<string, ApkPart>([
  ...PRE_SUFFIXES.map((name, index) => [name, { rank: PRE_SUFFIX, text: String(index) }] as const),
  ...POST_SUFFIXES.map((name, index) => [name, { rank: POST_SUFFIX, text: String(index) }] as const),
]);

/**
 * Versions of Alpine packages: `digits{.digits}[letter]{_suffix[digits]}[~hash][-rdigits]`, ordered as apk-tools 3
 * orders them. apk-tools 2 differs where versions rarely go: it knows no hash, allows digits after the letter, puts a
 * component of more zeros before one of fewer (`1.00` before `1.0`), and takes what follows equally many zeros for a
 * number (`1.010` after `1.09`).
 * @see apk-package(5)
 */
export const apk: VersionScheme<ApkVersion> = { id: 'apk', parse: parseApk, compare: compareApk };

// No two alternatives or repetitions can match the same text in two ways, so matching is linear.
const SHAPE = /^([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_[a-z]+[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?$/;

/** Far above any real version; keeps the work for hostile text small. */
const MAX_LENGTH = 4096;

function parseApk(text: string): ApkVersion | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const [, first = '', others = '', letter = '', suffixes = '', hash, revision] = match;
  const parts: ApkPart[] = [{ rank: NUMBER, text: withoutZeros(first) }];
  if (others !== '') {
    for (const digits of others.slice(1).split('.')) {
      parts.push({ rank: digits.charCodeAt(0) === 0x30 ? FRACTION : NUMBER, text: digits });
    }
  }
  if (letter !== '') parts.push({ rank: LETTER, text: letter });
  if (suffixes !== '' && !addSuffixes(suffixes, parts)) return undefined;
  if (hash !== undefined) parts.push({ rank: HASH, text: hash });
  if (revision !== undefined) parts.push({ rank: REVISION, text: withoutZeros(revision) });
  return parts;
}

/** False when one of them is not known. */
function addSuffixes(suffixes: string, parts: ApkPart[]): boolean {
  for (const suffix of suffixes.slice(1).split('_')) {
    const digits = suffix.search(/[0-9]/);
    const part = SUFFIX_PARTS.get(digits < 0 ? suffix : suffix.slice(0, digits));
    if (!part) return false;
    parts.push(part);
    if (digits >= 0) parts.push({ rank: SUFFIX_NUMBER, text: withoutZeros(suffix.slice(digits)) });
  }
  return true;
}

function withoutZeros(digits: string): string {
  let start = 0;
  while (start < digits.length - 1 && digits.charCodeAt(start) === 0x30) start++;
  return digits.slice(start);
}

function compareApk(a: ApkVersion, b: ApkVersion): number {
  for (let i = 0; i < a.length || i < b.length; i++) {
    const difference = comparePart(a[i], b[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function comparePart(a: ApkPart | undefined, b: ApkPart | undefined): number {
  const rank = a?.rank ?? END;
  const difference = rank - (b?.rank ?? END);
  if (difference !== 0 || !a || !b) return difference;
  // By length first, numbers are compared exactly however long they are.
  if ((rank === NUMBER || rank === SUFFIX_NUMBER || rank === REVISION) && a.text.length !== b.text.length) {
    return a.text.length - b.text.length;
  }
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}
