import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  writeElf,
  writeFat,
  writeInlineBuildInfo,
  writeMachO,
  writePe,
} from '../fixtures/executable-writer.ts';
import { LayoutWriter } from '../fixtures/layout-writer.ts';
import { drydock } from '../fixtures/program.ts';
import { tar } from '../fixtures/tar-writer.ts';
import { writeDatabase } from '../fixtures/trivy-db.ts';
import { writeZip, type ZipFile } from '../fixtures/zip-writer.ts';

/** A child of this process cannot be measured below what this process has taken. */
const MAX_RSS_BYTES = 600 * 1024 * 1024;
const MAX_HEAP = '--max-old-space-size=512';

type Tree = Map<string, Uint8Array | string>;
type Way = 'image' | 'system' | 'sources';

interface Told {
  readonly Results?: readonly { readonly Packages?: readonly { Name: string; Version: string }[] }[];
  readonly Drydock?: {
    readonly Diagnostics?: readonly { readonly Code: string; readonly Path?: string; readonly By?: string }[];
  };
}

/** One of each kind, to be found whatever lies beside it. */
const GOOD: Readonly<Record<Way, { readonly files: Tree; readonly packages: readonly string[] }>> = {
  image: installed('g'),
  system: installed('g'),
  sources: {
    files: new Map([
      ['g/package-lock.json', '{"packages":{"node_modules/good":{"version":"1.0.0"}}}'],
      ['g/Cargo.lock', '[[package]]\nname = "fine"\nversion = "2.0.0"\n'],
      ['z/requirements.txt', 'sound==3.0\n'],
    ]),
    packages: ['fine 2.0.0', 'good 1.0.0', 'sound 3.0'],
  },
};

function installed(folder: string): { files: Tree; packages: string[] } {
  const files: Tree = new Map<string, Uint8Array | string>([
    ['etc/os-release', 'ID=debian\nVERSION_ID="12"\n'],
    [
      'var/lib/dpkg/status',
      'Package: sample\nStatus: install ok installed\nVersion: 1.0-1\nArchitecture: all\n\n',
    ],
    [`${folder}/node_modules/good/package.json`, '{"name":"good","version":"1.0.0"}'],
    [`z/fine.jar`, writeZip([pom('org.x', 'fine', '2.0.0')])],
    [`z/sound-3.0.dist-info/METADATA`, 'Metadata-Version: 2.1\nName: sound\nVersion: 3.0\n\n'],
  ]);
  return { files, packages: ['good 1.0.0', 'org.x:fine 2.0.0', 'sample 1.0', 'sound 3.0'] };
}

function pom(group: string, artifact: string, version: string): ZipFile {
  const content = `groupId=${group}\nartifactId=${artifact}\nversion=${version}\n`;
  return { name: `META-INF/maven/${group}/${artifact}/pom.properties`, content };
}

/** A place for every name that something reads. */
const NAMES: readonly string[] = [
  ...['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock'],
  ...['Cargo.lock', 'Cargo.toml', 'Manifest.toml', 'go.mod', 'go.sum', 'mix.lock', 'conan.lock'],
  ...[
    'requirements.txt',
    'Pipfile.lock',
    'poetry.lock',
    'pdm.lock',
    'uv.lock',
    'pylock.toml',
    'pyproject.toml',
  ],
  ...['a.dist-info/METADATA', 'a.egg-info/PKG-INFO', 'EGG-INFO/PKG-INFO', 'b.egg-info', 'c.egg'],
  ...['Gemfile.lock', 'gems.locked', 'specifications/a.gemspec', 'composer.lock', 'composer.json'],
  ...['vendor/composer/installed.json', 'a.jar', 'b.war', 'c.ear', 'd.par', 'pom.xml', 'gradle.lockfile'],
  ...['build.sbt.lock', 'pubspec.lock', 'Podfile.lock', 'Package.resolved', 'environment.yml'],
  ...[
    'conda-meta/a-1-0.json',
    'a.deps.json',
    'packages.lock.json',
    'packages.config',
    'Directory.Packages.props',
  ],
  ...[
    'a.spdx',
    'a.spdx.json',
    'a.cdx',
    'a.cdx.json',
    'wp-includes/version.php',
    'wp-content/plugins/a/a.php',
  ],
  ...[
    'wp-content/themes/a/style.css',
    'program',
    'program.exe',
    'LICENSE',
    'usr/share/doc/a/copyright',
    '.env',
  ],
];

