import { describe, expect, test } from 'vitest';
import { isAffected, prepareConstraints } from './constraints.ts';
import { deb } from './deb.ts';
import { generic } from './generic.ts';
import { npm } from './npm.ts';

const constraints = (
  vulnerable: readonly string[],
  patched: readonly string[] = [],
  unaffected: readonly string[] = [],
) => ({ vulnerable, patched, unaffected });

describe('isAffected', () => {
  test.each([
    ['1.5.0', constraints(['>=1.0.0, <2.0.0', '>=3.0.0, <3.1.0']), true],
    ['3.0.5', constraints(['>=1.0.0, <2.0.0', '>=3.0.0, <3.1.0']), true],
    ['2.0.0', constraints(['>=1.0.0, <2.0.0', '>=3.0.0, <3.1.0']), false],
    ['1.5.0', constraints(['<2.0.0'], ['~1.5']), false],
    ['0.4.0', constraints(['<2.0.0'], [], ['<0.5.0']), false],
    ['0.4.0', constraints([], ['>=0.5.0']), true],
    ['0.5.0', constraints([], ['>=0.5.0']), false],
    ['0.4.0', constraints([], [], ['<0.5.0']), false],
    ['0.4.0', constraints([]), false],
    ['0.4.0', constraints(['']), true],
    ['0.4.0', constraints(['>=1.0.0'], ['']), true],
    ['0.4.0', constraints(['<1.0.0'], [], ['']), true],
    ['no version', constraints(['']), true],
    ['no version', constraints(['<1.0.0']), undefined],
    ['0.4.0', constraints(['<1.0.0', 'no range']), undefined],
    ['0.4.0', constraints(['<1.0.0'], ['no range']), undefined],
  ])('%s of %j: %s', (version, told, expected) => {
    expect(isAffected(version, told, npm)).toBe(expected);
  });

  test('a scheme without ranges cannot say', () => {
    expect(isAffected('1.0-1', constraints(['<2']), deb)).toBeUndefined();
  });
});

test.each(['', ' ', '||', '<1 ||', '|| <1', '<', '<<1', '<1 | >2', ',', '1'.repeat(30_000)])(
  '%.20j is no range',
  (text) => {
    expect(generic.parseConstraint?.(text)).toBeUndefined();
  },
);

test('terms may stand together, apart, with commas or without', () => {
  for (const text of ['>=1,<2', '>=1 <2', '>= 1,< 2', ' >=1 , <2 ', '>=1<2', '>=1,\t<2,'])
    expect(isAffected('1.5', constraints([text]), generic), text).toBe(true);
});

test('prepared constraints are quick to ask', () => {
  const prepared = prepareConstraints(
    constraints(['>=1.0.0, <1.2.5', '>=2.0.0-rc.1, <2.4.1'], ['1.1.9']),
    npm,
  );
  const version = npm.parse('2.4.0');
  const started = performance.now();
  let count = 0;
  for (let i = 0; i < 200_000; i++) if (prepared?.includes(version)) count++;
  expect(count).toBe(200_000);
  // At a million a second it is 200 ms; much slower machines exist.
  expect(performance.now() - started).toBeLessThan(12_000);
});
