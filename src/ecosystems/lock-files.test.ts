import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Analyzer } from '../analysis/analyzer.ts';
import { analyzeFiles } from '../../test/fixtures/source-files.ts';
import { cargoLock } from './cargo/lock-files.ts';
import { podfileLock } from './cocoapods/lock-files.ts';
import { composerLock } from './composer/lock-files.ts';
import { conanLock } from './conan/lock-files.ts';
import { gemfileLock } from './gem/lock-files.ts';
import { goMod } from './golang/lock-files.ts';
import { mixLock } from './hex/lock-files.ts';
import { gradleLockfile, mavenPom, sbtLock } from './maven/lock-files.ts';
import { bunLock, npmLock, pnpmLock, yarnLock } from './npm/lock-files.ts';
import { pubspecLock } from './pub/lock-files.ts';
import { pdmLock, pipenvLock, pipRequirements, poetryLock, pylock, uvLock } from './pypi/lock-files.ts';
import { packageResolved } from './swift/lock-files.ts';

interface Format {
  readonly analyzer: Analyzer;
  readonly name: string;
  readonly sample: string;
  /** Beside it. */
  readonly others?: Readonly<Record<string, string>>;
}

const toml = (extra = ''): string =>
  `[[package]]\nname = "a"\nversion = "1.0"\n${extra}dependencies = ["b"]\n\n[[package]]\nname = "b"\nversion = "2.0"\n`;

const formats: readonly Format[] = [
  {
    analyzer: npmLock,
    name: 'package-lock.json',
    sample:
      '{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"1"}},"node_modules/a":{"version":"1.0.0","dependencies":{"b":"*"}},"node_modules/b":{"version":"2.0.0","dev":true,"dependencies":{"a":"*"}},"w":{"version":"1"},"node_modules/w":{"resolved":"w","link":true}}}',
  },
  {
    analyzer: npmLock,
    name: 'npm-shrinkwrap.json',
    sample:
      '{"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","requires":{"b":"*"},"dependencies":{"b":{"version":"npm:c@2.0.0","requires":{"a":"*"}}}}}}',
    others: { 'package.json': '{"dependencies":{"a":"1"},"workspaces":["*"]}' },
  },
  {
    analyzer: yarnLock,
    name: 'yarn.lock',
    sample:
      'a@^1:\n  version "1.0.0"\n  dependencies:\n    b "^2"\n\n"b@^2", b@npm:c@2:\n  version "2.0.0"\n',
    others: { 'package.json': '{"dependencies":{"a":"^1"},"workspaces":["p/**"]}', 'p/q/package.json': '{}' },
  },
  {
    analyzer: pnpmLock,
    name: 'pnpm-lock.yaml',
    sample:
      "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a:\n        version: 1.0.0(b@2.0.0)\npackages:\n  a@1.0.0:\n    engines: {node: '>=1', os: [a, b]}\nsnapshots:\n  a@1.0.0(b@2.0.0):\n    dependencies:\n      b: 2.0.0\n  'b@2.0.0': {}\n",
  },
  {
    analyzer: bunLock,
    name: 'bun.lock',
    sample:
      '{"workspaces":{"":{"dependencies":{"a":"1",},},}, // x\n"packages":{"a":["a@1.0.0","",{"dependencies":{"b":"1"}},"h"],"a/b":["b@2.0.0","",{}],}}',
  },
  {
    analyzer: pipRequirements,
    name: 'requirements.txt',
    sample: 'a==1.0 ; x > 1 # y\nb[c,d] == 2.0 \\\n  --hash=sha256:aa\n-r other.txt\nc>=1\n',
  },
  {
    analyzer: pipenvLock,
    name: 'Pipfile.lock',
    sample: '{"default":{"a":{"version":"==1.0"}},"develop":{"b":{"version":"==2.0"}}}',
  },
  {
    analyzer: poetryLock,
    name: 'poetry.lock',
    sample:
      '[[package]]\nname = "a"\nversion = "1"\n[package.dependencies]\nb = "*"\n[[package]]\nname = "b"\nversion = "2"\n',
    others: {
      'pyproject.toml':
        '[tool.poetry.dependencies]\na = "1"\n[tool.poetry.group.dev.dependencies]\nb = "1"\n',
    },
  },
  {
    analyzer: pdmLock,
    name: 'pdm.lock',
    sample: toml('groups = ["default", "dev"]\n'),
    others: { 'pyproject.toml': '[project]\ndependencies = ["a>=1"]\n[dependency-groups]\ndev = ["b"]\n' },
  },
  {
    analyzer: uvLock,
    name: 'uv.lock',
    sample:
      '[[package]]\nname = "a"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "b" }]\n[[package]]\nname = "b"\nversion = "2"\n',
  },
  {
    analyzer: pylock,
    name: 'pylock.toml',
    sample: '[[packages]]\nname = "a"\nversion = "1"\ndependencies = [{ name = "a" }]\n',
  },
  {
    analyzer: goMod,
    name: 'go.mod',
    sample:
      'module x\ngo 1.16\nrequire (\n\ta.b/c v1.0.0 // indirect\n)\nreplace a.b/c v1.0.0 => d.e/f v1.1.0\n',
    others: { 'go.sum': 'a.b/g v1.0.0 h1:x\na.b/g v1.0.0/go.mod h1:y\n' },
  },
  {
    analyzer: cargoLock,
    name: 'Cargo.lock',
    sample: toml('source = "registry"\n'),
    others: {
      'Cargo.toml':
        '[package]\nname = "b"\n[dependencies]\na = { path = "../a" }\n[workspace]\nmembers = ["*"]\n',
    },
  },
  {
    analyzer: gemfileLock,
    name: 'Gemfile.lock',
    sample: 'GEM\n  specs:\n    a (1.0-x86)\n      b (>= 1)\n    b (2.0)\n\nDEPENDENCIES\n  a!\n',
  },
  {
    analyzer: composerLock,
    name: 'composer.lock',
    sample:
      '{"packages":[{"name":"a/b","version":"1.0","require":{"c/d":"*"},"license":["MIT"]}],"packages-dev":[{"name":"c/d","version":"2"}]}',
    others: { 'composer.json': '{"require":{"a/b":"*"}}' },
  },
  {
    analyzer: mavenPom,
    name: 'pom.xml',
    sample:
      '<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent><artifactId>b</artifactId><properties><v>${w}</v><w>2</w></properties><dependencies><dependency><groupId>g</groupId><artifactId>c</artifactId><version>${v}</version></dependency></dependencies></project>',
    others: {
      'p/pom.xml':
        '<project><groupId>g</groupId><artifactId>p</artifactId><version>1</version><dependencyManagement><dependencies><dependency><groupId>g</groupId><artifactId>p</artifactId><version>1</version><type>pom</type><scope>import</scope></dependency></dependencies></dependencyManagement></project>',
    },
  },
  { analyzer: gradleLockfile, name: 'gradle.lockfile', sample: 'a:b:1.0=testRuntimeClasspath\nempty=\n' },
  {
    analyzer: sbtLock,
    name: 'build.sbt.lock',
    sample: '{"dependencies":[{"org":"a","name":"b","version":"1","configurations":["test"]}]}',
  },
  {
    analyzer: mixLock,
    name: 'mix.lock',
    sample: '%{\n  "a": {:hex, :a, "1.0.0", "x", [:mix], [{:b, "~> 1"}], "hexpm", "y"},\n}\n',
  },
  {
    analyzer: pubspecLock,
    name: 'pubspec.lock',
    sample:
      'packages:\n  a:\n    dependency: "direct main"\n    description: flutter\n    source: sdk\n    version: "0.0.0"\nsdks:\n  flutter: ">=3.0.0"\n',
  },
  {
    analyzer: podfileLock,
    name: 'Podfile.lock',
    sample: 'PODS:\n  - A (1.0):\n    - B/C (= 1)\n  - B/C (1.0)\nDEPENDENCIES:\n  - A (~> 1)\n',
  },
  {
    analyzer: packageResolved,
    name: 'Package.resolved',
    sample: '{"version":2,"pins":[{"location":"https://x/y.git","state":{"version":"1.0"}}]}',
  },
  {
    analyzer: conanLock,
    name: 'conan.lock',
    sample: '{"graph_lock":{"nodes":{"0":{"requires":["1"]},"1":{"ref":"a/1.0@u/c#r","requires":["1"]}}}}',
  },
];

