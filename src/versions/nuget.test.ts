import { expect, test } from 'vitest';
import { expectChain } from '../../test/fixtures/version-chain.ts';
import { nuget } from './nuget.ts';

test('orders as NuGet documents it', () => {
  expectChain(
    nuget,
    [
      '1.0.0-alpha = 1.0.0-ALPHA = 1.0-Alpha < 1.0.0-alpha.1 < 1.0.0-alpha.2 < 1.0.0-alpha.10 < 1.0.0-BETA < 1.0.0-beta.1',
      '< 1.0.0-RC = 1.0.0.0-rc < 1.0.0-rc.1 < 1 = 1.0 = 1.0.0 = 1.0.0.0 = 1.00.0 = 1.0.0+GitSHA1 < 1.0.0.1-beta',
      '< 1.0.0.1 < 1.0.1 = 1.0.01 = 1.0.1.0 < 1.0.2 < 1.0.10 < 1.1',
    ].join(' '),
  );
});

test.each([
  ['>= 4.0.0, < 4.5.1.2', '4.5.1.1', true],
  ['>= 4.0.0, < 4.5.1.2', '4.5.1.2', false],
  ['= 1.0.0-Preview1', '1.0.0-preview1', true],
  ['<= 1.2.3', '1.2.3.1', false],
])('%s has %s: %s', (range, text, expected) => {
  const version = nuget.parse(text);
  expect(version && nuget.parseConstraint?.(range)?.includes(version)).toBe(expected);
});

test.each(['', '1.0.0.0.0', '1.0-', '$(Version)', '1.*'])('%j is no version', (text) => {
  expect(nuget.parse(text)).toBeUndefined();
});
