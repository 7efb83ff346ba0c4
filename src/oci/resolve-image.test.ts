import { describe, expect, test } from 'vitest';
import type { Digest } from '../model/image.ts';
import { makeLayout, OCI, type MadeDescriptor, type MadeLayout } from '../../test/fixtures/made-images.ts';
import { tar } from '../../test/fixtures/tar-writer.ts';
import { readerOf } from './layout/oci-files.ts';
import { hostPlatform, parsePlatform } from './platform.ts';
import { resolveImage } from './resolve-image.ts';

const options = { signal: new AbortController().signal };
const other = hostPlatform().architecture === 's390x' ? 'riscv64' : 's390x';

/** The files of a made layout, which count how often they are asked for. */
function open({ files }: MadeLayout) {
  const asked: string[] = [];
  const reader = readerOf(
    {
      async find(name) {
        asked.push(name);
        const bytes = files.get(name);
        return bytes && { sizeBytes: bytes.length, read: async () => bytes };
      },
    },
    'test',
  );
  return { asked, reader };
}

async function resolve(layout: MadeLayout, root: MadeDescriptor, platform?: string) {
  const { reader } = open(layout);
  const document = await reader.manifest(root, options);
  const naming = { name: 'test', repoTags: [], repoDigestOf: (digest: Digest) => [`test@${digest}`] };
  return await resolveImage(
    document,
    platform ? parsePlatform(platform) : undefined,
    reader,
    naming,
    options,
  );
}

function failsWith(code: string, message?: RegExp) {
  const about = message ? { message: expect.stringMatching(message) as string } : {};
  return expect.objectContaining({ code, ...about }) as Error;
}

describe('a single manifest', () => {
  test('is an image with its layers, their commands and their reasons to be skipped', async () => {
    const layout = makeLayout();
    const data = tar([]);
    const plain = layout.blob(data, OCI.layer);
    const foreign = {
      ...plain,
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      urls: ['http://x'],
    };
    const root = layout.image({
      layerDescriptors: [plain, foreign],
      config: {
        rootfs: { diff_ids: [plain.digest, plain.digest] },
        history: [{ created_by: 'ADD' }, { created_by: 'ENV', empty_layer: true }, { created_by: 'RUN' }],
      },
    });
    const image = await resolve(layout, root);
    expect(image).toMatchObject({
      name: 'test',
      kind: 'image',
      digest: root.digest,
      platform: { os: 'linux', architecture: 'amd64' },
      repoDigests: [`test@${root.digest}`],
      layers: [{ digest: plain.digest, createdBy: 'ADD', sizeBytes: data.length }, { createdBy: 'RUN' }],
    });
    expect(image.layers[0]?.skipped).toBeUndefined();
    expect(image.layers[1]?.skipped).toMatch(/foreign/);
  });

  test('is taken whatever its platform when none is asked for', async () => {
    const layout = makeLayout();
    expect((await resolve(layout, layout.image({ architecture: other }))).platform.architecture).toBe(other);
  });

  test('of another platform than the one asked for is refused, saying what it is', async () => {
    const layout = makeLayout();
    const asked = resolve(layout, layout.image({ architecture: 'arm64', variant: 'v8' }), 'linux/amd64');
    await expect(asked).rejects.toThrow(
      failsWith('PLATFORM_NOT_FOUND', /linux\/amd64; it has linux\/arm64\/v8/),
    );
  });

  test.each([
    ['artifactType', { artifactType: 'application/vnd.cyclonedx+json' }, /cyclonedx/],
    ['configuration type', {}, /oci\.empty/],
  ])('of an artifact is refused, naming its %s', async (_, manifest, message) => {
    const layout = makeLayout();
    const config = layout.blob('{}', 'application/vnd.oci.empty.v1+json');
    const root = layout.image({ manifest: { ...manifest, config } });
    await expect(resolve(layout, root)).rejects.toThrow(failsWith('MANIFEST_UNSUPPORTED', message));
  });

  test('of an attestation is refused', async () => {
    const layout = makeLayout();
    const root = layout.image({ os: 'unknown', architecture: 'unknown' });
    await expect(resolve(layout, root)).rejects.toThrow(failsWith('MANIFEST_UNSUPPORTED', /attestation/));
  });

  test('with another content than its digest says is refused', async () => {
    const layout = makeLayout();
    const root = layout.image();
    const config = [...layout.files.keys()].find(
      (name) => !name.includes(root.digest.slice(7)) && name.includes('blobs'),
    );
    layout.files.set(config ?? '', Buffer.from(layout.files.get(config ?? '') ?? []).fill(0x20, 3, 4));
    await expect(resolve(layout, root)).rejects.toThrow(failsWith('BLOB_DIGEST_MISMATCH'));
  });

  test('with a configuration of more than 8 MiB is refused before it is read', async () => {
    const layout = makeLayout();
    const config = { ...layout.blob('{}', OCI.config), size: (8 << 20) + 1 };
    await expect(resolve(layout, layout.image({ manifest: { config } }))).rejects.toThrow(
      failsWith('MANIFEST_TOO_LARGE'),
    );
  });
});

