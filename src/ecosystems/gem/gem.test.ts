import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gemSpecifications } from './gemspec.ts';
import { parseGemspec } from './parse-gemspec.ts';

const PATH = 'usr/lib/ruby/gems/3.1.0/specifications/a-1.gemspec';

const parse = (...lines: string[]): ReturnType<typeof parseGemspec> =>
  parseGemspec(Buffer.from(lines.join('\n')), PATH);
const spec = (...lines: string[]): ReturnType<typeof parseGemspec> =>
  parse('Gem::Specification.new do |s|', ...lines, 'end');

describe('specifications of gems', () => {
  test.each([
    [PATH, true],
    ['specifications/a.gemspec', true],
    ['usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.gemspec', true],
    ['usr/lib/ruby/gems/3.1.0/gems/a-1/a.gemspec', false],
    ['myspecifications/a.gemspec', false],
  ])('%s is wanted: %s', (path, wanted) => {
    expect(gemSpecifications.wants({ path, sizeBytes: 1, mode: 0o644 })).toBe(wanted);
  });

  test('give name, version and licences', () => {
    const result = parse(
      '# -*- encoding: utf-8 -*-',
      '# stub: webrick 1.8.1 ruby lib',
      '',
      'Gem::Specification.new do |s|',
      '  s.name = "webrick".freeze',
      '  s.version = "1.8.1"',
      '  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze)',
      '  s.licenses = ["Ruby".freeze, "BSD-2-Clause".freeze]',
      'end',
    );
    expect(result).toEqual({
      packages: [
        {
          ...{ type: 'gem', name: 'webrick', version: '1.8.1', licenses: ['Ruby', 'BSD-2-Clause'] },
          ...{ application: 'gemspec', paths: [PATH] },
        },
      ],
    });
  });

  test.each([
    ['"a"', 'a'],
    ["'a'.freeze", 'a'],
    ['%q{a}', 'a'],
    ['%q<a>.freeze', 'a'],
    ['%Q(a)', 'a'],
    ['%q!a!', 'a'],
    ['"a\\"b"', 'a"b'],
    ['"a" if true', 'a'],
  ])('the literal %s is %s', (literal, name) => {
    expect(spec(`s.name=${literal}`, 's.version = "1"').packages).toMatchObject([{ name }]);
  });

  test.each(['"1"', 'Gem::Version.new("1")', 'Gem::Version.new "1"', "Gem::Version.new('1').freeze"])(
    'the version %s is 1',
    (version) => {
      expect(spec('s.name = "a"', `s.version = ${version}`).packages).toMatchObject([{ version: '1' }]);
    },
  );

  test.each(['A::VERSION', '"#{A}"', 'File.read("VERSION")', '"1', '%x(id)', '%q', '`id`', ''])(
    '%j is not a literal and is not taken for one',
    (version) => {
      expect(spec('s.name = "a"', `s.version = ${version}`)).toMatchObject({
        diagnostics: [{ code: 'PACKAGE_FILE_DAMAGED' }],
      });
      expect(
        parse('# stub: b 2.0 ruby lib', 'Gem::Specification.new do |s|', `s.version = ${version}`).packages,
      ).toMatchObject([{ name: 'b', version: '2.0' }]);
    },
  );

  test('only assignments to the specification count, and the first of each', () => {
    const { packages } = spec(
      't.name = "no"',
      's.name == "no"',
      's.names = "no"',
      's.name = "a"',
      's.name = "b"',
      's.version = "1"',
      's.license = "MIT"',
    );
    expect(packages).toMatchObject([{ name: 'a', version: '1', licenses: ['MIT'] }]);
  });

  test('any text gives an answer, and a long line none that takes long', () => {
    const piece = fc.constantFrom(
      's.name',
      '=',
      '"a"',
      "'",
      '%q<',
      '[',
      ',',
      '.freeze',
      '\n',
      '#{',
      '|',
      ' ',
    );
    fc.assert(fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => void spec(...pieces)));
    fc.assert(fc.property(fc.array(piece), (pieces) => void spec(pieces.join(''))));
    spec(`s.name = "${'\\'.repeat(4_000_000)}`, `s.licenses = [${'"a",'.repeat(1_000_000)}`);
  });
});
