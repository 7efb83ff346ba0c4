import { parsePattern } from './parse.ts';
import { hasGroup, toProgram, type Instruction } from './program.ts';
import { PatternError, type Edge } from './syntax.ts';

/** Where a pattern matches, and within it the secret (-1 where the group takes no part). In bytes, ends exclusive. */
export interface Spot {
  readonly start: number;
  readonly end: number;
  readonly secretStart: number;
  readonly secretEnd: number;
}

/** What may still be spent. Shared by the patterns that are run on one file. */
export interface Budget {
  steps: number;
}

/** A pattern that is matched in time linear in the text, whatever it looks like. */
export interface LinearPattern {
  /** The first match at or behind `from` that is not empty. None when the budget is spent (`steps` is below 0 then). */
  find(text: Uint8Array, from: number, budget: Budget): Spot | undefined;
}

/**
 * Follows all ways through the pattern at once (Thompson, Pike), preferring them in the order that backtracking would:
 * the same matches as Go's `regexp`, without its cost ever depending on more than pattern times text.
 *
 * @throws PatternError
 */
export function linearPattern(pattern: string, groupName?: string): LinearPattern {
  const syntax = parsePattern(pattern);
  if (groupName !== undefined && !hasGroup(syntax, groupName)) {
    throw new PatternError(`there is no group named ${JSON.stringify(groupName)}`);
  }
  return machine(toProgram(syntax, groupName), groupName !== undefined);
}

interface Ways {
  count: number;
  /** Instruction of each way, then start of match and marks: four numbers each. */
  readonly at: Int32Array;
}

function machine(code: readonly Instruction[], hasSecret: boolean): LinearPattern {
  const openings = openingBytes(code);
  const seen = new Int32Array(code.length);
  const pending = new Int32Array((2 * code.length + 2) * 4);
  let round = 0;

  /** Adds a way and all that it splits into without consuming a byte. */
  function follow(
    ways: Ways,
    text: Uint8Array,
    place: number,
    way: readonly [number, number, number, number],
  ): number {
    let steps = 0;
    let top = 4;
    pending.set(way);
    while (top > 0) {
      top -= 4;
      const pc = pending[top] ?? 0;
      if (seen[pc] === round) continue;
      seen[pc] = round;
      steps++;
      const instruction = code[pc] as Instruction;
      const push = (to: number): void => {
        // The numbers behind it still stand there, or were just copied up.
        pending[top] = to;
        top += 4;
      };
      if (instruction.op === 'jump') push(instruction.to);
      else if (instruction.op === 'split') {
        pending.copyWithin(top + 4, top, top + 4);
        push(instruction.second);
        push(instruction.first);
      } else if (instruction.op === 'mark') {
        pending[top + 1 + instruction.slot] = place;
        push(pc + 1);
      } else if (instruction.op === 'edge') {
        if (isAt(instruction.edge, text, place)) push(pc + 1);
      } else {
        ways.at.set(pending.subarray(top, top + 4), ways.count * 4);
        ways.count++;
      }
    }
    return steps;
  }

  function find(text: Uint8Array, from: number, budget: Budget): Spot | undefined {
    let now: Ways = { count: 0, at: new Int32Array(code.length * 4) };
    let then: Ways = { count: 0, at: new Int32Array(code.length * 4) };
    let found: Spot | undefined;
    round = nextRound();
    for (let place = from; budget.steps >= 0; place++) {
      if (now.count === 0) {
        if (found) return found;
        if (openings) while (place < text.length && openings[text[place] ?? 0] === 0) place++;
        if (place >= text.length) return undefined;
        round = nextRound();
      }
      if (!found) budget.steps -= follow(now, text, place, [0, place, -1, -1]);
      round = nextRound();
      then.count = 0;
      const byte = text[place] ?? -1;
      for (let i = 0; i < now.count * 4; i += 4) {
        const pc = now.at[i] ?? 0;
        const instruction = code[pc] as Instruction;
        if (instruction.op === 'byte') {
          if (byte < 0 || instruction.set[byte] === 0) continue;
          const next = [pc + 1, now.at[i + 1] ?? 0, now.at[i + 2] ?? -1, now.at[i + 3] ?? -1] as const;
          budget.steps -= follow(then, text, place + 1, next);
        } else if ((now.at[i + 1] ?? 0) < place) {
          found = toSpot(now.at.subarray(i, i + 4), place, hasSecret);
          // Ways behind this one are of lesser preference.
          break;
        }
      }
      [now, then] = [then, now];
      if (byte < 0) return found;
    }
    return undefined;
  }

  /** Rounds must never repeat, and fit the array that remembers them. */
  function nextRound(): number {
    if (round < 0x7fff_fff0) return round + 1;
    seen.fill(0);
    return 1;
  }

  return { find };
}

function toSpot(way: Int32Array, end: number, hasSecret: boolean): Spot {
  const [, start = 0, from = -1, to = -1] = way;
  if (!hasSecret) return { start, end, secretStart: start, secretEnd: end };
  return { start, end, secretStart: from, secretEnd: to };
}

function isWord(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x5f ||
    (byte >= 0x61 && byte <= 0x7a)
  );
}

function isAt(edge: Edge, text: Uint8Array, place: number): boolean {
  if (edge === 'textStart') return place === 0;
  if (edge === 'textEnd') return place === text.length;
  if (edge === 'lineStart') return place === 0 || text[place - 1] === 10;
  if (edge === 'lineEnd') return place === text.length || text[place] === 10;
  const isEdge = isWord(text[place - 1]) !== isWord(text[place]);
  return isEdge === (edge === 'wordEdge');
}

/** The bytes with which a match can begin, so that others are passed quickly; none when it may begin with nothing. */
function openingBytes(code: readonly Instruction[]): Uint8Array | undefined {
  const openings = new Uint8Array(256);
  const seen = new Set<number>();
  const pending = [0];
  for (let pc = pending.pop(); pc !== undefined; pc = pending.pop()) {
    if (seen.has(pc)) continue;
    seen.add(pc);
    const instruction = code[pc];
    if (instruction === undefined || instruction.op === 'match') return undefined;
    if (instruction.op === 'split') pending.push(instruction.first, instruction.second);
    else if (instruction.op === 'jump') pending.push(instruction.to);
    else if (instruction.op === 'byte')
      instruction.set.forEach((member, byte) => (openings[byte] = (openings[byte] ?? 0) | member));
    else pending.push(pc + 1);
  }
  return openings;
}
