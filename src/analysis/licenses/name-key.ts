/** Words that no licence is told apart by. */
const NOISE: ReadonlySet<string> = new Set([
  ...['a', 'an', 'the', 'v', 'ver', 'version', 'under', 'terms', 'software', 'approved', 'osi'],
  ...['license', 'licence', 'licenses', 'licences', 'licensed', 'lic', 'org', 'www'],
  ...['unported', 'international', 'generic'],
]);

/** Names in words, and what they are called in ids; the longer of two that begin alike first. */
const SHORT_FORMS: readonly (readonly [words: string, short: string])[] = [
  ['apache foundation', 'apache'],
  ['asl', 'apache'],
  ['mozilla public', 'mpl'],
  ['mozilla', 'mpl'],
  ['eclipse public', 'epl'],
  ['eclipse distribution', 'edl'],
  ['common development and distribution', 'cddl'],
  ['common development distribution', 'cddl'],
  ['common public', 'cpl'],
  ['academic free', 'afl'],
  ['artistic perl', 'artistic'],
  ['boost', 'bsl'],
  ['creative commons zero', 'cc 0'],
  ['universal permissive', 'upl'],
  ['cc 0 1 universal', 'cc 0 1'],
  ['zero 1 universal', 'zero 1'],
  ['creative commons', 'cc'],
  ['attribution', 'by'],
  ['non commercial', 'nc'],
  ['noncommercial', 'nc'],
  ['no derivatives', 'nd'],
  ['noderivatives', 'nd'],
  ['noderivs', 'nd'],
  ['share alike', 'sa'],
  ['sharealike', 'sa'],
  ['european union public', 'eupl'],
  ['sil open font', 'ofl'],
  ['open font', 'ofl'],
  ['microsoft public', 'ms pl'],
  ['microsoft reciprocal', 'ms rl'],
  ['python foundation', 'psf'],
  ['zope public', 'zpl'],
  ['zope', 'zpl'],
  ['blue oak model', 'blueoak'],
  ['free documentation', 'gfdl'],
  ['bsd like', 'bsd'],
  ['bsd style', 'bsd'],
  ['berkeley distribution', 'bsd'],
];

const WORDS = /[a-z]+|[0-9][0-9.]*|\+|>=/g;
const MAX_CHARS = 200;

/**
 * What two spellings of one name have in common: words and numbers in lower case, without those that tell nothing, and
 * with names in words shortened (`Apache License, Version 2.0` and `apache-2` are both `apache 2`).
 * Empty for a text without any.
 */
export function nameKey(text: string): string {
  if (text.length > MAX_CHARS) return '';
  const lower = text.toLowerCase();
  const words: string[] = [];
  for (const match of lower.matchAll(WORDS)) {
    const word = toWord(match[0], lower[match.index + match[0].length] ?? '');
    if (word !== '' && !NOISE.has(word)) words.push(word);
  }
  return withoutRepeats(shorten(words.join(' '))).join(' ');
}

function toWord(text: string, next: string): string {
  if (text === '>=') return '+';
  if (/[0-9]/.test(text)) return trimVersion(text);
  // The `v` of `GPLv2`.
  return text.endsWith('v') && next >= '0' && next <= '9' ? text.slice(0, -1) : text;
}

/** `2.0` is `2`, and so is the `2.` that ends a sentence. */
function trimVersion(text: string): string {
  let end = text.length;
  while (text[end - 1] === '.') end--;
  while (text.slice(end - 2, end) === '.0') end -= 2;
  return text.slice(0, end);
}

function shorten(key: string): string {
  let text = ` ${key} `;
  for (const [words, short] of SHORT_FORMS) text = text.replaceAll(` ${words} `, ` ${short} `);
  return text.trim();
}

/** `mpl 2 mpl 2`, `mpl mpl 2`: a name with its abbreviation behind it. */
function withoutRepeats(key: string): string[] {
  const words = key.split(' ').filter((word, at, all) => word !== '' && word !== all[at - 1]);
  const half = words.length / 2;
  const isTwice = words.length % 2 === 0 && words.slice(0, half).join(' ') === words.slice(half).join(' ');
  return isTwice ? words.slice(0, half) : words;
}
