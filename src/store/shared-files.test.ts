import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFileStore } from './files.ts';

/** `write` overwrites five keys for ever; `claim` tries for leases one after another and prints those it got. */
const PROGRAM = `
  import { openFileStore } from './files.ts';
  const [, , task, directory, leases] = process.argv;
  const store = openFileStore(directory);
  if (task === 'write') {
    for (let i = 0; ; i++) {
      await store.put('key' + (i % 5), Buffer.alloc(50_000 + (i % 7) * 10_000, (i % 200) + 1));
      if (i === 0) console.log('writing');
    }
  }
  console.log('ready');
  await new Promise((go) => process.stdin.once('data', go));
  const won = [];
  for (let i = 0; i < Number(leases); i++)
    if (await store.put('lease' + i, Buffer.from(String(process.pid)), { ifAbsent: true })) won.push(i);
  console.log(JSON.stringify(won));
  process.exit();
`;

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-store-'));
  program = join(folder, 'program.mjs');
  const resolveDir = fileURLToPath(new URL('.', import.meta.url));
  await build({
    stdin: { contents: PROGRAM, resolveDir, loader: 'ts' },
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Peer {
  readonly child: ChildProcess;
  nextLine(): Promise<string>;
  readonly ended: Promise<unknown>;
}

function start(...args: string[]): Peer {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  const nextLine = async (): Promise<string> => {
    while (!text.includes('\n')) {
      const chunk = await new Promise((done) => child.stdout.once('data', done));
      text += String(chunk);
    }
    const line = text.slice(0, text.indexOf('\n'));
    text = text.slice(line.length + 1);
    return line;
  };
  return { child, nextLine, ended: new Promise((done) => child.on('close', done)) };
}

describe('a directory that several processes share', () => {
  test('never gives a torn or mixed value while 50 writers are killed', { timeout: 30_000 }, async () => {
    const directory = join(folder, 'killed');
    const store = openFileStore(directory);
    let seen = 0;
    for (let round = 0; round < 10; round++) {
      const writers = Array.from({ length: 5 }, () => start('write', directory));
      await Promise.all(writers.map((writer) => writer.nextLine()));
      for (const { child } of writers) {
        await expectWhole();
        child.kill('SIGKILL');
      }
      await Promise.all(writers.map(({ ended }) => ended));
      await expectWhole();
    }
    expect(seen).toBeGreaterThan(100);

    async function expectWhole(): Promise<void> {
      for (let i = 0; i < 5; i++) {
        const value = await store.get(`key${i}`);
        if (!value) continue;
        seen++;
        expect(Buffer.alloc(value.length, value[0]).equals(value)).toBe(true);
      }
    }
  });

  test('gives an expired lease to one of those who want it', { timeout: 30_000 }, async () => {
    const directory = join(folder, 'leases');
    const store = openFileStore(directory);
    const leases = 300;
    for (let i = 0; i < leases; i++) await store.put(`lease${i}`, Buffer.from('old'), { ttlSeconds: -1 });
    const peers = Array.from({ length: 6 }, () => start('claim', directory, String(leases)));
    await Promise.all(peers.map((peer) => peer.nextLine()));
    for (const { child } of peers) child.stdin?.write('go');
    const won = await Promise.all(peers.map(async (peer) => JSON.parse(await peer.nextLine()) as number[]));
    await Promise.all(peers.map(({ ended }) => ended));
    expect(won.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: leases }, (_, i) => i));
  });
});
