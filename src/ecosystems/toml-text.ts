import { parse } from 'smol-toml';
import type { LineRange } from './json-lines.ts';
import type { JsonRecord } from './json-record.ts';

/** Tables of lock files lie three deep. */
const MAX_DEPTH = 32;

/** The largest lock files seen have some hundred thousand; each costs half a kilobyte to remember. */
const MAX_MARKS = 1_000_000;

/** What a TOML text holds; undefined for text that is no TOML, or holds more than any lock file does. */
export function parseToml(text: string): JsonRecord | undefined {
  if (text.length > MAX_MARKS && countMarks(text) > MAX_MARKS) return undefined;
  try {
    return parse(text, { maxDepth: MAX_DEPTH, integersAsBigInt: 'asNeeded' });
  } catch {
    return undefined; // the parser's word is long and quotes the file
  }
}

/** Of keys, tables and lists, as far as texts and comments leave them alone. At least as many as there are. */
function countMarks(text: string): number {
  let marks = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === HASH) at = endOf(text, '\n', at);
    else if (char === QUOTE || char === APOSTROPHE) at = endOfString(text, at);
    else if (char === EQUALS || char === DOT || char === OPEN_LIST || char === OPEN_TABLE) marks++;
  }
  return marks;
}

const QUOTE = 0x22;
const HASH = 0x23;
const APOSTROPHE = 0x27;
const DOT = 0x2e;
const EQUALS = 0x3d;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const OPEN_TABLE = 0x7b;

/** Where the last closing mark of the string stands that starts at `start`. */
function endOfString(text: string, start: number): number {
  const mark = text[start] ?? '';
  const isLong = text.startsWith(mark.repeat(3), start);
  const close = isLong ? mark.repeat(3) : mark;
  for (let at = start + close.length; at < text.length; at++) {
    if (mark === '"' && text.charCodeAt(at) === BACKSLASH) at++;
    else if (text.startsWith(close, at)) return isLong ? lastOf(mark, text, at + 2) : at;
  }
  return text.length;
}

/** Up to two marks may stand right before the three that close a text. */
function lastOf(mark: string, text: string, at: number): number {
  if (text[at + 1] !== mark) return at;
  return text[at + 2] === mark ? at + 2 : at + 1;
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}

/**
 * Where each table of an array of tables (`[[package]]`) stands, in order: from its header to its last line that says
 * something, tables inside it among them.
 *
 * @param text must be TOML that has been parsed
 */
export function linesOfTables(text: string, name: string): LineRange[] {
  const header = `[[${name}]]`;
  const inside = `[${name}.`;
  const insideList = `[[${name}.`;
  const found: LineRange[] = [];
  let startLine = 0;
  let endLine = 0;
  let line = 0;
  const finish = (): void => {
    if (startLine > 0) found.push({ startLine, endLine });
    startLine = 0;
  };
  for (const raw of text.split('\n')) {
    line++;
    const row = raw.trim();
    if (row === '' || row.startsWith('#')) continue;
    if (row.startsWith(header)) {
      finish();
      startLine = line;
    } else if (
      /^\[\[?[\w"]/.test(row) &&
      !row.startsWith(inside) &&
      !row.startsWith(insideList) &&
      isHeader(row)
    )
      finish();
    endLine = line;
  }
  finish();
  return found;
}

/** And not the element of a list over several lines. */
function isHeader(row: string): boolean {
  return /^\[\[?[\w."-]+\]\]?\s*(?:#|$)/.test(row);
}
