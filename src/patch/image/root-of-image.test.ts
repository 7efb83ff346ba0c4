import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import { LayoutWriter } from '../../../test/fixtures/layout-writer.ts';
import { gzippedTar, tar, type TarMember } from '../../../test/fixtures/tar-writer.ts';
import { openLayout } from '../../oci/layout/layout.ts';
import type { ImageSource } from '../../oci/source.ts';
import type { RootView } from '../root/root-view.ts';
import { openRoot } from './root-of-image.ts';

const signal = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'drydock-root-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

async function imageOf(layers: readonly (readonly TarMember[])[]) {
  const writer = new LayoutWriter(join(folder, String(count++)));
  writer.tag(writer.image(layers.map((members) => gzippedTar(members))), 'latest');
  const source = await openLayout(writer.folder, {}, 'test');
  return { source, image: await source.resolve(undefined, { signal }) };
}

async function rootOf(...layers: readonly (readonly TarMember[])[]): Promise<RootView> {
  const { source, image } = await imageOf(layers);
  return openRoot(image, source, { signal });
}

const dir = (path: string, mode = 0o755): TarMember => ({ path: `${path}/`, type: '5', mode });
const link = (path: string, target: string): TarMember => ({ path, type: '2', link: target });
const hard = (path: string, target: string): TarMember => ({ path, type: '1', link: target });
const paths = (view: RootView): string[] =>
  [...view.entries()].map(({ path }) => path).filter((path) => path !== '');

async function text(view: RootView, path: string): Promise<string | undefined> {
  const found = await view.read([path], { signal, maxBytes: 1000 });
  const bytes = found.get(path);
  return bytes && Buffer.from(bytes).toString();
}

describe('the root of an image', () => {
  test('shows what lies on top, with all that is known of it', async () => {
    const view = await rootOf(
      [
        dir('bin', 0o1777),
        {
          path: 'bin/ping',
          content: 'one',
          mode: 0o755,
          pax: { uid: '7', mtime: '12.5', 'SCHILY.xattr.security.capability': 'x' },
        },
      ],
      [{ path: 'bin/sh', content: 'two' }],
    );
    expect(paths(view)).toEqual(['bin', 'bin/ping', 'bin/sh']);
    expect(view.entry('bin')).toMatchObject({ type: 'directory', mode: 0o1777, layer: 0 });
    expect(view.entry('bin/ping')).toMatchObject({
      type: 'file',
      mode: 0o755,
      uid: 7,
      mtime: 12,
      sizeBytes: 3,
      layer: 0,
    });
    expect([...(view.entry('bin/ping')?.xattrs.keys() ?? [])]).toEqual(['security.capability']);
    expect(view.entry('bin/sh')?.layer).toBe(1);
    expect(view.list('/bin/')).toEqual(['ping', 'sh']);
  });

  test('lacks what a higher layer hides, but not what that layer wrote itself', async () => {
    const view = await rootOf(
      [dir('a'), { path: 'a/x' }, { path: 'a/y' }, dir('b'), { path: 'b/old' }, { path: 'c' }],
      [
        { path: 'b/new' },
        { path: 'b/.wh..wh..opq' },
        { path: 'a/.wh.x' },
        { path: 'a/.wh..' },
        { path: '.wh.c' },
        { path: 'c' },
      ],
    );
    expect(paths(view)).toEqual(['a', 'a/y', 'b', 'b/new', 'c']);
    expect(view.entry('c')?.layer).toBe(1);
  });

  test('follows links within itself', async () => {
    const view = await rootOf(
      [
        dir('usr/lib'),
        link('lib', 'usr/lib'),
        link('up', '../../../usr'),
        link('loop', 'loop'),
        link('abs', '/lib/so'),
      ],
      [{ path: 'lib/so', content: 'here' }],
    );
    expect(view.entry('lib')?.type).toBe('symlink');
    expect(view.entry('lib/so')).toBeUndefined();
    expect(view.resolve('lib/so')?.path).toBe('usr/lib/so');
    expect(view.resolve('up/lib/so')?.path).toBe('usr/lib/so');
    expect(view.resolve('loop')).toBeUndefined();
    expect(view.place('lib/new/file')).toBe('usr/lib/new/file');
    expect(view.place('abs')).toBe('abs');
    expect(view.place('loop/x')).toBeUndefined();
    expect(view.place('lib/so/x')).toBeUndefined();
    expect(await text(view, 'abs')).toBe('here');
  });

  test('knows that a hard link keeps its content when the other name gets a new one', async () => {
    const view = await rootOf(
      [{ path: 'a', content: 'old' }, hard('b', 'a'), hard('c', 'b')],
      [{ path: 'a', content: 'new' }],
    );
    expect(view.entry('b')).toMatchObject({ type: 'file', layer: 0 });
    expect(view.entry('c')).toMatchObject({ type: 'hardlink', target: 'b' });
    expect(await text(view, 'a')).toBe('new');
    expect(await text(view, 'c')).toBe('old');
  });

  test('takes the last of several members of one path', async () => {
    const view = await rootOf([
      { path: 'a', content: '1' },
      dir('d'),
      { path: 'd/x' },
      { path: 'a', content: '2' },
      { path: 'd', content: 'file' },
    ]);
    expect(await text(view, 'a')).toBe('2');
    expect(paths(view)).toEqual(['a', 'd']);
  });

  test('reads only the layers that hold what is wanted, each once, and none for what was kept', async () => {
    const { source, image } = await imageOf([
      [{ path: 'a', content: 'a' }],
      [
        { path: 'b', content: 'b' },
        { path: 'etc/apt/x', content: 'kept' },
      ],
      [{ path: 'c', content: 'c' }],
    ]);
    const opened: string[] = [];
    const counting: ImageSource = {
      ...source,
      openLayer: (i, layer, o) => (opened.push(layer.digest), source.openLayer(i, layer, o)),
    };
    const view = await openRoot(image, counting, { signal });
    expect(opened).toEqual(image.layers.map(({ digest }) => digest));
    opened.length = 0;
    expect(await text(view, 'etc/apt/x')).toBe('kept');
    expect(opened).toEqual([]);
    const sums = await view.digests(['a', 'c', 'nothing'], { signal });
    expect(sums.get('a')?.md5).toBe('0cc175b9c0f1b6a831c399e269772661');
    expect([...sums.keys()]).toEqual(['a', 'c']);
    expect(opened).toEqual([image.layers[0]?.digest, image.layers[2]?.digest]);
  });

  test('refuses to read more than was allowed', async () => {
    const view = await rootOf([{ path: 'a', content: 'x'.repeat(20) }]);
    await expect(view.read(['a'], { signal, maxBytes: 10 })).rejects.toMatchObject({ code: 'ARCHIVE_LIMIT' });
  });

  test('is not made of a layer that is not what the manifest says', async () => {
    const { source, image } = await imageOf([[{ path: 'a' }]]);
    const [layer] = image.layers;
    const open = (chunk: Uint8Array): ImageSource => ({
      ...source,
      openLayer: async () => ({
        kind: 'stream',
        chunks: (async function* () {
          yield chunk;
        })(),
      }),
    });
    const good = gzippedTar([{ path: 'a' }]);
    const bad = gzippedTar([{ path: 'b' }]);
    await expect(openRoot(image, open(good.subarray(0, 30)), { signal })).rejects.toMatchObject({
      code: 'LAYER_SIZE_MISMATCH',
    });
    await expect(
      openRoot({ ...image, layers: [{ ...layer!, sizeBytes: bad.length }] }, open(bad), { signal }),
    ).rejects.toMatchObject({ code: 'LAYER_DIGEST_MISMATCH' });
    await expect(
      openRoot({ ...image, layers: [{ ...layer!, skipped: 'foreign' }] }, source, { signal }),
    ).rejects.toMatchObject({ code: 'PATCH_UNSUPPORTED' });
  });

  test('ends when it is called off', async () => {
    const { source, image } = await imageOf([[{ path: 'a' }]]);
    await expect(openRoot(image, source, { signal: AbortSignal.abort(new Error('off')) })).rejects.toThrow(
      'off',
    );
  });
});

