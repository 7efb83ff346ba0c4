import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, test } from 'vitest';
import { compareText } from './scheme.ts';
import { npm } from './npm.ts';

const number = fc.nat({ max: 12 }).map(String);
const identifier = fc.constantFrom('0', '1', '10', 'alpha', 'beta', 'rc', 'a1', 'x-y');
const version = fc
  .tuple(number, number, number, fc.array(identifier, { maxLength: 3 }))
  .map(
    ([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre.length > 0 ? `-${pre.join('.')}` : ''}`,
  );
const partial = fc.oneof(
  version,
  fc.tuple(number, number).map((parts) => parts.join('.')),
  number,
  fc.tuple(number, fc.constantFrom('x', '*', 'X')).map((parts) => parts.join('.')),
  fc.tuple(number, number, fc.constantFrom('x', '*')).map((parts) => parts.join('.')),
  fc.constant('*'),
);
const operator = fc.constantFrom('', '=', '>', '<', '>=', '<=', '^', '~');
const term = fc.tuple(operator, fc.constantFrom('', ' '), partial).map((parts) => parts.join(''));
const range = fc.oneof(
  fc.array(term, { minLength: 1, maxLength: 3 }).map((terms) => terms.join(' ')),
  fc.tuple(partial, partial).map(([from, to]) => `${from} - ${to}`),
);
const ranges = fc.array(range, { minLength: 1, maxLength: 3 }).map((list) => list.join(' || '));

function includes(text: string, wanted: string): boolean | undefined {
  const parsed = npm.parse(wanted);
  return parsed && npm.parseConstraint?.(text)?.includes(parsed);
}

describe('npm', () => {
  test('orders as semver does', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compareText(npm, a, b) ?? NaN)).toBe(semver.compare(a, b));
      }),
      { numRuns: 2000 },
    );
  });

  test('has the ranges of semver, pre-releases included', () => {
    fc.assert(
      fc.property(ranges, version, (text, wanted) => {
        expect([text, wanted, includes(text, wanted)]).toEqual([
          text,
          wanted,
          semver.satisfies(wanted, text, { includePrerelease: true }),
        ]);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['>=1.0.0, <2.0.0', '1.5.0', true],
    ['>= 1.0.0 < 2.0.0', '2.0.0', false],
    ['<4.17.21', '4.17.20', true],
    ['=1.2.3', '1.2.3', true],
    ['1.2.3 || 1.2.5', '1.2.4', false],
    ['<0.0.0', '0.0.0', false],
    ['>=0', '0.0.1', true],
  ])('%s and %s', (text, wanted, expected) => {
    expect(includes(text, wanted)).toBe(expected);
  });

  test.each([['latest'], ['>'], ['>=a.b.c'], ['git+https://x'], ['||'], ['']])('%j is no range', (text) => {
    expect(npm.parseConstraint?.(text)).toBeUndefined();
  });
});
