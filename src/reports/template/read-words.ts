import { quoted, type Fail } from './template-error.ts';

/** What a tag is made of. */
export interface Word {
  readonly kind: 'name' | 'path' | 'variable' | 'text' | 'number' | 'bar';
  /** Of a text: without quotes and escapes. */
  readonly value: string;
  readonly at: number;
}

const MAX_WORDS = 100;

/** Each takes one kind of word at a position; none of them can go back. */
const SHAPES: readonly (readonly [Word['kind'], RegExp])[] = [
  ['bar', /\|/y],
  ['path', /\$?\.(?:[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)*)?/y],
  ['variable', /\$[a-z]+/y],
  ['number', /-?[0-9]{1,15}(?:\.[0-9]{1,15})?(?![A-Za-z0-9.])/y],
  ['name', /[A-Za-z][A-Za-z0-9]*/y],
  ['text', /"(?:[^"\\\n]|\\[^\n])*"/y],
];

/** The words of the tag that lies between two offsets. */
export function readWords(text: string, start: number, end: number, fail: Fail): Word[] {
  const words: Word[] = [];
  let at = start;
  while (at < end) {
    const char = text[at] ?? '';
    if (/\s/.test(char)) {
      at += 1;
      continue;
    }
    const word = wordAt(text, at);
    if (!word || at + word.length > end) throw fail(at, `${quoted(char)} means nothing here`);
    words.push({ kind: word.kind, value: valueOf(word, at, fail), at });
    if (words.length > MAX_WORDS) throw fail(at, `a tag has more than ${MAX_WORDS} words`);
    at += word.length;
  }
  return words;
}

interface Found {
  readonly kind: Word['kind'];
  readonly raw: string;
  readonly length: number;
}

function wordAt(text: string, at: number): Found | undefined {
  for (const [kind, shape] of SHAPES) {
    shape.lastIndex = at;
    const raw = shape.exec(text)?.[0];
    if (raw !== undefined) return { kind, raw, length: raw.length };
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' };

function valueOf({ kind, raw }: Found, at: number, fail: Fail): string {
  if (kind !== 'text') return raw;
  return raw.slice(1, -1).replace(/\\(.)/gsu, (_all, char: string) => {
    const value = Object.hasOwn(ESCAPES, char) ? ESCAPES[char] : undefined;
    if (value === undefined)
      throw fail(at, `a text knows \\n, \\t, \\r, \\" and \\\\, not ${quoted(`\\${char}`)}`);
    return value;
  });
}
