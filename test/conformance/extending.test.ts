import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/extending.md'), 'utf8');

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'drydock-extending-'));
  for (const name of ['src', 'scripts', 'examples', 'package.json', 'tsconfig.json', 'LICENSE'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** The code blocks of the page, in order. */
const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

function edit(path: string, change: (text: string) => string): void {
  const file = join(copy, path);
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
}

describe('a newcomer who follows docs/extending.md', () => {
  test('adds an ecosystem in one folder and one line', { timeout: 120_000 }, () => {
    const [code = '', line = ''] = blocks;
    mkdirSync(join(copy, 'src/ecosystems/acme'));
    writeFileSync(join(copy, 'src/ecosystems/acme/acme.ts'), code);
    edit('src/ecosystems/list.ts', (text) =>
      `import { acmeEcosystem } from './acme/acme.ts';\n${text}`.replace(
        'export const ecosystems: readonly Ecosystem[] = [\n',
        (start) => start + line,
      ),
    );
    edit('src/model/package.ts', (text) =>
      text.replaceAll(/export type (?:Package|Application)Type =\n/g, (start) => `${start}  | 'acme'\n`),
    );
    edit('tsconfig.json', (text) =>
      text.replace(
        /"include": \[[^\]]*\]/,
        '"files": ["src/main.ts", "src/scan/layer-worker.ts", "src/wiring/serve/rematch-worker.ts"]',
      ),
    );
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit'], {
      cwd: copy,
    });
    execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: copy });

    const tree = join(copy, 'tree');
    mkdirSync(join(tree, 'app'), { recursive: true });
    writeFileSync(join(tree, 'app/acme.lock'), 'anvil 1.2.3\nnot a line\nrocket-skates 0.9\n');
    const told = execFileSync(
      process.execPath,
      [
        ...['dist/main.js', 'scan', '--no-cache', '--db-path', 'examples/sample-db', '--list-all-pkgs'],
        ...['--format', 'json', `dir:${tree}`],
      ],
      { cwd: copy },
    );
    const { Results } = JSON.parse(told.toString()) as {
      readonly Results: readonly {
        readonly Target: string;
        readonly Type: string;
        readonly Packages: readonly {
          readonly Name: string;
          readonly Identifier: { readonly PURL: string };
        }[];
      }[];
    };
    expect(Results.map(({ Target, Type }) => [Target, Type])).toEqual([['app/acme.lock', 'acme']]);
    expect(Results[0]?.Packages.map(({ Identifier }) => Identifier.PURL)).toEqual([
      'pkg:acme/anvil@1.2.3',
      'pkg:acme/rocket-skates@0.9',
    ]);
  });
});
