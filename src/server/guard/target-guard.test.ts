import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { Agent, request } from 'undici';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import { openTargetGuard, type TargetGuardOptions } from './target-guard.ts';
import { targetKind } from './target-kind.ts';

const signal = AbortSignal.timeout(60_000);
const addresses = (...list: string[]): LookupAddress[] =>
  list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

/** A world of few names. */
const NAMES: Readonly<Record<string, readonly LookupAddress[]>> = {
  'public.example': addresses('93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'),
  'x.localhost': addresses('127.0.0.1'),
  'inner.example': addresses('10.1.2.3'),
  'mixed.example': addresses('93.184.215.14', '127.0.0.1'),
  'rebound.example': addresses('169.254.169.254'),
  'six.example': addresses('fd00:ec2::254'),
};
const resolve = async (name: string): Promise<readonly LookupAddress[]> => {
  const found = NAMES[name];
  if (!found) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
  return found;
};
const check = (host: string, options: TargetGuardOptions = {}): Promise<void> =>
  openTargetGuard({ resolve, ...options }).check(host, { signal });
const isForbidden = expect.objectContaining({ code: 'TARGET_FORBIDDEN' }) as Error;

describe('an address is', () => {
  test.each([
    ['93.184.215.14', 'public'],
    ['10.0.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'public'],
    ['100.64.0.1', 'private'],
    ['198.19.0.1', 'private'],
    ['127.8.8.8', 'loopback'],
    ['0.0.0.0', 'forbidden'],
    ['169.254.169.254', 'forbidden'],
    ['169.254.0.1', 'forbidden'],
    ['100.100.100.200', 'forbidden'],
    ['168.63.129.16', 'forbidden'],
    ['224.0.0.1', 'forbidden'],
    ['255.255.255.255', 'forbidden'],
    ['192.0.2.1', 'forbidden'],
    ['::1', 'loopback'],
    ['::', 'forbidden'],
    ['fe80::1', 'forbidden'],
    ['fe80::1%eth0', 'forbidden'],
    ['fd00:ec2::254', 'forbidden'],
    ['fd12:3456::1', 'private'],
    ['2606:2800::1', 'public'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:a9fe:a9fe', 'forbidden'],
    ['0:0:0:0:0:ffff:10.0.0.1', 'private'],
    ['::10.0.0.1', 'private'],
    ['64:ff9b::169.254.169.254', 'forbidden'],
    ['64:ff9b::93.184.215.14', 'public'],
    ['64:ff9b:1::1', 'private'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:a9fe:a9fe::1', 'forbidden'],
    ['2001:0:1::1', 'private'],
    ['ff02::1', 'forbidden'],
    ['nonsense', 'forbidden'],
  ])('%s: %s', (address, kind) => expect(targetKind(address)).toBe(kind));

  test('the same however it is wrapped in IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const kind = targetKind(address);
        expect(targetKind(`::ffff:${address}`)).toBe(kind);
        expect(targetKind(`64:ff9b::${address}`)).toBe(kind);
      }),
    );
  });
});

