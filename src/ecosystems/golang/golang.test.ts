import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseGoModules } from '../../codec/go-modules.ts';
import { modulePackages } from './go-binary.ts';
import { versionOfFlags, versionOfTexts } from './linked-version.ts';

describe('modules of a program', () => {
  const text = [
    'path\texample.com/tool/cmd/app',
    'mod\texample.com/tool\t(devel)\t',
    'dep\texample.com/a\tv1.0.0\th1:x=',
    'dep\texample.com/b\tv1.0.0',
    '=>\texample.com/fork\tv1.1.0\th1:y=',
    'dep\texample.com/local\tv0.0.0',
    '=>\t./local\t(devel)\t',
    'dep\t\t(devel)\t',
    'build\t-ldflags="-s -w -X main.version=1.2.3"',
    'build\tCGO_ENABLED=0',
    'something else',
    '',
  ].join('\n');
  const info = { goVersion: 'go1.22.3 X:boringcrypto', ...parseGoModules(text) };

  test('are those that were linked, with the library of Go', () => {
    const packages = modulePackages(info, 'usr/bin/app', () => []);
    expect(packages.map(({ name, version, relationship }) => [name, version, relationship])).toEqual([
      ['stdlib', 'v1.22.3', 'direct'],
      ['example.com/a', 'v1.0.0', undefined],
      ['example.com/fork', 'v1.1.0', undefined],
      ['./local', '', undefined],
      ['example.com/tool', '1.2.3', 'root'],
    ]);
    expect(packages.at(-1)).toEqual({
      type: 'golang',
      name: 'example.com/tool',
      version: '1.2.3',
      licenses: [],
      application: 'gobinary',
      relationship: 'root',
      dependsOn: ['stdlib@v1.22.3', 'example.com/a@v1.0.0', 'example.com/fork@v1.1.0', './local'],
      paths: ['usr/bin/app'],
    });
  });

  test.each([
    ['go1.26.0-X:nodwarf5', 'v1.26.0'],
    ['go1.21rc2', 'v1.21rc2'],
    ['devel go1.23-abcdef Mon', 'vdevel'],
  ])('%s is the library %s', (goVersion, version) => {
    expect(modulePackages({ ...info, goVersion }, 'a', () => [])[0]?.version).toBe(version);
  });

  test.each([
    ['v1.4.0', 'v1.4.0'],
    ['v0.0.0-20240101000000-abcdefabcdef', '1.2.3'],
    ['(devel)', '1.2.3'],
  ])('the main module at %s is shown at %s', (version, shown) => {
    const main = { path: 'example.com/tool', version };
    expect(modulePackages({ ...info, main }, 'a', () => []).at(-1)?.version).toBe(shown);
  });

  test('without flags, texts that are still named are believed', () => {
    const texts = [{ variable: 'main.version', text: 'v3.0.0' }];
    const bare = { ...info, settings: new Map<string, string>() };
    expect(modulePackages(bare, 'a', () => texts).at(-1)?.version).toBe('v3.0.0');
    expect(modulePackages(bare, 'a', () => []).at(-1)?.version).toBe('');
  });
});

test.each([
  ['-X main.version=1.0.0', '1.0.0'],
  ['-X=main.version=1.0.0', '1.0.0'],
  [`-X 'main.version=1.0.0'`, '1.0.0'],
  [`-X='main.version=1.0.0'`, '1.0.0'],
  [`-X="main.Version=v1.0.0"`, 'v1.0.0'],
  [`-s -w -extldflags '-static -lm' -X main.version=1.0.0`, '1.0.0'],
  ['-X main.version=1.0.0 -X main.version=1.0.1', '1.0.1'],
  ['-X main.ver=1', '1'],
  ['-X example.com/tool/pkg.version=1.0.0', '1.0.0'],
  ['-X example.com/x/version.Version=1.0.0 -X example.com/x/other.Version=2.0.0', '1.0.0'],
  ['-X example.com/tool/cmd/a.Version=1.0.0 -X main.version=2.0.0', '1.0.0'],
  ['-X main.version=1.0.0 -X example.com/x/common.version=2.0.0', undefined],
  ['-X main.version=master', undefined],
  ['-X main.version=01.2.3', undefined],
  ['-X main.commit=1.0.0', undefined],
  ['-X', undefined],
  ['', undefined],
  [undefined, undefined],
])('linker flags %s give %s', (flags, version) => {
  expect(versionOfFlags('example.com/tool', flags)).toBe(version);
});

test('settings are unquoted as Go quotes them', () => {
  const text = ['a=b', 'c="d \\"e\\"\\n\\u00e9"', '`f g`=`h "i"`', '"j=k"=l', '=m', 'n', '"o'].map(
    (line) => `build\t${line}\n`,
  );
  expect([...parseGoModules(text.join('')).settings]).toEqual([
    ['a', 'b'],
    ['c', 'd "e"\n\u00e9'],
    ['f g', 'h "i"'],
    ['j=k', 'l'],
  ]);
});

test('any text is read without an error', () => {
  const line = fc
    .tuple(fc.constantFrom('mod\t', 'dep\t', '=>\t', 'build\t', 'path\t', ''), fc.string())
    .map(([word, rest]) => `${word}${rest}\n`);
  fc.assert(
    fc.property(fc.array(line), fc.string(), (lines, flags) => {
      const info = { goVersion: 'go1.20', ...parseGoModules(lines.join('')) };
      for (const { name } of modulePackages(info, 'a', () => [])) expect(name).not.toBe('');
      versionOfFlags('a', flags);
      versionOfTexts('a', [{ variable: flags, text: flags }]);
    }),
  );
});
