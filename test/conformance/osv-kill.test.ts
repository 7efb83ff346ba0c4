import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { osvSource } from '../../src/advisories/osv/source.ts';
import { osvArchive, osvRecord } from '../fixtures/osv-records.ts';

const RECORDS = 6000;
const KILLS = process.env['DRYDOCK_FULL'] ? 60 : 8;
const signal = new AbortController().signal;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-osv-kill-'));
  await build({
    stdin: {
      contents: `
        import { osvSource } from './src/advisories/osv/source.ts';
        const [root, path] = process.argv.slice(2);
        const source = osvSource({ root, sources: [path], transport: () => Promise.reject(new Error('not asked')) });
        await source.update({ signal: new AbortController().signal, force: true });
      `,
      resolveDir: fileURLToPath(new URL('../..', import.meta.url)),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['undici', 'zstddec'],
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
    outfile: join(folder, 'index.mjs'),
    logLevel: 'silent',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function archive(fixed: string): Buffer {
  return osvArchive(
    Array.from({ length: RECORDS }, (_, i) =>
      osvRecord(`GHSA-${i}`, 'npm', `pkg-${i % 977}`, fixed, { details: `${i} `.repeat(100) }),
    ),
  );
}

async function run(path: string, killAfterMs?: number): Promise<number | null> {
  const child = spawn(process.execPath, [join(folder, 'index.mjs'), join(folder, 'cache'), path], {
    stdio: 'ignore',
  });
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return code;
}

test(`${KILLS} kills while records are indexed leave a whole table, the old one or the new`, async () => {
  const path = join(folder, 'all.zip');
  const source = osvSource({
    root: join(folder, 'cache'),
    sources: [path],
    transport: () => Promise.reject(new Error('not asked')),
  });
  writeFileSync(path, archive('1'));
  const started = performance.now();
  expect(await run(path)).toBe(0);
  const wholeMs = performance.now() - started;
  let known = '1';
  for (let kill = 1; kill <= KILLS; kill++) {
    const next = String(kill + 1);
    writeFileSync(path, archive(next));
    await run(path, (wholeMs * kill) / KILLS);
    await using store = await source.open();
    const told = new Set<string | undefined>();
    for (let i = 0; i < 977; i++) {
      const advisories = store.find({ ecosystem: 'npm', name: `pkg-${i}` });
      expect(advisories.length).toBe(Math.ceil((RECORDS - i) / 977));
      for (const { affected } of advisories) told.add(affected[0]?.fixed);
    }
    expect(told.size).toBe(1);
    const [fixed] = told;
    expect([known, next]).toContain(fixed);
    known = fixed ?? '';
  }
  await source.update({ signal });
  await source.verify({ signal });
  const [input = ''] = readdirSync(join(folder, 'cache', 'osv'));
  // What the killed have left is gone.
  expect(readdirSync(join(folder, 'cache', 'osv', input)).filter((name) => name.startsWith('tmp-'))).toEqual(
    [],
  );
}, 120_000);
