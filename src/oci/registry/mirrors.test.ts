import { describe, expect, test } from 'vitest';
import { always, digestOf, guard, startFakeRegistry } from '../../../test/fixtures/fake-registry.ts';
import {
  bytesOf,
  clientOf,
  errorOf,
  MANIFEST_TYPE,
  noticesDuring,
  options,
  referenceIn,
} from '../../../test/fixtures/registry-client.ts';
import { passwordCredential } from '../credentials/credential.ts';
import { staticCredentials } from '../credentials/credentials.ts';
import { mirrorsOf, upstreamOf } from './endpoint.ts';

const BLOB = Buffer.alloc(100_000, 'b');
const blob = { digest: digestOf(BLOB), sizeBytes: BLOB.length };
const stored = [
  always('/manifests/', { headers: { 'content-type': MANIFEST_TYPE }, body: '{}' }),
  always('/blobs/', { body: BLOB }),
];

describe('a mirror', () => {
  test('is asked in place of the registry, below its path', async () => {
    await using registry = await startFakeRegistry();
    await using mirror = await startFakeRegistry();
    mirror.rules.push(...stored);
    await using client = clientOf([registry, mirror], {
      mirrors: { [registry.host]: [`${mirror.host}/proxy/hub`] },
    });
    await client.fetchManifest(referenceIn(registry), options);
    expect(mirror.asked()).toEqual(['GET /v2/', 'GET /v2/proxy/hub/team/app/manifests/latest']);
    expect(registry.seen).toEqual([]);
  });

  test.each([
    ['has no such image', { status: 404 }],
    ['lets nobody in', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }],
    ['fails', { status: 500 }],
    ['is busy', { status: 429, headers: { 'retry-after': '9999' } }],
    ['has something else', { body: 'something else' }],
  ])('that %s is passed over with a notice, and left alone for the rest', async (_how, answer) => {
    await using registry = await startFakeRegistry();
    await using mirror = await startFakeRegistry();
    registry.rules.push(...stored);
    mirror.rules.push(always('/manifests/', answer));
    await using client = clientOf([registry, mirror], { mirrors: { [registry.host]: [mirror.host] } });
    const pinned = { ...referenceIn(registry), digest: digestOf('{}') };
    const heard = await noticesDuring(() => client.fetchManifest(pinned, options));
    expect(heard.at(-1)?.code).toBe('REGISTRY_MIRROR_FAILED');
    expect(heard.at(-1)?.message).toContain(`mirror ${mirror.host} of ${registry.host} is passed over`);
    const asked = mirror.seen.length;
    await client.readBlob(referenceIn(registry), blob, BLOB.length, options);
    expect(mirror.seen).toHaveLength(asked);
  });

  test('that breaks off in the middle of a blob: the registry gives the rest', async () => {
    await using registry = await startFakeRegistry();
    await using mirror = await startFakeRegistry();
    registry.blob(BLOB);
    mirror.rules.push(({ headers }) => (headers.range ? { status: 404 } : undefined));
    mirror.rules.push(always('/blobs/', { body: BLOB, cutAfter: 70_000 }));
    await using client = clientOf([registry, mirror], { mirrors: { [registry.host]: [mirror.host] } });
    expect((await bytesOf(client.openBlob(referenceIn(registry), blob, options))).equals(BLOB)).toBe(true);
    expect(registry.seen.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);
  });

  test('that has another blob under the digest is passed over where the blob is read as a whole', async () => {
    await using registry = await startFakeRegistry();
    await using mirror = await startFakeRegistry();
    registry.blob(BLOB);
    mirror.rules.push(always('/blobs/', { body: Buffer.alloc(BLOB.length) }));
    await using client = clientOf([registry, mirror], { mirrors: { [registry.host]: [mirror.host] } });
    const bytes = await client.readBlob(referenceIn(registry), blob, BLOB.length, options);
    expect(Buffer.from(bytes).equals(BLOB)).toBe(true);
  });

  test('is not shown the credentials of the registry', async () => {
    await using registry = await startFakeRegistry();
    await using mirror = await startFakeRegistry();
    registry.rules.push(guard(`Basic ${btoa('bob:pw-1234')}`, 'Basic realm="x"'), ...stored);
    mirror.rules.push(guard('x', 'Basic realm="x"'));
    const mirrors = { [registry.host]: [mirror.host] };
    const credentials = staticCredentials(passwordCredential('bob', 'pw-1234'));
    await using client = clientOf([registry, mirror], { mirrors, credentials });
    await client.fetchManifest(referenceIn(registry), options);
    expect(mirror.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test('does not hide what the registry says in the end', async () => {
    await using registry = await startFakeRegistry();
    await using mirror = await startFakeRegistry();
    await using client = clientOf([registry, mirror], { mirrors: { [registry.host]: [mirror.host] } });
    const error = await errorOf(client.fetchManifest(referenceIn(registry), options));
    expect(error.code).toBe('IMAGE_NOT_FOUND');
    expect(error.message).toContain(`registry ${registry.host} has no manifest`);
  });
});

test('Docker Hub is asked where it really is, under the name that people use', () => {
  const reference = { registry: 'docker.io', repository: 'library/alpine' };
  expect(upstreamOf(reference)).toEqual({ ...reference, host: 'registry-1.docker.io' });
  expect(mirrorsOf(reference, { 'docker.io': ['Mirror.example.com/hub/'] })).toEqual([
    {
      registry: 'mirror.example.com',
      host: 'mirror.example.com',
      repository: 'hub/library/alpine',
      mirrorOf: 'docker.io',
    },
  ]);
  expect(mirrorsOf({ ...reference, registry: 'constructor' }, {})).toEqual([]);
});
