import { DrydockError } from '../../base/errors.ts';
import { FILTERS } from './filters.ts';
import type { Expression, FilterCall, LoopName, Node, Operand, Template } from './syntax.ts';
import { failuresIn, quoted, type Fail } from './template-error.ts';
import { isFields, isList, isSome, kindOf, textOf, type Fields, type Value } from './value.ts';

export interface RenderLimits {
  readonly chars: number;
  /** Tags carried out, and what filters had to look at. */
  readonly steps: number;
}

const LIMITS: RenderLimits = { chars: 256 << 20, steps: 500_000_000 };
const STEPS_PER_TAG = 50;

type Loop = Readonly<Record<LoopName, number | boolean>>;

interface Scope {
  readonly here: Value;
  readonly loop: Loop | undefined;
}

/** What is the same during one rendering, and what it has used up. */
interface Run {
  readonly root: Fields;
  readonly fail: Fail;
  readonly name: string;
  readonly limits: RenderLimits;
  chars: number;
  steps: number;
}

/**
 * Fills a template in, piece by piece.
 *
 * @throws DrydockError TEMPLATE_INVALID (a field that is not there, a filter that does not fit), TEMPLATE_LIMIT
 */
export function* renderTemplate(template: Template, root: Fields, limits = LIMITS): Generator<string> {
  const run: Run = { root, fail: failuresIn(template), name: template.name, limits, chars: 0, steps: 0 };
  yield* renderNodes(template.nodes, { here: root, loop: undefined }, run);
}

function* renderNodes(nodes: readonly Node[], scope: Scope, run: Run): Generator<string> {
  for (const node of nodes) {
    spend(run, STEPS_PER_TAG);
    switch (node.kind) {
      case 'text':
        yield written(node.text, run);
        break;
      case 'output':
        yield written(outputOf(node.expression, scope, run), run);
        break;
      case 'if': {
        const branch = node.branches.find(({ condition }) => isSome(evaluate(condition, scope, run)));
        yield* renderNodes(branch?.body ?? node.otherwise, scope, run);
        break;
      }
      case 'with': {
        const here = evaluate(node.expression, scope, run);
        if (isSome(here)) yield* renderNodes(node.body, { ...scope, here }, run);
        else yield* renderNodes(node.otherwise, scope, run);
        break;
      }
      case 'range':
        yield* renderRange(node, scope, run);
    }
  }
}

function* renderRange(
  { expression, body, otherwise }: Extract<Node, { kind: 'range' | 'with' }>,
  scope: Scope,
  run: Run,
): Generator<string> {
  const items = evaluate(expression, scope, run);
  if (!isList(items)) throw run.fail(expression.at, `range takes a list, not ${kindOf(items)}`);
  if (items.length === 0) yield* renderNodes(otherwise, scope, run);
  for (const [index, here] of items.entries()) {
    spend(run, STEPS_PER_TAG);
    const loop = { index, number: index + 1, first: index === 0, last: index === items.length - 1 };
    yield* renderNodes(body, { here, loop }, run);
  }
}

function outputOf(expression: Expression, scope: Scope, run: Run): string {
  const value = evaluate(expression, scope, run);
  const text = textOf(value);
  if (text === undefined)
    throw run.fail(expression.at, `${kindOf(value)} cannot be written; use range, join, length or json`);
  return text;
}

function evaluate({ operand, filters }: Expression, scope: Scope, run: Run): Value {
  let value = valueOf(operand, scope, run);
  for (const call of filters) {
    const args = call.args.map((arg) => valueOf(arg, scope, run));
    spend(run, sizeOf(value));
    value = filtered(value, call, args, run);
    spend(run, sizeOf(value));
  }
  return value;
}

function filtered(value: Value, { name, at }: FilterCall, args: readonly Value[], run: Run): Value {
  const filter = FILTERS.get(name);
  if (!filter) throw run.fail(at, `there is no filter ${quoted(name)}`);
  return filter.apply(value, args, (message) => run.fail(at, `${name} ${message}`));
}

function valueOf(operand: Operand, { here, loop }: Scope, run: Run): Value {
  if (operand.kind === 'literal') return operand.value;
  if (operand.kind === 'loop') {
    if (!loop) throw run.fail(operand.at, `$${operand.name} is known only within range`);
    return loop[operand.name];
  }
  let value: Value = operand.from === 'root' ? run.root : here;
  for (const name of operand.names) {
    const found: Value | undefined = isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    if (found === undefined) throw run.fail(operand.at, missing(name, value));
    value = found;
  }
  return value;
}

function missing(name: string, value: Value): string {
  const known = isFields(value) ? `; there are ${Object.keys(value).slice(0, 60).join(', ')}` : '';
  return `${kindOf(value)} has no ${quoted(name)}${known}`;
}

function sizeOf(value: Value): number {
  return typeof value === 'string' || isList(value) ? value.length : 1;
}

function written(text: string, run: Run): string {
  run.chars += text.length;
  if (run.chars > run.limits.chars)
    throw new DrydockError(
      'TEMPLATE_LIMIT',
      `${run.name}: the report grows beyond ${run.limits.chars} characters`,
    );
  return text;
}

function spend(run: Run, steps: number): void {
  run.steps += steps;
  if (run.steps > run.limits.steps)
    throw new DrydockError('TEMPLATE_LIMIT', `${run.name}: the template takes too many steps`, {
      hint: 'A loop over all findings within another such loop is too much for a large report.',
    });
}
