import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { FORMATS, settingNames } from '../src/config/schema.ts';
import { commands } from '../src/cli/commands.ts';
import { loadCommand } from '../src/cli/load-command.ts';

/** From the ground up. A room imports from floors below its own; `model` may be used from everywhere, as types. */
const FLOORS: readonly (readonly string[])[] = [
  ['base', 'codec', 'versions'],
  ['model'],
  ['oci', 'analysis', 'ecosystems', 'advisories', 'match', 'reports', 'sbom', 'store', 'jobs', 'trivy'],
  ['scan', 'patch', 'crawler'],
  ['server'],
  ['config'],
  ['wiring'],
  ['cli'],
  ['main.ts'],
];

/** The only ways between rooms of one floor. */
const ARROWS: readonly (readonly [from: string, to: string])[] = [
  ['codec', 'base'],
  ['ecosystems', 'analysis'],
  ['advisories', 'oci'],
  ['match', 'ecosystems'],
  ['match', 'advisories'],
];

/** The only rooms that may look at environment and arguments. */
const ROOF: ReadonlySet<string> = new Set(['config', 'wiring', 'cli', 'main.ts']);

/** What is used from outside, and by whom. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@bufbuild': ['trivy'],
  '@fastify': ['server'],
  '@nats-io': ['jobs'],
  '@opentelemetry': ['server'],
  'ae-cvss-calculator': ['advisories'],
  aws4fetch: ['store'],
  commander: ['cli'],
  fastify: ['server'],
  ioredis: ['store'],
  jose: ['server'],
  openpgp: ['patch'],
  'prom-client': ['server'],
  undici: ['oci'],
  'xz-decompress': ['codec'],
  saxes: ['ecosystems'],
  'smol-toml': ['ecosystems'],
  yaml: ['analysis', 'config', 'reports'],
  zstddec: ['codec', 'oci'],
};

/** A file that declares one of these must be reached from one of the lists. */
const PLUGINS = /^export const \w+: (Analyzer|Ecosystem|ReportFormat)\b/m;
const LISTS = [
  'analysis/list.ts',
  'ecosystems/list.ts',
  'ecosystems/source-list.ts',
  'reports/list.ts',
  'reports/other-formats.ts',
];

interface SourceFile {
  /** From `src/`. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly from: string;
  /** A path from `src/`, or the name of a package. */
  readonly to: string;
}

const roomOf = (path: string): string => path.split('/')[0] ?? path;
const floorOf = (room: string): number => FLOORS.findIndex((rooms) => rooms.includes(room));
const isInside = (to: string): boolean => to.endsWith('.ts');

function sources(): SourceFile[] {
  const root = fileURLToPath(new URL('../src', import.meta.url));
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.(test|contract)\.ts$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** Every import, of types too, and every `import()`. */
function importsOf(files: readonly SourceFile[]): Import[] {
  return files.flatMap(({ path, text }) =>
    ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => ({
      from: path,
      to: fileName.startsWith('.') ? relative('.', join(dirname(path), fileName)) : fileName,
    })),
  );
}

function wrongArrows(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    const [here, there] = [roomOf(from), roomOf(to)];
    if (!isInside(to) || here === there || (there === 'model' && here !== 'model')) return [];
    const [own, other] = [floorOf(here), floorOf(there)];
    if (own < 0 || other < 0) return [`${from} → ${to}: the room is on no floor`];
    if (here !== 'model' && other < own) return [];
    if (ARROWS.some(([a, b]) => a === here && b === there)) return [];
    return [`${from} → ${to}`];
  });
}

function wrongPackages(imports: readonly Import[]): string[] {
  return imports
    .filter(({ to }) => !isInside(to) && !to.startsWith('node:'))
    .filter(({ from, to }) => !PACKAGES[to.split('/')[0] ?? '']?.includes(roomOf(from)))
    .map(({ from, to }) => `${from} → ${to}`);
}

