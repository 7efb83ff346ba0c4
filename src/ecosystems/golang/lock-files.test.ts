import { describe, expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { goMod } from './lock-files.ts';

function read(files: Record<string, string>): string[] {
  return told(analyzeFiles(goMod, files).get('go.mod'));
}

describe('go.mod', () => {
  test('names direct and indirect modules, replacements applied', () => {
    const text = `module example.com/app // the app

go 1.22

toolchain go1.22.5-custom

require github.com/a/b v1.0.0
require (
	"github.com/c/d" v0.2.0 // indirect
	github.com/e/f v1.0.0
	github.com/g/h v1.1.0
	github.com/i/j v1.0.0 // indirect; for a reason
)

replace github.com/e/f => ../f
replace (
	github.com/g/h v1.0.0 => github.com/x/y v9.0.0
	github.com/c/d => github.com/fork/d v0.3.0
)
exclude github.com/a/b v1.2.0
retract v1.0.0
`;
    expect(read({ 'go.mod': text })).toEqual([
      'example.com/app@ root > github.com/a/b@v1.0.0 github.com/g/h@v1.1.0 stdlib@v1.22.5',
      'github.com/a/b@v1.0.0 direct',
      'github.com/fork/d@v0.3.0 indirect',
      'github.com/g/h@v1.1.0 direct',
      'github.com/i/j@v1.0.0 indirect',
      'stdlib@v1.22.5 direct',
    ]);
  });

  test.each([
    ['go 1.21.3', 'v1.21.3'],
    ['go 1.21', undefined],
    ['go 1.20.3', undefined],
    ['go 1.23.0\ntoolchain default', 'v1.23.0'],
    ['go 1.23.0\ntoolchain go1.24rc1', undefined],
  ])('%j: standard library %s', (line, version) => {
    const result = analyzeFiles(goMod, { 'go.mod': `module x\n${line}\n` }).get('go.mod');
    expect(result?.packages?.find(({ name }) => name === 'stdlib')?.version).toBe(version);
  });

  test('before Go 1.17 is completed by go.sum', () => {
    const files = {
      'go.mod':
        'module x\ngo 1.16\nrequire (\n\ta.b/c v1.0.0\n\ta.b/d v1.0.0 // indirect\n)\nreplace a.b/d => a.b/z v3.0.0\n',
      'go.sum':
        'a.b/c v1.0.0 h1:x=\na.b/c v1.0.0/go.mod h1:x=\na.b/d v1.1.0 h1:x=\na.b/e v1.0.0/go.mod h1:x=\na.b/e v1.2.0 h1:x=\nbroken\n',
    };
    expect(read(files)).toEqual([
      'a.b/c@v1.0.0 direct',
      'a.b/e@v1.2.0 indirect',
      'a.b/z@v3.0.0 indirect',
      'x@ root > a.b/c@v1.0.0',
    ]);
    expect(read({ ...files, 'go.mod': files['go.mod'].replace('1.16', '1.17') })).toEqual([
      'a.b/c@v1.0.0 direct',
      'a.b/z@v3.0.0 indirect',
      'x@ root > a.b/c@v1.0.0',
    ]);
  });

  test('of vendored modules is left alone', () => {
    expect(analyzeFiles(goMod, { 'vendor/a/go.mod': 'module a\nrequire b v1.0.0\n' }).size).toBe(0);
  });
});
