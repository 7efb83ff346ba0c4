import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rpm } from './rpm.ts';
import { compareText } from './scheme.ts';

const compare = (a: string, b: string): number => Math.sign(compareText(rpm, a, b) ?? NaN);

describe('rpm versions', () => {
  test.each([
    ['1.0', '1.0', 0],
    ['1.0', '2.0', -1],
    ['2.0.1', '2.0.1a', -1],
    ['5.5p1', '5.5p10', -1],
    ['10xyz', '10.1xyz', -1],
    ['xyz10', 'xyz10.1', -1],
    ['xyz.4', '8', -1],
    ['6.0.rc1', '6.0', 1],
    ['10b2', '10a1', 1],
    ['1.0aa', '1.0a', 1],
    ['10.0001', '10.1', 0],
    ['20101121', '20101122', -1],
    ['2_0', '2.0', 0],
    ['a+', 'a_', 0],
    ['1.0~rc1', '1.0', -1],
    ['1.0~rc1', '1.0~rc2', -1],
    ['1.0~rc1~git123', '1.0~rc1', -1],
    ['1.0^', '1.0', 1],
    ['1.0^git1', '1.0^git2', -1],
    ['1.0^git1', '1.01', -1],
    ['1.0~rc1^git1', '1.0~rc1', 1],
    ['1.0^git1~pre', '1.0^git1', -1],
    ['1:1.0-1', '2.0-1', 1],
    ['0:1.0-1', '1.0-1', 0],
    ['1.0-1.el9', '1.0-1.el9_2', -1],
    ['1.0-9', '1.0-10', -1],
    ['99999999999999999999', '100000000000000000000', -1],
    ['1.0', '1.0-1', -1],
  ])('%s against %s is %i', (a, b, expected) => {
    expect(compare(a, b)).toBe(expected);
    expect(compare(b, a)).toBe(expected === 0 ? 0 : -expected);
  });

  test.each(['', '  ', 'x:1', '1:', '1 2', '-1', '1'.repeat(2000)])('%j is no version', (text) => {
    expect(rpm.parse(text)).toBeUndefined();
  });

  const version = fc.stringMatching(/^([0-9]:)?[0-9a-z~^._+]{1,12}(-[0-9a-z~^._]{1,8})?$/);

  test('the order is one', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(compare(a, b) + compare(b, a)).toBe(0);
        const sorted = [a, b, c].sort(compare);
        expect(compare(sorted[0] ?? '', sorted[2] ?? '')).toBeLessThanOrEqual(0);
      }),
    );
  });
});
