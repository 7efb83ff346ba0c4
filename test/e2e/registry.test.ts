import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DrydockError } from '../../src/base/errors.ts';
import { passwordCredential } from '../../src/oci/credentials/credential.ts';
import {
  anonymous,
  dockerConfigCredentials,
  staticCredentials,
} from '../../src/oci/credentials/credentials.ts';
import type { CredentialSource } from '../../src/oci/credentials/credentials.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { registryImageSource } from '../../src/oci/registry/registry-image.ts';
import { openRegistry } from '../../src/oci/registry/registry.ts';
import type { Image } from '../../src/model/image.ts';
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../fixtures/docker-registry.ts';
import { LayoutWriter } from '../fixtures/layout-writer.ts';
import { pushLayout } from '../fixtures/push-layout.ts';
import { selfSigned } from '../fixtures/self-signed.ts';
import { gzippedTar } from '../fixtures/tar-writer.ts';

const LOGIN = 'bob:correct-horse';
/** `htpasswd -Bbn -C 4 bob correct-horse` */
const HTPASSWD = 'bob:$2y$04$kwPbG4lHeJuEy1bExuAc.OQxw36/yfRdrrpzbgUYscJiGJ/70kCRG\n';
const options = { signal: AbortSignal.timeout(60_000) };

const folder = mkdtempSync(join(tmpdir(), 'drydock-e2e-registry-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const writer = new LayoutWriter(folder);
const layers = {
  amd64: gzippedTar([{ path: 'bin/big', content: randomBytes(3_000_000) }]),
  arm64: gzippedTar([{ path: 'etc/os-release', content: 'ID=test' }]),
};
const amd64 = writer.image([layers.amd64], { os: 'linux', architecture: 'amd64' });
const arm64 = writer.image([layers.arm64], { os: 'linux', architecture: 'arm64' });
const index = writer.index([amd64, arm64]);

async function pull(host: string, credentials: CredentialSource, architecture: string): Promise<Image> {
  await using client = openRegistry({ credentials });
  const source = registryImageSource(client, parseReference(`${host}/team/app:two`), 'app');
  const image = await source.resolve({ os: 'linux', architecture }, options);
  for (const layer of image.layers) {
    const content = await source.openLayer(image, layer, options);
    if (content.kind !== 'stream') throw new Error('no stream');
    const hash = createHash('sha256');
    for await (const chunk of content.chunks) hash.update(chunk);
    expect(`sha256:${hash.digest('hex')}`).toBe(layer.digest);
  }
  return image;
}

async function failure(promise: Promise<unknown>): Promise<DrydockError> {
  return promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: DrydockError) => error,
  );
}

describe.skipIf(!hasDockerRegistry)('a real registry with a password (needs docker-registry)', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry({ htpasswd: HTPASSWD });
    await pushLayout(folder, index, 'two', {
      origin: `http://${registry.host}`,
      repository: 'team/app',
      login: LOGIN,
    });
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  test.each([
    ['amd64', amd64.digest],
    ['arm64', arm64.digest],
  ])('gives the image for %s of an index of two', async (architecture, digest) => {
    const image = await pull(
      registry.host,
      staticCredentials(passwordCredential('bob', 'correct-horse')),
      architecture,
    );
    expect(image).toMatchObject({ digest, platform: { os: 'linux', architecture } });
    expect(image.repoDigests).toEqual([`${registry.host}/team/app@${index.digest}`]);
  });

  test('takes the log-in that docker has stored', async () => {
    const config = join(folder, 'config.json');
    writeFileSync(config, JSON.stringify({ auths: { [registry.host]: { auth: btoa(LOGIN) } } }));
    const image = await pull(registry.host, dockerConfigCredentials({ configFiles: [config] }), 'arm64');
    expect(image.digest).toBe(arm64.digest);
  });

  test.each([
    ['a wrong password', staticCredentials(passwordCredential('bob', 'wrong-horse'))],
    ['no password', anonymous],
  ])('denies %s, saying how to log in', async (_what, credentials) => {
    const error = await failure(pull(registry.host, credentials, 'amd64'));
    expect(error).toMatchObject({ code: 'REGISTRY_DENIED', kind: 'denied' });
    expect(error.hint).toContain(`docker login ${registry.host}`);
    expect(error.message).not.toContain('horse');
  });

  test('tells digest and tags', async () => {
    await using client = openRegistry({
      credentials: staticCredentials(passwordCredential('bob', 'correct-horse')),
    });
    const reference = parseReference(`${registry.host}/team/app:two`);
    expect(await client.resolveDigest(reference, options)).toBe(index.digest);
    const tags: string[] = [];
    for await (const tag of client.listTags(reference, options)) tags.push(tag);
    expect(tags).toEqual(['two']);
  });

  test('gives a blob from the middle', async () => {
    await using client = openRegistry({
      credentials: staticCredentials(passwordCredential('bob', 'correct-horse')),
    });
    const reference = parseReference(`${registry.host}/team/app:two`);
    const blob = writer.blob(layers.amd64, '');
    const parts: Uint8Array[] = [];
    const wanted = { digest: blob.digest as never, sizeBytes: blob.size };
    for await (const chunk of client.openBlob(reference, wanted, { ...options, offset: 1_000_000 }))
      parts.push(chunk);
    expect(Buffer.concat(parts).equals(layers.amd64.subarray(1_000_000))).toBe(true);
  });

  test('has no other image', async () => {
    await using client = openRegistry({
      credentials: staticCredentials(passwordCredential('bob', 'correct-horse')),
    });
    for (const name of ['team/app:three', 'team/none', `team/app@sha256:${'0'.repeat(64)}`]) {
      const error = await failure(client.fetchManifest(parseReference(`${registry.host}/${name}`), options));
      expect(error).toMatchObject({ code: 'IMAGE_NOT_FOUND', kind: 'missing' });
    }
  });
});

const tls = selfSigned();

describe.skipIf(!hasDockerRegistry || !tls)(
  'a real registry with TLS (needs docker-registry and openssl)',
  () => {
    test('speaks to those who trust it, and is not mistaken for one without', async () => {
      await using registry = await startDockerRegistry(tls ? { tls } : {});
      const reference = parseReference(`${registry.host}/team/app:two`);
      await using trusting = openRegistry({ credentials: anonymous, caCertificates: [tls?.cert ?? ''] });
      expect((await failure(trusting.fetchManifest(reference, options))).code).toBe('IMAGE_NOT_FOUND');
      await using strict = openRegistry({ credentials: anonymous });
      expect((await failure(strict.fetchManifest(reference, options))).code).toBe('REGISTRY_TLS');
      await using plain = openRegistry({ credentials: anonymous, plainHttpHosts: [registry.host] });
      expect((await failure(plain.fetchManifest(reference, options))).kind).toBe('upstream');
    });
  },
);
