import { expect, test } from 'vitest';
import { expectChain } from '../../test/fixtures/version-chain.ts';
import { generic } from './generic.ts';

test('orders modules, crates and whatever else has dots', () => {
  expectChain(
    generic,
    [
      '0 = 0.0.0 < 0.0.1-0 < 0.0.1 < 0.1 < 1.0.0-0.20200622213623-75b288015ac9 < 1.0.0-1 < 1.0.0-9 < 1.0.0-10',
      '< 1.0.0-A < 1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-alpha.beta < 1.0.0-beta < 1.0.0-beta.2 < 1.0.0-beta.11',
      '= 1-beta.11 < 1.0.0-rc.1 < 1.0.0-rc1 = 1.0.0rc1 = 1.0.rc1 < 1 = v1 = V1.0.0 = 1.0.0+build = v1.0.0+incompatible',
      '< 1.0.0.1 < 1.0.1 < 1.2 < 1.10 < 2.0.0 = v2.0.0+incompatible < 18446744073709551616.0',
    ].join(' '),
  );
});

test.each([
  ['~> 1', '1.9', true],
  ['~> 1', '2.0', false],
  ['~> 1.2', '1.9', true],
  ['~> 1.2.3', '1.2.9', true],
  ['~> 1.2.3', '1.3.0', false],
  ['~1', '1.9', true],
  ['~1.2', '1.3.0', false],
  ['~1.2.3', '1.2.4', true],
  ['~1.2.3.4', '1.2.4', false],
  ['^0.0.3', '0.0.4', false],
  ['^0.2.3', '0.2.9', true],
  ['^0.2.3', '0.3.0', false],
  ['^0', '0.9', true],
  ['^1.2.3', '1.99.0', true],
  ['^1.2.3', '1.2.2', false],
  ['^1.2.*', '1.9', true],
  ['1.2.*', '1.2.7', true],
  ['1.x', '2', false],
  ['>=1.2.*', '3', true],
  ['>1.2.*', '1.2.7', false],
  ['<=1.2.*', '1.2.7', true],
  ['<1.2.*', '1.2.0', false],
  ['*', '1', true],
  ['<=*', '1', true],
  ['=>1.0, =<2.0', '2.0.0', true],
  ['!= 1.0', 'v1.0.0+build', false],
  ['<1.0', '1.0~rc1', true],
  ['>=1.0~rc1', '1.0~rc2', true],
  ['<1.2.0', '1.2.0-rc.1', true],
  ['>=1.2.0', '1.2.0-rc.1', false],
])('%s has %s: %s', (range, text, expected) => {
  const version = generic.parse(text);
  expect(version && generic.parseConstraint?.(range)?.includes(version)).toBe(expected);
});

test.each(['', 'latest', '1.', '.1', '1..2', '1.2.x', '1-', 'v', '1 2', '(devel)', '1.0/2', '1'.repeat(300)])(
  '%.20j is no version',
  (text) => {
    expect(generic.parse(text)).toBeUndefined();
  },
);
