import { describe, expect, test } from 'vitest';
import {
  always,
  problem,
  script,
  startFakeRegistry,
  type FakeRegistry,
} from '../../../test/fixtures/fake-registry.ts';
import {
  clientOf,
  errorOf,
  MANIFEST_TYPE,
  noticesDuring,
  options,
  referenceIn,
} from '../../../test/fixtures/registry-client.ts';

async function registryWithImage(): Promise<FakeRegistry> {
  const registry = await startFakeRegistry();
  registry.manifest('team/app', 'latest', '{}', MANIFEST_TYPE);
  registry.manifest('team/app', 'other', '{}', MANIFEST_TYPE);
  return registry;
}

const manifestsAsked = (registry: FakeRegistry) =>
  registry.seen.filter(({ path }) => path.includes('/manifests/'));

describe('a registry that is in trouble', () => {
  test.each([408, 429, 499, 500, 502, 503, 504, 522])('is asked again after %d', async (status) => {
    await using registry = await registryWithImage();
    registry.rules.push(script('/manifests/', { status }, { status }));
    await using client = clientOf([registry]);
    const heard = await noticesDuring(() => client.fetchManifest(referenceIn(registry), options));
    expect(heard).toHaveLength(2);
    expect(heard[0]?.message).toContain(`answered ${status}; trying again`);
  });

  test.each([400, 406, 410, 418, 501])('is not asked again after %d', async (status) => {
    await using registry = await registryWithImage();
    registry.rules.push(always('/manifests/', { status }));
    await using client = clientOf([registry]);
    expect((await errorOf(client.fetchManifest(referenceIn(registry), options))).code).toBe(
      'REGISTRY_FAILED',
    );
    expect(manifestsAsked(registry)).toHaveLength(1);
  });

  test('is given up after so many times', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(always('/manifests/', problem(503, 'UNAVAILABLE', 'down for maintenance')));
    await using client = clientOf([registry], { maxRetries: 2 });
    const error = await errorOf(client.fetchManifest(referenceIn(registry), options));
    expect(error).toMatchObject({ code: 'REGISTRY_FAILED', kind: 'upstream' });
    expect(error.message).toContain('down for maintenance');
    expect(manifestsAsked(registry)).toHaveLength(3);
  });

  test('is asked again when it cuts the connection', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(script('/manifests/', { body: '{}', cutAfter: 0 }, { body: '{}', cutAfter: 1 }));
    await using client = clientOf([registry]);
    expect((await client.fetchManifest(referenceIn(registry), options)).mediaType).toBe(MANIFEST_TYPE);
  });

  test('is asked again when it does not answer in time', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(script('/manifests/', { headers: { 'content-length': '10' }, body: '' }));
    await using client = clientOf([registry], { timeoutSeconds: 0.1 });
    expect((await client.fetchManifest(referenceIn(registry), options)).mediaType).toBe(MANIFEST_TYPE);
  });
});

describe('a registry that says "too many requests"', () => {
  const busy = problem(429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '1' });

  test('is left alone by everybody for as long as it asks, then answers', async () => {
    await using registry = await registryWithImage();
    await using client = clientOf([registry]);
    await client.fetchManifest(referenceIn(registry), options);
    registry.rules.push(script('/manifests/', busy));
    const began = Date.now();
    const first = client.fetchManifest(referenceIn(registry), options);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const other = client.fetchManifest(referenceIn(registry, 'other'), options);
    await Promise.race([first, other]);
    expect(Date.now() - began).toBeGreaterThan(950);
    await Promise.all([first, other]);
  });

  test('for longer than anybody waits: busy, with the wait and a hint', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(
      always('/manifests/', problem(429, 'TOOMANYREQUESTS', 'quota', { 'retry-after': '21600' })),
    );
    await using client = clientOf([registry]);
    const error = await errorOf(client.fetchManifest(referenceIn(registry), options));
    expect(error).toMatchObject({ code: 'REGISTRY_BUSY', kind: 'upstream' });
    expect(error.message).toContain('21600 s');
    expect(error.hint).toContain('logged in');
    expect(manifestsAsked(registry)).toHaveLength(1);
  });

  test('can be waited for no longer than the caller likes', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(always('/manifests/', busy));
    await using client = clientOf([registry]);
    const signal = AbortSignal.timeout(50);
    const outcome = await client
      .fetchManifest(referenceIn(registry), { signal })
      .catch((error: unknown) => error);
    expect(outcome).toBe(signal.reason);
  });
});

describe('a registry that is not there', () => {
  test('is not asked again', async () => {
    const registry = await registryWithImage();
    const reference = referenceIn(registry);
    await using client = clientOf([registry]);
    await registry[Symbol.asyncDispose]();
    const heard = await noticesDuring(async () => {
      const error = await errorOf(client.fetchManifest(reference, options));
      expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', kind: 'upstream' });
    });
    expect(heard).toEqual([]);
  });
});

test('a warning is passed on once, with nothing in it that a terminal would obey', async () => {
  await using registry = await registryWithImage();
  const warning = '299 - "this tag \\"latest\\" goes away\u009b31m"';
  const headers = { 'content-type': MANIFEST_TYPE, warning: ['199 - "not this"', warning] };
  registry.rules.push(always('/manifests/', { headers, body: '{}' }));
  await using client = clientOf([registry]);
  const heard = await noticesDuring(async () => {
    await client.fetchManifest(referenceIn(registry), options);
    await client.fetchManifest(referenceIn(registry), options);
  });
  expect(heard).toHaveLength(1);
  expect(heard[0]).toMatchObject({ code: 'REGISTRY_WARNING' });
  expect(heard[0]?.message).toContain('goes away');
  expect(heard[0]?.message).not.toContain('\u009b');
});

test.each([
  ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>secret page</html>' }, /answered 400$/],
  ['text with escapes', { body: 'no \u001b[31mway' }, /answered 400: "no \\u001b\[31mway"$/],
  ['endless text', { body: 'x'.repeat(100_000) }, /answered 400$/],
  ['deep JSON', { body: '['.repeat(10_000) }, /answered 400: "\[\[/],
  ['odd errors', { body: '{"errors":[1,null,{"code":{},"message":"m"}]}' }, /answered 400: "m"$/],
  ['OAuth', { body: '{"error":"invalid","error_description":"told in full"}' }, /"told in full"$/],
])('an error that comes with %s is told fit to be seen', async (_what, answer, expected) => {
  await using registry = await registryWithImage();
  registry.rules.push(always('/manifests/', { status: 400, ...answer }));
  await using client = clientOf([registry]);
  expect((await errorOf(client.fetchManifest(referenceIn(registry), options))).message).toMatch(expected);
});
