import { describe, expect, test } from 'vitest';
import { guard, startFakeRegistry } from '../../../test/fixtures/fake-registry.ts';
import {
  clientOf,
  errorOf,
  MANIFEST_TYPE,
  options,
  referenceIn,
} from '../../../test/fixtures/registry-client.ts';
import { selfSigned } from '../../../test/fixtures/self-signed.ts';
import { passwordCredential } from '../credentials/credential.ts';
import { staticCredentials } from '../credentials/credentials.ts';
import { openRegistry } from './registry.ts';
import { anonymous } from '../credentials/credentials.ts';

const tls = selfSigned();

async function start(withTls: typeof tls) {
  const registry = await startFakeRegistry(withTls ? { tls: withTls } : {});
  registry.manifest('team/app', 'latest', '{}', MANIFEST_TYPE);
  return registry;
}

describe.skipIf(!tls)('a registry with a certificate that nobody knows (needs openssl)', () => {
  test('is refused with a hint, and not asked again', async () => {
    await using registry = await start(tls);
    await using client = clientOf([registry]);
    const error = await errorOf(client.fetchManifest(referenceIn(registry), options));
    expect(error).toMatchObject({ code: 'REGISTRY_TLS', kind: 'upstream' });
    expect(error.hint).toMatch(/--ca-cert.*--insecure/);
    expect(registry.seen).toEqual([]);
  });

  test('is trusted with its authority', async () => {
    await using registry = await start(tls);
    await using client = clientOf([registry], { caCertificates: [tls?.cert ?? ''] });
    expect((await client.fetchManifest(referenceIn(registry), options)).mediaType).toBe(MANIFEST_TYPE);
  });

  test('is trusted when it is listed, and only then', async () => {
    await using registry = await start(tls);
    await using client = clientOf([registry], { insecureTlsHosts: [registry.host] });
    expect((await client.fetchManifest(referenceIn(registry), options)).mediaType).toBe(MANIFEST_TYPE);
    await using strict = clientOf([registry], { insecureTlsHosts: ['127.0.0.1'] });
    expect((await errorOf(strict.fetchManifest(referenceIn(registry), options))).code).toBe('REGISTRY_TLS');
  });

  test('may not have its tokens fetched in the clear', async () => {
    await using registry = await start(tls);
    await using server = await start(undefined);
    registry.rules.push(guard('x', `Bearer realm="${server.origin}/token"`));
    const credentials = staticCredentials(passwordCredential('bob', 'pw-1234'));
    await using client = clientOf([registry, server], { insecureTlsHosts: [registry.host], credentials });
    expect((await errorOf(client.fetchManifest(referenceIn(registry), options))).code).toBe(
      'REGISTRY_PROTOCOL',
    );
    expect(server.seen).toEqual([]);
  });

  test('and a client certificate gets in with it', async () => {
    await using registry = await start(tls);
    const own = { certificate: tls?.cert ?? '', key: tls?.key ?? '' };
    const caCertificates = [tls?.cert ?? ''];
    await using client = clientOf([registry], {
      caCertificates,
      clientCertificates: { [registry.host]: own },
    });
    expect((await client.fetchManifest(referenceIn(registry), options)).mediaType).toBe(MANIFEST_TYPE);
  });
});

describe('a registry without TLS', () => {
  test('on this machine is found out', async () => {
    await using registry = await start(undefined);
    await using client = openRegistry({ credentials: anonymous });
    expect((await client.fetchManifest(referenceIn(registry), options)).mediaType).toBe(MANIFEST_TYPE);
  });
});

test.each([
  ['an authority', { caCertificates: ['garbage'] }],
  [
    'a client certificate',
    { clientCertificates: { 'r.example.com': { certificate: 'garbage', key: 'garbage' } } },
  ],
])('what is not %s is told at once', (_what, wrong) => {
  expect(() => openRegistry({ credentials: anonymous, ...wrong })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  );
});
