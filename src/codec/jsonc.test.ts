import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainJson } from './jsonc.ts';

test.each([
  ['[1, 2, ]', [1, 2]],
  ['{"a": [1,], // b\n "c": "d,]",\n}', { a: [1], c: 'd,]' }],
  ['/* { */ {"a/*b": "//c" /* , */ , /* d */ }', { 'a/*b': '//c' }],
  ['["\\",]"]', ['",]']],
])('%j', (text, value) => {
  expect(JSON.parse(plainJson(text))).toEqual(value);
});

test('other characters stay what they are', () => {
  const plain = plainJson('["é", /* 😀\n */ "😀",]');
  expect(JSON.parse(plain)).toEqual(['é', '😀']);
  expect(plain.split('\n')).toHaveLength(2);
});

test('JSON stays what it is, to the letter', () => {
  fc.assert(fc.property(fc.json(), (text) => plainJson(text) === text));
});

test('no text grows or loses a line', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('"', '\\', '/', '*', '//', '/*', '*/', ',', ']', '}', '\n', 'a')),
      (pieces) => {
        const text = pieces.join('');
        const plain = plainJson(text);
        expect(plain.length).toBe(text.length);
        expect(plain.split('\n').length).toBe(text.split('\n').length);
      },
    ),
  );
});
