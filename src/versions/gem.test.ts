import { eq, gt, lt, satisfies } from '@renovatebot/ruby-semver';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectChain } from '../../test/fixtures/version-chain.ts';
import { gem } from './gem.ts';
import { compareText } from './scheme.ts';

const part = fc.oneof(
  fc.nat({ max: 11 }).map(String),
  fc.constantFrom('0', 'a', 'b1', 'pre', 'rc', 'rc2', 'beta'),
);
const version = fc
  .tuple(fc.nat({ max: 5 }), fc.array(part, { maxLength: 4 }))
  .map(([first, rest]) => [first, ...rest].join('.'));
const operator = fc.constantFrom('=', '!=', '>', '<', '>=', '<=', '~>');

describe('RubyGems', () => {
  test('orders as Gem::Version was seen to', () => {
    expectChain(
      gem,
      [
        '0 = 0.0 < 1.a = 1.0.a < 1.0.a2 < 1.0.a10 < 1.0.b1 < 1.0.beta.2 < 1.0.pre < 1.0-1 = 1.0.pre.1 < 1.0.rc1 < 1.0.rc2',
        '< 1.0.rc10 < 1 = 1.0 = 1.0.0 < 1.0.1.pre < 1.0.1 < 1.1.rc < 1.1 < 1.2.B < 1.2.b < 1.2 < 1.10',
        '< 2.0.0-x86-mingw32 < 2.0.0 < 2.0.0.1 < 3.0.0.beta3 < 3.0.0.beta3.1 < 3.0.0 < 5.2.4.rc1 < 5.2.4.6',
      ].join(' '),
    );
  });

  test.each([
    ['~> 1.4', '1.4.0.rc1', false],
    ['~> 1.4', '1.99', true],
    ['~> 1.4', '2.0.0.rc1', false],
    ['~> 1.4', '2.A.1', false],
    ['~> 5.2.4.3', '5.2.4.6', true],
    ['~> 5.2.4.3', '5.2.5', false],
    ['~> 2', '2.9', true],
    ['~> 2', '3', false],
    ['>= 1.2.3, < 2 || >= 2.1', '2.1.0', true],
  ])('%s has %s: %s', (range, text, expected) => {
    const parsed = gem.parse(text);
    expect(parsed && gem.parseConstraint?.(range)?.includes(parsed)).toBe(expected);
  });

  test('orders as its own comparison does', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const expected = eq(a, b) ? 0 : lt(a, b) ? -1 : gt(a, b) ? 1 : NaN;
        expect([a, b, Math.sign(compareText(gem, a, b) ?? NaN)]).toEqual([a, b, expected]);
      }),
      { numRuns: 2000 },
    );
  });

  test('has its requirements', () => {
    fc.assert(
      fc.property(operator, version, version, (op, bound, wanted) => {
        const parsed = gem.parse(wanted);
        const found = parsed && gem.parseConstraint?.(`${op} ${bound}`)?.includes(parsed);
        expect([op, bound, wanted, found]).toEqual([op, bound, wanted, satisfies(wanted, `${op} ${bound}`)]);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['1.0', '1.0.0', 0],
    ['1.0.a', '1.0', -1],
    ['1.0.b1', '1.0.b2', -1],
    ['1.0.0.rc1', '1.0.0', -1],
    ['1.0-1', '1.0', -1],
    ['2.0.0-x86_64', '2.0.0', undefined],
    ['', '1', undefined],
  ])('%s and %s', (a, b, expected) => {
    const found = compareText(gem, a, b);
    expect(found === undefined ? undefined : Math.sign(found)).toBe(expected);
  });
});
