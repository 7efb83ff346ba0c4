import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { openHostGates } from '../../oci/registry/host-gates.ts';
import { openTransport, type Transport } from '../../oci/registry/transport.ts';
import { openServerConnection } from './server-connection.ts';

let server: Server | undefined;
let transport: Transport | undefined;
afterEach(async () => {
  await transport?.[Symbol.asyncDispose]();
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
});

async function listen(listener: RequestListener): Promise<URL> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

async function ask(listener: RequestListener, timeoutMs = 1000) {
  const url = await listen(listener);
  transport = openTransport(
    {
      userAgent: 'test',
      insecureTlsHosts: [],
      caCertificates: [],
      caCertificatesByHost: {},
      clientCertificates: {},
      proxy: {},
      timeoutMs,
    },
    openHostGates(4),
  );
  const parts = { transport, host: url.host, hasToken: false, retryBaseDelayMs: 1 };
  const body = Buffer.from('sent');
  return openServerConnection(parts).ask(
    { method: 'PUT', url, body },
    { signal: AbortSignal.timeout(20_000) },
  );
}

describe('a connection with a server', () => {
  test('sends bytes and gives what comes back', async () => {
    const { status, body } = await ask((request, response) => void request.pipe(response));
    expect([status, Buffer.from(body).toString()]).toEqual([200, 'sent']);
  });

  test.each([429, 502, 503, 504])('tries again after %i', async (status) => {
    let asked = 0;
    await ask((_request, response) => void response.writeHead(++asked < 10 ? status : 200).end());
    expect(asked).toBe(10);
  });

  test('gives up after ten', async () => {
    let asked = 0;
    const failing = ask((_request, response) => void (asked++, response.writeHead(503).end()));
    await expect(failing).rejects.toMatchObject({ code: 'SERVER_FAILED' });
    expect(asked).toBe(10);
  });

  test('does not wait for longer than makes sense', async () => {
    let asked = 0;
    const failing = ask((_request, response) => {
      asked++;
      response.writeHead(503, { 'retry-after': '86400' }).end();
    });
    await expect(failing).rejects.toMatchObject({ code: 'SERVER_FAILED' });
    expect(asked).toBe(1);
  });

  test('tries again when the connection breaks', async () => {
    let asked = 0;
    await ask((request, response) => void (++asked < 3 ? request.socket.destroy() : response.end()));
    expect(asked).toBe(3);
  });

  test.each([
    [400, 'SERVER_FAILED'],
    [401, 'SERVER_DENIED'],
    [403, 'SERVER_DENIED'],
    [404, 'SERVER_PROTOCOL'],
    [307, 'SERVER_PROTOCOL'],
    [500, 'SERVER_FAILED'],
  ])('%i is told as %s, once', async (status, code) => {
    let asked = 0;
    const failing = ask((_request, response) => void (asked++, response.writeHead(status).end()));
    await expect(failing).rejects.toMatchObject({ code });
    expect(asked).toBe(1);
  });

  test("a server's own words are told, without what a terminal would obey", async () => {
    const failing = ask((_request, response) => {
      response.writeHead(400).end(JSON.stringify({ code: 'malformed', msg: 'no \u001b[31m good' }));
    });
    await expect(failing).rejects.toThrow(/answered 400: "no \\u001b\[31m good"$/);
  });
});
