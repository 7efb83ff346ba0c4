import { describe, expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { bunLock, npmLock, pnpmLock, yarnLock } from './lock-files.ts';
import { splitPnpmKey } from './pnpm-key.ts';

describe('package-lock.json', () => {
  const lock = `{
  "lockfileVersion": 3,
  "packages": {
    "": { "name": "app", "version": "1.0.0", "workspaces": ["w/*"], "dependencies": { "a": "^1", "alias": "npm:real@3" }, "devDependencies": { "d": "^4" } },
    "node_modules/a": {
      "version": "1.0.0", "license": "MIT",
      "dependencies": { "b": "^2" }, "optionalDependencies": { "d": "*" }
    },
    "node_modules/a/node_modules/b": { "version": "2.0.0" },
    "node_modules/alias": { "name": "real", "version": "3.0.0" },
    "node_modules/b": { "version": "1.9.0", "dev": true },
    "node_modules/d": { "version": "4.0.0", "devOptional": true, "dependencies": { "b": "1" } },
    "node_modules/@s/w": { "resolved": "w/one", "link": true },
    "w/one": { "name": "@s/w", "version": "0.1.0", "dependencies": { "c": "5" } },
    "w/one/node_modules/c": { "version": "5.0.0", "dependencies": { "a": "*" } }
  }
}`;

  test('since npm 7 lists folders', () => {
    const result = analyzeFiles(npmLock, { 'x/package-lock.json': lock }).get('x/package-lock.json');
    expect(told(result)).toEqual([
      '@s/w@0.1.0 workspace > c@5.0.0',
      'a@1.0.0 direct > b@2.0.0 d@4.0.0',
      'b@1.9.0 indirect dev',
      'b@2.0.0 indirect',
      'c@5.0.0 direct > a@1.0.0',
      'd@4.0.0 direct > b@1.9.0',
      'real@3.0.0 direct',
    ]);
    const [a] = result?.packages ?? [];
    expect(a).toMatchObject({
      licenses: ['MIT'],
      locations: [{ startLine: 5, endLine: 8 }],
      application: 'npm',
    });
  });

  test('before npm 7 nests packages', () => {
    const nested =
      '{"lockfileVersion":1,"dependencies":{\n"a":{"version":"1.0.0","requires":{"b":"^2","c":"*"},"dependencies":{\n"b":{"version":"2.0.0","dev":true}}},\n"b":{"version":"1.0.0","requires":{"a":"*"}},"c":{"version":"npm:d@3.0.0"}}}';
    const files = { 'package-lock.json': nested, 'package.json': '{"dependencies":{"a":"1","c":"*"}}' };
    const result = analyzeFiles(npmLock, files).get('package-lock.json');
    expect(told(result)).toEqual([
      'a@1.0.0 direct > b@2.0.0 d@3.0.0',
      'b@1.0.0 indirect > a@1.0.0',
      'b@2.0.0 indirect dev',
      'd@3.0.0 direct',
    ]);
    expect(result?.packages?.find(({ version }) => version === '2.0.0')?.locations).toEqual([
      { startLine: 3, endLine: 3 },
    ]);
  });

  test('of others’ packages is left alone', () => {
    expect(analyzeFiles(npmLock, { 'node_modules/x/package-lock.json': lock }).size).toBe(0);
  });
});

describe('yarn.lock', () => {
  const manifests = {
    'package.json':
      '{"workspaces":["p/*","!p/x"],"dependencies":{"a":"^1","al":"npm:real@^3"},"devDependencies":{"t":"^1"}}',
    'p/one/package.json': '{"devDependencies":{"u":"^1"}}',
    'p/x/package.json': '{"dependencies":{"t":"^1"}}',
  };

  test('of Yarn 1', () => {
    const text =
      '# yarn lockfile v1\n\n\na@^1, a@^1.0:\n  version "1.0.0"\n  resolved "x"\n  dependencies:\n    "@s/b" "^2"\n\n"@s/b@^2":\n  version "2.0.0"\n\n"al@npm:real@^3":\n  version "3.0.0"\n\nt@^1:\n  version "1.1.0"\n  dependencies:\n    "@s/b" "^2"\n    u "^1"\n\nu@^1:\n  version "1.2.0"\n\nfile@file:x:\n  version "0.0.1"\n';
    const result = analyzeFiles(yarnLock, { 'yarn.lock': text, ...manifests }).get('yarn.lock');
    expect(told(result)).toEqual([
      '@s/b@2.0.0 indirect',
      'a@1.0.0 direct > @s/b@2.0.0',
      'real@3.0.0 direct',
      't@1.1.0 direct dev > @s/b@2.0.0 u@1.2.0',
      'u@1.2.0 direct dev',
    ]);
    expect(result?.packages?.[0]?.locations).toEqual([{ startLine: 4, endLine: 8 }]);
    expect(told(analyzeFiles(yarnLock, { 'yarn.lock': text }).get('yarn.lock'))).toContain(
      't@1.1.0 > @s/b@2.0.0 u@1.2.0',
    );
  });

  test('of later ones', () => {
    const text =
      '__metadata:\n  version: 8\n\n"a@npm:^1, a@npm:^1.0":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n  dependencies:\n    b: "npm:^2"\n  peerDependencies:\n    t: "*"\n\n? "b@npm:^2"\n:\n  version: 2.0.0\n  resolution: "b@npm:2.0.0"\n\n"b@patch:b@npm%3A^2#x":\n  version: 2.0.0\n  resolution: "b@patch:b@npm%3A2.0.0#x"\n\n"al@npm:real@^3":\n  version: 3.0.0\n  resolution: "real@npm:3.0.0"\n\n"t@npm:^1":\n  version: 1.1.0\n  resolution: "t@npm:1.1.0"\n\n"u@npm:^1":\n  version: 1.2.0\n  resolution: "u@npm:1.2.0"\n\n"one@workspace:p/one":\n  version: 0.0.0-use.local\n  resolution: "one@workspace:p/one"\n';
    const result = analyzeFiles(yarnLock, { 'yarn.lock': text, ...manifests }).get('yarn.lock');
    expect(told(result)).toEqual([
      'a@1.0.0 direct > b@2.0.0',
      'b@2.0.0 indirect',
      'real@3.0.0 direct',
      't@1.1.0 direct dev',
      'u@1.2.0 direct dev',
    ]);
  });
});

describe('pnpm-lock.yaml', () => {
  const expected = [
    '@s/a@1.0.0 direct > b@2.0.0',
    'b@2.0.0 indirect',
    'd@4.0.0 direct dev',
    'real@3.0.0 direct',
  ];
  test.each([
    [
      'format 5',
      'lockfileVersion: 5.4\nspecifiers: {}\ndependencies:\n  "@s/a": 1.0.0_b@2.0.0\n  al: /real/3.0.0\ndevDependencies:\n  d: 4.0.0\npackages:\n  /@s/a/1.0.0_b@2.0.0:\n    dependencies:\n      b: 2.0.0\n    dev: false\n  /b/2.0.0:\n    dev: false\n  /d/4.0.0:\n    dev: true\n  /real/3.0.0: {dev: false}\n',
    ],
    [
      'format 6',
      "lockfileVersion: '6.0'\nimporters:\n  .:\n    dependencies:\n      '@s/a':\n        specifier: x\n        version: 1.0.0(b@2.0.0)\n      al:\n        specifier: y\n        version: /real@3.0.0\n      l:\n        specifier: z\n        version: link:../l\n    devDependencies:\n      d:\n        specifier: y\n        version: 4.0.0\npackages:\n  /@s/a@1.0.0(b@2.0.0):\n    dependencies:\n      b: 2.0.0\n    dev: false\n  /b@2.0.0:\n    dev: false\n  /d@4.0.0:\n    dev: true\n  /real@3.0.0:\n    dev: false\n",
    ],
    [
      'format 9',
      "---\nlockfileVersion: '9.0'\nimporters: {}\n---\nlockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      '@s/a':\n        specifier: x\n        version: 1.0.0(b@2.0.0)\n      al:\n        specifier: y\n        version: real@3.0.0\n    devDependencies:\n      d:\n        specifier: y\n        version: 4.0.0\npackages:\n  '@s/a@1.0.0':\n    resolution: {integrity: sha512-x==}\n  b@2.0.0: {}\n  d@4.0.0: {}\n  real@3.0.0: {}\nsnapshots:\n  '@s/a@1.0.0(b@2.0.0)':\n    dependencies:\n      b: 2.0.0\n  b@2.0.0: {}\n  d@4.0.0:\n    dependencies:\n      b: 2.0.0\n  real@3.0.0: {}\n",
    ],
  ])('%s', (format, text) => {
    const result = analyzeFiles(pnpmLock, { 'pnpm-lock.yaml': text }).get('pnpm-lock.yaml');
    expect(told(result)).toEqual(
      format === 'format 9' ? expected.map((one) => one.replace('dev', 'dev > b@2.0.0')) : expected,
    );
    expect(result?.diagnostics).toBeUndefined();
  });

  test.each([
    ['/a/1.0.0', 5.4, 'a', '1.0.0'],
    ['registry.x/@s/a/1.0.0_b@1.0.0', 5.3, '@s/a', '1.0.0'],
    ['/@s/a@1.0.0(b@1)(c@2)', 6, '@s/a', '1.0.0'],
    ['@s/a@1.0.0(b@1)', 9, '@s/a', '1.0.0'],
    ['a@https://x/y@2.tgz', 9, 'a', undefined],
    ['file:x', 9, undefined, undefined],
  ])('key %s of format %d', (key, format, name, version) => {
    const split = splitPnpmKey(key, format);
    expect([split?.name, split?.version]).toEqual([name, version]);
  });
});

test('bun.lock has comments, trailing commas and nested names', () => {
  const text = `{
  "lockfileVersion": 1, // text
  "workspaces": {
    "": { "name": "app", "dependencies": { "a": "^1", "al": "npm:real@3", }, "devDependencies": { "t": "1" } },
    "p/one": { "name": "@s/one", "version": "0.1.0", "dependencies": { "b": "1" } },
  },
  "packages": {
    "@s/one": ["@s/one@workspace:p/one"],
    "a": ["a@1.0.0", "", { "dependencies": { "b": "^2" } }, "sha512-x"],
    "al": ["real@3.0.0", "", {}, "sha512-x"],
    "a/b": ["b@2.0.0", "", {}, "sha512-x"],
    "b": ["b@3.0.0", "", {}, "sha512-x"],
    "@s/one/b": ["b@1.0.0", "", {}, "sha512-x"],
    "t": ["t@1.0.0", "", { "dependencies": { "b": "3" } }, "sha512-x"],
  }
}`;
  const result = analyzeFiles(bunLock, { 'bun.lock': text }).get('bun.lock');
  expect(told(result)).toEqual([
    '@s/one@0.1.0 workspace > b@1.0.0',
    'a@1.0.0 direct > b@2.0.0',
    'b@1.0.0 direct',
    'b@2.0.0 indirect',
    'b@3.0.0 indirect dev',
    'real@3.0.0 direct',
    't@1.0.0 direct dev > b@3.0.0',
  ]);
  expect(result?.packages?.[1]?.locations).toEqual([{ startLine: 9, endLine: 9 }]);
});

test('what is no lock file is told', () => {
  for (const [analyzer, name] of [
    [npmLock, 'package-lock.json'],
    [pnpmLock, 'pnpm-lock.yaml'],
    [bunLock, 'bun.lock'],
  ] as const)
    expect(analyzeFiles(analyzer, { [name]: '{[' }).get(name)?.diagnostics).toMatchObject([
      { code: 'PACKAGE_FILE_DAMAGED' },
    ]);
});

describe('entries of the same workspace', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `d${index}`);

  test('of bun.lock: the first asks for what it asks for', () => {
    const asked = Object.fromEntries(names(2_000).map((name) => [name, '1']));
    const entries = [
      ...names(2_000).map((name) => [name, [`${name}@1.0.0`]]),
      ...names(3_000).map((name) => [`w${name}`, [`w${name}@workspace:w`]]),
    ];
    const lock = JSON.stringify({
      workspaces: { w: { version: '2.0.0', dependencies: asked } },
      packages: Object.fromEntries(entries) as object,
    });
    const start = performance.now();
    const found = analyzeFiles(bunLock, { 'bun.lock': lock }).get('bun.lock')?.packages ?? [];
    expect(performance.now() - start).toBeLessThan(12_000);
    expect(found.filter(({ dependsOn }) => dependsOn).map(({ name }) => name)).toEqual(['wd0']);
    expect(found.find(({ name }) => name === 'wd1')?.version).toBe('2.0.0');
  });

  test('of yarn.lock: its manifest is read once', () => {
    const asked = Object.fromEntries(names(5_000).map((name) => [name, '1']));
    const blocks = names(2_000).map(
      (name) => `"${name}@workspace:p":\n  version: 0\n  resolution: "${name}@workspace:p"\n`,
    );
    const start = performance.now();
    const found = analyzeFiles(yarnLock, {
      'package.json': '{}',
      'p/package.json': JSON.stringify({ name: 'p', dependencies: asked }),
      'yarn.lock': [...blocks, 'd0@1:\n  version "1.0.0"\n'].join('\n'),
    });
    expect(performance.now() - start).toBeLessThan(12_000);
    expect(told(found.get('yarn.lock'))).toEqual(['d0@1.0.0 direct']);
  });
});
