import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import {
  digestOf,
  json,
  makeLayout,
  writeFiles,
  type MadeLayout,
} from '../../../test/fixtures/made-images.ts';
import { tar } from '../../../test/fixtures/tar-writer.ts';
import { openLayout } from './layout.ts';
import type { Selection } from './select-entry.ts';

const options = { signal: new AbortController().signal };
const layer = tar([{ path: 'etc/os-release', content: 'ID=debian\n' }]);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-layout-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function resolve(layout: MadeLayout, select: Selection = {}) {
  await writeFiles(folder, layout.files);
  await using source = await openLayout(folder, select, 'test');
  return await source.resolve(undefined, options);
}

function failsWith(code: string, hint?: RegExp) {
  return expect.objectContaining({
    code,
    ...(hint && { hint: expect.stringMatching(hint) as string }),
  }) as Error;
}

describe('an image in a layout is chosen', () => {
  function tagged(...tags: (string | undefined)[]) {
    const layout = makeLayout();
    const images = tags.map((tag) => {
      const image = layout.image({ config: { author: tag ?? 'none' }, layers: [layer] });
      layout.list(image, tag);
      return image;
    });
    return { layout, images };
  }

  test.each([
    [['one'], undefined, 'one'],
    [[undefined], undefined, 'none'],
    [['old', 'latest'], undefined, 'latest'],
    [['old', 'example.com/app:latest'], undefined, 'example.com/app:latest'],
    [['old', 'new'], 'old', 'old'],
    [['docker.io/library/app:1', 'docker.io/library/app:2'], '2', 'docker.io/library/app:2'],
    [['docker.io/library/app:1', 'docker.io/library/app:2'], 'app:1', 'docker.io/library/app:1'],
    [['example.com:5000/a/app:1', 'example.com:5000/a/app:2'], 'a/app:1', 'example.com:5000/a/app:1'],
  ])('of the tags %j, asked for %j: %s', async (tags, tag, expected) => {
    const image = await resolve(tagged(...tags).layout, tag === undefined ? {} : { tag });
    expect(image.config.author).toBe(expected);
  });

  test('by digest, be it listed or not', async () => {
    const { layout, images } = tagged('a', 'b');
    const hidden = layout.image({ config: { author: 'hidden' } });
    expect((await resolve(layout, { digest: images[1]?.digest ?? hidden.digest })).config.author).toBe('b');
    expect((await resolve(layout, { digest: hidden.digest })).config.author).toBe('hidden');
  });

  test('from the annotation of containerd, which names the repository', async () => {
    const layout = makeLayout();
    const name = 'docker.io/library/app:1';
    layout.list({ ...layout.image(), annotations: { 'io.containerd.image.name': name } });
    expect((await resolve(layout, { tag: 'app:1' })).repoTags).toEqual([name]);
  });

  test('by platform when several entries have the same tag, or none', async () => {
    for (const tag of ['x', undefined]) {
      const layout = makeLayout();
      for (const architecture of ['arm64', 'amd64', 's390x'])
        layout.list(layout.image({ architecture }), tag);
      await writeFiles(folder, layout.files);
      await using source = await openLayout(folder, tag === undefined ? {} : { tag }, 'test');
      const image = await source.resolve({ os: 'linux', architecture: 's390x' }, options);
      expect(image.platform.architecture).toBe('s390x');
    }
  });

  test('although artifacts are listed beside it', async () => {
    const { layout, images } = tagged('v1');
    layout.list(
      { ...layout.image({ config: { author: 's' } }), artifactType: 'application/spdx+json' },
      'sbom',
    );
    expect((await resolve(layout)).digest).toBe(images[0]?.digest);
  });

  test('or else the tags are listed', async () => {
    const { layout } = tagged('a', 'b');
    await expect(resolve(layout)).rejects.toThrow(/several images: a, b/);
    await expect(resolve(layout)).rejects.toThrow(failsWith('SOURCE_AMBIGUOUS'));
    await expect(resolve(layout, { tag: 'c' })).rejects.toThrow(failsWith('IMAGE_NOT_FOUND', /a, b/));
    await expect(resolve(layout, { digest: digestOf('none') })).rejects.toThrow(failsWith('BLOB_NOT_FOUND'));
  });

  test('or else the layout is told to be empty', async () => {
    await expect(resolve(makeLayout())).rejects.toThrow(failsWith('IMAGE_NOT_FOUND'));
  });
});

