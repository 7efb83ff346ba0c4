import { isMap, isNode, isScalar, isSeq, type Node } from 'yaml';

/** A mapping of a file of rules. What has the wrong shape fails at its line. */
export interface RuleReader {
  has(key: string): boolean;
  allowOnly(keys: readonly string[]): void;
  /** A scalar as it was meant; numbers and truth values as text. */
  text(key: string): string | undefined;
  needed(key: string): string;
  /** A scalar as it was written. */
  source(key: string): string | undefined;
  /** A list of scalars, or one scalar; empty where there is none. */
  texts(key: string): readonly string[];
  items(key: string, max: number): readonly RuleReader[];
  /** A mapping that must be there. */
  mapping(key: string): RuleReader;
  /** At the line of a key, where one is given. */
  fail(problem: string, key?: string): never;
}

/** Throws, with the line of a node where there is one. */
export type Complain = (problem: string, node?: Node) => never;

const MAX_TEXTS = 500;
const MAX_TEXT_CHARS = 5_000;

export function openRuleReader(node: Node, complain: Complain): RuleReader {
  if (!isMap(node)) return complain('a mapping was expected', node);
  const values = new Map<string, unknown>();
  for (const { key, value } of node.items) {
    const name = isScalar(key)
      ? String(key.value)
      : complain('a key must be a text', isNode(key) ? key : node);
    if (values.has(name))
      complain(`${JSON.stringify(name.slice(0, 80))} stands twice`, isNode(key) ? key : node);
    if (!isScalar(value) || value.value !== null) values.set(name, value);
  }

  function nodeOf(key: string): Node | undefined {
    const found = values.get(key);
    return isNode(found) ? found : undefined;
  }
  function fail(problem: string, key?: string): never {
    return complain(problem, (key === undefined ? undefined : nodeOf(key)) ?? node);
  }
  function scalar(found: Node, key: string): { readonly text: string; readonly source: string } {
    if (!isScalar(found)) return complain(`${key} must be a text`, found);
    const { value } = found;
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    const text = isPlain ? String(value) : complain(`${key} must be a text`, found);
    if (text.length > MAX_TEXT_CHARS) complain(`${key} is longer than ${MAX_TEXT_CHARS} characters`, found);
    return { text, source: found.source ?? text };
  }
  function text(key: string): string | undefined {
    const found = nodeOf(key);
    return found && scalar(found, key).text;
  }
  function list(key: string, max: number): readonly Node[] {
    const found = nodeOf(key);
    if (!found) return [];
    if (!isSeq(found)) return complain(`${key} must be a list`, found);
    if (found.items.length > max) complain(`${key} has more than ${max} entries`, found);
    return found.items.map((item) => (isNode(item) ? item : complain(`${key} has an empty entry`, found)));
  }
  return {
    fail,
    text,
    has: (key) => values.has(key),
    allowOnly(keys) {
      for (const key of values.keys())
        if (!keys.includes(key)) fail(`${JSON.stringify(key.slice(0, 80))} is not known`, key);
    },
    needed: (key) => text(key) || fail(`${key} is missing`),
    source(key) {
      const found = nodeOf(key);
      return found && scalar(found, key).source;
    },
    texts(key) {
      const found = nodeOf(key);
      if (isScalar(found)) return [scalar(found, key).text];
      return list(key, MAX_TEXTS).map((item) => scalar(item, key).text);
    },
    items: (key, max) => list(key, max).map((item) => openRuleReader(item, complain)),
    mapping: (key) => openRuleReader(nodeOf(key) ?? fail(`${key} must be a mapping`, key), complain),
  };
}
