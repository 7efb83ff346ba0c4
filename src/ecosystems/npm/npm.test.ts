import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodePackages } from './node-pkg.ts';
import { parsePackageJson } from './parse-package-json.ts';

const PATH = 'app/node_modules/a/package.json';

const parse = (value: unknown): ReturnType<typeof parsePackageJson> =>
  parsePackageJson(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), PATH);

describe('package.json', () => {
  test.each([
    ['package.json', true],
    ['app/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json', true],
    ['app/my-package.json', false],
    ['app/package.json.bak', false],
    ['app/package.json/x', false],
  ])('%s is wanted: %s', (path, wanted) => {
    expect(nodePackages.wants({ path, sizeBytes: 1, mode: 0o644 })).toBe(wanted);
  });

  test.each([
    [{ license: 'MIT' }, ['MIT']],
    [{ license: { type: 'BSD', url: 'https://example.com' } }, ['BSD']],
    [{ licenses: [{ type: 'MIT' }, 'Apache-2.0', 7] }, ['MIT', 'Apache-2.0']],
    [{ license: ['MIT', 'ISC'] }, ['MIT', 'ISC']],
    [{ license: 7 }, []],
    [{}, []],
  ])('%j states the licences %j', (rest, licenses) => {
    expect(parse({ name: '@scope/a', version: '1.0.0', ...rest })).toEqual({
      packages: [
        {
          ...{ type: 'npm', name: '@scope/a', version: '1.0.0', licenses },
          ...{ application: 'node-pkg', paths: [PATH] },
        },
      ],
    });
  });

  test.each([
    { name: 'a' },
    { version: '1' },
    { type: 'module' },
    { name: 7, version: '1' },
    { name: 'a b', version: '1' },
    { name: '@a/b/c', version: '1' },
    { name: 'a'.repeat(1000), version: '1' },
    { name: 'a', version: '1'.repeat(1000) },
    [],
    'null',
  ])('%.40j is no package, and nothing is said', (value) => {
    expect(parse(value)).toBeUndefined();
  });

  test('a byte order mark is passed over, control characters do not come through', () => {
    expect(parse('\ufeff{"name":"a","version":"1\\u001b[31m"}')?.packages).toMatchObject([
      { name: 'a', version: '1\ufffd[31m' },
    ]);
  });

  test.each(['', '{', '{"name":"a","version":"1"', '['.repeat(100_000)])('%.10j is damaged', (text) => {
    expect(parse(text)).toMatchObject({ diagnostics: [{ code: 'PACKAGE_FILE_DAMAGED' }] });
  });

  test('inherited keys are nobody’s', () => {
    expect(parse('{"__proto__":{"name":"a","version":"1"}}')).toBeUndefined();
  });

  test('any bytes and any JSON give an answer', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parsePackageJson(bytes, PATH)));
    const value = fc.jsonValue();
    fc.assert(
      fc.property(value, value, value, (name, version, license) => void parse({ name, version, license })),
    );
  });
});