const MODULES = 'path\tx\nmod\texample.com/x\t(devel)\t\ndep\texample.com/y\tv1.0.0\th1:=\n';
const data = (content: Buffer) => ({
  name: '.go.buildinfo',
  kind: 'data' as const,
  address: 0x10000,
  content,
});
const info = writeInlineBuildInfo('go1.22.3', MODULES);
const elf = writeElf([
  data(info),
  { name: '.dep-v0', kind: 'unmapped', content: deflateSync('{"packages":[') },
]);
const zip = writeZip([pom('a', 'b', '1'), { name: 'EGG-INFO/PKG-INFO', content: 'Name: x\nVersion: 1\n' }]);

/** Numbers that lie, one after another, all over the head of a file. */
function lying(file: Buffer, from: number): [string, Uint8Array][] {
  return Array.from({ length: 6 }, (_, index) => {
    const bytes = Buffer.from(file);
    bytes.fill(index % 2 ? 0xff : 0x7f, from + index * 16, from + index * 16 + 4);
    return [`lie${index}`, bytes];
  });
}

const laughs = Array.from({ length: 30 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join('');

const CONTENTS: readonly (readonly [string, Uint8Array | string])[] = [
  ['empty', ''],
  ['nul', Buffer.alloc(5_000)],
  ['ones', Buffer.alloc(5_000, 0xff)],
  ['terminal', '\u001b]0;x\u0007\u001b[31m\r\n'.repeat(50)],
  ['elf-cut', elf.subarray(0, 200)],
  ...lying(elf, 16).map(([name, bytes]) => [`elf-${name}`, bytes] as const),
  ...lying(writePe([data(info)]), 0x3c).map(([name, bytes]) => [`pe-${name}`, bytes] as const),
  ...lying(writeMachO([data(info)]), 4).map(([name, bytes]) => [`mach-o-${name}`, bytes] as const),
  ...lying(writeFat(writeMachO([data(info)])), 4).map(([name, bytes]) => [`fat-${name}`, bytes] as const),
  ['go-cut', writeElf([data(info.subarray(0, 40))])],
  ['go-length', writeElf([data(Buffer.concat([info.subarray(0, 32), Buffer.alloc(10, 0xff)]))])],
  ['zip-cut', zip.subarray(0, zip.length - 30)],
  ...lying(zip, Math.max(0, zip.length - 120)).map(([name, bytes]) => [`zip-${name}`, bytes] as const),
  ['zip-overfull', Buffer.concat([zip, Buffer.from('PK\x05\x06'), Buffer.alloc(18, 0xff)])],
  ['json-deep', '['.repeat(400_000)],
  ['json-objects', `${'{"packages":'.repeat(50_000)}{}${'}'.repeat(50_000)}`],
  ['json-types', '{"packages":7,"dependencies":[[]],"libraries":{"a":[]},"name":{},"version":[],"pins":{}}'],
  ['json-proto', '{"__proto__":{"packages":[{"name":"a"}]},"constructor":{"prototype":{"polluted":1}}}'],
  ['json-cut', '{"packages":{"node_modules/a":{"version":"1'],
  [
    'yaml-laughs',
    `a: &a [x,x]\n${Array.from({ length: 60 }, (_, i) => `b${i}: &b${i} [*a,*a]`).join('\n')}\n`,
  ],
  ['yaml-deep', Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ['yaml-dashes', '- '.repeat(100_000)],
  ['yaml-tag', 'packages: !!python/object/apply:os.system ["echo"]\n'],
  ['toml-dots', `${'a.'.repeat(100_000)}a = 1\n`],
  ['toml-deep', `a = ${'['.repeat(100_000)}`],
  ['toml-tables', '[[package]]\n'.repeat(20_000)],
  ['toml-cut', '[[package]]\nname = """'],
  [
    'xml-laughs',
    `<!DOCTYPE x [<!ENTITY e0 "ha">${laughs}]><project><artifactId>&e30;</artifactId></project>`,
  ],
  [
    'xml-file',
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><packages><package id="&e;"/></packages>',
  ],
  ['xml-deep', '<a>'.repeat(50_000)],
  ['xml-attributes', `<packages ${Array.from({ length: 20_000 }, (_, i) => `a${i}="1"`).join(' ')}/>`],
  ['long-line', `${'x'.repeat(200_000)} ${' '.repeat(200_000)}(`],
  ['quotes', `${'"'.repeat(100_001)}:`],
];

/** Every content under every name. */
function malformed(): Tree {
  const tree: Tree = new Map();
  for (const [kind, content] of CONTENTS) for (const name of NAMES) tree.set(`bad/${kind}/${name}`, content);
  return tree;
}

/** Files of wanted names, all of them short. */
function many(count: number): Tree {
  const tree: Tree = new Map();
  for (let folder = 0; tree.size < count; folder++)
    for (const name of NAMES.slice(0, 50)) tree.set(`many/${folder}/${name}`, folder % 2 ? '{' : '');
  return tree;
}

function archives(): Tree {
  let deep = writeZip([pom('deep', 'inside', '1')]);
  for (let depth = 0; depth < 200; depth++)
    deep = writeZip([{ name: 'in.jar', content: deep, method: 'stored' }]);
  const small = writeZip([pom('wide', 'inside', '1')]);
  const wide = writeZip(Array.from({ length: 200 }, (_, i) => ({ name: `lib/in-${i}.jar`, content: small })));
  let both = small;
  for (let depth = 0; depth < 6; depth++)
    both = writeZip(
      Array.from({ length: 5 }, (_, i) => ({ name: `${i}.jar`, content: both, method: 'stored' })),
    );
  const zeros = Buffer.alloc(256 << 20);
  const text = Buffer.alloc(64 << 20, 'a');
  return new Map<string, Uint8Array>([
    ['bad/deep.jar', deep],
    ['bad/wide.jar', wide],
    ['bad/deep-and-wide.jar', both],
    ['bad/bomb.jar', writeZip([{ name: 'in.jar', content: zeros }])],
    ['bad/lying-bomb.jar', writeZip([{ name: 'in.jar', content: zeros, claimedBytes: 100 }])],
    ['bad/text-bomb.jar', writeZip([{ name: 'META-INF/MANIFEST.MF', content: text }])],
    ['bad/overlapping.jar', overlapping()],
  ]);
}

/** A thousand entries that are all the same jar of a hundred thousand entries. */
function overlapping(): Buffer {
  const nothing = writeZip([{ name: '', content: '', method: 'stored' }]).subarray(30, 76);
  const inner = Buffer.concat([...Array<Buffer>(100_000).fill(nothing), zipEnd(100_000 * 46, 0)]);
  const one = writeZip([{ name: 'in.jar', content: inner, method: 'stored' }]);
  const entry = one.subarray(36 + inner.length, -22);
  const local = one.subarray(0, 36 + inner.length);
  const directory = Buffer.concat(Array<Buffer>(1_000).fill(entry));
  return Buffer.concat([local, directory, zipEnd(directory.length, local.length)]);
}

function zipEnd(length: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

/** What a few lines can make very much of. */
function amplified(): Tree {
  const lines = (count: number, line: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => line(index)).join('');
  const names = lines(4_000, (i) => `,"d${i}":"1"`).slice(1);
  const packages = lines(4_000, (i) => `,"d${i}":["d${i}@1"]`).slice(1);
  const crates = lines(20_000, (i) => `,{"name":"c${i}","version":"1","dependencies":[0,1,2,3,4,5,6,7,8,9]}`);
  const big = lines(10, (i) => `,{"name":"${'n'.repeat(200)}${i}","version":"${'1'.repeat(200)}"}`).slice(1);
  return new Map<string, Uint8Array | string>([
    ['bad/tables/Cargo.lock', '[[package]]\n'.repeat(5_000_000)],
    ['bad/dots/Cargo.lock', `${'a.'.repeat(8_000_000)}a = 1\n`],
    ['bad/shared/Cargo.lock', '[[package]]\nname = "x"\nversion = "1"\n'],
    [
      'bad/shared/Cargo.toml',
      `[workspace]\nmembers = ["m/*"]\n[workspace.dependencies]\n${lines(50_000, (i) => `a${i} = "1"\n`)}`,
    ],
    ...Array.from(
      { length: 1_000 },
      (_, i) => [`bad/shared/m/${i}/Cargo.toml`, '[package]\nname="m"\n'] as const,
    ),
    ['bad/brackets/a.deps.json', `[${'[],'.repeat(5_000_000)}[]]`],
    ['bad/open/a.deps.json', '['.repeat(16_000_000)],
    [
      'bad/crates',
      writeElf([
        data(info),
        { name: '.dep-v0', kind: 'unmapped', content: deflateSync(`{"packages":[${big}${crates}]}`) },
      ]),
    ],
    [
      'bad/bun/bun.lock',
      `{"workspaces":{"w":{"dependencies":{${names}}}},"packages":{${packages}${lines(20_000, (i) => `,"p${i}":["p${i}@workspace:w"]`)}}}`,
    ],
    ['bad/comments/bun.lock', `${'/**/'.repeat(8_000_000)}{}`],
    ['bad/yarn/package.json', '{"name":"root"}'],
    ['bad/yarn/p/package.json', `{"name":"p","dependencies":{${names}}}`],
    [
      'bad/yarn/yarn.lock',
      lines(5_000, (i) => `"a${i}@workspace:p":\n  version: 1\n  resolution: "a${i}@workspace:p"\n\n`),
    ],
  ]);
}

let folder: string;
let database: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-contents-'));
  database = writeDatabase(join(folder, 'db'), {});
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function isProgram(path: string): boolean {
  return path.endsWith('program') || path.endsWith('crates');
}

/** The place to scan, as an image of one layer or on the disk. */
function lay(name: string, tree: Tree, way: Way): string {
  const files = new Map([...GOOD[way].files, ...tree]);
  const place = join(folder, `${name}-${way}`);
  if (way === 'image') {
    const members = [...files].map(([path, content]) => ({
      path,
      content,
      mode: isProgram(path) ? 0o755 : 0o644,
    }));
    const layout = new LayoutWriter(place);
    layout.tag(layout.image([gzipSync(tar(members), { level: 1 })]), 'latest');
    return `oci:${place}`;
  }
  const made = new Set<string>();
  for (const [path, content] of files) {
    const file = join(place, path);
    const parent = dirname(file);
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    writeFileSync(file, content, { mode: isProgram(path) ? 0o755 : 0o644 });
  }
  return `dir:${place}`;
}

async function scan(target: string) {
  const run = await drydock(
    [
      'scan',
      ...['--format', 'json', '--list-all-pkgs', '--no-cache', '--db-path', database],
      ...['--scanners', 'vuln,secret,license,misconfig', target],
    ],
    { cwd: folder, env: { TMPDIR: folder }, nodeOptions: [MAX_HEAP] },
  );
  expect(run.stderr).not.toMatch(/^\s+at |heap/m);
  expect([0, 1], run.stderr).toContain(run.code);
  expect(run.stdout).not.toMatch(/\u001b/);
  return { report: JSON.parse(run.stdout) as Told, peakRssBytes: run.peakRssBytes };
}

const CASES: readonly (readonly [string, () => Tree, readonly Way[]])[] = [
  ['malformed', malformed, ['image', 'system', 'sources']],
  ['many', () => many(100_000), ['image']],
  // As the walk is the same, and writing them takes longer than reading.
  ['quite-many', () => many(5_000), ['system', 'sources']],
  ['archives', archives, ['image', 'system']],
  ['amplified', amplified, ['image', 'sources']],
];

describe.each(CASES)('%s files', (name, make, ways) => {
  let tree: Tree;
  beforeAll(() => {
    tree = make();
  });

  test.each(ways)(
    'in a tree that is scanned as %s',
    async (way) => {
      const { report, peakRssBytes } = await scan(lay(name, tree, way));
      const packages = (report.Results ?? []).flatMap(({ Packages = [] }) => Packages);
      const shown = new Set(packages.map((pkg) => `${pkg.Name} ${pkg.Version}`));
      for (const good of GOOD[way].packages) expect(shown).toContain(good);
      const diagnostics = report.Drydock?.Diagnostics ?? [];
      const codes = diagnostics.map(({ Code }) => Code);
      expect(codes).not.toContain('ANALYZER_FAILED');
      const counts = new Map<string, number>();
      for (const { Path, By = '', Code } of diagnostics) {
        const key = [Path ?? 'anywhere', By, Code].join(' ');
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      expect([...counts].filter(([, count]) => count > 1)).toEqual([]);
      expect(peakRssBytes).toBeLessThan(MAX_RSS_BYTES);
    },
    120_000,
  );
});
