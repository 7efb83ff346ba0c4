import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitnami } from './bitnami.ts';
import { composer } from './composer.ts';
import { prepareConstraints } from './constraints.ts';
import { gem } from './gem.ts';
import { generic } from './generic.ts';
import { maven } from './maven.ts';
import { npm } from './npm.ts';
import { nuget } from './nuget.ts';
import { pep440 } from './pep440.ts';
import { compareText, type AnyVersionScheme } from './scheme.ts';

const schemes: readonly AnyVersionScheme[] = [bitnami, composer, gem, generic, maven, npm, nuget, pep440];

const includes = (scheme: AnyVersionScheme, text: string, wanted: string): boolean | undefined => {
  const version = scheme.parse(wanted);
  return version === undefined ? undefined : scheme.parseConstraint?.(text)?.includes(version);
};

describe('versions in ascending order', () => {
  test.each<[string, AnyVersionScheme, readonly string[]]>([
    [
      'generic',
      generic,
      [
        '0.0.0-20200622213623-75b288015ac9',
        '0.1.0',
        'v1.0.0-rc.1',
        '1',
        '1.0.1',
        'v1.2.3+incompatible',
        '1.10',
        '2.0.0-alpha',
        '2.0.0-alpha.1',
        '2.0.0-beta',
        '2',
        '10.0.0.0.1',
      ],
    ],
    [
      'nuget',
      nuget,
      ['1.0.0-Alpha', '1.0.0-alpha.1', '1.0.0-BETA', '1.0.0', '1.0.0.1', '1.1', '2.0.0-rc1', '2'],
    ],
    [
      'composer',
      composer,
      [
        '1.0.0-dev',
        '1.0.0-alpha1',
        '1.0.0-beta2',
        '1.0.0-beta10',
        '1.0.0-RC1',
        'v1.0.0',
        '1.0.0-patch1',
        '1.0.1',
        '1.0.0.0.1'.slice(0, 5) + '2',
      ],
    ],
    ['bitnami', bitnami, ['1.2.3-rc1', '1.2.3', '1.2.3-1', '1.2.3-2', '1.2.3-10', '1.2.4']],
    [
      'maven',
      maven,
      [
        '1-alpha-1',
        '1-beta',
        '1-M2',
        '1-rc',
        '1-SNAPSHOT',
        '1',
        '1-sp',
        '1-xyz',
        '1-1',
        '1.1',
        '1.10',
        '2.9.10.1',
      ],
    ],
  ])('%s', (_, scheme, versions) => {
    const signs = versions
      .slice(1)
      .map((version, index) => compareText(scheme, versions[index] ?? '', version));
    expect(signs.map((sign) => Math.sign(sign ?? NaN))).toEqual(signs.map(() => -1));
  });
});

test.each<[AnyVersionScheme, string, string, boolean | undefined]>([
  [generic, '>=1.0.0, <1.2.0', '1.1.9', true],
  [generic, '>= 1.0.0 < 1.2.0', '1.2.0', false],
  [generic, '<1.2.0', 'v1.2.0-rc1', true],
  [generic, '~> 1.2.3', '1.2.9', true],
  [generic, '~> 1.2.3', '1.3.0', false],
  [generic, '~> 1.2', '1.9.0', true],
  [generic, '~1.2', '1.3.0', false],
  [generic, '^0.2.3', '0.3.0', false],
  [generic, '^1.2.3', '1.9.0', true],
  [generic, '1.2.*', '1.2.7', true],
  [generic, '*', '7', true],
  [generic, '=> 1.0 || =<0.5', '0.7', false],
  [generic, '!=1.0', '1.0.0', false],
  [generic, '<0.0.0-20200622213623-75b288015ac9', '0.0.0-20190101000000-abcdefabcdef', true],
  [maven, '[1.0,2.0)', '1.5', true],
  [maven, '[1.0,2.0)', '2.0', false],
  [maven, '(,1.0],[1.2,)', '1.1', false],
  [maven, '(,1.0],[1.2,)', '1.2', true],
  [maven, '[1.5]', '1.5.0', true],
  [maven, '>=2.0.0, <2.5.1', '2.5.0', true],
  [maven, '>=2.0.0.RELEASE,<2.5.1', '2.0.0', true],
  [composer, '>=1.0,<1.0.5', '1.0.5-RC1', true],
  [bitnami, '>=1.2.0, <1.2.5', '1.2.5-1', false],
  [generic, 'nonsense', '1.0', undefined],
])('%# %o', (scheme, range, version, expected) => {
  expect(includes(scheme, range, version)).toBe(expected);
});

describe('constraints of an advisory', () => {
  const affects = (
    vulnerable: string[],
    patched: string[],
    unaffected: string[],
    version: string,
  ): unknown => {
    const parsed = generic.parse(version);
    return parsed && prepareConstraints({ vulnerable, patched, unaffected }, generic)?.includes(parsed);
  };
  test.each<[string, string[], string[], string[], string, unknown]>([
    ['vulnerable only', ['<1.0'], [], [], '0.9', true],
    ['one of several', ['<1.0', '>=2.0,<2.1'], [], [], '2.0.5', true],
    ['outside', ['<1.0'], [], [], '1.0', false],
    ['patched wins', ['<2.0'], ['>=1.5'], [], '1.6', false],
    ['unaffected wins', ['<2.0'], [], ['<0.5'], '0.4', false],
    ['only patched', [], ['>=1.5'], [], '1.4', true],
    ['only unaffected', [], [], ['<0.5'], '0.6', true],
    ['nothing said', [], [], [], '1.0', false],
    ['an empty text', [''], [], [], '1.0', true],
    ['an empty patch', ['<1.0'], [''], [], '2.0', true],
    ['unreadable', ['<x y z'], [], [], '2.0', undefined],
  ])('%s', (_, vulnerable, patched, unaffected, version, expected) => {
    expect(affects(vulnerable, patched, unaffected, version)).toBe(expected);
  });
});

describe.each(schemes.map((scheme) => [scheme.id, scheme] as const))('%s', (_, scheme) => {
  const text = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc
      .array(
        fc.constantFrom(
          '1',
          '0',
          '.',
          '-',
          '+',
          'a',
          'rc',
          'v',
          '!',
          '~',
          '_',
          'final',
          '99999999999999999999',
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join('')),
  );

  test('any text is a version or none, and the order is total', () => {
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        const versions = [a, b, c]
          .map((each) => scheme.parse(each))
          .filter((version) => version !== undefined);
        for (const x of versions) {
          expect(scheme.compare(x, x)).toBe(0);
          for (const y of versions)
            expect(Math.sign(scheme.compare(x, y)) + Math.sign(scheme.compare(y, x))).toBe(0);
        }
      }),
    );
  });

  test('any text is a range or none', () => {
    const range = fc.array(fc.oneof(text, fc.constantFrom('<', '>=', '||', ',', ' ', '~>', '[', ')', '.*')), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(range, text, (parts, wanted) => {
        const version = scheme.parse(wanted);
        const found = scheme.parseConstraint?.(parts.join(''));
        if (version !== undefined) expect([true, false, undefined]).toContain(found?.includes(version));
      }),
    );
  });

  test('hostile texts take no long time', () => {
    const started = performance.now();
    for (const piece of ['1.', '1-', '-', 'a', '0', '~', '1a']) {
      scheme.parse(piece.repeat(100_000));
      scheme.parseConstraint?.(`>=${piece.repeat(9_000)}`);
      scheme.parseConstraint?.(`${piece} `.repeat(9_000));
    }
    expect(performance.now() - started).toBeLessThan(12_000);
  });
});
