import { PatternError, type Edge, type Syntax } from './syntax.ts';

/** Counted repetitions are written out, so a pattern can grow; RE2 draws such a line too. */
const MAX_INSTRUCTIONS = 20_000;

export type Instruction =
  | { readonly op: 'byte'; readonly set: Uint8Array }
  | { readonly op: 'edge'; readonly edge: Edge }
  /** Tries `first`, and `second` if that leads nowhere. */
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'jump'; readonly to: number }
  /** Notes the place as beginning (1) or end (2) of the secret. */
  | { readonly op: 'mark'; readonly slot: 1 | 2 }
  | { readonly op: 'match' };

/** A syntax tree as instructions of a machine that follows all ways at once. The group named is marked. */
export function toProgram(syntax: Syntax, groupName: string | undefined): readonly Instruction[] {
  const code: Instruction[] = [];

  function emit(instruction: Instruction): number {
    if (code.length >= MAX_INSTRUCTIONS)
      throw new PatternError('the pattern is too large once its repetitions are written out');
    return code.push(instruction) - 1;
  }

  function write(node: Syntax): void {
    if (node.kind === 'byte') emit({ op: 'byte', set: node.set });
    else if (node.kind === 'edge') emit({ op: 'edge', edge: node.edge });
    else if (node.kind === 'sequence') node.parts.forEach(write);
    else if (node.kind === 'choice') writeChoice(node.options);
    else if (node.kind === 'repeat') writeRepeat(node);
    else if (groupName === undefined || node.name !== groupName) write(node.of);
    else {
      emit({ op: 'mark', slot: 1 });
      write(node.of);
      emit({ op: 'mark', slot: 2 });
    }
  }

  function writeChoice(options: readonly Syntax[]): void {
    const jumps: number[] = [];
    options.forEach((option, number) => {
      if (number === options.length - 1) return write(option);
      const split = emit({ op: 'match' });
      write(option);
      jumps.push(emit({ op: 'match' }));
      code[split] = { op: 'split', first: split + 1, second: code.length };
    });
    for (const jump of jumps) code[jump] = { op: 'jump', to: code.length };
  }

  function writeRepeat({ of, min, max, greedy }: Extract<Syntax, { kind: 'repeat' }>): void {
    for (let i = 0; i < min; i++) write(of);
    if (max === undefined) {
      const split = emit({ op: 'match' });
      write(of);
      emit({ op: 'jump', to: split });
      code[split] = branch(greedy, split + 1, code.length);
      return;
    }
    const splits: number[] = [];
    for (let i = min; i < max; i++) {
      splits.push(emit({ op: 'match' }));
      write(of);
    }
    for (const split of splits) code[split] = branch(greedy, split + 1, code.length);
  }

  write(syntax);
  emit({ op: 'match' });
  return code;
}

function branch(greedy: boolean, inside: number, behind: number): Instruction {
  return greedy
    ? { op: 'split', first: inside, second: behind }
    : { op: 'split', first: behind, second: inside };
}

/** True when the tree holds a group of that name. */
export function hasGroup(syntax: Syntax, name: string): boolean {
  if (syntax.kind === 'group') return syntax.name === name || hasGroup(syntax.of, name);
  if (syntax.kind === 'repeat') return hasGroup(syntax.of, name);
  if (syntax.kind === 'sequence') return syntax.parts.some((part) => hasGroup(part, name));
  return syntax.kind === 'choice' && syntax.options.some((option) => hasGroup(option, name));
}
