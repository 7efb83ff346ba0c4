import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runs } from '../../../test/fixtures/images.ts';
import { patchedTree } from '../image/patched-index.ts';
import { publicationOf, type BaseBlobs } from './publication.ts';
import { publishToLayout } from './to-layout.ts';
import {
  options,
  fresh,
  NOTE,
  CHANGES,
  baseLayout,
  fromLayout,
  patch,
  publication,
  writtenTo,
  json,
  removeFolders,
} from '../../../test/fixtures/patching.ts';

afterAll(removeFolders);

describe('a layout', () => {
  test('takes images of many writers at once, each under its tag', async () => {
    const { writer } = baseLayout();
    const base = await fromLayout(writer.folder);
    const target = fresh();
    const tags = Array.from({ length: 8 }, (_, i) => `t${i}`);
    await Promise.all(
      tags.map(async (tag, i) => {
        const patched = await patch(base, CHANGES, { ...NOTE, version: String(i) });
        await publishToLayout(
          await publication(base, patched),
          [],
          { directory: target, tag },
          { signal: new AbortController().signal },
        );
      }),
    );
    for (const tag of tags) expect((await fromLayout(target, tag)).image.layers).toHaveLength(3);
    expect(json(readFileSync(join(target, 'index.json'))).manifests).toHaveLength(8);
    expect(existsSync(join(target, 'index.json.lock'))).toBe(false);
  });

  test('moves a tag to the new image and keeps the old one without it', async () => {
    const { writer, root } = baseLayout();
    const patched = await writtenTo(writer.folder, await fromLayout(writer.folder));
    const { manifests } = json(readFileSync(join(writer.folder, 'index.json')));
    expect(
      manifests.map(({ digest, annotations }) => [
        digest,
        annotations?.['org.opencontainers.image.ref.name'],
      ]),
    ).toEqual([
      [root.digest, undefined],
      [patched.manifest.digest, 'v1'],
    ]);
  });

  test('has no tag for what could not be read to its end', async () => {
    const { writer } = baseLayout();
    const base = await fromLayout(writer.folder);
    const patched = await patch(base);
    const broken: BaseBlobs = {
      open: async function* () {
        yield Buffer.from('bad');
      },
    };
    const tree = await patchedTree(base.documents, [patched], NOTE, 'base', options);
    const plan = await publicationOf(tree, [patched], base.documents, broken, options);
    const target = fresh();
    await expect(publishToLayout(plan, [], { directory: target, tag: 'v1' }, options)).rejects.toMatchObject({
      code: 'BLOB_SIZE_MISMATCH',
    });
    expect(existsSync(join(target, 'index.json'))).toBe(false);
  });

  test.skipIf(!runs('umoci') || process.getuid?.() !== 0)(
    'is unpacked by umoci as it was meant (needs umoci and root)',
    async () => {
      const { writer } = baseLayout();
      const base = await fromLayout(writer.folder);
      const xattrs = new Map([
        ['security.capability', Buffer.from('0100000200200000000000000000000000000000', 'hex')],
      ]);
      await writtenTo(
        writer.folder,
        base,
        await patch(base, [
          ...CHANGES,
          {
            kind: 'write',
            path: 'etc/ping',
            type: 'file',
            mode: 0o755,
            uid: 0,
            gid: 0,
            mtime: 9,
            xattrs,
            content: Buffer.from('elf'),
          },
          {
            kind: 'write',
            path: 'etc/also',
            type: 'hardlink',
            target: 'etc/fixed',
            mode: 0o4755,
            uid: 3,
            gid: 4,
            mtime: 9,
          },
        ]),
      );
      const bundle = fresh();
      execFileSync('umoci', ['unpack', '--image', `${writer.folder}:v1`, bundle], { stdio: 'ignore' });
      const shown = execFileSync('stat', ['-c', '%a %u %g %h %Y', join(bundle, 'rootfs/etc/fixed')])
        .toString()
        .trim();
      expect(shown).toBe('4755 3 4 2 9');
      expect(existsSync(join(bundle, 'rootfs/etc/old'))).toBe(false);
      const attribute = execFileSync('python3', [
        '-c',
        'import os,sys;print(os.getxattr(sys.argv[1],"security.capability").hex())',
        join(bundle, 'rootfs/etc/ping'),
      ]);
      expect(attribute.toString().trim()).toBe('0100000200200000000000000000000000000000');
    },
  );
});
