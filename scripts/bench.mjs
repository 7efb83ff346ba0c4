// Runs a bench: node scripts/bench.mjs NAME [ARGUMENT…]. Bundles bench/NAME.ts first, as Node 20 reads no TypeScript.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const [name, ...rest] = process.argv.slice(2);
if (!name || !/^[a-z-]+$/.test(name)) {
  console.error('usage: node scripts/bench.mjs NAME [ARGUMENT…]   (names: the files in bench/)');
  process.exit(2);
}
process.on('SIGINT', () => undefined); // ends the bench, and then the folder is removed
// Inside the project, so that what is not bundled is found.
const folder = mkdtempSync(join(process.cwd(), 'node_modules', '.drydock-bench-'));
try {
  const outfile = join(folder, 'bench.mjs');
  const options = {
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'error',
    packages: 'external',
  };
  await build({ ...options, entryPoints: [`bench/${name}.ts`], outfile });
  const worker = join(folder, 'rematch-worker.mjs');
  if (name === 'rematch')
    await build({ ...options, entryPoints: ['src/wiring/serve/rematch-worker.ts'], outfile: worker });
  process.exitCode = spawnSync(process.execPath, [outfile, ...rest], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
