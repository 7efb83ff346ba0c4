/** Tells whether a path fits. */
export type Glob = (path: string) => boolean;

type Token =
  | { readonly kind: 'text'; readonly char: string }
  | { readonly kind: 'any' | 'star' }
  | {
      readonly kind: 'class';
      readonly isNegated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    };

/** `stars` stands for any number of parts, none included. */
type Part = 'stars' | readonly Token[];

const MAX_ALTERNATIVES = 100;
const MAX_PATTERN_CHARS = 1024;

/**
 * Reads a pattern: `*` and `?` within one part of a path, `**` as a whole part for any number of them, `[abc]`,
 * `[!a-z]`, `{one,two}`. Matching takes time in proportion to pattern times path, whatever either is.
 * Undefined for a pattern that is too long or has too many alternatives.
 */
export function parseGlob(pattern: string): Glob | undefined {
  if (pattern.length > MAX_PATTERN_CHARS) return undefined;
  const choices = alternatives(pattern)?.map((choice) => choice.split('/').map(toPart));
  return choices && ((path) => choices.some((parts) => fits(parts, path.split('/'))));
}

/** `{a,b}` written out, inner braces first. Undefined where that are too many. */
export function alternatives(pattern: string): string[] | undefined {
  const open = [pattern];
  const done: string[] = [];
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    const marks = findBraces(text);
    if (marks) open.push(...choicesOf(text, marks));
    else done.push(text);
    if (open.length + done.length > MAX_ALTERNATIVES) return undefined;
  }
  return done;
}

/** Places of the first innermost braces: `{`, each `,` between them, `}`. Escaped ones are text. */
function findBraces(text: string): readonly number[] | undefined {
  let marks: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '{') marks = [at];
    else if (char === ',' && marks.length > 0) marks.push(at);
    else if (char === '}' && marks.length > 0) return [...marks, at];
  }
  return undefined;
}

function choicesOf(text: string, marks: readonly number[]): string[] {
  const before = text.slice(0, marks[0]);
  const after = text.slice((marks.at(-1) ?? 0) + 1);
  return marks.slice(1).map((end, index) => before + text.slice((marks[index] ?? 0) + 1, end) + after);
}

function toPart(text: string): Part {
  if (text === '**') return 'stars';
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    const end = char === '[' ? text.indexOf(']', at + 2) : -1;
    if (char === '*') tokens.push({ kind: 'star' });
    else if (char === '?') tokens.push({ kind: 'any' });
    else if (end > 0) {
      tokens.push(toClass(text.slice(at + 1, end)));
      at = end;
    } else if (char === '\\' && at + 1 < text.length) tokens.push({ kind: 'text', char: text[++at] ?? '' });
    else tokens.push({ kind: 'text', char });
  }
  return tokens;
}

function toClass(text: string): Token {
  const isNegated = text.startsWith('!') || text.startsWith('^');
  const ranges = [...text.slice(isNegated ? 1 : 0).matchAll(/(.)(?:-(.))?/gs)];
  return { kind: 'class', isNegated, ranges: ranges.map(([, from = '', to]) => [from, to ?? from]) };
}

/** Keeps all places in the pattern that the parts read so far may lead to. */
function fits(pattern: readonly Part[], path: readonly string[]): boolean {
  let places = reach(pattern, new Set([0]));
  for (const name of path) {
    const next = new Set<number>();
    for (const place of places) {
      const part = pattern[place];
      if (part === 'stars') next.add(place);
      else if (part && fitsPart(part, name)) next.add(place + 1);
    }
    places = reach(pattern, next);
  }
  return places.has(pattern.length);
}

function reach(pattern: readonly Part[], places: Set<number>): Set<number> {
  // Places added on the way are visited too.
  for (const place of places) if (pattern[place] === 'stars') places.add(place + 1);
  return places;
}

/** After a mismatch only the last star takes one character more: earlier ones need not be tried again. */
function fitsPart(tokens: readonly Token[], name: string): boolean {
  let [token, at, star, starAt] = [0, 0, -1, 0];
  while (at < name.length) {
    const current = tokens[token];
    if (current?.kind === 'star') [star, starAt] = [token++, at];
    else if (current && takes(current, name[at] ?? '')) {
      token++;
      at++;
    } else if (star >= 0) [token, at] = [star + 1, ++starAt];
    else return false;
  }
  return tokens.slice(token).every(({ kind }) => kind === 'star');
}

function takes(token: Token, char: string): boolean {
  if (token.kind === 'text') return token.char === char;
  if (token.kind !== 'class') return true;
  return token.ranges.some(([from, to]) => char >= from && char <= to) !== token.isNegated;
}
