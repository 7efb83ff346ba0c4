import { describe, expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { pdmLock, pipenvLock, pipRequirements, poetryLock, pylock, uvLock } from './lock-files.ts';

describe('requirements.txt', () => {
  test('pins are packages, the rest is counted', () => {
    const text =
      '# c\n--index-url https://x\n-r base.txt\nFlask==2.0.1\nrequests[socks, x] == 2.25.1 ; python_version < "3" # c\nb===1.0 \\\n    --hash=sha256:aa==\nc>=1,<2\nd==1.*\ne @ https://x/y==1\n./local\n';
    const result = analyzeFiles(pipRequirements, { 'requirements.txt': text }).get('requirements.txt');
    expect(told(result)).toEqual(['Flask@2.0.1', 'b@1.0', 'requests@2.25.1']);
    expect(result?.packages?.[1]?.locations).toEqual([{ startLine: 5, endLine: 5 }]);
    expect(result?.diagnostics).toEqual([
      { code: 'PACKAGE_NOT_PINNED', message: '3 packages are not pinned and are left out' },
    ]);
  });

  test('in UTF-16', () => {
    const files = { 'requirements.txt': Buffer.from('\ufeffa==1.0\r\nb==2.0\r\n', 'utf16le') };
    expect(told(analyzeFiles(pipRequirements, files).get('requirements.txt'))).toEqual(['a@1.0', 'b@2.0']);
  });
});

test('Pipfile.lock parts what is for development', () => {
  const text =
    '{"_meta":{},"default":{\n"a":{"version":"==1.0"},"g":{"git":"x"}},"develop":{"a":{"version":"==1.0"},"b":{"version":"==2.0"}}}';
  expect(told(analyzeFiles(pipenvLock, { 'Pipfile.lock': text }).get('Pipfile.lock'))).toEqual([
    'a@1.0',
    'b@2.0 dev',
  ]);
});

describe('poetry.lock', () => {
  const lock = (extra: (name: string) => string): string =>
    ['My_A', 'b', 't']
      .map(
        (name) =>
          `[[package]]\nname = "${name}"\nversion = "1.0"\n${extra(name)}files = [\n  {file = "x"},\n]\n\n[package.dependencies]\nb = {version = ">=1", markers = "x"}\n`,
      )
      .join('\n');

  test('says groups since Poetry 2', () => {
    const text = lock((name) => (name === 't' ? 'groups = ["dev"]\n' : 'groups = ["main", "dev"]\n'));
    const result = analyzeFiles(poetryLock, { 'poetry.lock': text }).get('poetry.lock');
    expect(told(result)).toEqual(['My_A@1.0 > b@1.0', 'b@1.0', 't@1.0 dev > b@1.0']);
    expect(result?.packages?.[0]?.locations).toEqual([{ startLine: 1, endLine: 10 }]);
  });

  test('said categories once', () => {
    const text = lock((name) => (name === 't' ? 'category = "dev"\n' : 'category = "main"\n'));
    expect(told(analyzeFiles(poetryLock, { 'poetry.lock': text }).get('poetry.lock'))).toContain(
      't@1.0 dev > b@1.0',
    );
  });

  test('is explained by pyproject.toml between them', () => {
    const files = {
      'poetry.lock': lock(() => ''),
      'pyproject.toml':
        '[tool.poetry.dependencies]\npython = "3"\nmy-a = "1"\n[tool.poetry.group.test.dependencies]\nt = "1"\n',
    };
    expect(told(analyzeFiles(poetryLock, files).get('poetry.lock'))).toEqual([
      'My_A@1.0 direct > b@1.0',
      'b@1.0 indirect',
      't@1.0 direct dev > b@1.0',
    ]);
  });
});

test('pdm.lock names groups, pyproject.toml says which are extras', () => {
  const table = (name: string, groups: string): string =>
    `[[package]]\nname = "${name}"\nversion = "1.0"\ngroups = ${groups}\ndependencies = ["a[x]>=1; y"]\n`;
  const files = {
    'pdm.lock': [table('a', '["default", "dev"]'), table('e', '["extra"]'), table('t', '["dev"]')].join('\n'),
    'pyproject.toml':
      '[project]\ndependencies = ["A>=1"]\n[project.optional-dependencies]\nextra = ["e"]\n[dependency-groups]\ndev = ["t", {include-group = "x"}]\n',
  };
  expect(told(analyzeFiles(pdmLock, files).get('pdm.lock'))).toEqual([
    'a@1.0 direct',
    'e@1.0 direct > a@1.0',
    't@1.0 direct dev > a@1.0',
  ]);
});

test('uv.lock holds the projects themselves', () => {
  const text = `version = 1

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "a" },
    { name = "p", version = "2.0", marker = "x" },
]

[package.dev-dependencies]
dev = [
    { name = "t" },
]

[[package]]
name = "a"
version = "1.0"
source = { registry = "x" }

[[package]]
name = "member"
source = { editable = "m" }

[[package]]
name = "p"
version = "1.0"

[[package]]
name = "p"
version = "2.0"

[[package]]
name = "t"
version = "1.0"
dependencies = [{ name = "a" }, { name = "p", version = "1.0" }]
`;
  const result = analyzeFiles(uvLock, { 'uv.lock': text }).get('uv.lock');
  expect(told(result)).toEqual([
    'a@1.0 direct',
    'app@0.1.0 root > a@1.0 p@2.0',
    'member@ workspace',
    'p@1.0 indirect dev',
    'p@2.0 direct',
    't@1.0 direct dev > a@1.0 p@1.0',
  ]);
  expect(result?.packages?.[0]?.locations).toEqual([{ startLine: 3, endLine: 15 }]);
});

test('pylock.toml leaves out what has no version', () => {
  const text = '[[packages]]\nname = "a"\nversion = "1.0"\n\n[[packages]]\nname = "v"\nvcs = {url = "x"}\n';
  expect(told(analyzeFiles(pylock, { 'pylock.dev.toml': text }).get('pylock.dev.toml'))).toEqual(['a@1.0']);
});