/** Each cycle once, by the files on it. */
function cycles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) if (isInside(to)) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) found.push([...way.slice(at), file].join(' → '));
    if (at >= 0 || done.has(file)) return;
    for (const to of next.get(file) ?? []) visit(to, [...way, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}

function strayReads(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !ROOF.has(roomOf(path)))
    .filter(({ text }) => /\bprocess\s*\.\s*(env|argv)\b|['"]node:process['"]/.test(text))
    .map(({ path }) => path);
}

function forgottenPlugins(files: readonly SourceFile[], imports: readonly Import[]): string[] {
  const reached = new Set(LISTS);
  for (const file of reached) for (const { from, to } of imports) if (from === file) reached.add(to);
  return files.filter(({ path, text }) => PLUGINS.test(text) && !reached.has(path)).map(({ path }) => path);
}

describe('the house', () => {
  const files = sources();
  const imports = importsOf(files);

  test('imports go down, or along one of the five arrows', () => expect(wrongArrows(imports)).toEqual([]));
  test('packages are used where they belong', () => expect(wrongPackages(imports)).toEqual([]));
  test('no files import each other in a circle', () => expect(cycles(imports)).toEqual([]));
  test('only the roof reads environment and arguments', () => expect(strayReads(files)).toEqual([]));
  test('every plugin is in its list', () => expect(forgottenPlugins(files, imports)).toEqual([]));
  test('nothing is imported that is not there', () => {
    const known = new Set(files.map(({ path }) => path));
    expect(imports.filter(({ to }) => isInside(to) && !known.has(to))).toEqual([]);
  });
  test('help and completion know the formats there are', async () => {
    const { loadFormats } = await import('../src/reports/list.ts');
    const formatIds = (await loadFormats()).map(({ id }) => id);
    expect([...FORMATS].sort()).toEqual([...formatIds].sort());
  });
  test('the documentation names every setting', () => {
    const text = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8');
    expect(
      settingNames.filter(
        (name) => name !== 'force' && name !== 'passwordStdin' && !text.includes(`\`${name}\``),
      ),
    ).toEqual([]);
  });
  test('every command can be loaded', async () => {
    for (const command of commands) expect(typeof (await loadCommand(command))).toBe('function');
  });
});

describe('what is planted is found', () => {
  const file = (path: string, text: string): SourceFile => ({ path, text });

  test.each([
    ['base/x.ts', "import { a } from '../oci/a.ts';", 'upward'],
    ['oci/x.ts', "import type { A } from '../reports/a.ts';", 'sideways, a type'],
    ['store/x.ts', "const a = await import('../analysis/a.ts');", 'sideways, when called'],
    ['analysis/x.ts', "export { a } from '../ecosystems/a.ts';", 'against an arrow'],
    ['scan/x.ts', "import { a } from '../wiring/scanning.ts';", 'up to the roof'],
    ['config/x.ts', "import { a } from '../cli/a.ts';", 'up within the roof'],
    ['model/x.ts', "import type { A } from '../base/a.ts';", 'out of the model'],
    ['attic/x.ts', "import { a } from '../base/a.ts';", 'from a room that is on no floor'],
  ])('%s: %s (%s)', (path, text) => {
    expect(wrongArrows(importsOf([file(path, text)]))).toHaveLength(1);
  });

  test('a package in the wrong room', () => {
    expect(
      wrongPackages(importsOf([file('scan/x.ts', "import 'undici';"), file('oci/x.ts', "import 'undici';")])),
    ).toEqual(['scan/x.ts → undici']);
  });

  test('a circle of three', () => {
    const of = (name: string, to: string): SourceFile =>
      file(`base/${name}.ts`, `import type { A } from './${to}.ts';`);
    expect(cycles(importsOf([of('a', 'b'), of('b', 'c'), of('c', 'a')]))).toEqual([
      'base/a.ts → base/b.ts → base/c.ts → base/a.ts',
    ]);
  });

  test('a look at the environment', () => {
    const files = [file('oci/x.ts', 'const home = process.env.HOME;'), file('cli/x.ts', 'process.argv;')];
    expect(strayReads(files)).toEqual(['oci/x.ts']);
  });

  test('a forgotten analyzer', () => {
    const plugin = 'export const a: Analyzer = {};';
    const files = [
      file('analysis/list.ts', "import { a } from './a/a.ts';"),
      file('analysis/a/a.ts', plugin),
      file('analysis/b/b.ts', plugin),
    ];
    expect(forgottenPlugins(files, importsOf(files))).toEqual(['analysis/b/b.ts']);
  });
});