describe('a layer', () => {
  async function opened() {
    const layout = makeLayout();
    layout.list(layout.image({ layers: [layer] }), 'latest');
    await writeFiles(folder, layout.files);
    const source = await openLayout(folder, {}, 'test');
    const image = await source.resolve(undefined, options);
    const first = image.layers[0];
    if (!first) throw new Error('no layer');
    const path = join(folder, 'blobs/sha256', first.digest.slice(7));
    return { path, open: () => source.openLayer(image, first, options), sizeBytes: first.sizeBytes };
  }

  test('is a whole file', async () => {
    const { path, open, sizeBytes } = await opened();
    expect(await open()).toEqual({ kind: 'file', path, offset: 0, length: sizeBytes });
  });

  test('that is absent is said to be', async () => {
    const { path, open } = await opened();
    await rm(path);
    await expect(open()).rejects.toThrow(failsWith('BLOB_NOT_FOUND'));
  });

  test('of another size is refused by name', async () => {
    const { path, open } = await opened();
    await truncate(path, 10);
    await expect(open()).rejects.toThrow(failsWith('LAYER_SIZE_MISMATCH'));
    await expect(open()).rejects.toThrow(/sha256:[0-9a-f]{64} has 10 bytes/);
  });

  test.skipIf(process.platform === 'win32')('that is a pipe, or leads to a device, is refused', async () => {
    const { path, open } = await opened();
    await rm(path);
    execFileSync('mkfifo', [path]);
    await expect(open()).rejects.toThrow(failsWith('LAYOUT_INVALID'));
    await rm(path);
    await symlink('/dev/zero', path);
    await expect(open()).rejects.toThrow(failsWith('LAYOUT_INVALID'));
  });
});

describe('a folder that is no layout', () => {
  test.each([
    ['no marker', 'oci-layout', undefined, 'LAYOUT_INVALID'],
    ['a marker of another version', 'oci-layout', json({ imageLayoutVersion: '2.0.0' }), 'LAYOUT_INVALID'],
    ['a marker that is no JSON', 'oci-layout', Buffer.from('1.0.0'), 'LAYOUT_INVALID'],
    ['no index', 'index.json', undefined, 'LAYOUT_INVALID'],
    ['an index that is no JSON', 'index.json', Buffer.from('{'), 'LAYOUT_INVALID'],
    ['an index that is a manifest', 'index.json', json({ config: {}, layers: [] }), 'LAYOUT_INVALID'],
    ['an index of more than 4 MiB', 'index.json', Buffer.alloc((4 << 20) + 1, ' '), 'MANIFEST_TOO_LARGE'],
    [
      'an index with a climbing digest',
      'index.json',
      json({ manifests: [{ size: 1, digest: 'sha256:../../../etc/passwd' }] }),
      'DIGEST_INVALID',
    ],
  ])('as it has %s', async (_, file, bytes, code) => {
    const layout = makeLayout();
    layout.list(layout.image());
    if (bytes) layout.files.set(file, bytes);
    else layout.files.delete(file);
    await expect(resolve(layout)).rejects.toThrow(failsWith(code));
  });

  test('as it does not exist', async () => {
    await expect(openLayout(join(folder, 'none'), {}, 'none')).rejects.toThrow(failsWith('SOURCE_NOT_FOUND'));
  });
});

test('index.json of any bytes gives an image or a DrydockError', async () => {
  const layout = makeLayout();
  const image = layout.image();
  await writeFiles(folder, layout.files);
  const entry = fc.oneof(
    fc.jsonValue(),
    fc.constant({ ...image, annotations: { 'org.opencontainers.image.ref.name': 'x' } }),
  );
  const likely = fc.record({
    schemaVersion: fc.constantFrom(2, 1, '2'),
    manifests: fc.oneof(fc.array(entry), entry),
  });
  const bytes = fc.oneof(likely.map(json), fc.jsonValue().map(json), fc.uint8Array({ maxLength: 100 }));
  await fc.assert(
    fc.asyncProperty(bytes, fc.option(fc.string(), { nil: undefined }), async (content, tag) => {
      await writeFile(join(folder, 'index.json'), content);
      try {
        const source = await openLayout(folder, tag === undefined ? {} : { tag }, 'test');
        expect((await source.resolve(undefined, options)).digest).toBe(image.digest);
      } catch (error) {
        expect(error).toBeInstanceOf(DrydockError);
      }
    }),
    { numRuns: 200 },
  );
});
