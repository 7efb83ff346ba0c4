/** Lines of a file, from 1, both inclusive. */
export interface LineRange {
  readonly startLine: number;
  readonly endLine: number;
}

interface Container {
  readonly isList: boolean;
  readonly startLine: number;
  /** The key of the value that comes next, or its index. */
  key: string;
  index: number;
  /** The way of keys to this container leads where the caller looks. */
  readonly matches: boolean;
}

/** Of the entries beyond, nobody is told where they lie. */
const MAX_ENTRIES = 100_000;

/** Joins the keys of an entry: {@link linesOfEntries}. */
export const KEY_SEPARATOR = '\0';

/**
 * Where the values lie that a way of keys leads to; `*` stands for any key or index. The result is by the keys that
 * the stars stood for, joined by {@link KEY_SEPARATOR}.
 *
 * @param text must be JSON that has been parsed: nothing is checked again
 */
export function linesOfEntries(text: string, way: readonly string[]): Map<string, LineRange> {
  const trail = openTrail(way);
  let line = 1;
  for (let at = 0; at < text.length && trail.found.size < MAX_ENTRIES; at++) {
    const char = text.charCodeAt(at);
    if (char === NEWLINE) line++;
    else if (char === QUOTE) {
      const end = endOfString(text, at);
      if (trail.expectsKey() && isKey(text, end)) trail.key(stringIn(text, at, end));
      else trail.text(line);
      at = end - 1;
    } else if (char === OPEN_OBJECT || char === OPEN_LIST) trail.open(char === OPEN_LIST, line);
    else if (char === CLOSE_OBJECT || char === CLOSE_LIST) trail.close(line);
    else if (char === COMMA) trail.next();
  }
  return trail.found;
}

/** Follows a text into and out of its containers. */
interface Trail {
  readonly found: Map<string, LineRange>;
  expectsKey(): boolean;
  key(key: string): void;
  text(line: number): void;
  open(isList: boolean, line: number): void;
  close(line: number): void;
  next(): void;
}

function openTrail(way: readonly string[]): Trail {
  const found = new Map<string, LineRange>();
  const stack: Container[] = [];
  /** Containers that lie deeper than the way leads are only counted. */
  let below = 0;

  function isOnWay(): boolean {
    const inner = stack.at(-1);
    if (!inner) return true;
    const step = way[stack.length - 1];
    return inner.matches && step !== undefined && (step === '*' || step === keyOf(inner));
  }

  function note(startLine: number, endLine: number): void {
    if (stack.length !== way.length || !isOnWay()) return;
    let keys: string | undefined;
    for (const [depth, container] of stack.entries()) {
      if (way[depth] !== '*') continue;
      keys = keys === undefined ? keyOf(container) : `${keys}${KEY_SEPARATOR}${keyOf(container)}`;
    }
    found.set(keys ?? '', { startLine, endLine });
  }

  return {
    found,
    expectsKey: () => below === 0 && stack.at(-1)?.isList === false,
    key(key) {
      const inner = stack.at(-1);
      if (inner) inner.key = key;
    },
    text(line) {
      if (below === 0) note(line, line);
    },
    open(isList, line) {
      if (below > 0 || stack.length > way.length) below++;
      else stack.push({ isList, startLine: line, key: '', index: 0, matches: isOnWay() });
    },
    close(line) {
      if (below > 0) below--;
      else note(stack.pop()?.startLine ?? line, line);
    },
    next() {
      const inner = below === 0 ? stack.at(-1) : undefined;
      if (inner) inner.index++;
    },
  };
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

function keyOf({ isList, key, index }: Container): string {
  return isList ? String(index) : key;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
}

function stringIn(text: string, start: number, end: number): string {
  const raw = text.slice(start, end);
  return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
}
