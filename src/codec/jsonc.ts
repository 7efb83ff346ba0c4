/**
 * JSON without what editors and some programs allow besides: comments and commas before a closing bracket become
 * spaces, one for each byte. Lines stay where they are.
 */
export function plainJson(text: string): string {
  // All that matters here is ASCII, which no other character holds a byte of.
  const bytes = Buffer.from(text);
  /** The last comma, while nothing but spaces and comments follows it. */
  let comma = -1;
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      comma = -1;
      at = endOfString(bytes, at);
    } else if (byte === SLASH && (bytes[at + 1] === SLASH || bytes[at + 1] === STAR)) {
      const end = endOfComment(bytes, at);
      blank(bytes, at, end);
      at = end;
    } else {
      if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && comma >= 0) bytes[comma] = SPACE;
      if (byte === COMMA) comma = at;
      else if (byte > SPACE) comma = -1;
      at++;
    }
  }
  return bytes.toString();
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const STAR = 0x2a;
const COMMA = 0x2c;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;

function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function endOfComment(bytes: Buffer, start: number): number {
  const isLine = bytes[start + 1] === SLASH;
  const end = bytes.indexOf(isLine ? '\n' : '*/', start + 2);
  return end < 0 ? bytes.length : isLine ? end : end + 2;
}

function blank(bytes: Buffer, start: number, end: number): void {
  for (let at = start; at < end; at++) if (bytes[at] !== NEWLINE) bytes[at] = SPACE;
}
