import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { always, digestOf, startFakeRegistry } from '../../../test/fixtures/fake-registry.ts';
import {
  clientOf,
  errorOf,
  MANIFEST_TYPE,
  options,
  referenceIn,
} from '../../../test/fixtures/registry-client.ts';
import type { Digest } from '../../model/image.ts';

const BODY = '{"schemaVersion":2}';
const DIGEST = digestOf(BODY);
const OTHER = digestOf('something else');

describe('a manifest', () => {
  test('is fetched by tag, with its type and digest, asking for types that are understood', async () => {
    await using registry = await startFakeRegistry();
    registry.manifest('team/app', 'latest', BODY, `${MANIFEST_TYPE}; charset=utf-8`);
    await using client = clientOf([registry]);
    const manifest = await client.fetchManifest(referenceIn(registry), options);
    expect(manifest).toMatchObject({ mediaType: MANIFEST_TYPE, digest: DIGEST });
    expect(Buffer.from(manifest.bytes).toString()).toBe(BODY);
    expect(registry.seen.at(-1)?.headers.accept).toContain('application/vnd.oci.image.index.v1+json, ');
    expect(registry.seen.at(-1)?.headers['user-agent']).toBe('drydock');
  });

  test('is fetched by digest when there is one, whatever the tag', async () => {
    await using registry = await startFakeRegistry();
    registry.manifest('team/app', 'latest', BODY, MANIFEST_TYPE);
    await using client = clientOf([registry]);
    await client.fetchManifest({ ...referenceIn(registry, 'moved'), digest: DIGEST }, options);
    expect(registry.asked().at(-1)).toBe(`GET /v2/team/app/manifests/${DIGEST}`);
  });

  test.each([
    ['that was asked for', { digest: OTHER }, {}],
    ['that the registry states', {}, { 'docker-content-digest': OTHER }],
  ])('with another digest than the one %s is refused', async (_which, pinned, headers) => {
    await using registry = await startFakeRegistry();
    registry.rules.push(
      always('/manifests/', { headers: { 'content-type': MANIFEST_TYPE, ...headers }, body: BODY }),
    );
    await using client = clientOf([registry]);
    const error = await errorOf(client.fetchManifest({ ...referenceIn(registry), ...pinned }, options));
    expect(error).toMatchObject({ code: 'BLOB_DIGEST_MISMATCH', kind: 'corrupt' });
  });

  test('may be known by its sha512', async () => {
    const digest = `sha512:${createHash('sha512').update(BODY).digest('hex')}` as Digest;
    await using registry = await startFakeRegistry();
    registry.rules.push(always('/manifests/', { headers: { 'docker-content-digest': digest }, body: BODY }));
    await using client = clientOf([registry]);
    expect(await client.fetchManifest(referenceIn(registry), options)).toMatchObject({
      digest,
      mediaType: '',
    });
  });

  test.each([{ chunked: true }, { chunked: false }])(
    'larger than 4 MiB is refused ($chunked)',
    async ({ chunked }) => {
      await using registry = await startFakeRegistry();
      registry.rules.push(always('/manifests/', { body: Buffer.alloc(4 * 1024 * 1024 + 1), chunked }));
      await using client = clientOf([registry]);
      const error = await errorOf(client.fetchManifest(referenceIn(registry), options));
      expect(error).toMatchObject({ code: 'MANIFEST_TOO_LARGE', kind: 'limit' });
    },
  );

  test('that is not there: image not found', async () => {
    await using registry = await startFakeRegistry();
    await using client = clientOf([registry]);
    const error = await errorOf(client.fetchManifest(referenceIn(registry, 'gone'), options));
    expect(error).toMatchObject({ code: 'IMAGE_NOT_FOUND', kind: 'missing' });
    expect(error.message).toContain('team/app:gone');
  });

  test('of a name that no reference can have is not asked for', async () => {
    await using registry = await startFakeRegistry();
    await using client = clientOf([registry]);
    const repository = '../../secret';
    const error = await errorOf(client.fetchManifest({ ...referenceIn(registry), repository }, options));
    expect(error.code).toBe('REFERENCE_INVALID');
    expect(registry.seen).toEqual([]);
  });
});

describe('a tag is resolved', () => {
  test('by its headers alone', async () => {
    await using registry = await startFakeRegistry();
    registry.manifest('team/app', 'latest', BODY, MANIFEST_TYPE);
    await using client = clientOf([registry]);
    expect(await client.resolveDigest(referenceIn(registry), options)).toBe(DIGEST);
    expect(registry.asked()).toEqual(['GET /v2/', 'HEAD /v2/team/app/manifests/latest']);
  });

  test.each([
    ['states no digest', {}],
    ['does not know HEAD', { status: 405 }],
  ])('by fetching the manifest when the registry %s', async (_how, head) => {
    await using registry = await startFakeRegistry();
    registry.manifest('team/app', 'latest', BODY, MANIFEST_TYPE);
    registry.rules.push(({ method }) => (method === 'HEAD' ? head : undefined));
    await using client = clientOf([registry]);
    expect(await client.resolveDigest(referenceIn(registry), options)).toBe(DIGEST);
  });

  test('to its own digest, once the registry has said that it is there', async () => {
    await using registry = await startFakeRegistry();
    await using client = clientOf([registry]);
    const pinned = { ...referenceIn(registry), digest: DIGEST };
    expect((await errorOf(client.resolveDigest(pinned, options))).code).toBe('IMAGE_NOT_FOUND');
    registry.manifest('team/app', 'latest', BODY, MANIFEST_TYPE);
    expect(await client.resolveDigest(pinned, options)).toBe(DIGEST);
  });
});
