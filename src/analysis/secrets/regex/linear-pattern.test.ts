import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linearPattern, type Budget } from './linear-pattern.ts';
import { PatternError } from './syntax.ts';

function all(pattern: string, text: string, group?: string): string[] {
  const bytes = Buffer.from(text);
  const machine = linearPattern(pattern, group);
  const found: string[] = [];
  for (let from = 0; from <= bytes.length;) {
    const spot = machine.find(bytes, from, { steps: 1e8 });
    if (!spot) break;
    found.push(bytes.toString('utf8', spot.secretStart, spot.secretEnd));
    from = spot.end;
  }
  return found;
}

describe('patterns in RE2 syntax', () => {
  test.each([
    ['a|ab', 'ab', ['a']],
    ['(?:a|ab)(?:c|bcd)', 'abcd', ['abcd']],
    ['a+?', 'aaa', ['a', 'a', 'a']],
    ['(?U)a+', 'aa', ['a', 'a']],
    ['(?U)a+?', 'aa', ['aa']],
    ['a{2,3}', 'aaaaa', ['aaa', 'aa']],
    ['x{0}y', 'xy', ['y']],
    ['a{,3}', 'a{,3}', ['a{,3}']],
    ['(?i)AbC', 'xaBcx', ['aBc']],
    ['a(?i)b', 'aB AB', ['aB']],
    ['a(?i:b)c', 'aBc aBC', ['aBc']],
    ['(?i)[a-c]+', 'xABCx', ['ABC']],
    ['(?i)пароль', 'x ПАРОЛЬ пароль', ['ПАРОЛЬ', 'пароль']],
    ['^a', 'a\na', ['a']],
    ['(?m)^a$', 'a\na', ['a', 'a']],
    ['a\\z', 'a\na', ['a']],
    ['.+', 'a\rb\nc', ['a\rb', 'c']],
    ['(?s).+', 'a\nb', ['a\nb']],
    ['\\bcat\\b', 'cat concat cat_', ['cat']],
    ['\\Bcat', 'cat concat', ['cat']],
    ['\\x41\\x{42}\\103', 'ABC', ['ABC']],
    ['\\Qa.b\\E+', 'a.bb axb', ['a.bb']],
    ['[[:alpha:]]+[^[:^digit:]]', 'ab1', ['ab1']],
    ['[]a-]+', ']a-', [']a-']],
    ['[\\d\\-x]+', '1-x', ['1-x']],
    ['[^\\s"]+', 'a"b c', ['a', 'b', 'c']],
    ['(a*)*b', 'aab', ['aab']],
    ['(?:)*x', 'x', ['x']],
  ])('%s in %j', (pattern, text, expected) => {
    expect(all(pattern, text)).toEqual(expected);
  });

  test('a group is told where it stood in the match, the last time if it is repeated', () => {
    expect(all('k=(?P<s>\\w+)', 'k=ab k=cd', 's')).toEqual(['ab', 'cd']);
    expect(all('(?:(?P<s>\\w),)+', 'a,b,c,', 's')).toEqual(['c']);
    expect(all('(?<s>a)|b', 'ba', 's')).toEqual(['', 'a']);
  });

  test.each([
    '(',
    ')',
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '\\1',
    'a**',
    '*',
    'a{2}{3}',
    'a{1001}',
    'a{3,2}',
    '[',
    '[b-a]',
    '[é]',
    '\\pL',
    '\\Z',
    '[[:nope:]]',
    '(?x)a',
    '\\',
  ])('%s is refused', (pattern) => {
    expect(() => linearPattern(pattern)).toThrow(PatternError);
  });

  const atom = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', '\\w', '\\b', 'c', '(?:a|bc)', '(?:ab)');
  const piece = fc
    .tuple(atom, fc.constantFrom('', '*', '+', '?', '*?', '+?', '{1,2}', '{2}'))
    .map(([a, r]) => (a === '\\b' ? a : a + r));
  const pattern = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 20 });

  test('agree with JavaScript on the first match that is not empty', () => {
    fc.assert(
      fc.property(pattern, pattern, text, (left, right, subject) => {
        const source = `(?:${left})|x(?:${right})`;
        const native = new RegExp(source).exec(subject);
        // Where JavaScript's first match is empty, the two look for different things.
        fc.pre(native === null || native[0] !== '');
        const spot = linearPattern(source).find(Buffer.from(subject), 0, { steps: 1e8 });
        expect(spot && [spot.start, spot.end]).toEqual(
          native ? [native.index, native.index + native[0].length] : undefined,
        );
      }),
      { numRuns: 2000 },
    );
  });

  test('never throw anything but a PatternError', () => {
    const characters = fc.constantFrom(...'ab()[]{}|*+?\\^$.-,019:<>Pi=QEdx');
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 30 }), (source) => {
        try {
          linearPattern(source).find(Buffer.from('aab(b)01'), 0, { steps: 1e6 });
        } catch (error) {
          expect(error).toBeInstanceOf(PatternError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test.each(['(a+)+$', '(a|aa)+$', '(.*)*x', '(a?){50}a{50}b'])('%s does not run away', (source) => {
    const budget: Budget = { steps: 1e8 };
    expect(linearPattern(source).find(Buffer.from('a'.repeat(20_000) + '!'), 0, budget)?.end).toBe(undefined);
  });

  test('a budget ends the search', () => {
    const budget: Budget = { steps: 1000 };
    expect(linearPattern('a+b').find(Buffer.from('a'.repeat(10_000) + 'b'), 0, budget)).toBeUndefined();
    expect(budget.steps).toBeLessThan(0);
  });
});
