const VERSIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['GPL', ['1', '2', '3']],
  ['LGPL', ['2', '2.1', '3']],
  ['AGPL', ['1', '3']],
  ['GFDL', ['1.1', '1.2', '1.3']],
]);

/** Words that may stand in the name of such a licence, and the family they tell of. */
const WORDS: ReadonlyMap<string, string | undefined> = new Map([
  ['gpl', 'GPL'],
  ['lgpl', 'LGPL'],
  ['agpl', 'AGPL'],
  ['gfdl', 'GFDL'],
  ['fdl', 'GFDL'],
  ['lesser', 'LGPL'],
  ['library', 'LGPL'],
  ['affero', 'AGPL'],
  ...['gnu', 'general', 'public', 'niv', 'no', 'invariants', 'invariant', 'sections'].map(nothing),
  ...['or', 'later', 'newer', 'greater', 'higher', 'above', 'any', 'only', 'at', 'your', 'option'].map(
    nothing,
  ),
  ...['+', 'of', 'as', 'published', 'by', 'l', 'rest'].map(nothing),
]);
const LATER: ReadonlySet<string> = new Set(['+', 'later', 'newer', 'greater', 'higher', 'above', 'any']);

function nothing(word: string): readonly [string, undefined] {
  return [word, undefined];
}

/**
 * The SPDX id of one of the GNU licences by the key of its name, in whichever words it is told. Without a version any
 * that was ever published may be chosen, as these licences say themselves.
 */
export function findGnuLicense(key: string): string | undefined {
  const words = key.split(' ');
  const family = familyOf(words);
  if (family === undefined) return undefined;
  const versions = new Set(words.filter((word) => /^[0-9]/.test(word)));
  const [version] = versions;
  const isLater = version === undefined || words.some((word) => LATER.has(word));
  const known = VERSIONS.get(family) ?? [];
  const used = version ?? known[0];
  if (versions.size > 1 || used === undefined || !known.includes(used)) return undefined;
  const base = `${family}-${used.includes('.') ? used : `${used}.0`}${family === 'GFDL' ? variantOf(words) : ''}`;
  return `${base}-${isLater ? 'or-later' : 'only'}`;
}

function variantOf(words: readonly string[]): string {
  if (words.includes('niv') || words.includes('no')) return '-no-invariants';
  return words.some((word) => word.startsWith('invariant')) ? '-invariants' : '';
}

function familyOf(words: readonly string[]): string | undefined {
  const told = new Set<string>();
  for (const word of words) {
    if (/^[0-9]/.test(word)) continue;
    if (!WORDS.has(word)) return undefined;
    const family = WORDS.get(word);
    if (family !== undefined) told.add(family);
  }
  if (told.size > 1) return undefined;
  const [only] = told;
  return only ?? (words.includes('general') && words.includes('public') ? 'GPL' : undefined);
}
