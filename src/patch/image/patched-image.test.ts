import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readBase } from './base-image.ts';
import { patchedSource } from './patched-image.ts';
import { openRoot } from './root-of-image.ts';
import {
  options,
  fresh,
  NOTE,
  CHANGES,
  baseLayout,
  layers,
  fromLayout,
  patch,
  writtenTo,
  json,
  blobOf,
  removeFolders,
} from '../../../test/fixtures/patching.ts';

afterAll(removeFolders);

describe('a patched image', () => {
  test('is the same twice, and differs from its base in nothing but what it must', async () => {
    const { writer, root } = baseLayout((one) => {
      const image = one.image(layers);
      const manifest = blobOf(one.folder, image.digest);
      const diffIds = JSON.stringify(blobOf(one.folder, manifest.config.digest).rootfs.diff_ids);
      const config = `{ "zeta":[1.50, 123456789012345678901], "config":{"User":"app","Env":["A=\\u0041"]}, "os":"linux","architecture":"amd64","created":"2020-01-01T00:00:00Z","rootfs":{"type":"layers","x":1,"diff_ids":${diffIds}},"history":[{"created_by":"a"},{"created_by":"b"}], "last":"x" }`;
      const descriptor = one.blob(config, manifest.config.mediaType);
      return one.json(
        { vendor: { b: 1, a: 2 }, ...manifest, config: descriptor, annotations: { own: 'kept' } },
        manifest.mediaType,
      );
    });
    const base = await fromLayout(writer.folder);
    const [one, two] = [await patch(base), await patch(base)];
    expect(one.manifest.digest).toBe(two.manifest.digest);
    expect(one.image.digest).toBe(one.manifest.digest);

    const config = Buffer.from(one.config.bytes).toString();
    expect(config).toContain(
      '"zeta":[1.50, 123456789012345678901], "config":{"User":"app","Env":["A=\\u0041"]}',
    );
    expect(config).toContain('"created":"2026-11-01T00:00:00Z"');
    const history = json(one.config.bytes).history.at(-1);
    expect(history).toMatchObject({
      created_by: 'drydock patch 1 package',
      comment: `base ${root.digest} by 1.2.3`,
    });
    const manifest = json(one.manifest.bytes);
    expect(Object.keys(manifest)[0]).toBe('vendor');
    expect(manifest.annotations).toEqual({
      own: 'kept',
      'org.opencontainers.image.base.digest': root.digest,
      'org.opencontainers.image.created': NOTE.created,
      'dev.drydock.patch.version': '1.2.3',
      'dev.drydock.patch.input': NOTE.input,
      'dev.drydock.patch.packages': 'libssl3=3.0.17-1~deb12u3',
      'dev.drydock.patch.layer': one.layer.digest,
    });
    expect(manifest.layers.slice(0, 2)).toEqual(blobOf(writer.folder, root.digest).layers);
  });

  test('can be looked into before it is anywhere', async () => {
    const { writer } = baseLayout();
    const base = await fromLayout(writer.folder);
    const patched = await patch(base);
    const view = await openRoot(patched.image, patchedSource(patched, base.source), options);
    expect(view.entry('etc/fixed')).toMatchObject({ mode: 0o4755, uid: 3, gid: 4, layer: 2 });
    expect(view.list('etc')).toEqual(['fixed', 'keep']);
  });

  test('is patched again from what it was made of: the same patch gives the same image', async () => {
    const { writer, root } = baseLayout();
    const first = await writtenTo(writer.folder, await fromLayout(writer.folder));
    const again = await fromLayout(writer.folder);
    expect(again.image.digest).toBe(first.manifest.digest);
    const base = await readBase(again.documents, again.image, options);
    expect(base.earlier).toMatchObject({
      version: '1.2.3',
      input: NOTE.input,
      origin: { digest: root.digest },
    });
    expect(base.image.layers).toHaveLength(2);
    const second = await patch(again);
    expect(second.manifest.digest).toBe(first.manifest.digest);
    const other = await patch(again, CHANGES.slice(0, 1));
    expect(other.image.layers).toHaveLength(3);
    expect(json(other.manifest.bytes).annotations?.['org.opencontainers.image.base.digest']).toBe(
      root.digest,
    );
  });

  test('stays one of Docker, without annotations, and is known by its history', async () => {
    const docker = 'application/vnd.docker.distribution.manifest.v2+json';
    const { writer, root } = baseLayout((one) => {
      const manifest = blobOf(one.folder, one.image(layers).digest);
      const config = { ...manifest.config, mediaType: 'application/vnd.docker.container.image.v1+json' };
      return one.json({ ...manifest, mediaType: docker, config }, docker);
    });
    const patched = await writtenTo(writer.folder, await fromLayout(writer.folder));
    const manifest = json(patched.manifest.bytes);
    expect(patched.manifest.mediaType).toBe(docker);
    expect(manifest.annotations).toBeUndefined();
    expect(manifest.layers.at(-1)?.mediaType).toBe('application/vnd.docker.image.rootfs.diff.tar.gzip');
    const again = await fromLayout(writer.folder);
    expect((await readBase(again.documents, again.image, options)).origin.digest).toBe(root.digest);
    expect((await patch(again)).manifest.digest).toBe(patched.manifest.digest);
  });

  test('an image built upon a patched one is not taken for one', async () => {
    const { writer } = baseLayout();
    const patched = await writtenTo(writer.folder, await fromLayout(writer.folder));
    const manifest = json(patched.manifest.bytes);
    const more = { ...manifest, layers: [...manifest.layers, manifest.layers[0]] };
    const { rootfs, history, ...rest } = json(patched.config.bytes);
    const config = {
      ...rest,
      rootfs: { ...rootfs, diff_ids: [...rootfs.diff_ids, rootfs.diff_ids[0]] },
      history: [...history, { created_by: 'RUN more' }],
    };
    writer.tag(
      writer.json(
        {
          ...more,
          config: writer.json(
            config,
            patched.base.isDocker ? '' : 'application/vnd.oci.image.config.v1+json',
          ),
        },
        'application/vnd.oci.image.manifest.v1+json',
      ),
      'built',
    );
    const built = await fromLayout(writer.folder, 'built');
    expect((await readBase(built.documents, built.image, options)).earlier).toBeUndefined();
  });
});

