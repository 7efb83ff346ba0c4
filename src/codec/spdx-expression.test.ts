import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSpdxExpression, replaceLicenses } from './spdx-expression.ts';

describe('licence expressions', () => {
  test.each([
    ['MIT', true],
    ['GPL-2.0+', true],
    ['MIT OR Apache-2.0', true],
    ['(MIT AND BSD-3-Clause) OR ISC', true],
    ['GPL-2.0-or-later WITH Classpath-exception-2.0', true],
    ['LicenseRef-mine AND MIT', true],
    ['GPL-2.0-or-later WITH nothing', false],
    ['MIT-like', false],
    ['GPLv2+ and MIT', false],
    ['MIT AND', false],
    ['(MIT', false],
    ['MIT)', false],
    ['MIT WITH', false],
    ['', false],
    ['('.repeat(10_000), false],
  ])('%s: %s', (text, known) => expect(isSpdxExpression(text)).toBe(known));

  test('licences that nobody knows are replaced', () => {
    const replace = (name: string): string => `LicenseRef-${name.length}`;
    expect(replaceLicenses('(MIT OR Mine) AND (ISC)', replace)).toBe('(MIT OR LicenseRef-4) AND (ISC)');
    expect(replaceLicenses('LicenseRef-x', replace)).toBe('LicenseRef-12');
    expect(replaceLicenses('Beer licence', replace)).toBeUndefined();
  });

  test('what is replaced is an expression', () => {
    const token = fc.constantFrom('MIT', 'ISC', 'Beer', '(', ')', 'AND', 'OR', 'WITH', 'LicenseRef-a');
    fc.assert(
      fc.property(fc.array(token), (tokens) => {
        const replaced = replaceLicenses(tokens.join(' '), () => 'LicenseRef-x');
        expect(replaced === undefined || isSpdxExpression(replaced)).toBe(true);
      }),
    );
  });
});