const anyPath = fc
  .array(fc.constantFrom('a', 'b', 'l', '..', '.', '', '.wh.a', '.wh..wh..opq', '.wh.', 'é'), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join('/'));
const anyMember = fc.record({
  path: anyPath,
  type: fc.constantFrom('0', '1', '2', '3', '5', '6', '9'),
  link: anyPath,
});

test('whatever a layer holds, its root is a tree that can be walked, or it is refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyMember, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
      anyPath,
      async (layers, path) => {
        const view = await rootOf(...layers);
        const all = [...view.entries()];
        expect(new Set(all.map((entry) => entry.path)).size).toBe(all.length);
        for (const entry of all) {
          expect(view.entry(entry.path)).toEqual(entry);
          if (entry.type === 'hardlink') expect(view.entry(entry.target ?? '')?.type).not.toBe('hardlink');
          const parent = entry.path.split('/').slice(0, -1).join('/');
          expect(view.entry(parent)?.type).toBe('directory');
          expect(entry.path.split('/').some((name) => name.startsWith('.wh.') || name === '..')).toBe(false);
        }
        view.place(path);
        view.resolve(path);
        await view.read([path], { signal, maxBytes: 100 });
      },
    ),
    { numRuns: 150 },
  );
});

test('damaged archives are refused by name', async () => {
  const good = tar([{ path: 'a', content: 'x'.repeat(700), pax: { path: 'b' } }, dir('c')]);
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, byte) => {
      const bytes = Buffer.from(good);
      bytes[at] = byte;
      const writer = new LayoutWriter(join(folder, String(count++)));
      const { gzipSync } = await import('node:zlib');
      writer.tag(writer.image([gzipSync(bytes)]), 'latest');
      const source = await openLayout(writer.folder, {}, 'test');
      const image = await source.resolve(undefined, { signal });
      const outcome = await openRoot(image, source, { signal }).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(DrydockError);
    }),
    { numRuns: 60 },
  );
});
