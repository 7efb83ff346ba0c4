/**
 * True when a path fits a pattern: `*` and `?` within one part, `**` over any number of parts, `[abc]`, `[!a-z]`,
 * `{one,two}`. Takes time in proportion to pattern times path, whatever either is.
 */
export function matchesGlob(pattern: string, path: string): boolean {
  return alternatives(pattern).some((one) => fits(parse(one), path));
}

type Token =
  | { readonly kind: 'text'; readonly char: string }
  | { readonly kind: 'any' | 'star' | 'stars' }
  | {
      readonly kind: 'class';
      readonly isNegated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    };

const MAX_ALTERNATIVES = 100;

/** `{a,b}` written out. Nested braces stay as they are. */
function alternatives(pattern: string): string[] {
  let open: string[] = [pattern];
  for (;;) {
    const next = open.flatMap((text) => {
      const match = /\{([^{}]*)\}/.exec(text);
      if (!match) return [text];
      const [whole, list = ''] = match;
      const [before, after] = [text.slice(0, match.index), text.slice(match.index + whole.length)];
      return list.split(',').map((choice) => before + choice + after);
    });
    if (next.length === open.length || next.length > MAX_ALTERNATIVES) return next.slice(0, MAX_ALTERNATIVES);
    open = next;
  }
}

function parse(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? '';
    if (char === '*' && pattern[at + 1] === '*') {
      at++;
      // `**/` may stand for nothing at all.
      if (pattern[at + 1] === '/') at++;
      tokens.push({ kind: 'stars' });
    } else if (char === '*') tokens.push({ kind: 'star' });
    else if (char === '?') tokens.push({ kind: 'any' });
    else if (char === '[' && pattern.indexOf(']', at + 2) > 0) {
      const end = pattern.indexOf(']', at + 2);
      tokens.push(parseClass(pattern.slice(at + 1, end)));
      at = end;
    } else if (char === '\\' && at + 1 < pattern.length)
      tokens.push({ kind: 'text', char: pattern[++at] ?? '' });
    else tokens.push({ kind: 'text', char });
  }
  return tokens;
}

function parseClass(text: string): Token {
  const isNegated = text.startsWith('!') || text.startsWith('^');
  const ranges = [...text.slice(isNegated ? 1 : 0).matchAll(/(.)(?:-(.))?/gs)];
  return { kind: 'class', isNegated, ranges: ranges.map(([, from = '', to]) => [from, to ?? from]) };
}

/** All places in the pattern that the path read so far may stand at. */
function fits(tokens: readonly Token[], path: string): boolean {
  let states = reach(tokens, new Set([0]), path, 0);
  for (let at = 0; at < path.length; at++) {
    const char = path[at] ?? '';
    const next = new Set<number>();
    for (const state of states) {
      const token = tokens[state];
      if (token === undefined) continue;
      if (token.kind === 'stars') next.add(state);
      else if (token.kind === 'star') {
        if (char !== '/') next.add(state);
      } else if (takes(token, char)) next.add(state + 1);
    }
    states = reach(tokens, next, path, at + 1);
    if (states.size === 0) return false;
  }
  return states.has(tokens.length);
}

/** Stars may also stand for nothing; what follows `**` begins at the start of a part. */
function reach(tokens: readonly Token[], states: Set<number>, path: string, at: number): Set<number> {
  for (const state of states) {
    const kind = tokens[state]?.kind;
    const isAtStart = at === 0 || path[at - 1] === '/' || state + 1 === tokens.length;
    if (kind === 'star' || (kind === 'stars' && isAtStart)) states.add(state + 1);
  }
  return states;
}

function takes(token: Token, char: string): boolean {
  if (token.kind === 'text') return token.char === char;
  if (char === '/') return false;
  if (token.kind !== 'class') return true;
  return token.ranges.some(([from, to]) => char >= from && char <= to) !== token.isNegated;
}
