import { parseExpression } from './parse-expression.ts';
import { ESCAPES } from './filters.ts';
import { readTags } from './read-tags.ts';
import { readWords, type Word } from './read-words.ts';
import type { Branch, Expression, Node, Template } from './syntax.ts';
import { failuresIn, quoted, type Fail } from './template-error.ts';

const MAX_CHARS = 1 << 20;
const MAX_NODES = 20_000;
const MAX_DEPTH = 32;

/** A block whose end has not been met. */
interface OpenBlock {
  readonly kind: 'if' | 'range' | 'with';
  readonly at: number;
  readonly branches: Branch[];
  expression: Expression;
  body: Node[];
  otherwise: Node[] | undefined;
}

/**
 * Reads a template. It is data: it can show what it is given, and nothing else.
 *
 * @param name what errors call it, such as the name of its file
 * @throws DrydockError TEMPLATE_INVALID, with line and column
 */
export function parseTemplate(text: string, name: string): Template {
  const fail = failuresIn({ name, text });
  if (text.length > MAX_CHARS) throw fail(0, `a template has at most ${MAX_CHARS} characters`);
  const nodes: Node[] = [];
  const open: OpenBlock[] = [];
  const state: State = { fail, open, nodes, escape: undefined, count: 0 };
  for (const piece of readTags(text, fail)) {
    if (piece.kind === 'text') put(state, { kind: 'text', text: piece.text }, 0);
    else takeTag(state, readWords(text, piece.start, piece.end, fail), piece.start);
  }
  const [forgotten] = open.slice(-1);
  if (forgotten) throw fail(forgotten.at, `${forgotten.kind} has no {{ end }}`);
  return { name, text, nodes };
}

interface State {
  readonly fail: Fail;
  readonly open: OpenBlock[];
  readonly nodes: Node[];
  /** What every value goes through that names no way of its own. */
  escape: string | undefined;
  count: number;
}

function put({ open, nodes, fail, ...state }: State, node: Node, at: number): void {
  const block = open.at(-1);
  if (state.count > MAX_NODES) throw fail(at, `a template has at most ${MAX_NODES} tags`);
  (block ? (block.otherwise ?? block.body) : nodes).push(node);
}

function takeTag(state: State, words: readonly Word[], at: number): void {
  const [first, ...rest] = words;
  state.count += 1;
  switch (first?.kind === 'name' ? first.value : '') {
    case 'if':
    case 'range':
    case 'with':
      return begin(state, first?.value as OpenBlock['kind'], rest, first?.at ?? at);
    case 'else':
      return turn(state, rest, first?.at ?? at);
    case 'end':
      return end(state, rest, first?.at ?? at);
    case 'escape':
      return chooseEscape(state, rest, first?.at ?? at);
    default:
      return put(
        state,
        { kind: 'output', expression: escaped(parseExpression(words, at, state.fail), state) },
        at,
      );
  }
}

function begin({ open, fail }: State, kind: OpenBlock['kind'], words: readonly Word[], at: number): void {
  if (open.length >= MAX_DEPTH) throw fail(at, `blocks lie at most ${MAX_DEPTH} deep in each other`);
  const expression = parseExpression(words, at, fail);
  open.push({ kind, at, expression, branches: [], body: [], otherwise: undefined });
}

/** `else`, and `else if …` of a condition. */
function turn({ open, fail }: State, words: readonly Word[], at: number): void {
  const block = open.at(-1);
  if (!block) throw fail(at, 'else belongs to no block');
  if (block.otherwise) throw fail(at, 'else stands behind else');
  const [first, ...rest] = words;
  if (!first) {
    block.otherwise = [];
    return;
  }
  if (first.value !== 'if' || first.kind !== 'name' || block.kind !== 'if')
    throw fail(first.at, `${quoted(first.value)} means nothing behind else of ${block.kind}`);
  block.branches.push({ condition: block.expression, body: block.body });
  block.expression = parseExpression(rest, first.at, fail);
  block.body = [];
}

function end(state: State, words: readonly Word[], at: number): void {
  const block = state.open.pop();
  if (!block) throw state.fail(at, 'end belongs to no block');
  if (words[0]) throw state.fail(words[0].at, `${quoted(words[0].value)} means nothing behind end`);
  const { kind, expression, body, otherwise = [] } = block;
  const node: Node =
    kind === 'if'
      ? { kind, branches: [...block.branches, { condition: expression, body }], otherwise }
      : { kind, expression, body, otherwise };
  put(state, node, at);
}

/** `escape xml`: from here on, for all values that name no escape of their own. */
function chooseEscape(state: State, [way, stray]: readonly Word[], at: number): void {
  if (way?.kind !== 'name' || !ESCAPES.has(way.value) || stray)
    throw state.fail(way?.at ?? at, `escape takes one of ${[...ESCAPES].join(', ')}`);
  state.escape = way.value;
}

function escaped(expression: Expression, { escape }: State): Expression {
  const last = expression.filters.at(-1);
  if (escape === undefined || (last && ESCAPES.has(last.name))) return expression;
  return { ...expression, filters: [...expression.filters, { name: escape, args: [], at: expression.at }] };
}
