import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileResult } from '../../analysis/analyzer.ts';
import { dotnetDeps, nugetConfig, nugetLock, packagesProps } from './nuget-files.ts';
import { parseDeps } from './parse-deps.ts';
import { parsePackagesLock } from './parse-packages-lock.ts';
import { parsePackagesConfig, parsePackagesProps } from './parse-project-xml.ts';

type Parse = (content: Uint8Array, path: string) => FileResult | undefined;
const parsed = (parse: Parse, value: unknown): FileResult | undefined =>
  parse(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value, undefined, 1)), 'app/file');
const idsIn = (result: FileResult | undefined): string[] | undefined =>
  result?.packages?.map(({ name, version }) => `${name}@${version}`);

test.each([
  [dotnetDeps, 'app/App.deps.json', true],
  [dotnetDeps, 'app/deps.json', false],
  [nugetLock, 'app/packages.lock.json', true],
  [nugetConfig, 'packages.config', true],
  [nugetConfig, 'app/my.packages.config', false],
  [packagesProps, 'app/Directory.Packages.props', true],
  [packagesProps, 'app/packages.props', true],
  [packagesProps, 'app/Directory.Build.props', false],
])('files are wanted by their names', (analyzer, path, wanted) => {
  expect(analyzer.wants({ path, sizeBytes: 1, mode: 0o644 })).toBe(wanted);
});

describe('dependencies of a published .NET application', () => {
  const library = (type: string): unknown => ({ type, serviceable: false });
  const file = (targets: unknown, libraries: unknown): unknown => ({
    runtimeTarget: { name: 'net6' },
    targets: { net6: targets, net5: { 'Other/1.0': {} } },
    libraries,
  });
  const runs = { runtime: { 'lib/a.dll': {} } };

  test('are the root, its packages and the runtime it brings', () => {
    const result = parsed(
      parseDeps,
      file(
        {
          'App/1.0.0': { dependencies: { A: '2.0', Analyzers: '1.1', 'runtimepack.R': '6.0' }, ...runs },
          'A/2.0': { dependencies: { B: '3.0', None: '1' }, ...runs },
          'B/3.0': { native: { 'libb.so': {} } },
          'Analyzers/1.1': {},
          'runtimepack.R/6.0': { runtimeTargets: { 'r.dll': {} } },
        },
        {
          'App/1.0.0': library('project'),
          'A/2.0': library('package'),
          'B/3.0': library('Package'),
          'Analyzers/1.1': library('package'),
          'runtimepack.R/6.0': library('runtimepack'),
          'Gac/1.0': library('referenceassembly'),
        },
      ),
    );
    const about = { type: 'nuget', application: 'dotnet-core', licenses: [], paths: ['app/file'] };
    expect(result?.packages?.map(({ locations: _, ...pkg }) => pkg)).toEqual([
      {
        ...about,
        ...{ name: 'App', version: '1.0.0', relationship: 'root', dependsOn: ['A@2.0', 'R@6.0'] },
      },
      { ...about, name: 'A', version: '2.0', relationship: 'direct', dependsOn: ['B@3.0'] },
      { ...about, name: 'B', version: '3.0', relationship: 'indirect' },
      { ...about, name: 'R', version: '6.0', relationship: 'direct' },
    ]);
    expect(result?.packages?.[0]?.locations).toEqual([{ startLine: 43, endLine: 46 }]);
  });

  test('without their target are all there', () => {
    const libraries = { 'A/2.0': library('package'), 'App/1.0': library('project') };
    expect(idsIn(parsed(parseDeps, { libraries }))).toEqual(['A@2.0', 'App@1.0']);
    expect(idsIn(parsed(parseDeps, file({}, libraries)))).toEqual(['A@2.0', 'App@1.0']);
  });

  test('of a project that others need are a workspace', () => {
    const result = parsed(
      parseDeps,
      file(
        { 'App/1.0': { dependencies: { Lib: '1.0' }, ...runs }, 'Lib/1.0': runs },
        { 'App/1.0': library('project'), 'Lib/1.0': library('project') },
      ),
    );
    expect(result?.packages?.map(({ relationship }) => relationship)).toEqual(['root', 'workspace']);
  });

  test('a key without a version is left out and said', () => {
    const result = parsed(parseDeps, { libraries: { A: library('package'), 'B/': library('package') } });
    expect(result).toMatchObject({
      packages: [],
      diagnostics: [{ code: 'PACKAGE_RECORD_INVALID' }, { code: 'PACKAGE_RECORD_INVALID' }],
    });
  });

  test('any JSON gives an answer', () => {
    const value = fc.jsonValue();
    fc.assert(
      fc.property(value, value, value, (target, dependencies, asset) => {
        parsed(parseDeps, target);
        parsed(parseDeps, file(target, target));
        const targets = { 'A/1': { dependencies, runtime: asset } };
        parsed(parseDeps, file(targets, { 'A/1': { type: 'package' }, 'B/1': target }));
      }),
    );
  });
});

