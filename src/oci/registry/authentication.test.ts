import { describe, expect, test } from 'vitest';
import {
  always,
  guard,
  problem,
  script,
  startFakeRegistry,
  type FakeRegistry,
} from '../../../test/fixtures/fake-registry.ts';
import {
  clientOf,
  errorOf,
  everythingOf,
  MANIFEST_TYPE,
  options,
  referenceIn,
} from '../../../test/fixtures/registry-client.ts';
import { Secret } from '../../base/secret.ts';
import { passwordCredential, type RegistryCredential } from '../credentials/credential.ts';
import { firstOf, staticCredentials } from '../credentials/credentials.ts';

const PASSWORD = 'correct horse:battery';
const BASIC = `Basic ${Buffer.from(`bob:${PASSWORD}`).toString('base64')}`;
const bob = staticCredentials(passwordCredential('bob', PASSWORD));
const SCOPE = 'repository:team/app:pull';

async function registryWithImage(): Promise<FakeRegistry> {
  const registry = await startFakeRegistry();
  registry.manifest('team/app', 'latest', '{}', MANIFEST_TYPE);
  return registry;
}

/** Hands out `token-1`, `token-2`, … and lets in who has the newest one. */
function tokenServer(registry: FakeRegistry, origin = registry.origin, seconds = 300) {
  const state = { given: 0 };
  const challenge = () => `Bearer realm="${origin}/token",service="fake registry",scope="${SCOPE}"`;
  registry.rules.push((request) => guard(`Bearer token-${state.given}`, challenge)(request));
  const give = () => ({ body: JSON.stringify({ token: `token-${++state.given}`, expires_in: seconds }) });
  return { state, rule: ({ path }: { path: string }) => (path.startsWith('/token') ? give() : undefined) };
}

describe('a registry that wants Basic', () => {
  test('is shown user name and password, asked once what it wants', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(guard(BASIC, 'Basic realm="x"'));
    await using client = clientOf([registry], { credentials: bob });
    await client.fetchManifest(referenceIn(registry), options);
    await client.fetchManifest(referenceIn(registry), options);
    expect(registry.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, BASIC, BASIC]);
  });

  test('and refuses them: denied, with what to do, and without the password anywhere', async () => {
    await using registry = await registryWithImage();
    const echo = problem(401, 'UNAUTHORIZED', `bad ${BASIC} aka ${PASSWORD}`, {
      'www-authenticate': 'Basic realm="x"',
    });
    registry.rules.push(always('/v2/', echo));
    await using client = clientOf([registry], { credentials: bob });
    const error = await errorOf(client.fetchManifest(referenceIn(registry), options));
    expect(error).toMatchObject({ code: 'REGISTRY_DENIED', kind: 'denied' });
    expect(error.hint).toContain('docker login');
    expect(everythingOf(error)).not.toMatch(/battery|Basic [A-Za-z0-9]/);
    expect(registry.seen).toHaveLength(2);
  });

  test('and knows nobody: says that the image is missing or private', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(guard(BASIC, 'Basic realm="x"'));
    await using client = clientOf([registry]);
    const error = await errorOf(client.fetchManifest(referenceIn(registry), options));
    expect(error.code).toBe('REGISTRY_DENIED');
    expect(error.message).toContain('does not exist, or is private');
    expect(error.hint).toContain('--password-stdin');
  });
});

