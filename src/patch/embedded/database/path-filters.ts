/** `path-exclude` and `path-include` of dpkg's configuration, in order; the last one that fits counts. */
export interface PathFilter {
  readonly pattern: string;
  readonly isInclude: boolean;
}

/** @see dpkg.cfg(5) */
export function parsePathFilters(configuration: string): PathFilter[] {
  return configuration.split('\n').flatMap((line) => {
    const match = /^\s*path-(exclude|include)(?:\s*=\s*|\s+)(\S.*)$/.exec(line);
    if (!match) return [];
    const pattern = (match[2] ?? '').trim().replace(/^(["'])(.*)\1$/, '$2');
    return [{ pattern, isInclude: match[1] === 'include' }];
  });
}

/**
 * True when dpkg would not unpack it. Folders (and links) stay when something under them may be included again.
 *
 * @param path with a leading slash
 */
export function isFiltered(path: string, isFolderOrLink: boolean, filters: readonly PathFilter[]): boolean {
  let skip = false;
  for (const { pattern, isInclude } of filters) if (matchesGlob(pattern, path)) skip = !isInclude;
  if (!skip || !isFolderOrLink) return skip;
  return !filters.some(({ pattern, isInclude }) => isInclude && path.startsWith(plainStart(pattern)));
}

/** What stands before the first wildcard, without slashes at its end. */
function plainStart(pattern: string): string {
  const wildcard = pattern.search(/[*?[\\]/);
  return (wildcard < 0 ? pattern : pattern.slice(0, wildcard)).replace(/\/+$/, '');
}

/** As fnmatch(3) without flags: `*` and `?` match slashes too. Goes back to the last star only, so never far. */
export function matchesGlob(pattern: string, text: string): boolean {
  let [p, t] = [0, 0];
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    const step = p < pattern.length && pattern[p] !== '*' ? matchOne(pattern, p, text.charAt(t)) : 0;
    if (step > 0) {
      p += step;
      t++;
    } else if (pattern[p] === '*') {
      star = p++;
      mark = t;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** How much of the pattern matched this one character; 0 for none. */
function matchOne(pattern: string, at: number, char: string): number {
  const first = pattern[at];
  if (first === '?') return 1;
  if (first === '\\' && at + 1 < pattern.length) return pattern[at + 1] === char ? 2 : 0;
  if (first === '[') {
    const end = pattern.indexOf(']', at + (/[!^]/.test(pattern.charAt(at + 1)) ? 3 : 2));
    if (end > 0) return isInSet(pattern.slice(at + 1, end), char) ? end - at + 1 : 0;
  }
  return first === char ? 1 : 0;
}

function isInSet(set: string, char: string): boolean {
  const isNegated = set.startsWith('!') || set.startsWith('^');
  const chars = isNegated ? set.slice(1) : set;
  let found = false;
  for (let i = 0; i < chars.length; i++) {
    if (chars[i + 1] === '-' && i + 2 < chars.length) {
      if (char >= chars.charAt(i) && char <= chars.charAt(i + 2)) found = true;
      i += 2;
    } else if (chars[i] === char) found = true;
  }
  return found !== isNegated;
}
