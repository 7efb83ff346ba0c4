import type { Fail } from './template-error.ts';

/** A template is text with tags in it. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tag'; readonly start: number; readonly end: number };

/** Splits a text at its tags. A hyphen at the border of a tag takes the white space beside it away. */
export function* readTags(text: string, fail: Fail): Generator<Piece> {
  let from = 0;
  let trimsNext = false;
  while (from <= text.length) {
    const open = text.indexOf('{{', from);
    const raw = text.slice(from, open < 0 ? text.length : open);
    const trimsThis = open >= 0 && text[open + 2] === '-';
    const left = trimsNext ? raw.trimStart() : raw;
    const plain = trimsThis ? left.trimEnd() : left;
    if (plain !== '') yield { kind: 'text', text: plain };
    if (open < 0) return;
    const start = open + (trimsThis ? 3 : 2);
    const close = closeOf(text, start, open, fail);
    trimsNext = text[close - 1] === '-' && close - 1 >= start;
    const end = trimsNext ? close - 1 : close;
    if (!isComment(text, start)) yield { kind: 'tag', start, end };
    from = close + 2;
  }
}

/** No tag needs more, and nothing that reads one is slow or deep within it. */
const MAX_TAG_CHARS = 10_000;

/** Where `}}` stands, outside of texts in quotes. */
function closeOf(text: string, start: number, open: number, fail: Fail): number {
  if (isComment(text, start)) {
    const end = text.indexOf('*/', text.indexOf('/*', start) + 2);
    const rest = end < 0 ? undefined : /^\s{0,100}-?\}\}/.exec(text.slice(end + 2, end + 110));
    if (!rest) throw fail(open, 'a comment is not closed; it ends with */}}');
    return end + rest[0].length;
  }
  let isQuoted = false;
  for (let at = start; at < text.length; at += 1) {
    if (at - start > MAX_TAG_CHARS) throw fail(open, `a tag is longer than ${MAX_TAG_CHARS} characters`);
    const char = text[at];
    if (isQuoted && char === '\\') at += 1;
    else if (char === '"') isQuoted = !isQuoted;
    else if (char === '\n' && isQuoted) break;
    else if (!isQuoted && char === '}' && text[at + 1] === '}') return at;
  }
  throw fail(open, isQuoted ? 'a text in quotes is not closed' : 'a tag is not closed; it ends with }}');
}

function isComment(text: string, start: number): boolean {
  return text
    .slice(start, start + 100)
    .trimStart()
    .startsWith('/*');
}
