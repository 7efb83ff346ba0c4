import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Scope } from '../caller.ts';
import { openOidc, type OidcOptions } from './oidc.ts';

type Keys = { publicKey: CryptoKey; privateKey: CryptoKey };

/** An issuer that tells its configuration and its keys, as far as `answers` lets it. */
interface Issuer {
  readonly url: string;
  readonly asked: string[];
  answers: { configuration?: unknown; keys?: unknown; status?: number };
  readonly server: Server;
}

let issuer: Issuer;
let es256: Keys;

beforeEach(async () => {
  es256 = await generateKeyPair('ES256');
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    issuer.asked.push(path);
    const { configuration, keys, status = 200 } = issuer.answers;
    response.statusCode = status;
    response.end(JSON.stringify(path.includes('.well-known') ? configuration : keys));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const key = { ...(await exportJWK(es256.publicKey)), kid: 'k1', alg: 'ES256' };
  const answers = { configuration: { issuer: url, jwks_uri: `${url}/keys` }, keys: { keys: [key] } };
  issuer = { url, asked: [], answers, server };
});
afterEach(() => new Promise((resolve) => issuer.server.close(resolve)));

const rules = {
  scopePrefix: 'drydock:',
  groupsClaim: 'realm.groups',
  scopesByGroup: new Map<string, readonly Scope[]>([['security', ['admin']]]),
  nameClaim: 'email',
};
const options = (more: Partial<OidcOptions> = {}): OidcOptions => ({
  issuer: issuer.url,
  audience: ['drydock'],
  rules,
  ...more,
});

function sign(
  claims: JWTPayload,
  header: { alg?: string; kid?: string } = {},
  key: CryptoKey | Uint8Array = es256.privateKey,
) {
  return new SignJWT({ sub: 'u1', iss: issuer.url, aud: 'drydock', scope: 'drydock:scan openid', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header })
    .setExpirationTime(claims.exp ?? '5m')
    .sign(key);
}

describe('a token', () => {
  test('names its caller and what he may do', async () => {
    const verify = openOidc(options());
    const caller = await verify(await sign({ email: 'ada@example.com' }));
    expect([caller?.name, [...(caller?.scopes ?? [])]]).toEqual(['oidc:ada@example.com', ['read', 'scan']]);
    expect((await verify(await sign({ scope: '', realm: { groups: ['security'] } })))?.scopes).toContain(
      'admin',
    );
    expect((await verify(await sign({ scope: undefined, scp: ['drydock:read'] })))?.name).toBe('oidc:u1');
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  test.each<[string, () => Promise<string>]>([
    ['has no scope of ours', () => sign({ scope: 'scan admin' })],
    ['is for somebody else', () => sign({ aud: 'other' })],
    ['is from somebody else', () => sign({ iss: 'https://other.example' })],
    ['has expired', () => sign({ exp: Math.floor(Date.now() / 1000) - 120 })],
    ['is not valid yet', () => sign({ nbf: Math.floor(Date.now() / 1000) + 120 })],
    ['is signed by another key', async () => sign({}, {}, (await generateKeyPair('ES256')).privateKey)],
    ['is signed by a secret', () => sign({}, { alg: 'HS256' }, new Uint8Array(32))],
    ['has a key that nobody knows', () => sign({}, { kid: 'k2' })],
    [
      'is not signed',
      async () =>
        unsigned({ sub: 'u1', iss: issuer.url, aud: 'drydock', exp: 9999999999, scope: 'drydock:admin' }),
    ],
    ['is no token', async () => 'eyJhbGciOiJFUzI1NiJ9.x.y'],
    ['is nothing', async () => ''],
  ])('that %s is not valid', async (_, make) => {
    expect(await openOidc(options())(await make())).toBeUndefined();
  });

  test('within the tolerance of clocks is valid', async () => {
    const verify = openOidc(options({ clockToleranceSeconds: 60 }));
    expect(await verify(await sign({ exp: Math.floor(Date.now() / 1000) - 30 }))).toBeDefined();
  });

  test.each(['RS256', 'EdDSA'])('signed with %s is valid', async (alg) => {
    const pair = await generateKeyPair(alg);
    issuer.answers.keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg }] };
    expect(await openOidc(options())(await sign({}, { alg }, pair.privateKey))).toBeDefined();
  });
});

describe('an issuer', () => {
  test('is not asked because of tokens of others', async () => {
    await openOidc(options())(await sign({ iss: 'https://other.example' }));
    expect(issuer.asked).toEqual([]);
  });

  test.each<[string, () => void]>([
    ['fails', () => (issuer.answers.status = 500)],
    [
      'calls itself otherwise',
      () => (issuer.answers.configuration = { issuer: 'https://x.example', jwks_uri: `${issuer.url}/keys` }),
    ],
    ['tells no keys', () => (issuer.answers.configuration = { issuer: issuer.url })],
    ['has keys of no kind', () => (issuer.answers.keys = 'nothing')],
    ['has keys without end', () => (issuer.answers.keys = { keys: [], more: 'x'.repeat(1024 * 1024) })],
    ['has too many keys', () => (issuer.answers.keys = { keys: Array(300).fill({ kty: 'oct' }) })],
  ])('that %s is a fault of the server, not of the token', async (_, breakIt) => {
    breakIt();
    await expect(openOidc(options())(await sign({}))).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });

  test('that failed is asked again after a while, not at once', async () => {
    let now = Date.now();
    const verify = openOidc(options({ retryMs: 10_000, now: () => now }));
    const token = await sign({});
    issuer.answers.status = 500;
    for (let times = 0; times < 5; times++) await expect(verify(token)).rejects.toThrow();
    expect(issuer.asked).toHaveLength(1);
    issuer.answers.status = 200;
    now += 11_000;
    expect(await verify(token)).toBeDefined();
  });

  test('over plain http is refused, but on this machine', () => {
    expect(() => openOidc(options({ issuer: 'http://issuer.example' }))).toThrow(/https/);
    expect(() => openOidc(options({ issuer: 'nothing' }))).toThrow(/https/);
  });
});

function unsigned(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', kid: 'k1' })}.${part(claims)}.`;
}
