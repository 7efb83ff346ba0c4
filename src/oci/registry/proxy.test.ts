import { connect } from 'node:net';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { anonymous } from '../credentials/credentials.ts';
import { errorOf, everythingOf, options } from '../../../test/fixtures/registry-client.ts';
import { startFakeRegistry, always } from '../../../test/fixtures/fake-registry.ts';
import { selfSigned } from '../../../test/fixtures/self-signed.ts';
import { proxyChooser, type ProxyOptions } from './proxy.ts';
import { openRegistry } from './registry.ts';

const both = { http: 'http://plain-proxy:3128', https: 'http://proxy:3128' };

test.each<[string, ProxyOptions, string | undefined]>([
  ['https://r.example.com/', both, 'http://proxy:3128'],
  ['http://r.example.com/', both, 'http://plain-proxy:3128'],
  ['https://r.example.com/', { http: both.http }, undefined],
  ['https://r.example.com/', { https: 'proxy:3128' }, 'http://proxy:3128'],
  ['https://r.example.com/', { https: '' }, undefined],
  ['https://localhost/', both, undefined],
  ['http://127.0.0.1:5000/', both, undefined],
  ['https://[::1]/', both, undefined],
  ['https://r.example.com/', { ...both, noProxy: '*' }, undefined],
  ['https://r.example.com/', { ...both, noProxy: 'a, example.com' }, undefined],
  ['https://r.example.com/', { ...both, noProxy: '.example.com' }, undefined],
  ['https://r.example.com/', { ...both, noProxy: '*.Example.com' }, undefined],
  ['https://badexample.com/', { ...both, noProxy: 'example.com' }, 'http://proxy:3128'],
  ['https://r.example.com/', { ...both, noProxy: 'r.example.com:5000' }, 'http://proxy:3128'],
  ['https://r.example.com:5000/', { ...both, noProxy: 'r.example.com:5000' }, undefined],
  ['https://r.example.com/', { ...both, noProxy: 'r.example.com:443' }, undefined],
  ['https://10.1.2.3/', { ...both, noProxy: '10.0.0.0/8' }, undefined],
  ['https://11.1.2.3/', { ...both, noProxy: '10.0.0.0/8' }, 'http://proxy:3128'],
  ['https://10.1.2.3/', { ...both, noProxy: '10.1.2.3' }, undefined],
  ['https://[fd00::1]/', { ...both, noProxy: 'fd00::/8' }, undefined],
  ['https://r.example.com/', { ...both, noProxy: '10.0.0.0/99, /8, :, [, .' }, 'http://proxy:3128'],
])('%s with %j goes through %s', (url, proxy, expected) => {
  expect(proxyChooser(proxy)(new URL(url))?.origin).toBe(expected);
});

test.each(['socks5://proxy:1080', 'http://bob:pw-1234@[bad', 'ftp://bob:pw-1234@x'])(
  '%s is no proxy we know',
  (https) => {
    expect(() => proxyChooser({ https })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => proxyChooser({ https })).not.toThrow(/1234/);
  },
);

interface Proxy extends AsyncDisposable {
  readonly port: number;
  readonly asked: { line: string; authorization: string | undefined }[];
}

/** Leads everything to one place, or refuses it. */
async function startProxy(target: string, refuse = false): Promise<Proxy> {
  const asked: Proxy['asked'] = [];
  const note = (request: IncomingMessage): void =>
    void asked.push({
      line: `${request.method} ${request.url}`,
      authorization: request.headers['proxy-authorization'],
    });
  const [hostname = '', port] = target.split(':');
  const server = createServer((request, response) => {
    note(request);
    response.writeHead(refuse ? 407 : 200, { 'content-type': 'application/json' }).end('{}');
  });
  server.on('connect', (request: IncomingMessage, socket) => {
    note(request);
    if (refuse) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const onward = connect(Number(port), hostname, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    onward
      .on('error', () => socket.destroy())
      .pipe(socket)
      .on('error', () => onward.destroy())
      .pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const reference = { registry: 'r.example.com', repository: 'team/app', tag: 'latest' };
const tls = selfSigned();

describe('through a proxy', () => {
  test.skipIf(!tls)("https is tunnelled, with the proxy's own credentials (needs openssl)", async () => {
    await using registry = await startFakeRegistry(tls ? { tls } : {});
    registry.rules.push(always('/manifests/', { body: '{}' }));
    await using proxy = await startProxy(registry.host);
    const https = `http://bob:p%40ss@127.0.0.1:${proxy.port}`;
    await using client = openRegistry({
      credentials: anonymous,
      proxy: { https },
      insecureTlsHosts: ['r.example.com'],
    });
    await client.fetchManifest(reference, options);
    expect(proxy.asked[0]).toEqual({
      line: 'CONNECT r.example.com:443',
      authorization: `Basic ${btoa('bob:p@ss')}`,
    });
    expect(registry.seen.every(({ headers }) => headers['proxy-authorization'] === undefined)).toBe(true);
    expect(registry.seen.at(-1)?.headers.host).toBe('r.example.com');
  });

  test('plain http is asked for by its whole address', async () => {
    await using proxy = await startProxy('');
    const http = `http://bob:pw-1234@127.0.0.1:${proxy.port}`;
    await using client = openRegistry({
      credentials: anonymous,
      proxy: { http },
      plainHttpHosts: ['r.example.com'],
    });
    await client.fetchManifest(reference, options);
    expect(proxy.asked[1]?.line).toBe('GET http://r.example.com/v2/team/app/manifests/latest');
    expect(proxy.asked[1]?.authorization).toBe(`Basic ${btoa('bob:pw-1234')}`);
  });

  test.each(['http', 'https'] as const)(
    'that refuses us: unreachable, without its password (%s)',
    async (scheme) => {
      await using proxy = await startProxy('', true);
      const url = `http://bob:pw-1234@127.0.0.1:${proxy.port}`;
      const plainHttpHosts = scheme === 'http' ? ['r.example.com'] : [];
      await using client = openRegistry({
        credentials: anonymous,
        proxy: { http: url, https: url },
        plainHttpHosts,
        retryBaseDelayMs: 1,
      });
      const error = await errorOf(client.fetchManifest(reference, options));
      expect(error.kind).toBe('upstream');
      expect(error.message).toContain('407');
      expect(everythingOf(error)).not.toMatch(/pw-1234|Basic [A-Za-z0-9]/);
    },
  );
});