describe('a registry', () => {
  test.each(['public.example', 'public.example:5000', '93.184.215.14', 'PUBLIC.example'])(
    '%s may be asked',
    (host) => expect(check(host)).resolves.toBeUndefined(),
  );
  test.each([
    'inner.example',
    'mixed.example:443',
    'rebound.example',
    'six.example',
    'localhost:5000',
    'x.localhost',
    '127.0.0.1:5000',
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '[::1]:5000',
    '::1',
    '[::ffff:10.0.0.1]',
    'metadata.google.internal',
    'METADATA.google.internal.',
    '169.254.169.254:80',
  ])('%s may not', (host) => expect(check(host)).rejects.toEqual(isForbidden));

  test('that the operator knows may lie in his network, but never where secrets are', async () => {
    const options = { privateRegistries: ['inner.example:5000', '*.localhost', '[::1]:5000', '*.169.254'] };
    await check('inner.example:5000', options);
    await check('x.localhost', options);
    await check('[::1]:5000', options);
    await expect(check('inner.example', options)).rejects.toEqual(isForbidden);
    await expect(check('169.254.169.254', options)).rejects.toEqual(isForbidden);
    await expect(check('rebound.example', { allowPrivate: true, allowLoopback: true })).rejects.toEqual(
      isForbidden,
    );
    await check('inner.example', { allowPrivate: true });
    await expect(check('mixed.example', { allowPrivate: true })).rejects.toEqual(isForbidden);
  });

  test('must be among the allowed, where there are such', async () => {
    const options = { allowedRegistries: ['*.example', 'registry.test:5000'], allowPrivate: true };
    await check('public.example', options);
    await check('public.example:8443', { allowedRegistries: ['public.example'] });
    await expect(check('public.example.evil.test', options)).rejects.toEqual(isForbidden);
    await expect(check('registry.test', options)).rejects.toEqual(isForbidden);
    await expect(check('public.example', { allowedRegistries: [] })).rejects.toEqual(isForbidden);
  });

  test.each([
    '',
    'a/b',
    'user@public.example',
    'a b',
    'public.example:x',
    'http://public.example',
    'a\\b',
    '[::1',
    'x'.repeat(500),
  ])('%s is none', (host) => expect(check(host)).rejects.toMatchObject({ code: 'REFERENCE_INVALID' }));

  test('without an address is not reachable', () =>
    expect(check('nowhere.example')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' }));

  test('of any name gives an answer or an error of ours', () =>
    fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.ipV6()), async (host) => {
        await check(host).catch((error: unknown) => expect(error).toBeInstanceOf(DrydockError));
      }),
    ));
});

describe('at the moment of connecting', () => {
  const listen = async (): Promise<{ port: number; connections: () => number } & AsyncDisposable> => {
    let count = 0;
    const server = createServer((_request, response) => void response.end());
    server.on('connection', () => count++);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return {
      port: (server.address() as AddressInfo).port,
      connections: () => count,
      [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())),
    };
  };

  test('a name that leads elsewhere than when it was checked is refused, and nothing is sent', async () => {
    await using here = await listen();
    const answers = [addresses('93.184.215.14'), addresses('127.0.0.1')];
    const guard = openTargetGuard({ resolve: async () => answers.shift() ?? [] });
    await guard.check(`rebinding.example:${here.port}`, { signal });
    const url = new URL(`http://rebinding.example:${here.port}/v2/`);
    await using agent = disposable(new Agent({ connect: { lookup: guard.lookupFor(url) } }));
    await expect(request(url, { dispatcher: agent.agent })).rejects.toMatchObject({
      code: 'TARGET_FORBIDDEN',
    });
    expect(here.connections()).toBe(0);
  });

  test('one that is known to be private is connected to', async () => {
    await using here = await listen();
    const url = new URL(`http://inner.test:${here.port}/`);
    const options = {
      privateRegistries: [`inner.test:${here.port}`],
      resolve: async () => addresses('127.0.0.1'),
    };
    await using agent = disposable(
      new Agent({ connect: { lookup: openTargetGuard(options).lookupFor(url) } }),
    );
    expect((await request(url, { dispatcher: agent.agent })).statusCode).toBe(200);
  });

  test.each([
    'http://169.254.169.254/latest',
    'https://[fd00:ec2::254]/',
    'http://metadata.google.internal/',
    'http://127.0.0.1/',
  ])('a redirect to %s is refused', (text) => {
    const guard = openTargetGuard({ allowedRegistries: ['public.example'] });
    expect(() => guard.assertUrl(new URL(text))).toThrow(isForbidden);
    expect(() => guard.assertUrl(new URL('https://cdn.example/blob'))).not.toThrow();
  });
});

function disposable(agent: Agent): { readonly agent: Agent } & AsyncDisposable {
  return { agent, [Symbol.asyncDispose]: () => agent.destroy() };
}