describe('a registry that wants a token', () => {
  test('gets one for the repository, fetched once for many who ask at the same time', async () => {
    await using registry = await registryWithImage();
    const tokens = tokenServer(registry);
    registry.rules.push(tokens.rule);
    await using client = clientOf([registry], { credentials: bob });
    await Promise.all(Array.from({ length: 5 }, () => client.fetchManifest(referenceIn(registry), options)));
    const [asked, ...more] = registry.seen.filter(({ path }) => path.startsWith('/token'));
    expect(more).toEqual([]);
    expect(asked?.headers.authorization).toBe(BASIC);
    const query = new URL(asked?.path ?? '', registry.origin).searchParams;
    expect([query.get('service'), query.getAll('scope')]).toEqual(['fake registry', [SCOPE]]);
  });

  test('gives one to anybody for a public image', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(tokenServer(registry).rule);
    await using client = clientOf([registry]);
    await client.fetchManifest(referenceIn(registry), options);
    expect(
      registry.seen.find(({ path }) => path.startsWith('/token'))?.headers.authorization,
    ).toBeUndefined();
  });

  test('may have its token server on another host, which is shown the credentials', async () => {
    await using registry = await registryWithImage();
    await using server = await startFakeRegistry();
    server.rules.push(tokenServer(registry, server.origin).rule);
    await using client = clientOf([registry, server], { credentials: bob });
    await client.fetchManifest(referenceIn(registry), options);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([BASIC]);
  });

  test('has a token renewed once when it no longer takes it', async () => {
    await using registry = await registryWithImage();
    const tokens = tokenServer(registry);
    registry.rules.push(tokens.rule);
    await using client = clientOf([registry], { credentials: bob });
    await client.fetchManifest(referenceIn(registry), options);
    tokens.state.given++; // the old one is void
    await client.fetchManifest(referenceIn(registry), options);
    expect(registry.asked().filter((path) => path.includes('/token'))).toHaveLength(2);
  });

  test('that never takes one is not asked for ever', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(guard('nothing', `Bearer realm="${registry.origin}/token"`));
    registry.rules.push(always('/token', { body: '{"access_token":"t"}' }));
    await using client = clientOf([registry], { credentials: bob });
    const error = await errorOf(client.fetchManifest(referenceIn(registry), options));
    expect(error.code).toBe('REGISTRY_DENIED');
    expect(registry.seen.length).toBeLessThan(8);
  });

  test('has a short-lived token fetched anew when it has run out', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(tokenServer(registry, registry.origin, 0.05).rule);
    await using client = clientOf([registry]);
    await client.fetchManifest(referenceIn(registry), options);
    await new Promise((resolve) => setTimeout(resolve, 80));
    await client.fetchManifest(referenceIn(registry), options);
    const unauthorised = registry.seen.filter(
      ({ path, headers }) => path !== '/v2/' && path.startsWith('/v2') && !headers.authorization,
    );
    expect(unauthorised).toEqual([]);
    expect(registry.asked().filter((path) => path.includes('/token'))).toHaveLength(2);
  });

  test('puts a scope that is asked for anew first', async () => {
    await using registry = await registryWithImage();
    const wanted = `repository:team/base:pull ${SCOPE}`;
    registry.rules.push(
      script(
        '/v2/',
        problem(401, 'UNAUTHORIZED', '', { 'www-authenticate': `Bearer realm="${registry.origin}/token"` }),
      ),
    );
    registry.rules.push((request) =>
      guard(
        'Bearer wide',
        `Bearer realm="${registry.origin}/token",error="insufficient_scope",scope="${wanted}"`,
      )(request),
    );
    registry.rules.push(({ path }) =>
      path.startsWith('/token')
        ? { body: JSON.stringify({ token: path.includes('base') ? 'wide' : 'narrow' }) }
        : undefined,
    );
    await using client = clientOf([registry]);
    await client.fetchManifest(referenceIn(registry), options);
    const last = registry.seen.filter(({ path }) => path.startsWith('/token')).at(-1);
    expect(new URL(last?.path ?? '', registry.origin).searchParams.getAll('scope')).toEqual([
      'repository:team/base:pull',
      SCOPE,
    ]);
  });

  test('whose token server refuses the password: denied', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(guard('x', `Bearer realm="${registry.origin}/token"`));
    registry.rules.push(
      always('/token', { status: 401, body: JSON.stringify({ details: `incorrect ${PASSWORD}` }) }),
    );
    await using client = clientOf([registry], { credentials: bob });
    const error = await errorOf(client.fetchManifest(referenceIn(registry), options));
    expect(error.code).toBe('REGISTRY_DENIED');
    expect(error.message).toContain('incorrect [secret]');
  });

  test('whose token server redirects a log-in: refused', async () => {
    await using registry = await registryWithImage();
    await using elsewhere = await startFakeRegistry();
    registry.rules.push(guard('x', `Bearer realm="${registry.origin}/token"`));
    registry.rules.push(
      always('/token', { status: 307, headers: { location: `${elsewhere.origin}/token` } }),
    );
    await using client = clientOf([registry, elsewhere], { credentials: bob });
    const error = await errorOf(client.fetchManifest(referenceIn(registry), options));
    expect(error.code).toBe('REGISTRY_PROTOCOL');
    expect(elsewhere.seen).toEqual([]);
  });

  test.each([
    ['no JSON', 'hello'],
    ['no token', '{}'],
    ['a token that breaks the header', '{"token":"a\\r\\nx: y"}'],
    ['a token that is no text', '{"token":{"toString":1}}'],
    ['too much', `{"token":"${'x'.repeat(300_000)}"}`],
  ])('whose token server gives %s: a protocol error', async (_what, body) => {
    await using registry = await registryWithImage();
    registry.rules.push(guard('x', `Bearer realm="${registry.origin}/token"`), always('/token', { body }));
    await using client = clientOf([registry]);
    expect((await errorOf(client.fetchManifest(referenceIn(registry), options))).code).toBe(
      'REGISTRY_PROTOCOL',
    );
  });
});

