import { execFileSync, spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import type { Image, Platform } from '../../model/image.ts';
import {
  digestOf,
  json,
  makeLayout,
  OCI,
  tarOfFiles,
  writeFiles,
} from '../../../test/fixtures/made-images.ts';
import { header, tar, type TarMember } from '../../../test/fixtures/tar-writer.ts';
import type { Selection } from '../layout/select-entry.ts';
import { openArchive } from './archive.ts';
import type { ArchiveFormat } from './archive-format.ts';
import { openStreamedArchive } from './streamed-archive.ts';

const options = { signal: new AbortController().signal };
const [layerA, layerB] = ['a', 'b'].map((name) => tar([{ path: name, content: name.repeat(2000) }])) as [
  Buffer,
  Buffer,
];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-archive-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

interface Asked {
  readonly select?: Selection;
  readonly platform?: Platform;
  readonly kind?: ArchiveFormat;
}

interface Read {
  readonly image: Image;
  /** The layers unpacked, in order. */
  readonly layers: readonly Buffer[];
}

function unpacked(stored: Buffer): Buffer {
  return stored[0] === 0x1f && stored[1] === 0x8b ? gunzipSync(stored) : stored;
}

async function readFileArchive(bytes: Uint8Array, { select = {}, platform, kind }: Asked): Promise<Read> {
  const path = join(folder, 'archive.tar');
  await writeFile(path, bytes);
  await using source = await openArchive(path, kind, select, 'test');
  if (!source) throw new Error('not to be sought in');
  const image = await source.resolve(platform, options);
  const layers: Buffer[] = [];
  for (const layer of image.layers) {
    if (layer.skipped !== undefined) continue;
    const content = await source.openLayer(image, layer, options);
    if (content.kind !== 'file') throw new Error('not a file');
    await using file = await open(content.path);
    const stored = Buffer.alloc(content.length);
    await file.read(stored, 0, content.length, content.offset);
    if (layer.digestUnknown !== true) expect(digestOf(stored)).toBe(layer.digest);
    expect(stored.length).toBe(layer.sizeBytes);
    layers.push(unpacked(stored));
    expect(digestOf(unpacked(stored))).toBe(layer.diffId);
  }
  return { image, layers };
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readStreamed(
  source: AsyncIterable<Uint8Array>,
  { select = {}, platform, kind }: Asked,
): Promise<Read & { blobs: number }> {
  const seen = new Map<string, Buffer>();
  let blobs = 0;
  await using archive = openStreamedArchive(() => source, kind, select, 'test');
  const image = await archive.read(
    platform,
    async (chunks, sizeBytes) => {
      blobs++;
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      const stored = Buffer.concat(parts);
      expect(stored.length).toBe(sizeBytes);
      const diffId = digestOf(unpacked(stored));
      seen.set(diffId, unpacked(stored));
      return { digest: digestOf(stored), diffId, sizeBytes };
    },
    options,
  );
  const layers = image.layers.flatMap((layer) =>
    layer.skipped === undefined ? (seen.get(layer.diffId) ?? []) : [],
  );
  return { image, layers, blobs };
}

const ways: [string, (bytes: Uint8Array, asked: Asked) => Promise<Read>][] = [
  ['a file', readFileArchive],
  ['a stream', (bytes, asked) => readStreamed(inPieces(bytes, 1000), asked)],
  ['a gzipped stream', (bytes, asked) => readStreamed(inPieces(gzipSync(bytes), 100), asked)],
];

function ociFiles() {
  const layout = makeLayout();
  const image = layout.image({ layers: [layerA, layerB] });
  layout.list(image, '1.0');
  return { layout, image };
}

const config = json({
  architecture: 'amd64',
  os: 'linux',
  rootfs: { diff_ids: [layerA, layerB].map(digestOf) },
});
const configName = `${digestOf(config).slice(7)}.json`;

/** As old `docker save` wrote it: a folder for each layer, the second a link to where it is stored. */
function dockerMembers(stored: Buffer[] = [layerA, layerB]): TarMember[] {
  const [first = layerA, second = layerB] = stored;
  return [
    { path: 'one/', type: '5' },
    { path: 'one/VERSION', content: '1.0' },
    { path: 'one/json', content: '{"id":"one"}' },
    { path: 'one/layer.tar', content: first },
    { path: 'two/layer.tar', type: '2', link: '../store/two.tar' },
    { path: 'store/two.tar', content: second },
    { path: configName, content: config },
    {
      path: 'manifest.json',
      content: json([
        { Config: configName, RepoTags: ['app:1'], Layers: ['one/layer.tar', 'two/layer.tar'] },
      ]),
    },
    { path: 'repositories', content: '{"app":{"1":"two"}}' },
  ];
}

function failsWith(code: string, message?: RegExp) {
  return expect.objectContaining({
    code,
    ...(message && { message: expect.stringMatching(message) as string }),
  }) as Error;
}

describe.each(ways)('from %s', (_, read) => {
  test('an OCI archive is read', async () => {
    const { layout, image } = ociFiles();
    const found = await read(tarOfFiles(layout.files), {});
    expect(found.image.digest).toBe(image.digest);
    expect(found.layers).toEqual([layerA, layerB]);
  });

  test('an OCI archive with its blobs before its index, under ./ and linked, is read', async () => {
    const { layout, image } = ociFiles();
    const members = [...layout.files]
      .reverse()
      .flatMap(([path, content], i): TarMember[] => [
        { path: `./store/${i}`, content },
        i % 2
          ? { path, type: '1', link: `store/${i}` }
          : { path, type: '2', link: `${path.replace(/[^/]+/g, '..').slice(0, -2)}store/${i}` },
      ]);
    const found = await read(tar(members), { select: { tag: '1.0' } });
    expect(found.image.digest).toBe(image.digest);
    expect(found.layers).toEqual([layerA, layerB]);
  });

  test('a Docker archive is read, known by the digest of its configuration', async () => {
    const found = await read(tar(dockerMembers()), {});
    expect(found.image).toMatchObject({
      digest: digestOf(config),
      configDigest: digestOf(config),
      repoTags: ['app:1'],
    });
    expect(found.layers).toEqual([layerA, layerB]);
    expect(found.image.layers.map(({ mediaType }) => mediaType)).toEqual(
      Array(2).fill('application/vnd.docker.image.rootfs.diff.tar'),
    );
  });

  test('a Docker archive with gzipped layers is read', async () => {
    const found = await read(tar(dockerMembers([gzipSync(layerA), layerB])), {});
    expect(found.layers).toEqual([layerA, layerB]);
    expect(found.image.layers[0]?.mediaType).toMatch(/\.tar\.gzip$/);
  });

  test('of an archive in both formats the one asked for is read, or else the OCI half', async () => {
    const { layout, image } = ociFiles();
    const both = tar([
      ...[...layout.files].map(([path, content]) => ({ path, content })),
      ...dockerMembers(),
    ]);
    expect((await read(both, {})).image.digest).toBe(image.digest);
    expect((await read(both, { kind: 'docker' })).image.digest).toBe(digestOf(config));
  });

  test('names beyond the header are read from PAX records', async () => {
    const { layout, image } = ociFiles();
    const members = [...layout.files].map(([path, content]) => ({ path: 'short', content, pax: { path } }));
    expect((await read(tar(members), {})).image.digest).toBe(image.digest);
  });

  test('an archive without the closing blocks is read', async () => {
    const { layout, image } = ociFiles();
    expect((await read(tarOfFiles(layout.files).subarray(0, -1024), {})).image.digest).toBe(image.digest);
  });

  test('the platform asked for is chosen', async () => {
    const layout = makeLayout();
    const images = ['amd64', 's390x'].map((architecture) => layout.image({ architecture, layers: [layerA] }));
    layout.list(layout.index(images), 'latest');
    const platform = { os: 'linux', architecture: 's390x' };
    expect((await read(tarOfFiles(layout.files), { platform })).image.digest).toBe(images[1]?.digest);
    await expect(read(tar(dockerMembers()), { platform })).rejects.toThrow(
      failsWith('PLATFORM_NOT_FOUND', /linux\/amd64/),
    );
  });

  test('one of several Docker images is chosen by tag or ID', async () => {
    const other = json({ os: 'linux', architecture: 'amd64', rootfs: {} });
    const images = [
      { Config: configName, RepoTags: ['app:1', 'app:2'], Layers: ['one/layer.tar', 'two/layer.tar'] },
      { Config: 'other.json', RepoTags: null, Layers: null },
      { Config: 'other.json', RepoTags: ['example.com/app:3'], Layers: [] },
    ];
    const members = dockerMembers().filter(({ path }) => path !== 'manifest.json');
    const several = tar([
      ...members,
      { path: 'other.json', content: other },
      { path: 'manifest.json', content: json(images) },
    ]);
    expect((await read(several, { select: { tag: 'app:2' } })).image.digest).toBe(digestOf(config));
    expect((await read(several, { select: { tag: '3' } })).image.digest).toBe(digestOf(other));
    expect((await read(several, { select: { digest: digestOf(other) } })).image.digest).toBe(digestOf(other));
    await expect(read(several, {})).rejects.toThrow(
      failsWith('SOURCE_AMBIGUOUS', /app:1, app:2, example\.com\/app:3/),
    );
    await expect(read(several, { select: { tag: 'x' } })).rejects.toThrow(failsWith('IMAGE_NOT_FOUND'));
    await expect(read(several, { select: { digest: digestOf('x') } })).rejects.toThrow(
      failsWith('IMAGE_NOT_FOUND'),
    );
  });

  test('a foreign layer that was not saved is skipped', async () => {
    const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const manifest = [
      {
        Config: configName,
        Layers: ['absent/layer.tar', 'two/layer.tar'],
        LayerSources: {
          [digestOf(layerA)]: { mediaType, size: 1, digest: digestOf('x'), urls: ['http://x'] },
        },
      },
    ];
    const members = dockerMembers().filter(({ path }) => path !== 'manifest.json');
    const found = await read(tar([...members, { path: 'manifest.json', content: json(manifest) }]), {});
    expect(found.image.layers[0]?.skipped).toMatch(/foreign/);
    expect(found.layers).toEqual([layerB]);
  });

  const without = (path: string) => tar(dockerMembers().filter((member) => member.path !== path));
  const withManifest = (value: unknown) =>
    tar([
      ...dockerMembers().filter(({ path }) => path !== 'manifest.json'),
      { path: 'manifest.json', content: json(value) },
    ]);
  test.each([
    ['nothing', Buffer.alloc(0), 'ARCHIVE_INVALID'],
    ['zeros only', Buffer.alloc(10240), 'ARCHIVE_INVALID'],
    ['no tar', Buffer.from('#!/bin/sh\n'.repeat(100)), 'ARCHIVE_INVALID'],
    ['another tar', tar([{ path: 'etc/passwd', content: 'x' }]), 'ARCHIVE_INVALID'],
    ['an archive cut in a layer', tar(dockerMembers()).subarray(0, 4000), 'ARCHIVE_INVALID'],
    ['an archive cut in a header', tar(dockerMembers()).subarray(0, 700), 'ARCHIVE_INVALID'],
    [
      'an entry that claims 8 GiB',
      Buffer.concat([header({ path: 'x' }, 8 ** 11 - 1), layerA]),
      'ARCHIVE_INVALID',
    ],
    [
      'a damaged second header',
      Buffer.concat([tar([{ path: 'x' }], false), Buffer.alloc(512, 1)]),
      'ARCHIVE_INVALID',
    ],
    ['a name of 5,000 characters', tar([{ path: 'x', pax: { path: 'x'.repeat(5000) } }]), 'ARCHIVE_LIMIT'],
    ['a PAX header of 2 MiB', tar([{ path: 'x', pax: { comment: 'x'.repeat(2 << 20) } }]), 'ARCHIVE_LIMIT'],
    ['a layer that is absent', without('store/two.tar'), 'BLOB_NOT_FOUND'],
    ['no configuration', without(configName), 'BLOB_NOT_FOUND'],
    ['the format before manifest.json', without('manifest.json'), 'MANIFEST_UNSUPPORTED'],
    [
      'a climbing layer',
      withManifest([{ Config: configName, Layers: ['../../etc/passwd'] }]),
      'ARCHIVE_INVALID',
    ],
    [
      'too few layers',
      withManifest([{ Config: configName, Layers: ['one/layer.tar'] }]),
      'IMAGE_CONFIG_INVALID',
    ],
    ['a manifest.json that is an object', withManifest({}), 'ARCHIVE_INVALID'],
    ['a manifest.json of null', withManifest([null]), 'ARCHIVE_INVALID'],
    ['a manifest.json without images', withManifest([]), 'IMAGE_NOT_FOUND'],
    [
      'a link to itself',
      tar([{ path: 'manifest.json', type: '2', link: 'manifest.json' }]),
      'ARCHIVE_INVALID',
    ],
    [
      'a configuration with another digest than its name',
      tar([
        ...dockerMembers().filter(({ path }) => path !== configName),
        { path: configName, content: Buffer.concat([config, Buffer.from(' ')]) },
      ]),
      'BLOB_DIGEST_MISMATCH',
    ],
  ])('%s is refused', async (_case, bytes, code) => {
    await expect(read(bytes, {})).rejects.toThrow(failsWith(code));
  });

  test('the format asked for must be there', async () => {
    await expect(read(tar(dockerMembers()), { kind: 'oci' })).rejects.toThrow(
      failsWith('ARCHIVE_INVALID', /index\.json/),
    );
    await expect(read(tarOfFiles(ociFiles().layout.files), { kind: 'docker' })).rejects.toThrow(
      failsWith('ARCHIVE_INVALID', /manifest\.json/),
    );
  });
});

describe('a file archive', () => {
  test('that is compressed is left to the stream', async () => {
    const path = join(folder, 'x.tar.gz');
    await writeFile(path, gzipSync(tar(dockerMembers())));
    expect(await openArchive(path, undefined, {}, 'test')).toBeUndefined();
    await writeFile(path, Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]));
    expect(await openArchive(path, undefined, {}, 'test')).toBeUndefined();
  });

  test.skipIf(process.platform === 'win32')('that is a pipe is left to the stream, unopened', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    expect(await openArchive(path, undefined, {}, 'test')).toBeUndefined();
  });

  test('of 200,001 entries is refused', async () => {
    const bytes = Buffer.concat(Array<Buffer>(200_001).fill(header({ path: 'x', type: '5' }, 0)));
    await expect(readFileArchive(bytes, {})).rejects.toThrow(failsWith('ARCHIVE_LIMIT'));
  });

  test('that is absent is said to be', async () => {
    await expect(openArchive(join(folder, 'none'), undefined, {}, 'test')).rejects.toThrow(
      failsWith('SOURCE_NOT_FOUND'),
    );
  });

  test('states that the digest of a compressed Docker layer is not known', async () => {
    const { image } = await readFileArchive(tar(dockerMembers([gzipSync(layerA), layerB])), {});
    expect(image.layers.map((layer) => [layer.digest === layer.diffId, layer.digestUnknown])).toEqual([
      [true, true],
      [true, undefined],
    ]);
  });

  test('with a layer of another size than its descriptor says is refused', async () => {
    const layout = makeLayout();
    const blob = layout.blob(layerA, OCI.layer);
    const descriptor = { ...blob, size: blob.size + 1 };
    layout.list(
      layout.image({ layerDescriptors: [descriptor], config: { rootfs: { diff_ids: [blob.digest] } } }),
    );
    await expect(readFileArchive(tarOfFiles(layout.files), {})).rejects.toThrow(
      failsWith('LAYER_SIZE_MISMATCH'),
    );
  });
});

