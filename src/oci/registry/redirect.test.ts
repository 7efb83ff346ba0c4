import { expect, test } from 'vitest';
import { always, guard, startFakeRegistry } from '../../../test/fixtures/fake-registry.ts';
import { bytesOf, clientOf, errorOf, options, referenceIn } from '../../../test/fixtures/registry-client.ts';
import { passwordCredential } from '../credentials/credential.ts';
import { staticCredentials } from '../credentials/credentials.ts';
import { sendFollowing } from './redirect.ts';
import type { HttpAnswer, HttpRequest, Transport } from './transport.ts';

const BASIC = `Basic ${Buffer.from('bob:pw-1234').toString('base64')}`;
const credentials = staticCredentials(passwordCredential('bob', 'pw-1234'));

test('a blob kept elsewhere is fetched there without credentials, and taken up through the registry', async () => {
  const content = Buffer.alloc(200_000, 'x');
  await using registry = await startFakeRegistry();
  await using storage = await startFakeRegistry();
  const digest = storage.blob(content);
  registry.rules.push(guard(BASIC, 'Basic realm="x"'));
  registry.rules.push(
    always('/blobs/', { status: 307, headers: { location: `${storage.origin}/v2/b/blobs/${digest}` } }),
  );
  let cuts = 1;
  storage.rules.push(() => (cuts-- > 0 ? { body: content, cutAfter: 70_000 } : undefined));
  await using client = clientOf([registry, storage], { credentials });
  const bytes = await bytesOf(
    client.openBlob(referenceIn(registry), { digest, sizeBytes: content.length }, options),
  );
  expect(bytes.equals(content)).toBe(true);
  expect(storage.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  expect(registry.seen.filter(({ path }) => path.includes('/blobs/'))).toHaveLength(2);
});

test('a challenge of another host is not met', async () => {
  await using registry = await startFakeRegistry();
  await using storage = await startFakeRegistry();
  registry.rules.push(guard(BASIC, 'Basic realm="x"'));
  registry.rules.push(always('/blobs/', { status: 302, headers: { location: `${storage.origin}/v2/x` } }));
  storage.rules.push(guard('x', `Basic realm="give me"`));
  await using client = clientOf([registry, storage], { credentials });
  const { digest } = { digest: storage.blob(Buffer.from('x')) };
  const error = await errorOf(bytesOf(client.openBlob(referenceIn(registry), { digest }, options)));
  expect(error.code).toBe('REGISTRY_FAILED');
  expect(storage.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
});

test('redirects in a circle end', async () => {
  await using registry = await startFakeRegistry();
  registry.rules.push(
    always('/manifests/', { status: 301, headers: { location: '/v2/team/app/manifests/latest' } }),
  );
  await using client = clientOf([registry]);
  expect((await errorOf(client.fetchManifest(referenceIn(registry), options))).code).toBe(
    'REGISTRY_PROTOCOL',
  );
  expect(registry.seen.length).toBeLessThan(10);
});

/** Redirects once, from `from` to `to`, and says what was asked in the end. */
async function follow(from: string, to: string, plainHttp: string[] = []): Promise<HttpRequest[]> {
  const asked: HttpRequest[] = [];
  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    asked.push(request);
    const isFirst = asked.length === 1;
    const body = { dump: async () => undefined } as unknown as HttpAnswer['body'];
    return { status: isFirst ? 307 : 200, url: request.url, headers: isFirst ? { location: to } : {}, body };
  };
  const transport: Transport = { send, [Symbol.asyncDispose]: async () => undefined };
  const request = {
    method: 'GET',
    url: new URL(from),
    headers: { authorization: 'Bearer t', range: 'bytes=1-' },
  } as const;
  await sendFollowing(transport, request, (url) => plainHttp.includes(url.host), options);
  return asked;
}

test.each([
  ['/other', 'https://r.example.com/other'],
  ['https://r.example.com:443/other', 'https://r.example.com/other'],
])('a redirect within the host (%s) keeps all headers', async (to, expected) => {
  const asked = await follow('https://r.example.com/v2/x', to);
  expect(asked[1]).toMatchObject({
    url: new URL(expected),
    headers: { authorization: 'Bearer t', range: 'bytes=1-' },
  });
});

test.each([
  'https://cdn.example.com/x',
  'https://r.example.com:8443/x',
  '//cdn.example.com/x',
  'https://10.1.2.3/x',
])('a redirect to another host or port (%s) drops the authorization only', async (to) => {
  const asked = await follow('https://r.example.com/v2/x', to);
  expect(asked[1]?.headers).toEqual({ range: 'bytes=1-' });
});

test.each([
  'http://cdn.example.com/x',
  'http://r.example.com/x',
  'ftp://cdn.example.com/x',
  'file:///etc/passwd',
  'https://user:pw@cdn.example.com/x',
  'https://127.0.0.1/x',
  'https://localhost/x',
  'https://[::ffff:127.0.0.1]/x',
  'https://169.254.169.254/latest/meta-data',
  'https://0/x',
  'https://',
])('a redirect to %s is refused', async (to) => {
  await expect(follow('https://r.example.com/v2/x', to)).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL' });
});

test('plain http may follow https where that host was allowed it', async () => {
  expect(
    await follow('https://r.example.com/v2/x', 'http://minio.internal:9000/x', ['minio.internal:9000']),
  ).toHaveLength(2);
});
