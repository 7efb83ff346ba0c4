/** A piece of Ruby text that stands for itself, and where it ends. */
export interface Literal {
  readonly value: string;
  readonly end: number;
}

const MAX_LITERAL_CHARS = 4096;

const CLOSING: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
  ['<', '>'],
]);

/**
 * Reads a string that begins at `start`: quoted either way, or `%q<…>`, `%q(…)` and the like. Undefined for anything
 * else, and for a string with code inside.
 */
export function readString(text: string, start: number): Literal | undefined {
  const first = text.charAt(start);
  if (first === '"' || first === "'") return readQuoted(text, start + 1, first, first === '"');
  if (first !== '%') return undefined;
  const kind = text.charAt(start + 1);
  if (kind !== 'q' && kind !== 'Q') return undefined;
  const opening = text.charAt(start + 2);
  if (/^[\w\s]?$/.test(opening)) return undefined;
  return readQuoted(text, start + 3, CLOSING.get(opening) ?? opening, kind === 'Q');
}

function readQuoted(text: string, start: number, quote: string, mayHoldCode: boolean): Literal | undefined {
  const limit = Math.min(text.length, start + MAX_LITERAL_CHARS);
  let value = '';
  for (let at = start; at < limit; at++) {
    const char = text.charAt(at);
    if (char === quote) return { value, end: at + 1 };
    if (char === '\n' || (mayHoldCode && char === '#' && text.charAt(at + 1) === '{')) return undefined;
    // An escape stands for itself but before what it protects: names and versions need no more.
    if (char === '\\' && at + 1 < limit) at++;
    value += text.charAt(at);
  }
  return undefined;
}

/** The strings of a list that begins at `start`, up to the first thing that is none. */
export function readStrings(text: string, start: number): string[] {
  const strings: string[] = [];
  for (let at = skipBlanks(text, start + 1); ;) {
    const literal = readString(text, at);
    if (!literal) return strings;
    strings.push(literal.value);
    at = skipBlanks(text, skipFreeze(text, literal.end));
    if (text.charAt(at) !== ',') return strings;
    at = skipBlanks(text, at + 1);
  }
}

export function skipBlanks(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
}

function skipFreeze(text: string, start: number): number {
  return text.startsWith('.freeze', start) ? start + 7 : start;
}