describe('a streamed archive', () => {
  test('hands over each layer once, and nothing else', async () => {
    const { layout } = ociFiles();
    layout.blob(Buffer.from([1, 2, 3]), 'application/x-no-layer');
    expect((await readStreamed(inPieces(tarOfFiles(layout.files), 777), {})).blobs).toBe(2);
    expect((await readStreamed(inPieces(tar(dockerMembers()), 777), {})).blobs).toBe(2);
  });

  test('is read in pieces of any size', async () => {
    const bytes = tar(dockerMembers());
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2000 }), async (size) => {
        expect((await readStreamed(inPieces(bytes, size), {})).layers).toEqual([layerA, layerB]);
      }),
      { numRuns: 20 },
    );
  });

  test('reads a layer named by sha512', async () => {
    const layout = makeLayout();
    const { createHash } = await import('node:crypto');
    const hex = createHash('sha512').update(layerA).digest('hex');
    layout.files.set(`blobs/sha512/${hex}`, layerA);
    const descriptor = { mediaType: OCI.layer, digest: `sha512:${hex}`, size: layerA.length };
    const image = layout.image({
      layerDescriptors: [descriptor],
      config: { rootfs: { diff_ids: [digestOf(layerA)] } },
    });
    layout.list(image);
    expect((await readStreamed(inPieces(tarOfFiles(layout.files), 5000), {})).image.digest).toBe(
      image.digest,
    );
  });

  test.each([
    ['LAYER_DIGEST_MISMATCH', { digest: digestOf('x') }],
    ['LAYER_DIFF_ID_MISMATCH', { diffId: digestOf('x') }],
    ['LAYER_SIZE_MISMATCH', { sizeBytes: 1 }],
  ])('compares what was read with the manifest: %s', async (code, wrong) => {
    const archive = openStreamedArchive(
      () => inPieces(tarOfFiles(ociFiles().layout.files), 1000),
      'oci',
      {},
      'test',
    );
    const reading = archive.read(
      undefined,
      async (chunks) => {
        const parts: Uint8Array[] = [];
        for await (const chunk of chunks) parts.push(chunk);
        const stored = Buffer.concat(parts);
        return {
          digest: digestOf(stored),
          diffId: digestOf(unpacked(stored)),
          sizeBytes: stored.length,
          ...wrong,
        };
      },
      options,
    );
    await expect(reading).rejects.toThrow(failsWith(code));
  });

  test('with a damaged blob fails only when the image has it for a layer', async () => {
    const corrupt = new DrydockError('LAYER_CORRUPT', 'damaged');
    const readWith = (bytes: Uint8Array) =>
      openStreamedArchive(() => inPieces(bytes, 1000), undefined, {}, 'test').read(
        undefined,
        async (chunks) => {
          for await (const _ of chunks) throw corrupt;
          throw corrupt;
        },
        options,
      );
    const layout = makeLayout();
    layout.blob(gzipSync('chart'), 'application/x-tgz');
    layout.list(layout.image());
    expect((await readWith(tarOfFiles(layout.files))).layers).toEqual([]);
    await expect(readWith(tarOfFiles(ociFiles().layout.files))).rejects.toBe(corrupt);
  });

  test('passes on at once what is not about a blob', async () => {
    const archive = openStreamedArchive(() => inPieces(tar(dockerMembers()), 1000), undefined, {}, 'test');
    const reading = archive.read(undefined, () => Promise.reject(new TypeError('bug')), options);
    await expect(reading).rejects.toThrow(TypeError);
  });

  test('whose layer is neither tar nor compressed is refused', async () => {
    const junk = Buffer.from('junk'.repeat(500));
    await expect(readStreamed(inPieces(tar(dockerMembers([junk, layerB])), 1000), {})).rejects.toThrow(
      failsWith('LAYER_CORRUPT', /neither tar, gzip nor zstd/),
    );
  });

  test('of damaged or cut gzip data is refused', async () => {
    const gzipped = gzipSync(tar(dockerMembers()));
    await expect(readStreamed(inPieces(gzipped.subarray(0, -60), 100), {})).rejects.toThrow(
      failsWith('ARCHIVE_INVALID'),
    );
    gzipped.fill(0xff, 60, 200);
    await expect(readStreamed(inPieces(gzipped, 100), {})).rejects.toThrow(
      failsWith('ARCHIVE_INVALID', /damaged gzip/),
    );
  });

  test('of cut zstd data is refused', async () => {
    const zstd = Buffer.from('28b52ffd2008410000', 'hex');
    await expect(readStreamed(inPieces(zstd, 3), {})).rejects.toThrow(failsWith('ARCHIVE_INVALID', /zstd/));
  });

  test('from a file that fails says so', async () => {
    await expect(readStreamed(createReadStream(join(folder, 'none')), {})).rejects.toThrow(
      failsWith('SOURCE_NOT_FOUND'),
    );
    await expect(readStreamed(createReadStream(folder), {})).rejects.toThrow(
      failsWith('ARCHIVE_INVALID', /cannot be read/),
    );
  });

  test('from an idle pipe stops waiting when told to', async () => {
    const controller = new AbortController();
    async function* idle(): AsyncGenerator<Uint8Array> {
      yield tar(dockerMembers()).subarray(0, 700);
      await new Promise(() => {});
    }
    await using archive = openStreamedArchive(idle, undefined, {}, 'test');
    const reading = archive.read(undefined, () => Promise.reject(new Error('unasked')), {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error('stop')), 20);
    await expect(reading).rejects.toThrow('stop');
  });

  test('keeps no more documents than fit', async () => {
    const big = Buffer.from(`[${' '.repeat(7 << 20)}]`);
    const members = Array.from({ length: 10 }, (_, i) => ({ path: `${i}.json`, content: big }));
    await expect(readStreamed(inPieces(tar(members), 1 << 20), {})).rejects.toThrow(
      failsWith('ARCHIVE_LIMIT'),
    );
  });
});