describe('an index', () => {
  const attestationOf = (digest: string) => ({
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': digest,
  });

  test('keeps what is not patched to the byte, and drops attestations of what is', async () => {
    const arm = { os: 'linux', architecture: 'arm64', variant: 'v8' };
    const { writer, root } = baseLayout((one) => {
      const [amd64, arm64] = [
        one.image(layers),
        { ...one.image(layers.slice(0, 1), arm), annotations: { odd: 'kept' } },
      ];
      const about = [amd64, arm64].map(({ digest }) => ({
        ...one.json(
          { schemaVersion: 2, config: one.json({}, 'x/y'), layers: [], digest },
          'application/vnd.oci.image.manifest.v1+json',
        ),
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: attestationOf(digest),
      }));
      return one.index([amd64, arm64, ...about]);
    });
    const before = blobOf(writer.folder, root.digest).manifests;
    const base = await fromLayout(writer.folder, 'v1', arm);
    const patched = await patch(base);
    const target = fresh();
    await writtenTo(target, base, patched);
    const { manifests } = json(readFileSync(join(target, 'index.json')));
    const after = blobOf(target, manifests[0]?.digest ?? '');
    expect(after.manifests).toEqual([
      before[0],
      { ...before[1], digest: patched.manifest.digest, size: patched.manifest.bytes.length },
      before[2],
    ]);
    expect(after.annotations?.['org.opencontainers.image.base.digest']).toBe(root.digest);
    const other = await fromLayout(target, 'v1', { os: 'linux', architecture: 'amd64' });
    expect((await openRoot(other.image, other.source, options)).entry('etc/old')?.type).toBe('file');
  });
});
