import { compare, satisfies } from '@renovatebot/pep440';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectChain } from '../../test/fixtures/version-chain.ts';
import { pep440 } from './pep440.ts';
import { compareText } from './scheme.ts';

const number = fc.nat({ max: 11 }).map(String);
const maybe = (arbitrary: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary });
const release = fc.array(number, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
const suffix = (...words: string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...words), number).map((parts) => parts.join(''));
const publicVersion = fc
  .tuple(
    maybe(fc.constant('1!')),
    release,
    maybe(suffix('a', 'b', 'rc', '.alpha', '-beta', 'c', '_pre')),
    maybe(suffix('.post', '-', '.rev', '-r')),
    maybe(suffix('.dev')),
  )
  .map((parts) => parts.join(''));
const version = fc
  .tuple(publicVersion, maybe(fc.constantFrom('+1', '+ubuntu.1', '+abc', '+1.2')))
  .map((parts) => parts.join(''));

describe('PEP 440', () => {
  test('orders as packaging 26 was seen to', () => {
    expectChain(
      pep440,
      [
        '0 = 0.0 < 1.dev0 < 1.0.dev456 < 1.0a1 = 1.0.alpha1 = 1.0A1 = 1.0.a.1 < 1.0a2.dev456 < 1.0a12.dev456 < 1.0a12',
        '< 1.0b1.dev456 < 1.0b2 < 1.0b2.post345.dev456 < 1.0b2.post345 < 1.0b2-346 < 1.0_beta_3 < 1.0c1.dev456',
        '< 1.0rc1.dev457 < 1.0c1 = 1.0-pre1 < 1.0rc2 < 1.0.c3 < 1.0 = v1.0.0 < 1.0+abc.5 = 1.0+ABC.5 < 1.0+abc.7',
        '< 1.0+ubuntu-1 < 1.0+5 < 1.0-post = 1.0.post0 < 1.0.post456.dev34 < 1.0.post456 = 1.0.r456 < 1.0-rev457',
        '< 1.0.15 < 1.1.dev1 < 1.1 < 01.02 < 1.2.0.0.0.1 < 1.10 < 2012.4 < 2013.10 < 1!0.1 < 1!1.0',
      ].join(' '),
    );
  });

  test('orders as Python does', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect([a, b, Math.sign(compareText(pep440, a, b) ?? NaN)]).toEqual([a, b, Math.sign(compare(a, b))]);
      }),
      { numRuns: 3000 },
    );
  });

  // For all others Python itself is asked: test/conformance/versions-pep440.test.ts.
  test('has its specifiers, pre-releases included', () => {
    const clause = fc
      .tuple(fc.constantFrom('==', '!=', '<=', '>='), publicVersion)
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(clause, { minLength: 1, maxLength: 3 }), version, (clauses, wanted) => {
        const text = clauses.join(',');
        const parsed = pep440.parse(wanted);
        const found = parsed && pep440.parseConstraint?.(text)?.includes(parsed);
        expect([text, wanted, found]).toEqual([text, wanted, satisfies(wanted, text, { prereleases: true })]);
      }),
      { numRuns: 3000 },
    );
  });

  // Unlike Python, which leaves the pre-releases of a bound out (PEP 440, "Exclusive ordered comparison").
  test.each([
    ['<4.2.14', '4.2.14rc1', true],
    ['<4.2.14', '4.2.14.dev0', true],
    ['<4.2.14', '4.2.14', false],
    ['<4.2.14', '4.2.14.post1', false],
    ['>1.0', '1.0.post1', false],
    ['>1.0', '1.0+local', false],
    ['<=*', '7', true],
    ['== 0!4.0.*', '4', true],
    ['>=1.0 <2 || ==3.*', '3.1a1', true],
  ])('%s has %s: %s', (text, wanted, expected) => {
    const parsed = pep440.parse(wanted);
    expect(parsed && pep440.parseConstraint?.(text)?.includes(parsed)).toBe(expected);
  });

  test.each([['1.0-'], ['french toast'], [''], ['1.0+'], ['1.0.*'], ['a'.repeat(1000)]])(
    '%.20j is none',
    (text) => {
      expect(pep440.parse(text)).toBeUndefined();
    },
  );
});
