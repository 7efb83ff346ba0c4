import { PERL_CLASSES, POSIX_CLASSES } from './classes.ts';
import { openCursor, type Cursor } from './cursor.ts';
import { escapedCodePoint } from './escapes.ts';
import { bothCases, byteSet, complement, type Edge, type Syntax } from './syntax.ts';

const MAX_PATTERN_LENGTH = 20_000;
const MAX_DEPTH = 200;
const MAX_COUNT = 1000;

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly lazy: boolean;
}

const NO_FLAGS: Flags = { ignoreCase: false, multiline: false, dotAll: false, lazy: false };
const FLAG_NAMES: ReadonlyMap<string, keyof Flags> = new Map([
  ['i', 'ignoreCase'],
  ['m', 'multiline'],
  ['s', 'dotAll'],
  ['U', 'lazy'],
]);

/**
 * Reads a pattern in RE2 syntax, as Go's `regexp` takes it. Texts are bytes: outside ASCII, a literal character is its
 * UTF-8 bytes, and `.` and negated classes match single bytes.
 *
 * @throws PatternError what is no RE2 syntax, and Unicode classes
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function parsePattern(pattern: string): Syntax {
  const cursor = openCursor(pattern);
  if (pattern.length > MAX_PATTERN_LENGTH) cursor.fail(`more than ${MAX_PATTERN_LENGTH} characters`);
  const { syntax } = parseChoice(cursor, NO_FLAGS, 0);
  if (cursor.peek() !== undefined) cursor.fail('")" without "("');
  return syntax;
}

function parseChoice(cursor: Cursor, flags: Flags, depth: number): { syntax: Syntax; flags: Flags } {
  if (depth > MAX_DEPTH) cursor.fail('groups are nested too deeply');
  const options: Syntax[] = [];
  let parts: Syntax[] = [];
  let current = flags;
  for (let next = cursor.peek(); next !== undefined && next !== ')'; next = cursor.peek()) {
    if (cursor.take('|')) {
      options.push({ kind: 'sequence', parts });
      parts = [];
      continue;
    }
    const atom = parseAtom(cursor, current, depth);
    if ('flags' in atom) current = atom.flags;
    else parts.push(...repeated(cursor, current, atom.parts));
  }
  options.push({ kind: 'sequence', parts });
  const [only] = options;
  return { syntax: options.length === 1 && only ? only : { kind: 'choice', options }, flags: current };
}

type Atom = { readonly parts: readonly Syntax[] } | { readonly flags: Flags };

function parseAtom(cursor: Cursor, flags: Flags, depth: number): Atom {
  if (cursor.match(/[*+?]/y) ?? cursor.match(/\{\d+(?:,\d*)?\}/y)) cursor.fail('nothing to repeat');
  if (cursor.take('(')) return parseGroup(cursor, flags, depth);
  if (cursor.take('[')) return one({ kind: 'byte', set: parseClass(cursor, flags) });
  if (cursor.take('.')) {
    return one({ kind: 'byte', set: flags.dotAll ? byteSet([0, 255]) : complement(byteSet([10, 10])) });
  }
  if (cursor.take('^')) return edge(flags.multiline ? 'lineStart' : 'textStart');
  if (cursor.take('$')) return edge(flags.multiline ? 'lineEnd' : 'textEnd');
  if (cursor.take('\\')) return parseEscape(cursor, flags);
  return { parts: [literal(cursor.next().codePointAt(0) ?? 0, flags)] };
}

function one(syntax: Syntax): Atom {
  return { parts: [syntax] };
}

function edge(what: Edge): Atom {
  return one({ kind: 'edge', edge: what });
}

const EDGES: ReadonlyMap<string, Edge> = new Map([
  ['A', 'textStart'],
  ['z', 'textEnd'],
  ['b', 'wordEdge'],
  ['B', 'notWordEdge'],
]);

function parseEscape(cursor: Cursor, flags: Flags): Atom {
  const letter = cursor.match(/[AzbBdDsSwWpPQ]/y)?.[0];
  if (letter === undefined) return { parts: [literal(escapedCodePoint(cursor), flags)] };
  if (letter === 'p' || letter === 'P') cursor.fail('Unicode classes are not supported');
  if (letter === 'Q') {
    const text = cursor.match(/([\s\S]*?)(?:\\E|$)/y)?.[1] ?? '';
    return { parts: [...text].map((character) => literal(character.codePointAt(0) ?? 0, flags)) };
  }
  const set = PERL_CLASSES.get(letter);
  if (set) return one({ kind: 'byte', set });
  return edge(EDGES.get(letter) ?? cursor.fail(`\\${letter} is not supported`));
}

function parseGroup(cursor: Cursor, flags: Flags, depth: number): Atom {
  let inner = flags;
  let name: string | undefined;
  if (cursor.take('?')) {
    const named = cursor.match(/P?<([A-Za-z0-9_]+)>/y);
    if (named) name = named[1];
    else {
      const header = cursor.match(/([imsU]*)(?:-([imsU]+))?([:)])/y);
      if (!header) cursor.fail('"(?" begins nothing that is supported');
      inner = switched(flags, header?.[1] ?? '', header?.[2] ?? '');
      if (header?.[3] === ')') return { flags: inner };
    }
  }
  const { syntax } = parseChoice(cursor, inner, depth + 1);
  if (!cursor.take(')')) cursor.fail('")" is missing');
  return one({ kind: 'group', of: syntax, ...(name !== undefined && { name }) });
}

function switched(flags: Flags, on: string, off: string): Flags {
  const result = { ...flags };
  for (const [letters, value] of [[on, true] as const, [off, false] as const]) {
    for (const letter of letters) {
      const flag = FLAG_NAMES.get(letter);
      if (flag) result[flag] = value;
    }
  }
  return result;
}

/** A repetition holds for the last part only: `\Qab\E*` repeats the b. */
function repeated(cursor: Cursor, flags: Flags, parts: readonly Syntax[]): readonly Syntax[] {
  const match = cursor.match(/(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\??)/y);
  const last = parts.at(-1);
  if (!match || !last) return parts;
  if (cursor.match(/[*+?]/y) ?? cursor.match(/\{\d+(?:,\d*)?\}/y)) cursor.fail('a repetition is repeated');
  const [, sign, from, comma, to, question] = match;
  const min = sign ? (sign === '+' ? 1 : 0) : Number(from);
  const max = sign ? (sign === '?' ? 1 : undefined) : comma ? (to ? Number(to) : undefined) : min;
  if (min > MAX_COUNT || (max ?? 0) > MAX_COUNT || (max ?? min) < min)
    cursor.fail('the count is out of range');
  const greedy = (question === '') !== flags.lazy;
  return [
    ...parts.slice(0, -1),
    { kind: 'repeat', of: last, min, greedy, ...(max !== undefined && { max }) },
  ];
}

