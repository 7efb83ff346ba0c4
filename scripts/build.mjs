// Bundles the program into dist/ with code splitting, so that each command loads only what it needs.
// What is small and always needed is bundled too (measured: 7 ms less for commander, 20 ms for yaml);
// undici stays outside, as it is loaded only when the network is used, and so does what servers are made of.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const options = {
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  legalComments: 'none',
  // What only servers and patches need is loaded from where it is installed.
  external: [
    'undici',
    'ioredis',
    'aws4fetch',
    'fastify',
    '@fastify/*',
    'jose',
    'prom-client',
    '@opentelemetry/api',
    '@bufbuild/*',
    '@nats-io/*',
    'openpgp',
    'xz-decompress',
  ],
  // Its CommonJS half has no named exports once it is a chunk of its own.
  alias: { yaml: './node_modules/yaml/browser/index.js' },
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  entryNames: '[name]',
  chunkNames: 'chunk-[hash]',
  metafile: true,
  write: false, // a build that fails leaves the last one as it was
  logLevel: 'warning',
};
// One by one: what the two share would become many small files, and each costs the program half a millisecond.
const built = [
  await build({ ...options, entryPoints: { main: 'src/main.ts' } }),
  await build({ ...options, entryPoints: { 'layer-worker': 'src/scan/layer-worker.ts' } }),
  await build({ ...options, entryPoints: { 'rematch-worker': 'src/wiring/serve/rematch-worker.ts' } }),
];
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
for (const { path, contents } of built.flatMap(({ outputFiles }) => outputFiles))
  writeFileSync(path, contents);
chmodSync('dist/main.js', 0o755);
writeFileSync(
  'dist/THIRD-PARTY-NOTICES.txt',
  notices(built.flatMap(({ metafile }) => Object.keys(metafile.inputs))),
);

/** The licences of everything from elsewhere that is in the bundle. */
function notices(inputs) {
  const packages = new Set(
    inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  const texts = [...packages].sort().map((name) => {
    const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
    return `${name} ${version} (${license})\n\n${licenceText(name)}`;
  });
  return `Parts of other works are in these files:\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

function licenceText(name) {
  const names = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'LICENCE'];
  // Packages that name their licence but do not bring its text have it here.
  for (const path of [
    ...names.map((file) => `node_modules/${name}/${file}`),
    `scripts/licences/${name}.txt`,
  ]) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // under another name
    }
  }
  throw new Error(`${name} is bundled but brings no licence text`);
}