describe('any bytes in place of an archive give a DrydockError or an image', () => {
  const good = tar(dockerMembers());
  const damaged = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 20 })
    .map((changes) => {
      const bytes = Buffer.from(good);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
  const cut = fc.nat(good.length).map((length) => good.subarray(0, length));
  const odd = fc
    .array(
      fc.tuple(
        fc.string({ maxLength: 90 }),
        fc.constantFrom('0', '1', '2', '5', 'x', 'g', 'L', 'K', 'S', '7', 'Z'),
        fc.nat(600),
        fc.uint8Array({ maxLength: 600 }),
      ),
    )
    .map((entries) =>
      Buffer.concat(
        entries.flatMap(([path, type, size, data]) => [
          header({ path, type, link: path }, size),
          data,
          Buffer.alloc(-data.length & 511),
        ]),
      ),
    );

  test.each(ways.slice(0, 2))('from %s', async (_, read) => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, cut, odd, fc.uint8Array({ maxLength: 2000 })), async (bytes) => {
        try {
          // What a test reader checks in the bytes of layers is not what is tested here.
          const found = await read(bytes, {}).catch((error: unknown) => {
            if ((error as Error).name === 'AssertionError') return undefined;
            throw error;
          });
          if (found) expect(found.image.kind).toBe('image');
        } catch (error) {
          expect(error).toBeInstanceOf(DrydockError);
        }
      }),
      { numRuns: 150 },
    );
  });
});

