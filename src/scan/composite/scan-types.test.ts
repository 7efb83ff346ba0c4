import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LOCAL_TYPES, localTypeOf, reportTypeOf, typeWord } from './scan-types.ts';

describe('names of types of reports', () => {
  test.each([
    [
      'application/vnd.security.license.report; version=1.0',
      'application/vnd.security.license.report; version=1.0',
    ],
    [
      'Application/VND.Security.License.Report;VERSION=1.0',
      'application/vnd.security.license.report; version=1.0',
    ],
    ['application/vnd.security.license.report', 'application/vnd.security.license.report; version=1.0'],
    [
      'application/vnd.security.vulnerability.report',
      'application/vnd.security.vulnerability.report; version=1.1',
    ],
    ['application/vnd.other; version="2.0"', 'application/vnd.other; version=2.0'],
    ['application/vnd.other', 'application/vnd.other'],
    ['no media type', undefined],
    ['', undefined],
    ['a/b; x', undefined],
  ])('%j', (key, expected) => expect(reportTypeOf(key)).toBe(expected));

  test('another version is another type', () => {
    expect(
      localTypeOf(reportTypeOf('application/vnd.security.bom.report; version=2.0') ?? ''),
    ).toBeUndefined();
    expect(typeWord('application/vnd.security.bom.report; version=2.0')).toBe('other');
  });

  test('blanks, case and the order of parameters change nothing', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9.+-]{0,12}$/);
    const parameters = fc.uniqueArray(fc.tuple(token, token), { maxLength: 4, selector: ([name]) => name });
    const blank = fc.constantFrom('', ' ', '  ', '\t');
    fc.assert(
      fc.property(
        token,
        token,
        parameters,
        blank,
        fc.boolean(),
        fc.nat(),
        (type, subtype, given, gap, isUpper, seed) => {
          const write = (
            list: readonly (readonly [string, string])[],
            space: string,
            upper: boolean,
          ): string => {
            const cased = (text: string): string => (upper ? text.toUpperCase() : text);
            return [
              `${cased(type)}/${cased(subtype)}`,
              ...list.map(([name, value]) => `${cased(name)}=${value}`),
            ].join(`${space};${space}`);
          };
          const plain = reportTypeOf(write(given, '', false));
          const mixed = given
            .map((pair, i) => [pair, (i * 7 + seed) % 5] as const)
            .sort(([, a], [, b]) => a - b);
          expect(
            reportTypeOf(
              write(
                mixed.map(([pair]) => pair),
                gap,
                isUpper,
              ),
            ),
          ).toBe(plain);
          expect(plain === undefined ? undefined : reportTypeOf(plain)).toBe(plain);
        },
      ),
    );
  });

  test('any text has a name or none, and none is named twice', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        const type = reportTypeOf(text);
        if (type !== undefined) expect(reportTypeOf(type)).toBe(type);
      }),
    );
    expect(new Set(LOCAL_TYPES.map(({ mediaType }) => reportTypeOf(mediaType))).size).toBe(
      LOCAL_TYPES.length,
    );
  });
});
