import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { composerVendor } from './composer-vendor.ts';
import { parseInstalled } from './parse-installed.ts';

const PATH = 'app/vendor/composer/installed.json';

const parse = (value: unknown): ReturnType<typeof parseInstalled> =>
  parseInstalled(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value, undefined, 1)), PATH);

describe('installed Composer packages', () => {
  const guzzle = {
    name: 'guzzlehttp/guzzle',
    version: '7.4.4',
    license: ['MIT'],
    require: { php: '^7.2.5', 'ext-json': '*', 'guzzlehttp/psr7': '^2.4' },
  };
  const psr7 = { name: 'guzzlehttp/psr7', version: 'v2.4.0', license: 'MIT' };

  test('are looked for in any vendor folder', () => {
    expect(composerVendor.wants({ path: PATH, sizeBytes: 1, mode: 0o644 })).toBe(true);
    expect(composerVendor.wants({ path: 'a/uninstalled.json', sizeBytes: 1, mode: 0o644 })).toBe(false);
  });

  test('are told with licences, lines and what they need of each other', () => {
    const about = { type: 'composer', application: 'composer-vendor', paths: [PATH], licenses: ['MIT'] };
    expect(parse({ packages: [guzzle, psr7], 'dev-package-names': ['guzzlehttp/psr7'] })).toEqual({
      packages: [
        {
          ...about,
          ...{ name: 'guzzlehttp/guzzle', version: '7.4.4', dependsOn: ['guzzlehttp/psr7@v2.4.0'] },
          locations: [{ startLine: 3, endLine: 14 }],
        },
        {
          ...about,
          ...{ name: 'guzzlehttp/psr7', version: 'v2.4.0' },
          locations: [{ startLine: 15, endLine: 19 }],
        },
      ],
      diagnostics: [],
    });
  });

  test('of Composer 1 are a bare list', () => {
    expect(parse([psr7])?.packages).toMatchObject([{ name: 'guzzlehttp/psr7' }]);
  });

  test('an entry that is none is left out and said', () => {
    const result = parse({ packages: [7, { name: 'a/b' }, psr7, psr7] });
    expect(result?.packages).toHaveLength(1);
    expect(result?.diagnostics?.map(({ code }) => code)).toEqual(
      Array<string>(2).fill('PACKAGE_RECORD_INVALID'),
    );
  });

  test.each(['{}', '{"packages": {}}', '7', 'null'])('%s is another program’s', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  test('text that is no JSON is damaged', () => {
    expect(parse('[')).toMatchObject({ diagnostics: [{ code: 'PACKAGE_FILE_DAMAGED' }] });
  });

  test('packages that all need each other stay within bounds', () => {
    const require = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`a/${at}`, '*']));
    const packages = Object.keys(require).map((name) => ({ name, version: '1', require }));
    const edges = parse({ packages })?.packages?.flatMap(({ dependsOn }) => dependsOn ?? []);
    expect(edges?.length).toBe(200_000);
  });

  test('any JSON and any bytes give an answer', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void parse({ packages: [value, value] })));
    const entry = fc.record({ name: fc.string(), version: fc.string(), license: fc.jsonValue() });
    fc.assert(
      fc.property(fc.array(entry), fc.jsonValue(), (list, require) => {
        parse({ packages: list.map((one) => ({ ...one, require })) });
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseInstalled(bytes, PATH)));
  });
});