describe('an identity token', () => {
  const identity: RegistryCredential = { kind: 'identity-token', token: new Secret('identity-xyz') };

  test('is exchanged by a form', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(guard('Bearer t', `Bearer realm="${registry.origin}/token",service="s"`));
    registry.rules.push(always('/token', { body: '{"access_token":"t"}' }));
    await using client = clientOf([registry], { credentials: staticCredentials(identity) });
    await client.fetchManifest(referenceIn(registry), options);
    const asked = registry.seen.find(({ path }) => path.startsWith('/token'));
    expect(asked?.method).toBe('POST');
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'identity-xyz',
      client_id: 'drydock',
      service: 's',
      scope: SCOPE,
    });
  });

  test('is shown as a password where forms are unknown', async () => {
    await using registry = await registryWithImage();
    registry.rules.push(guard('Bearer t', `Bearer realm="${registry.origin}/token"`));
    registry.rules.push(({ method, path }) => {
      if (!path.startsWith('/token')) return undefined;
      return method === 'POST' ? { status: 404 } : { body: '{"token":"t"}' };
    });
    await using client = clientOf([registry], { credentials: staticCredentials(identity) });
    await client.fetchManifest(referenceIn(registry), options);
    const asked = registry.seen.filter(({ path }) => path.startsWith('/token'));
    expect(asked.map(({ method }) => method)).toEqual(['POST', 'GET']);
  });
});

test('a registry token is sent as it is', async () => {
  await using registry = await registryWithImage();
  registry.rules.push(guard('Bearer given', `Bearer realm="${registry.origin}/token"`));
  const credentials = staticCredentials({ kind: 'registry-token', token: new Secret('given') });
  await using client = clientOf([registry], { credentials });
  await client.fetchManifest(referenceIn(registry), options);
  expect(registry.asked().filter((path) => path.includes('/token'))).toEqual([]);
});

test('credentials for one registry are not shown to another', async () => {
  await using registry = await registryWithImage();
  registry.rules.push(guard(BASIC, 'Basic realm="x"'));
  const credentials = firstOf([
    staticCredentials(passwordCredential('bob', PASSWORD), 'registry.example.com'),
  ]);
  await using client = clientOf([registry], { credentials });
  expect((await errorOf(client.fetchManifest(referenceIn(registry), options))).code).toBe('REGISTRY_DENIED');
  expect(registry.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
});
