/** Tells whether a path fits. */
export type Glob = (path: string) => boolean;

type Token =
  | { readonly kind: 'text'; readonly char: string }
  | { readonly kind: 'any' | 'star' | 'stars' }
  | {
      readonly kind: 'class';
      readonly isNegated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    };

const MAX_ALTERNATIVES = 100;
const MAX_PATTERN_CHARS = 1024;

/**
 * Reads a pattern: `*` and `?` within one part of a path, `**` as a whole part for any number of them, `[abc]`,
 * `[!a-z]`, `{one,two}`. Matching takes time in proportion to pattern times path, whatever either is.
 * Undefined for a pattern that is too long or has too many alternatives.
 */
export function parseGlob(pattern: string): Glob | undefined {
  if (pattern.length > MAX_PATTERN_CHARS) return undefined;
  const choices = alternatives(pattern)?.map(toTokens);
  return choices && ((path) => choices.some((tokens) => fits(tokens, path)));
}

/** `{a,b}` written out, inner braces first. */
function alternatives(pattern: string): string[] | undefined {
  let open = [pattern];
  const done: string[] = [];
  while (open.length > 0) {
    const text = open.pop() ?? '';
    const match = /\{([^{}]*)\}/.exec(text);
    if (!match) {
      done.push(text);
      continue;
    }
    const [whole, list = ''] = match;
    const [before, after] = [text.slice(0, match.index), text.slice(match.index + whole.length)];
    open = [...open, ...list.split(',').map((choice) => before + choice + after)];
    if (open.length + done.length > MAX_ALTERNATIVES) return undefined;
  }
  return done;
}

function toTokens(pattern: string): Token[] {
  // `a/**` fits `a` too, and `**` that is not a part of its own is no more than `*`.
  const parts = pattern.split('/');
  return parts.flatMap((part, index) => {
    const isLast = index === parts.length - 1;
    if (part === '**') return [{ kind: 'stars' } as const];
    const isBeforeFinalStars = index === parts.length - 2 && parts[index + 1] === '**';
    const tokens = partTokens(part);
    return isLast || isBeforeFinalStars ? tokens : [...tokens, { kind: 'text', char: '/' } as const];
  });
}

function partTokens(part: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < part.length; at++) {
    const char = part[at] ?? '';
    const end = char === '[' ? part.indexOf(']', at + 2) : -1;
    if (char === '*') {
      if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
    } else if (char === '?') tokens.push({ kind: 'any' });
    else if (end > 0) {
      tokens.push(toClass(part.slice(at + 1, end)));
      at = end;
    } else if (char === '\\' && at + 1 < part.length) tokens.push({ kind: 'text', char: part[++at] ?? '' });
    else tokens.push({ kind: 'text', char });
  }
  return tokens;
}

function toClass(text: string): Token {
  const isNegated = text.startsWith('!') || text.startsWith('^');
  const ranges = [...text.slice(isNegated ? 1 : 0).matchAll(/(.)(?:-(.))?/gs)];
  return { kind: 'class', isNegated, ranges: ranges.map(([, from = '', to]) => [from, to ?? from]) };
}

/** All places in the pattern that the path read so far may stand at. */
function fits(tokens: readonly Token[], path: string): boolean {
  let states = reach(tokens, new Set([0]), path, 0);
  for (let at = 0; at < path.length && states.size > 0; at++) {
    const char = path[at] ?? '';
    const next = new Set<number>();
    for (const state of states) {
      const token = tokens[state];
      if (token === undefined) continue;
      if (token.kind === 'stars' || (token.kind === 'star' && char !== '/')) next.add(state);
      else if (token.kind !== 'star' && takes(token, char)) next.add(state + 1);
    }
    states = reach(tokens, next, path, at + 1);
  }
  return states.has(tokens.length);
}

/** Stars may also stand for nothing; `**` begins and ends where a part does. */
function reach(tokens: readonly Token[], states: Set<number>, path: string, at: number): Set<number> {
  const isBorder = at === 0 || at === path.length || path[at] === '/' || path[at - 1] === '/';
  const isStart = at === 0 || path[at - 1] === '/';
  for (const state of states) {
    const kind = tokens[state]?.kind;
    const isEnd = state + 1 === tokens.length;
    if (kind === 'star' || (kind === 'stars' && (isEnd ? isBorder : isStart))) states.add(state + 1);
  }
  return states;
}

function takes(token: Token, char: string): boolean {
  if (token.kind === 'text') return token.char === char;
  if (char === '/') return false;
  if (token.kind !== 'class') return true;
  return token.ranges.some(([from, to]) => char >= from && char <= to) !== token.isNegated;
}