function read(
  { analyzer, name, others }: Format,
  content: string | Uint8Array,
): ReturnType<typeof analyzeFiles> {
  return analyzeFiles(analyzer, { ...others, [name]: content });
}

describe.each(formats)('$name ($analyzer.id)', (format) => {
  const sample = Buffer.from(format.sample);

  test('names packages of the sample, with what it was read from', () => {
    const packages = read(format, format.sample).get(format.name)?.packages ?? [];
    expect(packages.length).toBeGreaterThan(0);
    for (const pkg of packages) expect(pkg.paths).toEqual([format.name]);
  });

  test('never fails on a sample with bytes changed, left out or put in', () => {
    const change = fc.record({
      at: fc.nat(sample.length),
      cut: fc.nat(6),
      put: fc.string({ unit: 'binary', maxLength: 6 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let bytes: Uint8Array = sample;
        for (const { at, cut, put } of changes)
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + cut)]);
        for (const result of read(format, bytes).values())
          for (const pkg of result.packages ?? []) expect(pkg.name).toMatch(/^\S+$/);
      }),
      { numRuns: 150 },
    );
  });

  test('never fails on parts of it in any order', () => {
    const parts = format.sample.split(/(?<=[\n{[,:<>(])/);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 60 }), (pieces) => {
        read(format, pieces.join(''));
      }),
      { numRuns: 100 },
    );
  });

  test('takes any other file of that name quickly', () => {
    const hostile = [
      '',
      '\ufeff',
      '\0'.repeat(1000),
      '['.repeat(200_000),
      '{"a":'.repeat(100_000),
      '{"packages":'.repeat(100_000),
      '- '.repeat(100_000),
      'a: '.repeat(100_000),
      Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      'a: &a [x,x]\n' + 'b: [*a,*a]\n'.repeat(1_000),
      '[a.'.concat('a.'.repeat(100_000), 'a]'),
      'a = ' + '['.repeat(100_000),
      '<a>'.repeat(100_000),
      '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><project>&b;</project>',
      `${'x'.repeat(200_000)} ${' '.repeat(200_000)}(`,
      `${'"'.repeat(100_001)}:`,
      '{"__proto__":{"polluted":1},"packages":{"__proto__":{"version":"1"},"node_modules/__proto__":{"version":"1"}}}',
    ];
    for (const text of hostile) {
      const start = performance.now();
      read(format, text);
      expect(performance.now() - start).toBeLessThan(18_000);
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