const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0;
const hasZstd = spawnSync('zstd', ['--version']).status === 0;

describe.skipIf(!hasSkopeo)('archives written by skopeo (needs skopeo)', () => {
  async function copied(kind: 'oci-archive' | 'docker-archive') {
    const { layout, image } = ociFiles();
    await writeFiles(join(folder, 'layout'), layout.files);
    const path = join(folder, `${kind}.tar`);
    execFileSync('skopeo', ['copy', '-q', `oci:${folder}/layout:1.0`, `${kind}:${path}:example.com/app:1.0`]);
    return { path, image };
  }

  test.each(['oci-archive', 'docker-archive'] as const)(
    '%s is read as a file and as a stream, gzipped too',
    async (kind) => {
      const { path, image } = await copied(kind);
      const bytes = await readFile(path);
      const config = digestOf(
        json({
          os: 'linux',
          architecture: 'amd64',
          rootfs: { type: 'layers', diff_ids: [layerA, layerB].map(digestOf) },
        }),
      );
      for (const [, read] of ways) {
        const found = await read(bytes, { select: { tag: 'example.com/app:1.0' } });
        expect(found.image.digest).toBe(kind === 'oci-archive' ? image.digest : config);
        expect(found.image.repoTags).toEqual(['example.com/app:1.0']);
        expect(found.layers).toEqual([layerA, layerB]);
      }
    },
  );

  test.skipIf(!hasZstd)('compressed with zstd they are read (needs zstd)', async () => {
    const { path } = await copied('docker-archive');
    execFileSync('zstd', ['-q', '-19', path]);
    expect((await readStreamed(createReadStream(`${path}.zst`), {})).layers).toEqual([layerA, layerB]);
  });
});
