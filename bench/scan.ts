/**
 * node scripts/bench.mjs scan LAYOUT DATABASE [TRIVY]
 *
 * How long scans of an OCI layout take beside what they cannot do without: decompressing and hashing the same
 * layers in the same run. LAYOUT has the tag `latest`; DATABASE is a folder with trivy.db and metadata.json;
 * TRIVY is a trivy program, measured without its start-up when given. Times are medians.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';

const [layoutArgument, databaseArgument, trivy] = process.argv.slice(2);
if (!layoutArgument || !databaseArgument) {
  console.error('usage: node scripts/bench.mjs scan LAYOUT DATABASE [TRIVY]');
  process.exit(2);
}
const layout = resolve(layoutArgument);
const database = resolve(databaseArgument);
const program = resolve('dist/main.js');
const measure = resolve('test/fixtures/measure.mjs');
const ROUNDS = 5;
const THREADS = 2;

interface Sized {
  readonly path: string;
  readonly size: number;
}

/** The same work with nothing around it. `digest`: also both hashes, as a scan must. */
const BASELINE = `
const { parentPort, workerData } = require('node:worker_threads');
const { openSync, readSync, closeSync } = require('node:fs');
const { createHash } = require('node:crypto');
const { createGunzip } = require('node:zlib');
const SIZE = 1 << 19;
const input = Buffer.allocUnsafeSlow(SIZE), output = Buffer.allocUnsafeSlow(SIZE);
let total = 0;
for (const path of workerData.paths) {
  const file = openSync(path, 'r'), stored = createHash('sha256'), inflated = createHash('sha256');
  const stream = createGunzip({ chunkSize: 64 }), handle = stream._handle, state = stream._writeState;
  for (let read; (read = readSync(file, input, 0, SIZE, null)) > 0; ) {
    if (workerData.digest) stored.update(input.subarray(0, read));
    for (let left = read; ; left = state[1]) {
      handle.writeSync(0, input, read - left, left, output, 0, SIZE);
      const written = SIZE - state[0];
      total += written;
      if (workerData.digest) inflated.update(output.subarray(0, written));
      if (written < SIZE) break;
    }
  }
  closeSync(file);
  stream.destroy();
}
parentPort.postMessage(total);
`;

const blob = (digest: string): string => join(layout, 'blobs', ...digest.split(':'));

function layersOf(): Sized[] {
  const read = (path: string): Record<string, unknown> =>
    JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const index = read(join(layout, 'index.json')) as { manifests: { digest: string }[] };
  const manifest = read(blob(index.manifests[0]?.digest ?? '')) as {
    layers: { digest: string; size: number }[];
  };
  return manifest.layers
    .map(({ digest, size }) => ({ path: blob(digest), size }))
    .sort((a, b) => b.size - a.size);
}

/** Largest first, each to the thread with the least to do. */
function share(layers: readonly Sized[], threads: number): string[][] {
  const piles = Array.from({ length: threads }, () => ({ size: 0, paths: [] as string[] }));
  for (const layer of layers) {
    const pile = piles.reduce((least, other) => (other.size < least.size ? other : least));
    pile.size += layer.size;
    pile.paths.push(layer.path);
  }
  return piles.map((pile) => pile.paths);
}

async function baseline(
  layers: readonly Sized[],
  threads: number,
  digest: boolean,
): Promise<{ ms: number; bytes: number }> {
  const start = performance.now();
  const totals = await Promise.all(
    share(layers, threads).map(
      (paths) =>
        new Promise<number>((done, fail) => {
          const worker = new Worker(BASELINE, { eval: true, workerData: { paths, digest } });
          worker.on('message', done);
          worker.on('error', fail);
        }),
    ),
  );
  return { ms: performance.now() - start, bytes: totals.reduce((sum, n) => sum + n, 0) };
}

interface Cost {
  readonly ms: number;
  readonly rss: number;
  readonly written: number;
}

function run(args: readonly string[], env: Record<string, string> = {}): Promise<Cost> {
  const start = performance.now();
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['--import', measure, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    });
    let told = '';
    child.stdio[3]?.on('data', (data: Buffer) => (told += data.toString()));
    child.on('close', (code) => {
      if (code !== 0) return fail(new Error(`${args.join(' ')} ended with ${code}`));
      done({ ms: performance.now() - start, ...(JSON.parse(told) as { rss: number; written: number }) });
    });
  });
}