describe('an index', () => {
  function twoPlatforms() {
    const layout = makeLayout();
    const amd64 = layout.image({ config: { author: 'amd64' } });
    const arm64 = layout.image({ architecture: 'arm64', variant: 'v8' });
    const armv6 = layout.image({ architecture: 'arm', variant: 'v6' });
    const attestation = {
      ...layout.image({ config: { author: 'attestation' } }),
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    };
    return {
      layout,
      amd64,
      arm64,
      armv6,
      attestation,
      root: layout.index([attestation, amd64, arm64, armv6]),
    };
  }

  test.each([
    ['linux/amd64', 'amd64'],
    ['aarch64', 'arm64'],
    ['linux/arm/v7', 'armv6'],
  ] as const)('gives the image for %s', async (platform, expected) => {
    const made = twoPlatforms();
    expect((await resolve(made.layout, made.root, platform)).digest).toBe(made[expected].digest);
  });

  test('lists the platforms there are, attestations left out', async () => {
    const { layout, root } = twoPlatforms();
    await expect(resolve(layout, root, 'linux/s390x')).rejects.toThrow(
      failsWith('PLATFORM_NOT_FOUND', /it has linux\/amd64, linux\/arm64\/v8, linux\/arm\/v6$/),
    );
  });

  test('reads the one manifest it needs', async () => {
    const { layout, root } = twoPlatforms();
    const { reader, asked } = open(layout);
    await resolveImage(
      await reader.manifest(root, options),
      parsePlatform('arm64'),
      reader,
      { name: 'test', repoTags: [] },
      options,
    );
    expect(asked).toHaveLength(3); // index, manifest, configuration
  });

  test('of one image gives that whatever its platform, and artifacts beside it do not count', async () => {
    const layout = makeLayout();
    const image = layout.image({ architecture: other });
    const sbom = {
      ...layout.image({ config: { author: 's' } }),
      platform: undefined,
      artifactType: 'application/spdx+json',
    };
    expect((await resolve(layout, layout.index([sbom, image]))).digest).toBe(image.digest);
  });

  test('of several images, none for this machine, asks to choose', async () => {
    const layout = makeLayout();
    const root = layout.index([layout.image({ architecture: other }), layout.image({ os: 'windows' })]);
    await expect(resolve(layout, root)).rejects.toThrow(
      failsWith('PLATFORM_NOT_FOUND', /this machine's platform/),
    );
  });

  test('without platforms in it is looked into', async () => {
    const layout = makeLayout();
    const arm64 = layout.image({ architecture: 'arm64' });
    const entries = [layout.image(), arm64].map((entry) => ({ ...entry, platform: undefined }));
    const absent = { ...arm64, platform: undefined, digest: `sha256:${'ab'.repeat(32)}` };
    expect((await resolve(layout, layout.index([absent, ...entries]), 'linux/arm64')).digest).toBe(
      arm64.digest,
    );
  });

  test('believes the index where the configuration differs', async () => {
    const layout = makeLayout();
    const mislabelled = { ...layout.image(), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } };
    const image = await resolve(layout, layout.index([mislabelled]), 'linux/arm/v7');
    expect(image.platform).toEqual({ os: 'linux', architecture: 'arm', variant: 'v7' });
  });

  test.each([1, 6])('is found through %i more indexes', async (levels) => {
    const layout = makeLayout();
    const image = layout.image();
    let root = layout.index([image]);
    for (let i = 0; i < levels; i++) root = layout.index([root]);
    expect((await resolve(layout, root, 'linux/amd64')).digest).toBe(image.digest);
  });

  test('nested too deep is refused', async () => {
    const layout = makeLayout();
    let root = layout.index([layout.image()]);
    for (let i = 0; i < 40; i++) root = layout.index([root]);
    await expect(resolve(layout, root)).rejects.toThrow(failsWith('INDEX_TOO_DEEP'));
  });

  test('that fans out is left after 64 manifests', async () => {
    const layout = makeLayout();
    const branches = Array.from({ length: 70 }, (_, i) =>
      layout.index([layout.image({ config: { author: `${i}` } })]),
    );
    await expect(resolve(layout, layout.index(branches), 'linux/s390x')).rejects.toThrow(
      failsWith('INDEX_TOO_DEEP'),
    );
  });

  test('that names one index often reads it once', async () => {
    const layout = makeLayout();
    const branch = layout.index([layout.image()]);
    const root = layout.index(Array<object>(900).fill(branch));
    await expect(resolve(layout, root, 'linux/s390x')).rejects.toThrow(failsWith('PLATFORM_NOT_FOUND'));
  });

  test('without an image is told to be so', async () => {
    const layout = makeLayout();
    await expect(resolve(layout, layout.index([]))).rejects.toThrow(failsWith('MANIFEST_UNSUPPORTED'));
  });

  test('of schema 1 manifests only says what they are', async () => {
    const layout = makeLayout();
    const old = layout.blob({ schemaVersion: 1 }, 'application/vnd.docker.distribution.manifest.v1+json');
    await expect(resolve(layout, layout.index([old]))).rejects.toThrow(
      failsWith('MANIFEST_UNSUPPORTED', /schema 1/),
    );
  });

  test('whose entry says another type than the manifest is refused', async () => {
    const layout = makeLayout();
    const entry = { ...layout.image(), mediaType: 'application/vnd.docker.distribution.manifest.v2+json' };
    await expect(resolve(layout, layout.index([entry]), 'linux/amd64')).rejects.toThrow(
      failsWith('MANIFEST_INVALID'),
    );
  });

  test('whose manifest has another size than it says is refused', async () => {
    const layout = makeLayout();
    const entry = { ...layout.image(), size: 3 };
    await expect(resolve(layout, layout.index([entry]), 'linux/amd64')).rejects.toThrow(
      failsWith('BLOB_SIZE_MISMATCH'),
    );
  });
});
