interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * JSON without what editors and some programs allow besides: comments and commas before a closing bracket become
 * spaces. Lines stay where they are.
 */
export function plainJson(text: string): string {
  const foreign: Range[] = [];
  /** The last comma, while nothing but spaces and comments follows it. */
  let comma = -1;
  let at = 0;
  while (at < text.length) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      comma = -1;
      at = endOfString(text, at);
    } else if (char === SLASH && (text[at + 1] === '/' || text[at + 1] === '*')) {
      const end = endOfComment(text, at);
      foreign.push({ start: at, end });
      at = end;
    } else {
      if ((char === CLOSE_OBJECT || char === CLOSE_LIST) && comma >= 0)
        foreign.push({ start: comma, end: comma + 1 });
      if (char === COMMA) comma = at;
      else if (char > SPACE) comma = -1;
      at++;
    }
  }
  return blanked(text, foreign);
}

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

function endOfComment(text: string, start: number): number {
  const isLine = text[start + 1] === '/';
  const end = text.indexOf(isLine ? '\n' : '*/', start + 2);
  return end < 0 ? text.length : isLine ? end : end + 2;
}

function blanked(text: string, ranges: Range[]): string {
  const parts: string[] = [];
  let kept = 0;
  for (const { start, end } of ranges.sort((a, b) => a.start - b.start)) {
    parts.push(text.slice(kept, start), text.slice(start, end).replace(/[^\n]/g, ' '));
    kept = end;
  }
  parts.push(text.slice(kept));
  return parts.join('');
}
