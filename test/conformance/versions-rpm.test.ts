import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { rpm } from '../../src/versions/rpm.ts';
import { compareText } from '../../src/versions/scheme.ts';
import { runs } from '../fixtures/images.ts';

const RANDOM_PAIRS = process.env['DRYDOCK_FULL'] ? 100_000 : 2_000;
const BATCH = 500;

const BOUNDARY = (
  '0 1 00 01 1.0 1.00 1.0. 1..0 .1 a A z a1 1a 1.a a.1 1a1 10 ~ ~1 1~ 1~~ 1~a 1.~ ^ ^1 1^ 1^^ 1^a 1^~ 1~^ 1.^ _ + ' +
  '1_0 1+0 18446744073709551616 18446744073709551617 1.0-1 1.0-2 1-0-1 1.0- 1.0-~ 1.0-^ 1:0 0:1 2:0-1 00:1 01:1 :1 ' +
  '1:1:1 4294967296:1 é 1é'
).split(' ');

const PIECES = '0 1 2 9 10 007 a b rc Z . . - ~ ^ _ + el9 git'.split(' ');

/** A small generator of its own, so that a failure can be looked at again. */
function openRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

const isComparable = ([a, b]: readonly [string, string]): boolean =>
  rpm.parse(a) !== undefined && rpm.parse(b) !== undefined;

/** Every other pair differs in one piece only: what is wholly random differs at its beginning already. */
function* randomPairs(count: number): Generator<readonly [string, string]> {
  const next = openRandom(42);
  const piece = (): string => PIECES[next(PIECES.length)] ?? '';
  const version = (): string[] => [
    next(8) === 0 ? `${next(3)}:` : '',
    ...Array.from({ length: 1 + next(9) }, piece),
  ];
  for (let index = 0, found = 0; found < count; index++) {
    const one = version();
    let other = version();
    if (index % 2 === 0) {
      const at = 1 + next(one.length - 1);
      const change = [[], [piece()], [piece(), one[at] ?? '']][next(3)] ?? [];
      other = one.toSpliced(at, 1, ...change);
    }
    const pair = [one.join(''), other.join('')] as const;
    if (!isComparable(pair)) continue;
    found++;
    yield pair;
  }
}

/** What the native rpm says of many pairs: its library compares in one call of its Lua. */
function nativeOrders(pairs: readonly (readonly [string, string])[]): number[] {
  const orders: number[] = [];
  for (let at = 0; at < pairs.length; at += BATCH) {
    const list = pairs.slice(at, at + BATCH).map(([a, b]) => `{"${a}","${b}"}`);
    const lua = `for _, p in ipairs({${list.join(',')}}) do print(rpm.vercmp(p[1], p[2]) .. " ") end`;
    const output = execFileSync('rpm', ['--eval', `%{lua:${lua}}`], { encoding: 'utf8', maxBuffer: 1 << 26 });
    orders.push(...output.trim().split(/\s+/).map(Number));
  }
  return orders;
}

describe.skipIf(!runs('rpm'))('rpm versions against the native rpm (needs rpm)', () => {
  test(`all boundary pairs and ${RANDOM_PAIRS} random ones`, () => {
    const boundary = BOUNDARY.flatMap((a) => BOUNDARY.map((b) => [a, b] as const));
    const pairs = [...boundary.filter(isComparable), ...randomPairs(RANDOM_PAIRS)];
    const native = nativeOrders(pairs);
    const different = pairs.flatMap(([a, b], index) => {
      const ours = Math.sign(compareText(rpm, a, b) ?? NaN);
      return ours === native[index] ? [] : [`${a} ${b}: ours ${ours}, rpm ${native[index]}`];
    });
    expect(native).toHaveLength(pairs.length);
    expect(different.slice(0, 20)).toEqual([]);
  }, 300_000);
});
