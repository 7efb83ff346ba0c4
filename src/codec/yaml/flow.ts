import { endOfQuoted, readText } from './text.ts';
import type { YamlList, YamlMap, YamlValue } from './yaml-value.ts';

const MAX_DEPTH = 64;

interface Open {
  readonly node: YamlMap | YamlList;
  key: string | undefined;
  value: YamlValue | undefined;
}

/** Formatters break long ones into a line for each entry. */
const MAX_LINES = 1_000;

/**
 * The text of a flow collection on one line, comments left out.
 *
 * @param line where it starts, from 1
 * @param start what of this line belongs to it
 * @returns undefined for one that does not end
 */
export function gatherFlow(
  lines: readonly string[],
  line: number,
  start: string,
): { readonly text: string; readonly endLine: number } | undefined {
  const parts: string[] = [];
  let depth = 0;
  for (let at = line; at <= lines.length && at < line + MAX_LINES; at++) {
    const row = at === line ? start : (lines[at - 1] ?? '').trim();
    if (row.startsWith('#')) continue;
    const change = depthChange(row);
    if (change === undefined) return undefined;
    parts.push(row);
    depth += change;
    if (depth <= 0) return { text: parts.join(' '), endLine: at };
  }
  return undefined;
}

/** undefined for a quoted text that goes on below. */
function depthChange(row: string): number | undefined {
  let depth = 0;
  let at = 0;
  while (at < row.length) {
    const char = row[at] ?? '';
    if ((char === '"' || char === "'") && (at === 0 || /[\s{[,:]/.test(row[at - 1] ?? ''))) {
      const end = endOfQuoted(row, at);
      if (end === undefined) return undefined;
      at = end;
      continue;
    }
    if (char === '#' && row[at - 1] === ' ') break;
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    at++;
  }
  return depth;
}

/**
 * A flow collection (`{a: b, c: [d]}`) that ends with the text.
 *
 * @returns undefined for one that does not
 */
export function readFlow(text: string, line: number, endLine: number): YamlValue | undefined {
  const stack: Open[] = [];
  let done: YamlValue | undefined;

  const finish = (top: Open): boolean => {
    const { node, key, value } = top;
    [top.key, top.value] = [undefined, undefined];
    if (node.kind === 'list') {
      if (key !== undefined) return false; // a map of one entry, without braces
      if (value !== undefined) node.items.push(value);
    } else if (key !== undefined) node.entries.set(key, value ?? '');
    else if (typeof value === 'string') node.entries.set(value, '');
    else return value === undefined;
    return true;
  };
  const put = (value: YamlValue): boolean => {
    const top = stack.at(-1);
    if (!top) {
      done = value;
      return true;
    }
    if (top.value !== undefined) return false;
    top.value = value;
    return true;
  };

  let index = 0;
  while (index < text.length) {
    const char = text[index] ?? '';
    const top = stack.at(-1);
    if (done !== undefined) {
      if (char === ' ') index++;
      else return char === '#' && text[index - 1] === ' ' ? done : undefined;
    } else if (char === ' ') index++;
    else if (char === '{' || char === '[') {
      if (stack.length >= MAX_DEPTH) return undefined;
      const node: YamlMap | YamlList =
        char === '{'
          ? { kind: 'map', entries: new Map(), startLine: line, endLine }
          : { kind: 'list', items: [], startLine: line, endLine };
      stack.push({ node, key: undefined, value: undefined });
      index++;
    } else if (!top) return undefined;
    else if (char === '}' || char === ']') {
      if ((top.node.kind === 'map') !== (char === '}') || !finish(top)) return undefined;
      stack.pop();
      if (!put(top.node)) return undefined;
      index++;
    } else if (char === ',') {
      if (!finish(top)) return undefined;
      index++;
    } else if (char === ':') {
      if (top.key !== undefined || typeof top.value !== 'string') return undefined;
      [top.key, top.value] = [top.value, undefined];
      index++;
    } else {
      const end = endOfScalar(text, index);
      const scalar = end === undefined ? undefined : readText(text.slice(index, end).trimEnd());
      if (end === undefined || scalar === undefined || !put(scalar)) return undefined;
      index = end;
    }
  }
  return done;
}

const STOPS = new Set([',', '{', '}', '[', ']']);

function endOfScalar(text: string, at: number): number | undefined {
  const first = text[at];
  if (first === '"' || first === "'") return endOfQuoted(text, at);
  let end = at;
  while (end < text.length) {
    const char = text[end] ?? '';
    if (STOPS.has(char)) break;
    if (char === ':' && (end + 1 === text.length || text[end + 1] === ' ' || STOPS.has(text[end + 1] ?? '')))
      break;
    if (char === '#' && text[end - 1] === ' ') return undefined;
    end++;
  }
  return end > at ? end : undefined;
}
