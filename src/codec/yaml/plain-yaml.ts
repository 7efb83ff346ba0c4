import { gatherFlow, readFlow } from './flow.ts';
import { readBlockText, readKey, readText, withoutComment } from './text.ts';
import type { YamlList, YamlMap, YamlValue } from './yaml-value.ts';

type Container = YamlMap | YamlList;

interface Frame {
  readonly indent: number;
  readonly node: Container;
  /** Waits for what the lines below bring. */
  pending: { readonly key?: string; readonly line: number; readonly isExplicit?: boolean } | undefined;
}

const MAX_DEPTH = 64;

/**
 * Reads the YAML that programs write: block maps and lists, scalars on one line, and flow collections. An order of
 * magnitude faster than reading all of YAML, and nothing in a text can make it slow or deep.
 *
 * @returns undefined for anything else: anchors, tags, scalars over several lines, what is damaged
 * @see https://yaml.org/spec/1.2.2/
 */
export function readPlainYaml(text: string): YamlValue | undefined {
  const lines = text.split('\n');
  const reader = openReader();
  for (let index = 0; index < lines.length; index++) {
    const line = endless(lines[index] ?? '');
    const indent = indentOf(line);
    if (indent === line.length || line[indent] === '#') continue;
    if (line === '---' || line.startsWith('--- #')) {
      if (reader.isEmpty()) continue;
      return undefined; // another document
    }
    const next = reader.take({ text: line, indent, line: index + 1, lines });
    if (next === undefined) return undefined;
    index = next - 1;
  }
  return reader.root();
}

interface Line {
  readonly text: string;
  readonly indent: number;
  /** From 1. */
  readonly line: number;
  readonly lines: readonly string[];
}

interface Reader {
  isEmpty(): boolean;
  /** @returns the last line it has read, from 1, or undefined for what is beyond it */
  take(line: Line): number | undefined;
  root(): YamlValue | undefined;
}

function openReader(): Reader {
  const stack: Frame[] = [];
  let root: YamlValue | undefined;

  /** The innermost container that a line so far to the right belongs to, made if the line starts it. */
  function frameFor(indent: number, kind: Container['kind'], line: number): Frame | undefined {
    for (;;) {
      const top = stack.at(-1);
      if (!top) {
        if (root !== undefined) return undefined;
        return push(indent, kind, line);
      }
      if (top.indent === indent && top.node.kind === kind) return top;
      // A list may stand right below its key, no further in.
      const isBelowKey = top.node.kind === 'map' && kind === 'list' && top.indent === indent;
      if ((top.indent < indent || isBelowKey) && top.pending) return push(indent, kind, line);
      if (top.indent < indent) return undefined;
      stack.pop();
    }
  }

  function push(indent: number, kind: Container['kind'], line: number): Frame | undefined {
    if (stack.length >= MAX_DEPTH) return undefined;
    const parent = stack.at(-1);
    const startLine = parent?.pending?.line ?? line;
    const node: Container =
      kind === 'map'
        ? { kind, entries: new Map(), startLine, endLine: line }
        : { kind, items: [], startLine, endLine: line };
    if (parent) {
      fill(parent, node);
      parent.pending = undefined;
    } else root = node;
    const frame = { indent, node, pending: undefined };
    stack.push(frame);
    return frame;
  }

  function fill({ node, pending }: Frame, value: YamlValue): void {
    if (node.kind === 'map') node.entries.set(pending?.key ?? '', value);
    else node.items[node.items.length - 1] = value;
  }

  function takeItem(line: Line): number | undefined {
    const frame = frameFor(line.indent, 'list', line.line);
    if (frame?.node.kind !== 'list') return undefined;
    frame.node.items.push('');
    frame.pending = { line: line.line };
    let at = line.indent + 1;
    while (line.text[at] === ' ') at++;
    if (at >= line.text.length || line.text[at] === '#') return line.line;
    return takeRest(frame, { ...line, indent: at });
  }

  function takeEntry(line: Line): number | undefined {
    const isExplicit = line.text.startsWith('? ', line.indent);
    const start = isExplicit ? line.indent + 2 : line.indent;
    const found = isExplicit ? readExplicitKey(line, start) : readKey(line.text, start);
    if (!found) return undefined;
    const frame = frameFor(line.indent, 'map', line.line);
    if (frame?.node.kind !== 'map') return undefined;
    frame.node.entries.set(found.key, '');
    frame.pending = { key: found.key, line: line.line, isExplicit };
    if (isExplicit) return line.line;
    return takeValue(frame, line, found.end);
  }

  /** The second half of an entry whose key stands on a line of its own. */
  function takeExplicitValue(line: Line): number | undefined {
    const top = frameFor(line.indent, 'map', line.line);
    if (!top?.pending?.isExplicit) return undefined;
    return takeRest(top, { ...line, indent: line.indent + 2 });
  }

  function takeValue(frame: Frame, line: Line, at: number): number | undefined {
    let start = at;
    while (line.text[start] === ' ') start++;
    if (start >= line.text.length || line.text[start] === '#') return line.line;
    return takeScalar(frame, { ...line, indent: start });
  }

  /** What follows a dash on its line: an entry of a map, another list, or a scalar. */
  function takeRest(frame: Frame, line: Line): number | undefined {
    const isNested = isDash(line.text, line.indent) || readKey(line.text, line.indent) !== undefined;
    return isNested ? take(line) : takeScalar(frame, line);
  }

  function takeScalar(frame: Frame, line: Line): number | undefined {
    const first = line.text[line.indent] ?? '';
    const set = (value: YamlValue, end: number): number => {
      fill(frame, value);
      frame.pending = undefined;
      return end;
    };
    if (first === '|' || first === '>') {
      const block = readBlockText(line.lines, line.line, frame.indent);
      return set(block.text, block.endLine);
    }
    if (isOpening(first)) {
      const flow = gatherFlow(line.lines, line.line, line.text.slice(line.indent));
      const value = flow && readFlow(flow.text, line.line, flow.endLine);
      return flow === undefined || value === undefined ? undefined : set(value, flow.endLine);
    }
    const scalar = readText(withoutComment(line.text, line.indent));
    return scalar === undefined ? undefined : set(scalar, line.line);
  }

  function take(line: Line): number | undefined {
    if (line.text[line.indent] === '\t') return undefined;
    if (isDash(line.text, line.indent)) return takeItem(line);
    if (line.text.startsWith(': ', line.indent)) return takeExplicitValue(line);
    const top = stack.at(-1);
    // A flow collection may stand below its key.
    if (isOpening(line.text[line.indent]) && top?.pending && top.indent < line.indent)
      return takeScalar(top, line);
    return takeEntry(line);
  }

  return {
    isEmpty: () => root === undefined,
    take(line) {
      const end = take(line);
      if (end !== undefined) for (const { node } of stack) node.endLine = end;
      return end;
    },
    root: () => root,
  };
}

function readExplicitKey(line: Line, start: number): { key: string; end: number } | undefined {
  const key = readText(line.text.slice(start).trim());
  return key === undefined ? undefined : { key, end: line.text.length };
}

function isOpening(char: string | undefined): boolean {
  return char === '{' || char === '[';
}

function isDash(text: string, at: number): boolean {
  return text[at] === '-' && (at + 1 === text.length || text[at + 1] === ' ');
}

/** Without the carriage return and spaces that may end it. */
function endless(line: string): string {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) <= 0x20) end--;
  return end === line.length ? line : line.slice(0, end);
}

function indentOf(line: string): number {
  let at = 0;
  while (line.charCodeAt(at) === 0x20) at++;
  return at;
}
