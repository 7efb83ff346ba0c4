import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KEY_SEPARATOR, linesOfEntries } from './json-lines.ts';

const TEXT = `{
  "other": {"a": {"x": 1}, "list": [1, 2]},
  "libraries": {
    "a/1": {
      "type": "package"
    },
    "b\\u002f2": {"deep": [{"libraries": {"no": {}}}]}, "c":
      "text, } ] { \\" ["
  },
  "list": [
    {"a": 1}, [
    ], 7
  ]
}`;

describe('lines in JSON', () => {
  test('of the members of an object', () => {
    expect([...linesOfEntries(TEXT, ['libraries', '*'])]).toEqual([
      ['a/1', { startLine: 4, endLine: 6 }],
      ['b/2', { startLine: 7, endLine: 7 }],
      ['c', { startLine: 8, endLine: 8 }],
    ]);
  });

  test('of the items of a list, but for plain ones', () => {
    expect([...linesOfEntries(TEXT, ['list', '*'])]).toEqual([
      ['0', { startLine: 11, endLine: 11 }],
      ['1', { startLine: 11, endLine: 12 }],
    ]);
    expect([...linesOfEntries('[{},\n{}]', ['*'])].map(([key]) => key)).toEqual(['0', '1']);
  });

  test('by several keys, and of nothing where the way leads nowhere', () => {
    expect([...linesOfEntries(TEXT, ['*', 'list'])].map(([key]) => key)).toEqual(['other']);
    expect([...linesOfEntries(TEXT, ['*', '*']).keys()]).toContain(`other${KEY_SEPARATOR}a`);
    expect(linesOfEntries(TEXT, ['none', '*']).size).toBe(0);
    expect(linesOfEntries('7', ['*']).size).toBe(0);
  });

  test('every object in an object is found, whatever stands between', () => {
    const text = fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()));
    fc.assert(
      fc.property(text, fc.constantFrom(undefined, 1), (value, indent) => {
        const json = JSON.stringify(value, undefined, indent);
        const found = linesOfEntries(json, ['*']);
        expect(new Set(found.keys())).toEqual(new Set(Object.keys(value)));
        expect([...found.values()].every(({ startLine, endLine }) => startLine <= endLine)).toBe(true);
      }),
    );
  });

  test('ten megabytes of nesting take no time', () => {
    const text = `${'['.repeat(5_000_000)}${']'.repeat(5_000_000)}`;
    expect(linesOfEntries(text, ['*']).size).toBe(1);
  });
});
