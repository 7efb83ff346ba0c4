import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldExpression } from './spdx-fold.ts';

const shown = {
  license: (name: string, exception: string | undefined) => (exception ? `${name}~${exception}` : name),
  and: (operands: readonly string[]) => `[${operands.join('&')}]`,
  or: (operands: readonly string[]) => `<${operands.join('|')}>`,
};

test.each([
  ['MIT', 'MIT'],
  ['MIT OR Apache-2.0 AND ISC', '<MIT|[Apache-2.0&ISC]>'],
  ['(MIT OR Apache-2.0) AND ISC', '[<MIT|Apache-2.0>&ISC]'],
  ['GPL-2.0-only WITH Classpath-exception-2.0', 'GPL-2.0-only~Classpath-exception-2.0'],
  ['((A))', 'A'],
  ['', undefined],
  ['A B', undefined],
  ['A AND', undefined],
  ['(A', undefined],
  ['A)', undefined],
  ['A WITH', undefined],
  ['GPL, version 2', undefined],
  [`${'('.repeat(60)}A${')'.repeat(60)}`, undefined],
])('%s', (text, expected) => expect(foldExpression(text, shown)).toBe(expected));

test('any text is an expression or none', () => {
  const word = fc.constantFrom('(', ')', 'AND', 'OR', 'WITH', 'MIT', 'x', ' ', '');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 200 }), (words) => {
      foldExpression(words.join(' '), shown);
    }),
  );
});
