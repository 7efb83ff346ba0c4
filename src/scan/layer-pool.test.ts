import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleLayerWorker } from '../../test/fixtures/bundled-worker.ts';
import { tar } from '../../test/fixtures/tar-writer.ts';
import { sha256Of } from '../base/digest.ts';
import type { LayerContent } from '../oci/source.ts';
import type { AnalyzerChoice } from './analyzers.ts';
import { openLayerPool, type LayerPool, type LayerRequest } from './layer-pool.ts';

const choice: AnalyzerChoice = { subject: 'installed', scanners: [] };

const STATUS = 'Package: sample\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n';
/** Large enough to be split over two threads, and to fill the ring between them several times. */
const archive = tar([
  { path: 'noise', content: randomBytes(6 << 20) },
  { path: 'zeros', content: Buffer.alloc(9 << 20) },
  { path: 'var/lib/dpkg/status', content: STATUS },
]);
const stored = gzipSync(archive, { level: 1 });

let folder: string;
let file: string;
let worker: Awaited<ReturnType<typeof bundleLayerWorker>>;
const signal = new AbortController().signal;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-pool-'));
  file = join(folder, 'layer');
  await writeFile(file, Buffer.concat([Buffer.from('before'), stored]));
  worker = await bundleLayerWorker();
});

afterAll(async () => {
  await worker.remove();
  await rm(folder, { recursive: true, force: true });
});

function request(open: () => Promise<LayerContent>, more: Partial<LayerRequest> = {}): LayerRequest {
  return {
    sizeBytes: stored.length,
    algorithms: { stored: 'sha256', uncompressed: 'sha256' },
    choice,
    open,
    isSmall: false,
    isLocal: true,
    ...more,
  };
}

const fromFile = (): Promise<LayerContent> =>
  Promise.resolve({ kind: 'file', path: file, offset: 6, length: stored.length });

function fromStream(chunkBytes: number, until = stored.length): () => Promise<LayerContent> {
  return async () => ({
    kind: 'stream',
    chunks: (async function* () {
      for (let at = 0; at < until; at += chunkBytes)
        yield stored.subarray(at, Math.min(at + chunkBytes, until));
    })(),
  });
}

const pool = (threads: number, script: URL | undefined = worker.script): LayerPool =>
  openLayerPool({ ...(script && { script }), threads, downloads: 2 });

function expectWhole(reading: Awaited<ReturnType<LayerPool['read']>>): void {
  expect(reading).toMatchObject({
    digest: sha256Of(stored),
    diffId: sha256Of(archive),
    storedBytes: stored.length,
    uncompressedBytes: archive.length,
  });
  const files = 'contents' in reading.result ? reading.result.contents.files : [];
  expect(files.flatMap((found) => found.packages ?? []).map((pkg) => pkg.name)).toEqual(['sample']);
}

describe('the layer pool', () => {
  test.each([
    ['a file on one thread', 1, fromFile],
    ['a file split over two threads', 2, fromFile],
    ['a stream on one thread', 1, fromStream(70_000)],
    ['a stream split over two threads', 2, fromStream(65_536)],
    ['a stream in large chunks', 2, fromStream(3 << 20)],
  ])('reads %s', async (_, threads, open) => {
    await using layers = pool(threads);
    expectWhole(await layers.read(request(open), { signal }));
  });

  test('reads without threads', async () => {
    await using layers = openLayerPool({ threads: 2, downloads: 2 });
    expectWhole(await layers.read(request(fromFile), { signal }));
  });

  test('reads many at once, more than it has threads', async () => {
    await using layers = pool(2);
    const readings = await Promise.all(
      Array.from({ length: 7 }, (_, i) =>
        layers.read(request(i % 2 ? fromFile : fromStream(100_000), { isLocal: i % 2 === 1 }), { signal }),
      ),
    );
    readings.forEach(expectWhole);
  });

  test('tells how far it is', async () => {
    await using layers = pool(2);
    const told: number[] = [];
    await layers.read(request(fromFile, { onProgress: (bytes) => told.push(bytes) }), { signal });
    expect(told.length).toBeGreaterThan(1);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });

  test.each([1, 2])(
    'a source that breaks is told as it is, and the pool goes on (%i threads)',
    async (threads) => {
      await using layers = pool(threads);
      const broken = async (): Promise<LayerContent> => ({
        kind: 'stream',
        chunks: (async function* () {
          yield stored.subarray(0, 3 << 20);
          throw new RangeError('connection lost');
        })(),
      });
      await expect(layers.read(request(broken), { signal })).rejects.toThrow('connection lost');
      expectWhole(await layers.read(request(fromFile), { signal }));
    },
  );

  test('damage ends in a reading that says so, with the digest of all stored bytes', async () => {
    await using layers = pool(2);
    const cut = stored.subarray(0, stored.length - 1000);
    const reading = await layers.read(request(fromStream(50_000, cut.length)), { signal });
    expect(reading.digest).toBe(sha256Of(cut));
    expect(reading.result).toMatchObject({ failure: { kind: 'corrupt' } });
  });

  test('calling off ends waiting, reading and downloading layers at once', async () => {
    await using layers = pool(2);
    const stop = new AbortController();
    const never = async (): Promise<LayerContent> => ({
      kind: 'stream',
      chunks: (async function* () {
        yield stored.subarray(0, 100);
        await new Promise(() => undefined);
      })(),
    });
    const reads = [1, 2, 3, 4].map(() => layers.read(request(never), { signal: stop.signal }));
    setTimeout(() => stop.abort(new Error('called off')), 50);
    const outcomes = await Promise.allSettled(reads);
    expect(
      outcomes.every((o) => o.status === 'rejected' && (o.reason as Error).message === 'called off'),
    ).toBe(true);
    expectWhole(await layers.read(request(fromFile), { signal }));
  });

  test('a file that is not there is an error of the layer', async () => {
    await using layers = pool(1);
    const missing = (): Promise<LayerContent> =>
      Promise.resolve({ kind: 'file', path: join(folder, 'none'), offset: 0, length: 10 });
    await expect(layers.read(request(missing), { signal })).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
  });
});
