const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Who owns, and words that come and go between copies of one text. */
const DROPPED: ReadonlySet<number> = new Set(
  (
    'the a an and or of copyright copyrights holder holders owner owners author authors contributor contributors ' +
    'regents http https www org com all rights reserved he she it its his her their'
  )
    .split(' ')
    .map((word) => hashOf(word)),
);
/** Spellings of one word. */
const SAME: ReadonlyMap<number, number> = new Map(
  ['licence license', 'licences licenses', 'sublicence sublicense', 'organisation organization'].map(
    (pair) => {
      const [from = '', to = ''] = pair.split(' ');
      return [hashOf(from), hashOf(to)];
    },
  ),
);

const MAX_COPYRIGHT_LINE = 200;

/** Longer texts are looked at up to here. */
export const MAX_TEXT_CHARS = 512 << 10;

function hashOf(word: string): number {
  let hash = FNV_START;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), FNV_PRIME);
  return hash;
}

/**
 * Hashes of each three words that follow one another, in order, again and again if need be. Case, punctuation, layout,
 * comment marks, enumeration, names of owners and lines of copyright make no difference.
 */
export function* shinglesOf(text: string): Iterable<number> {
  let before = 0;
  let last = 0;
  let count = 0;
  for (const word of wordsOf(text.slice(0, MAX_TEXT_CHARS))) {
    if (++count > 2) yield mix(before, last, word);
    before = last;
    last = word;
  }
}

function mix(first: number, second: number, third: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ (first >>> 15);
  hash = Math.imul((hash + second) | 0, 0x85ebca77) ^ (hash >>> 13);
  hash = Math.imul((hash + third) | 0, 0xc2b2ae3d);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x27d4eb2f);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function* wordsOf(text: string): Iterable<number> {
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    if (!isCopyrightLine(text, start, end)) yield* wordsOfLine(text, start, end);
    start = end + 1;
  }
}

function* wordsOfLine(text: string, start: number, end: number): Iterable<number> {
  let hash = FNV_START;
  let length = 0;
  let hasLetters = false;
  for (let i = start; i <= end; i++) {
    const char = i < end ? lowerCase(text.charCodeAt(i)) : 0;
    const isLetter = char >= 0x61 && char <= 0x7a;
    if (isLetter || (char >= 0x30 && char <= 0x39)) {
      hash = Math.imul(hash ^ char, FNV_PRIME);
      length++;
      hasLetters ||= isLetter;
      continue;
    }
    // Single letters and small numbers are enumerations.
    if (length > (hasLetters ? 1 : 2) && !DROPPED.has(hash)) yield SAME.get(hash) ?? hash;
    hash = FNV_START;
    length = 0;
    hasLetters = false;
  }
}

function lowerCase(char: number): number {
  return char >= 0x41 && char <= 0x5a ? char + 32 : char;
}

/** `Copyright (c) 2024 Somebody`, behind whichever marks of a comment. */
function isCopyrightLine(text: string, start: number, end: number): boolean {
  if (end - start > MAX_COPYRIGHT_LINE) return false;
  return /^[^a-z0-9]*(?:portions )?(?:copyright[\s:]*(?:\(c\)|©|[0-9<[{]|by\b)|\(c\) ?[^a-z]{0,3}[0-9]|© ?[0-9])/i.test(
    text.slice(start, end),
  );
}
