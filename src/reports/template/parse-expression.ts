import { FILTERS } from './filters.ts';
import type { Word } from './read-words.ts';
import { LOOP_NAMES, type Expression, type FilterCall, type LoopName, type Operand } from './syntax.ts';
import { quoted, type Fail } from './template-error.ts';

const MAX_FILTERS = 20;

/** `operand | filter argument … | …`. `at` is where the tag stands, for when there is nothing in it. */
export function parseExpression(words: readonly Word[], at: number, fail: Fail): Expression {
  const [first] = words;
  if (!first) throw fail(at, 'a value is missing, such as .image.name');
  const parts = splitAtBars(words);
  const [start = [], ...calls] = parts;
  const [head, stray] = start;
  if (!head) throw fail(first.at, 'a value is missing before |');
  if (stray) throw fail(stray.at, `${quoted(stray.value)} stands behind a value; filters follow a |`);
  if (calls.length > MAX_FILTERS) throw fail(first.at, `more than ${MAX_FILTERS} filters`);
  return {
    operand: toOperand(head, fail),
    filters: calls.map((call) => toCall(call, first.at, fail)),
    at: first.at,
  };
}

function splitAtBars(words: readonly Word[]): Word[][] {
  const parts: Word[][] = [[]];
  for (const word of words) {
    if (word.kind === 'bar') parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}

function toCall(words: readonly Word[], at: number, fail: Fail): FilterCall {
  const [name, ...args] = words;
  if (name?.kind !== 'name') throw fail(name?.at ?? at, 'the name of a filter is missing behind |');
  const filter = FILTERS.get(name.value);
  if (!filter)
    throw fail(
      name.at,
      `there is no filter ${quoted(name.value)}; there are ${[...FILTERS.keys()].join(', ')}`,
    );
  const [least, most] = filter.takes;
  if (args.length < least || args.length > most)
    throw fail(
      name.at,
      `${name.value} takes ${least === most ? least : `${least} to ${most}`} arguments, not ${args.length}`,
    );
  return { name: name.value, args: args.map((word) => toOperand(word, fail)), at: name.at };
}

function toOperand({ kind, value, at }: Word, fail: Fail): Operand {
  switch (kind) {
    case 'text':
      return { kind: 'literal', value };
    case 'number':
      return { kind: 'literal', value: Number(value) };
    case 'path': {
      const names = value.replace(/^\$?\./, '');
      return {
        kind: 'path',
        from: value.startsWith('$') ? 'root' : 'here',
        names: names === '' ? [] : names.split('.'),
        at,
      };
    }
    case 'variable': {
      const name = value.slice(1);
      if (!isLoopName(name))
        throw fail(at, `there is no ${value}; there are ${LOOP_NAMES.map((one) => `$${one}`).join(', ')}`);
      return { kind: 'loop', name, at };
    }
    default:
      if (value === 'true' || value === 'false') return { kind: 'literal', value: value === 'true' };
      throw fail(at, `${quoted(value)} is no value; fields begin with a dot, texts stand in quotes`);
  }
}

function isLoopName(name: string): name is LoopName {
  return LOOP_NAMES.some((one) => one === name);
}
