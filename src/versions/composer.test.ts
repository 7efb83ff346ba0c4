import { expect, test } from 'vitest';
import { expectChain } from '../../test/fixtures/version-chain.ts';
import { composer } from './composer.ts';

test('orders as Composer documents it', () => {
  expectChain(
    composer,
    [
      '1.0.0-dev = 1.0-dev < 1.0.0-alpha = 1.0.0-a < 1.0.0-alpha1 = 1.0.0-ALPHA1 = 1.0.0alpha1 = 1.0.0-alpha.1',
      '< 1.0.0-alpha2 < 1.0.0-beta2 = 1.0.0b2 < 1.0.0-beta10 < 1.0.0-RC1 = 1.0.0.RC1 = 1.0.0_rc1 < 1.0.0-RC2',
      '< 1.0.0 = v1.0.0 = 1.0 = 1.0.0.0 = 1.0.0-stable < 1.0.0-p1 = 1.0.0-pl1 = 1.0.0-patch1 < 1.0.0-p2 < 1.0.0.1',
      '< 1.0.1 < 2.4.6 < 2.4.6-p3 < 2.4.7-alpha1 < 2.4.7',
    ].join(' '),
  );
});

test.each([
  ['>=2.4.6, <2.4.6-p6', '2.4.6', true],
  ['>=2.4.6, <2.4.6-p6', '2.4.6-p6', false],
  ['>=1.0,<1.0.5', '1.0.5-RC1', true],
  ['>=1.0,<1.0.5', '1.0.5', false],
  ['>=2.0.0,<2.1.0|| >=3', '3.0.1', true],
])('%s has %s: %s', (range, text, expected) => {
  const version = composer.parse(text);
  expect(version && composer.parseConstraint?.(range)?.includes(version)).toBe(expected);
});

test.each(['', 'dev-main', '1.0.x-dev', '9999999-foo', '1.0-feature', '1.0.0.0.0'])(
  '%j has no place',
  (text) => {
    expect(composer.parse(text)).toBeUndefined();
  },
);
