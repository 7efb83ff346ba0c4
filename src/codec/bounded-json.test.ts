import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isWithinJsonBounds } from './bounded-json.ts';

const within = (text: string, depth: number, containers: number): boolean =>
  isWithinJsonBounds(Buffer.from(text), { depth, containers });

test.each([
  ['[[[]]]', 3, 10, true],
  ['[[[]]]', 2, 10, false],
  ['[{},{},{}]', 5, 4, true],
  ['[{},{},{}]', 5, 3, false],
  ['"[[[["', 1, 1, true],
  ['["\\"[[[["]', 1, 1, true],
  ['"\\\\"[[', 1, 1, false],
  ['"[', 1, 1, true],
])('%s within %i deep and %i in all: %s', (text, depth, containers, answer) =>
  expect(within(text, depth, containers)).toBe(answer),
);

test.each([
  ['[1,2,3]', 2, true],
  ['[1,2,3]', 1, false],
  ['{"a":[1,2],"b":[3,4]}', 3, true],
  ['{"a":[1,2],"b":[3,4]}', 2, false],
  ['[",,,,"]', 0, true],
])('%s with %i members besides the first: %s', (text, members, answer) =>
  expect(isWithinJsonBounds(Buffer.from(text), { depth: 9, containers: 9, members })).toBe(answer),
);

test('real documents are measured as they are', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const depth = depthOf(value);
      const text = JSON.stringify(value);
      expect(within(text, depth, 1e6)).toBe(true);
      if (depth > 0) expect(within(text, depth - 1, 1e6)).toBe(false);
    }),
  );
});