/** Whole processes without the measuring preload, as a user would time them. */
function wall(command: string, args: readonly string[], env: Record<string, string> = {}): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(command, args, { env: { ...process.env, ...env }, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

async function times(rounds: number, once: () => number | Promise<number>): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round < rounds; round++) taken.push(await once());
  return median(taken);
}

const rows: string[][] = [];
const row = (what: string, value: string, against: string, ratio?: number): void => {
  rows.push([what, value, against, ratio === undefined ? '' : ratio.toFixed(2)]);
};
const milliseconds = (ms: number): string => `${ms.toFixed(0)} ms`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

const work = mkdtempSync(join(tmpdir(), 'drydock-bench-'));
try {
  const layers = layersOf();
  const scan = ['scan', '--format', 'json', '--db-path', database, `oci:${layout}`];
  const isOne = layers.length === 1;

  // Rounds alternate, so that a disturbance of the machine falls on both sides.
  const limits: number[] = [];
  const colds: Cost[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    // One layer cannot be inflated by two threads: its limit is inflating alone, hashes done meanwhile.
    const limit = await baseline(layers, isOne ? 1 : THREADS, !isOne);
    limits.push(limit.ms);
    bytes = limit.bytes;
    colds.push(await run([program, ...scan, '--no-cache']));
  }
  const limit = median(limits);
  const cold = median(colds.map((cost) => cost.ms));
  const limitName = isOne ? 'inflating alone, one thread' : `inflating and hashing, ${THREADS} threads`;
  row('limit', `${milliseconds(limit)} (${(bytes / limit / 1000).toFixed(0)} MB/s)`, limitName);
  row(
    'cold scan',
    `${milliseconds(cold)} (${(bytes / cold / 1000).toFixed(0)} MB/s)`,
    'the limit',
    cold / limit,
  );
  row('peak memory', megabytes(median(colds.map((cost) => cost.rss))), `${megabytes(bytes)} uncompressed`);
  row('written to disk', `${Math.max(...colds.map((cost) => cost.written))} bytes`, 'without cache');

  const empty = await times(15, () => wall(process.execPath, ['-e', '0']));
  row('node -e 0', milliseconds(empty), '');
  const version = await times(15, () => wall(process.execPath, [program, '--version']));
  row('drydock --version', milliseconds(version), 'node -e 0', version / empty);
  const cache = { DRYDOCK_CACHE_DIR: join(work, 'cache') };
  wall(process.execPath, [program, ...scan], cache);
  const warm = await times(15, () => wall(process.execPath, [program, ...scan], cache));
  row('warm scan', milliseconds(warm), 'node -e 0', warm / empty);

  if (trivy && existsSync(trivy)) {
    const home = join(work, 'trivy');
    mkdirSync(join(home, 'db'), { recursive: true });
    cpSync(join(database, 'trivy.db'), join(home, 'db', 'trivy.db'));
    const metadata = JSON.parse(readFileSync(join(database, 'metadata.json'), 'utf8')) as object;
    writeFileSync(
      join(home, 'db', 'metadata.json'),
      JSON.stringify({ ...metadata, DownloadedAt: new Date().toISOString() }),
    );
    const flags = [
      '--skip-db-update',
      '--skip-java-db-update',
      '--offline-scan',
      '--security-checks',
      'vuln',
    ];
    const args = [
      '--cache-dir',
      home,
      'image',
      '--input',
      layout,
      '--vuln-type',
      'os',
      '--format',
      'json',
      ...flags,
    ];
    const startUp = await times(3, () => wall(trivy, ['--version']));
    const taken = await times(3, () => {
      rmSync(join(home, 'fanal'), { recursive: true, force: true });
      return wall(trivy, [...args, '--output', join(work, 'trivy.json')]);
    });
    row('trivy, start-up', milliseconds(startUp), '');
    row('trivy, cold, less start-up', milliseconds(taken - startUp), '');
    row('drydock cold scan', milliseconds(cold), 'trivy less start-up', cold / (taken - startUp));
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
console.log(`${layout}\n`);
for (const cells of [['what', 'value', 'against', 'ratio'], ...rows]) {
  console.log(cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}
