import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readPlainYaml } from './plain-yaml.ts';
import type { YamlValue } from './yaml-value.ts';

/** Without lines, as the reference gives it. */
function plain(value: YamlValue | undefined): unknown {
  if (value === undefined || typeof value === 'string') return value;
  if (value.kind === 'list') return value.items.map(plain);
  return new Map([...value.entries].map(([key, inner]) => [key, plain(inner)]));
}

function reference(text: string): unknown {
  return parse(text, { schema: 'failsafe', mapAsMap: true });
}

describe('what programs write', () => {
  test.each([
    ['a: b', 'an entry'],
    ['a:\n  b: c\n  d: e\nf: g', 'maps in maps'],
    ['a:\n- b\n- c\nd: e', 'a list right below its key'],
    ['a:\n  - b: c\n    d: e\n  - f', 'maps in lists'],
    ['- - a\n  - b\n- c', 'lists in lists'],
    ["'a b@1': \"c\\td\"\n\"e\": 'it''s'", 'quoted texts'],
    ['a: {b: c, d: [e, "f, g"], h: {}}  # comment', 'flow collections'],
    ['a:\n  {\n    b: c,\n    d: [e,\n    f],\n  }\ng: h', 'flow collections over lines'],
    ['? aa\n: b: c\n  d: e\nf: g', 'a key on a line of its own'],
    ['a: x:y#z\nb: http://c/d # e', 'colons and marks within texts'],
    ['---\r\na: b\r\n', 'lines that end as on Windows'],
    ['# c\n\na: b # d\n\n# e\n  # f\ng: h', 'comments and empty lines'],
    ['a@1.0.0(b@2.0.0(c@3)):\n  d: 1.10', 'keys with brackets'],
  ])('%j: %s', (text) => {
    expect(plain(readPlainYaml(text))).toEqual(reference(text));
  });

  test('lines of each map and list are told', () => {
    const value = readPlainYaml('x: y\na:\n  b: c\n\n  d:\n    - e\nf: g\n');
    expect(value).toMatchObject({ kind: 'map', startLine: 1, endLine: 7 });
    const inner = typeof value === 'object' && value.kind === 'map' ? value.entries.get('a') : undefined;
    expect(inner).toMatchObject({ startLine: 2, endLine: 6 });
  });

  test('texts over several lines are passed over as one', () => {
    expect(plain(readPlainYaml('a: >-\n  b: c\n\n  d\ne: f'))).toEqual(
      new Map([
        ['a', 'b: c\n\nd'],
        ['e', 'f'],
      ]),
    );
  });
});

test.each([
  'a: &b c',
  'a: *b',
  'a: !b c',
  'a: b\n  c',
  'a: "b\n  c"',
  'a: b\n---\nc: d',
  'a:\n\tb: c',
  'a: {b',
  'a: b\n c: d',
  'a: b: c',
  '- a\nb: c',
])('%j is not for it', (text) => {
  expect(readPlainYaml(text)).toBeUndefined();
});

describe('laws', () => {
  const text = fc.oneof(
    fc.stringMatching(/^[a-z@/.^~0-9(][a-z@/.^~0-9 :#'"(){}-]{0,12}$/),
    fc.string({ maxLength: 8 }),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(text, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));

  test('what it reads is what the whole language says', () => {
    let read = 0;
    fc.assert(
      fc.property(
        fc.dictionary(text, tree, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
        fc.boolean(),
        (value, isCompact) => {
          const yaml = stringify(value, {
            lineWidth: 0,
            blockQuote: false,
            indentSeq: !isCompact,
            schema: 'failsafe',
            aliasDuplicateObjects: false,
          });
          const ours = readPlainYaml(yaml);
          if (ours === undefined) return;
          read++;
          expect(plain(ours)).toEqual(reference(yaml));
        },
      ),
      { numRuns: 500 },
    );
    expect(read).toBeGreaterThan(200);
  });

  test('any text is read or refused at once', () => {
    const piece = fc.constantFrom(
      'a',
      ':',
      ' ',
      '- ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      "'",
      '#',
      '? ',
      '|',
      '>',
      '&',
      '*',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 80 }), (pieces) => {
        readPlainYaml(pieces.join(''));
      }),
      { numRuns: 2_000 },
    );
  });
});
