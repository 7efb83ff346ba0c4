import { expect, test } from 'vitest';
import { isNestedTooDeep } from './bracket-depth.ts';

test.each([
  ['', false],
  ['a: [b, {c: d}]', false],
  ['[]'.repeat(10_000), false],
  [']'.repeat(10_000), false],
  ['['.repeat(64), false],
  ['['.repeat(65), true],
  ['{"a":'.repeat(100_000), true],
])('%.20s: %s', (text, expected) => {
  expect(isNestedTooDeep(text)).toBe(expected);
});
