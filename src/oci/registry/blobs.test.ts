import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  always,
  digestOf,
  problem,
  script,
  startFakeRegistry,
} from '../../../test/fixtures/fake-registry.ts';
import {
  bytesOf,
  clientOf,
  errorOf,
  noticesDuring,
  options,
  referenceIn,
} from '../../../test/fixtures/registry-client.ts';

const BLOB = randomBytes(300_000);
const blob = { digest: digestOf(BLOB), sizeBytes: BLOB.length };

describe('a blob', () => {
  test('comes in chunks', async () => {
    await using registry = await startFakeRegistry();
    registry.blob(BLOB);
    await using client = clientOf([registry]);
    expect((await bytesOf(client.openBlob(referenceIn(registry), blob, options))).equals(BLOB)).toBe(true);
  });

  test.each([
    ['with the range asked for', true],
    ['with all of it, when ranges are unknown', false],
  ])('is taken up where the connection broke: the registry answers %s', async (_how, ranges) => {
    await using registry = await startFakeRegistry({ ranges });
    registry.blob(BLOB);
    registry.rules.push(script('/blobs/', { body: BLOB, cutAfter: 100_000 }));
    await using client = clientOf([registry]);
    const heard = await noticesDuring(async () => {
      expect((await bytesOf(client.openBlob(referenceIn(registry), blob, options))).equals(BLOB)).toBe(true);
    });
    const asked = registry.seen
      .filter(({ path }) => path.includes('/blobs/'))
      .map(({ headers }) => headers.range);
    expect(asked[0]).toBeUndefined();
    expect(asked[1]).toMatch(/^bytes=[1-9]\d*-$/);
    expect(heard.map(({ code }) => code)).toEqual(['REGISTRY_RETRY']);
  });

  test('is taken up when it ends early in good order', async () => {
    await using registry = await startFakeRegistry();
    registry.blob(BLOB);
    registry.rules.push(script('/blobs/', { body: BLOB.subarray(0, 1000), chunked: true }));
    await using client = clientOf([registry]);
    expect((await bytesOf(client.openBlob(referenceIn(registry), blob, options))).equals(BLOB)).toBe(true);
  });

  test('of unknown size is taken up too', async () => {
    await using registry = await startFakeRegistry();
    registry.blob(BLOB);
    registry.rules.push(script('/blobs/', { body: BLOB, cutAfter: 100_000 }));
    await using client = clientOf([registry]);
    const { digest } = blob;
    expect((await bytesOf(client.openBlob(referenceIn(registry), { digest }, options))).equals(BLOB)).toBe(
      true,
    );
  });

  test('that broke at its very end is complete', async () => {
    await using registry = await startFakeRegistry();
    registry.blob(BLOB);
    registry.rules.push(
      script('/blobs/', { body: Buffer.concat([BLOB, Buffer.alloc(1)]), cutAfter: BLOB.length }),
    );
    await using client = clientOf([registry]);
    const { digest } = blob;
    expect((await bytesOf(client.openBlob(referenceIn(registry), { digest }, options))).equals(BLOB)).toBe(
      true,
    );
  });

  test('can be read from the middle', async () => {
    await using registry = await startFakeRegistry();
    registry.blob(BLOB);
    await using client = clientOf([registry]);
    const rest = await bytesOf(client.openBlob(referenceIn(registry), blob, { ...options, offset: 299_990 }));
    expect(rest.equals(BLOB.subarray(299_990))).toBe(true);
  });

  test('is not asked for when nothing is left of it', async () => {
    await using registry = await startFakeRegistry();
    await using client = clientOf([registry]);
    expect(
      await bytesOf(client.openBlob(referenceIn(registry), blob, { ...options, offset: BLOB.length })),
    ).toHaveLength(0);
    expect(registry.seen).toEqual([]);
  });

  test('that always breaks at the same place is given up', async () => {
    await using registry = await startFakeRegistry({ ranges: false });
    registry.rules.push(always('/blobs/', { body: BLOB, cutAfter: 70_000 }));
    await using client = clientOf([registry], { maxRetries: 3 });
    const error = await errorOf(bytesOf(client.openBlob(referenceIn(registry), blob, options)));
    expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', kind: 'upstream' });
    expect(registry.seen.filter(({ path }) => path.includes('/blobs/'))).toHaveLength(4);
  });

  test('that makes headway may break more often than that', async () => {
    const large = randomBytes(8 * 1024 * 1024);
    await using registry = await startFakeRegistry();
    registry.rules.push(({ path, headers }) => {
      if (!path.includes('/blobs/')) return undefined;
      const start = Number(/(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
      const body = large.subarray(start);
      const told = { 'content-range': `bytes ${start}-${large.length - 1}/${large.length}` };
      return { status: start === 0 ? 200 : 206, headers: start === 0 ? {} : told, body, cutAfter: 1_500_000 };
    });
    await using client = clientOf([registry], { maxRetries: 1 });
    const wanted = { digest: digestOf(large), sizeBytes: large.length };
    expect((await bytesOf(client.openBlob(referenceIn(registry), wanted, options))).equals(large)).toBe(true);
  });

  test.each([
    ['longer, told at once', { body: Buffer.concat([BLOB, BLOB]) }],
    ['longer, found out on the way', { body: Buffer.concat([BLOB, BLOB]), chunked: true }],
    ['shorter', { body: BLOB.subarray(1) }],
  ])('of another size than its descriptor says is refused: %s', async (_how, answer) => {
    await using registry = await startFakeRegistry();
    registry.rules.push(always('/blobs/', answer));
    await using client = clientOf([registry]);
    const error = await errorOf(bytesOf(client.openBlob(referenceIn(registry), blob, options)));
    expect(error).toMatchObject({ code: 'BLOB_SIZE_MISMATCH', kind: 'corrupt' });
    expect(registry.seen.filter(({ path }) => path.includes('/blobs/'))).toHaveLength(1);
  });

  test('of which another part comes than was asked for is refused', async () => {
    await using registry = await startFakeRegistry();
    const headers = { 'content-range': `bytes 200000-299999/300000` };
    registry.rules.push(script('/blobs/', { body: BLOB, cutAfter: 100_000 }));
    registry.rules.push(always('/blobs/', { status: 206, headers, body: BLOB.subarray(200_000) }));
    await using client = clientOf([registry]);
    const error = await errorOf(bytesOf(client.openBlob(referenceIn(registry), blob, options)));
    expect(error.code).toBe('REGISTRY_PROTOCOL');
  });

  test('that is not there: not found', async () => {
    await using registry = await startFakeRegistry();
    await using client = clientOf([registry]);
    const error = await errorOf(bytesOf(client.openBlob(referenceIn(registry), blob, options)));
    expect(error).toMatchObject({ code: 'BLOB_NOT_FOUND', kind: 'missing' });
    expect(error.message).toContain('BLOB_UNKNOWN');
  });

  test('may be left early, again and again, without using up the connections', async () => {
    await using registry = await startFakeRegistry();
    registry.blob(BLOB);
    await using client = clientOf([registry], { maxConnectionsPerHost: 2 });
    for (let i = 0; i < 10; i++) {
      for await (const chunk of client.openBlob(referenceIn(registry), blob, options)) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
    }
  });

  test('stops at once when it is called off', async () => {
    await using registry = await startFakeRegistry();
    registry.blob(BLOB);
    await using client = clientOf([registry]);
    const stop = new AbortController();
    const reason = new Error('enough');
    const read = async (): Promise<void> => {
      for await (const _chunk of client.openBlob(referenceIn(registry), blob, { signal: stop.signal }))
        stop.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
  });
});

describe('a blob read as a whole', () => {
  test('is checked against its digest', async () => {
    await using registry = await startFakeRegistry();
    registry.blob(BLOB);
    await using client = clientOf([registry]);
    const bytes = await client.readBlob(referenceIn(registry), blob, BLOB.length, options);
    expect(Buffer.from(bytes).equals(BLOB)).toBe(true);
  });

  test('with other content is refused', async () => {
    await using registry = await startFakeRegistry();
    registry.rules.push(always('/blobs/', { body: Buffer.alloc(BLOB.length) }));
    await using client = clientOf([registry]);
    const error = await errorOf(client.readBlob(referenceIn(registry), blob, BLOB.length, options));
    expect(error).toMatchObject({ code: 'BLOB_DIGEST_MISMATCH', kind: 'corrupt' });
  });

  test.each([
    ['by its descriptor', blob],
    ['in truth', { digest: blob.digest }],
  ])('that is too large %s is refused', async (_how, descriptor) => {
    await using registry = await startFakeRegistry();
    registry.blob(BLOB);
    await using client = clientOf([registry]);
    const error = await errorOf(client.readBlob(referenceIn(registry), descriptor, 1000, options));
    expect(error).toMatchObject({ code: 'MANIFEST_TOO_LARGE', kind: 'limit' });
  });

  test('of no bytes at all is read', async () => {
    await using registry = await startFakeRegistry();
    const digest = registry.blob(Buffer.alloc(0));
    await using client = clientOf([registry]);
    expect(await client.readBlob(referenceIn(registry), { digest, sizeBytes: 0 }, 10, options)).toHaveLength(
      0,
    );
  });
});

test('storage that refuses does not count as a refused log-in, and its words are not shown', async () => {
  await using registry = await startFakeRegistry();
  await using storage = await startFakeRegistry();
  registry.rules.push(
    always('/blobs/', { status: 307, headers: { location: `${storage.origin}/signed?key=abcdef` } }),
  );
  storage.rules.push(always('/signed', problem(403, 'DENIED', 'expired')));
  await using client = clientOf([registry, storage]);
  const error = await errorOf(bytesOf(client.openBlob(referenceIn(registry), blob, options)));
  expect(error.code).toBe('REGISTRY_FAILED');
  expect(error.message).toContain(storage.host);
  expect(error.message).not.toMatch(/abcdef|expired/);
});
