import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { startFakeRegistry, type FakeRegistry } from '../../../test/fixtures/fake-registry.ts';
import { LayoutWriter, type Descriptor } from '../../../test/fixtures/layout-writer.ts';
import { bytesOf, clientOf, errorOf, options, referenceIn } from '../../../test/fixtures/registry-client.ts';
import { gzippedTar } from '../../../test/fixtures/tar-writer.ts';
import { registryImageSource } from './registry-image.ts';

const folder = mkdtempSync(join(tmpdir(), 'drydock-registry-image-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const writer = new LayoutWriter(folder);
const layer = gzippedTar([{ path: 'etc/os-release', content: 'ID=test' }]);
const amd64 = writer.image([layer], { os: 'linux', architecture: 'amd64' });
const arm64 = writer.image([layer, layer], { os: 'linux', architecture: 'arm64' });
const index = writer.index([amd64, arm64]);

const contentOf = ({ digest }: { digest: string }): Buffer =>
  readFileSync(join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length)));

function put(registry: FakeRegistry, manifest: Descriptor, tag: string): void {
  const text = contentOf(manifest).toString();
  registry.manifest('team/app', tag, text, manifest.mediaType);
  const { config, layers } = JSON.parse(text) as { config?: Descriptor; layers?: Descriptor[] };
  for (const blob of [...(config ? [config] : []), ...(layers ?? [])]) registry.blob(contentOf(blob));
}

describe('an image in a registry', () => {
  test.each([
    [{ os: 'linux', architecture: 'arm64' }, arm64, 2],
    [{ os: 'linux', architecture: 'amd64' }, amd64, 1],
  ])('is found for %j in an index, with the names it is known by', async (platform, expected, layers) => {
    await using registry = await startFakeRegistry();
    put(registry, amd64, 'x');
    put(registry, arm64, 'y');
    put(registry, index, 'latest');
    await using client = clientOf([registry]);
    await using source = registryImageSource(client, referenceIn(registry), 'app');
    const image = await source.resolve(platform, options);
    expect(image).toMatchObject({
      name: 'app',
      digest: expected.digest,
      reference: referenceIn(registry),
      repoTags: [`${registry.host}/team/app:latest`],
      repoDigests: [`${registry.host}/team/app@${index.digest}`],
    });
    expect(image.layers).toHaveLength(layers);
  });

  test('gives its layers as streams', async () => {
    await using registry = await startFakeRegistry();
    put(registry, amd64, 'latest');
    await using client = clientOf([registry]);
    const source = registryImageSource(client, referenceIn(registry), 'app');
    const image = await source.resolve(undefined, options);
    const [first] = image.layers;
    if (!first) throw new Error('no layer');
    const content = await source.openLayer(image, first, options);
    expect(content.kind === 'stream' && (await bytesOf(content.chunks)).equals(layer)).toBe(true);
  });

  test('that is not there for a platform is told so', async () => {
    await using registry = await startFakeRegistry();
    put(registry, index, 'latest');
    await using client = clientOf([registry]);
    const source = registryImageSource(client, referenceIn(registry), 'app');
    const error = await errorOf(source.resolve({ os: 'linux', architecture: 's390x' }, options));
    expect(error.code).toBe('PLATFORM_NOT_FOUND');
  });

  test('of schema 1 is refused', async () => {
    await using registry = await startFakeRegistry();
    registry.manifest(
      'team/app',
      'latest',
      '{"schemaVersion":1}',
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
    );
    await using client = clientOf([registry]);
    const error = await errorOf(
      registryImageSource(client, referenceIn(registry), 'app').resolve(undefined, options),
    );
    expect(error.code).toBe('MANIFEST_UNSUPPORTED');
  });
});
