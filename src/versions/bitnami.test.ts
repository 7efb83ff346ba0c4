import { expect, test } from 'vitest';
import { expectChain } from '../../test/fixtures/version-chain.ts';
import { bitnami } from './bitnami.ts';

test('a revision comes after its version, a pre-release before', () => {
  expectChain(
    bitnami,
    [
      '0.0.0 < 0.0.0-20250806193240-9b0b5d4f345f < 0.0.0-20251119140106-9dbdfc3f1be0 < 2.6.0-rc1 < 2.6.0-rc2 < 2.6.0',
      '= 2.6.0+build < 2.6.0-0 < 2.6.0-1 = 2.6.0-01 < 2.6.0-2 < 2.6.0-10 < 2.6.1 < 9.0.35 < 9.0.35-3.57.3 < 9.0.36',
    ].join(' '),
  );
});

test.each([
  ['>=1.2.0, <1.2.5', '1.2.5-1', false],
  ['>=1.2.0, <1.2.5', '1.2.4-9', true],
  ['<1.21.0-0', '1.21.0', true],
  ['<=1.81.0-1', '1.81.0-2', false],
  ['>=2.6.0-rc1, <=2.6.0-rc1', '2.6.0', false],
  ['!=1.2.3', '1.2.3-1', true],
])('%s has %s: %s', (range, text, expected) => {
  const version = bitnami.parse(text);
  expect(version && bitnami.parseConstraint?.(range)?.includes(version)).toBe(expected);
});