function literal(codePoint: number, flags: Flags): Syntax {
  if (codePoint < 0x80) {
    const set = byteSet([codePoint, codePoint]);
    return { kind: 'byte', set: flags.ignoreCase ? bothCases(set) : set };
  }
  const character = String.fromCodePoint(codePoint);
  const variants = flags.ignoreCase
    ? [...new Set([character, character.toLowerCase(), character.toUpperCase()])]
    : [character];
  return { kind: 'choice', options: variants.map(bytesOf) };
}

function bytesOf(text: string): Syntax {
  const parts = [...Buffer.from(text)].map((byte): Syntax => ({ kind: 'byte', set: byteSet([byte, byte]) }));
  return { kind: 'sequence', parts };
}

/** Behind the `[`. */
function parseClass(cursor: Cursor, flags: Flags): Uint8Array {
  const negated = cursor.take('^');
  const set = new Uint8Array(256);
  for (let first = true; first || !cursor.take(']'); first = false) {
    const shared = namedClass(cursor);
    if (shared) {
      shared.forEach((member, byte) => (set[byte] = (set[byte] ?? 0) | member));
      continue;
    }
    const low = classCharacter(cursor);
    let high = low;
    // A "-" before the end of the class is itself.
    if (cursor.match(/-(?!\])/y)) high = classCharacter(cursor);
    if (high < low) cursor.fail('a range of a class is upside down');
    set.fill(1, low, high + 1);
  }
  const folded = flags.ignoreCase ? bothCases(set) : set;
  return negated ? complement(folded) : folded;
}

function namedClass(cursor: Cursor): Uint8Array | undefined {
  const posix = cursor.match(/\[:(\^?)([a-z]+):\]/y);
  if (posix) {
    const set = POSIX_CLASSES.get(posix[2] ?? '') ?? cursor.fail('there is no such class');
    return posix[1] ? complement(set) : set;
  }
  const perl = cursor.match(/\\([dDsSwW])/y);
  return perl && PERL_CLASSES.get(perl[1] ?? '');
}

function classCharacter(cursor: Cursor): number {
  const code = cursor.take('\\') ? escapedCodePoint(cursor) : (cursor.next().codePointAt(0) ?? 0);
  return code < 0x80 ? code : cursor.fail('classes can only hold ASCII characters');
}