describe('lock file of NuGet', () => {
  const lock = {
    version: 1,
    dependencies: {
      net5: {
        A: { type: 'Direct', resolved: '1.0', dependencies: { B: '1.0', Project: '1.0' } },
        B: { type: 'Transitive', resolved: '2.0' },
        Project: { type: 'Project' },
      },
      net6: { B: { type: 'Direct', resolved: '2.0' }, C: { type: 'Direct' } },
    },
  };

  test('gives the packages of all frameworks once, at the versions they resolve to', () => {
    const about = { type: 'nuget', application: 'nuget', licenses: [], paths: ['app/file'] };
    const result = parsed(parsePackagesLock, lock);
    expect(result?.packages).toEqual([
      {
        ...about,
        ...{ name: 'A', version: '1.0', relationship: 'direct', dependsOn: ['B@2.0'] },
        locations: [{ startLine: 5, endLine: 12 }],
      },
      {
        ...about,
        ...{ name: 'B', version: '2.0', relationship: 'direct' },
        locations: [
          { startLine: 13, endLine: 16 },
          { startLine: 22, endLine: 25 },
        ],
      },
    ]);
    expect(result?.diagnostics).toMatchObject([{ code: 'PACKAGE_RECORD_INVALID' }]);
  });

  test('any JSON gives an answer', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        parsed(parsePackagesLock, value);
        parsed(parsePackagesLock, { dependencies: value });
        parsed(parsePackagesLock, { dependencies: { a: value, b: { c: value } } });
      }),
    );
  });
});

describe('packages.config', () => {
  test('names packages; those for the build only are left out', () => {
    const result = parsed(
      parsePackagesConfig,
      `\ufeff<?xml version="1.0" encoding="utf-8"?><packages>
        <package id="A" version="6.0.4" targetFramework="net45" />
        <package ID="B" Version="1.0" developmentDependency="false"></package>
        <package id="Tool" version="2.0" developmentDependency="true" />
        <package id="NoVersion" /><other id="C" version="1"><package id="D" version="1"/></other>
      </packages>`,
    );
    expect(idsIn(result)).toEqual(['A@6.0.4', 'B@1.0']);
    expect(result?.diagnostics).toEqual([]);
  });

  test('is read as far as it goes', () => {
    const result = parsed(parsePackagesConfig, '<packages><package id="A" version="1"/><package');
    expect(idsIn(result)).toEqual(['A@1']);
    expect(result?.diagnostics).toMatchObject([{ code: 'PACKAGE_FILE_DAMAGED' }]);
  });

  test('may be UTF-16', () => {
    const text = '\ufeff<packages><package id="A" version="1"/></packages>';
    expect(idsIn(parsePackagesConfig(Buffer.from(text, 'utf16le'), 'p'))).toEqual(['A@1']);
  });
});

describe('central package versions', () => {
  test('are those that stand there in full', () => {
    const result = parsed(
      parsePackagesProps,
      `<Project><ItemGroup Condition="'$(A)' == ''">
        <PackageVersion Include=" A " Version=" 1.0 " />
        <PackageReference Update="B" Version="2.0"/>
        <PackageVersion Include="C" Version="$(CVersion)"/><PackageVersion Include="D$(X)" Version="1"/>
        <PackageVersion Include="E"/>
      </ItemGroup><PackageVersion Include="F" Version="1"/></Project>`,
    );
    expect(idsIn(result)).toEqual(['A@1.0', 'B@2.0']);
    expect(result?.packages?.[0]).toMatchObject({ application: 'packages-props', type: 'nuget' });
  });

  test.each(['', '<', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '<a>'.repeat(100)])(
    '%s is damaged',
    (text) => {
      expect(parsed(parsePackagesProps, text)).toMatchObject({
        packages: [],
        diagnostics: [{ code: 'PACKAGE_FILE_DAMAGED' }],
      });
    },
  );

  test('any text gives an answer', () => {
    const piece = fc.constantFrom(
      '<Project>',
      '<ItemGroup>',
      '<PackageVersion ',
      'Include="a" ',
      '/>',
      '&',
      '<!',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        parsed(parsePackagesProps, pieces.join(''));
        parsed(parsePackagesConfig, pieces.join(''));
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parsePackagesConfig(bytes, 'p')));
  });
});
