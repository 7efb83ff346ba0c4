import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestServer, type TestServer, type TestServerOptions } from '../../test/fixtures/test-server.ts';
import { Secret } from '../base/secret.ts';
import type { Scope } from './caller.ts';
import type { Door } from './door.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const whoami: Door = (app) => {
  app.get('/me', { config: { scope: 'read' } }, async ({ caller }) => ({ name: caller.name }));
  app.get('/admin', { config: { scope: 'admin' } }, async ({ caller }) => ({ name: caller.name }));
};

let folder = '';
const at = (name: string): string => join(folder, name);

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

function makeCa(name: string): void {
  const subject = ['-subj', `/CN=${name}`];
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    ...subject,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
  );
}

function issue(name: string, ca: string, san: string): void {
  const csr = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    `/O=Test/CN=${name}`,
  ];
  openssl('req', ...csr, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  writeFileSync(at(`${name}.ext`), `subjectAltName=${san}\n`);
  const sign = [
    '-CA',
    `${ca}.pem`,
    '-CAkey',
    `${ca}.key`,
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    `${name}.ext`,
  ];
  openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-out', `${name}.pem`);
}

describe.skipIf(!hasOpenssl)('TLS (needs openssl)', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'drydock-tls-'));
    for (const ca of ['ca', 'other-ca']) makeCa(ca);
    for (const name of ['server', 'server2']) issue(name, 'ca', 'IP:127.0.0.1,DNS:localhost');
    issue('ada', 'ca', 'DNS:ada.example,URI:spiffe://example/ada');
    issue('bob', 'ca', 'DNS:bob.example');
    issue('mallory', 'other-ca', 'DNS:ada.example');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const open = (
    clientCertificates: 'none' | 'optional' | 'required',
    more: TestServerOptions = {},
  ): Promise<TestServer> =>
    openTestServer({
      doors: [whoami],
      tls: {
        certificateFile: at('live.pem'),
        keyFile: at('live.key'),
        clientCaFile: at('ca.pem'),
        clientCertificates,
        reloadIntervalMs: 30,
      },
      auth: {
        tokens: [{ name: 'token', scopes: ['read'], secret: new Secret('one') }],
        certificates: {
          scopes: [],
          scopesByName: new Map<string, readonly Scope[]>([
            ['spiffe://example/ada', ['read']],
            ['bob', ['admin']],
          ]),
        },
      },
      ...more,
    });
  const use = (name: string): void => {
    copyFileSync(at(`${name}.pem`), at('live.pem'));
    copyFileSync(at(`${name}.key`), at('live.key'));
  };
  beforeAll(() => use('server'));

  const get = (server: TestServer, path: string, who?: string, headers = {}): Promise<[number, unknown]> => {
    const client =
      who === undefined ? {} : { cert: readFileSync(at(`${who}.pem`)), key: readFileSync(at(`${who}.key`)) };
    const options: RequestOptions = {
      host: '127.0.0.1',
      port: server.port,
      path,
      headers,
      ca: readFileSync(at('ca.pem')),
      agent: false,
      ...client,
    };
    return new Promise((resolve, reject) => {
      const asked = request(options, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () =>
          resolve([response.statusCode ?? 0, text === 'ok' ? text : JSON.parse(text)]),
        );
      });
      asked.on('error', reject).end();
    });
  };

  test('a client certificate names its caller by common or alternative name', async () => {
    await using server = await open('optional');
    expect(await get(server, '/me', 'ada')).toEqual([200, { name: 'cert:spiffe://example/ada' }]);
    expect((await get(server, '/admin', 'ada'))[0]).toBe(403);
    expect(await get(server, '/admin', 'bob')).toEqual([200, { name: 'cert:bob' }]);
    expect((await get(server, '/me'))[0]).toBe(401);
    expect((await get(server, '/me', 'mallory'))[0]).toBe(401);
    expect((await get(server, '/healthz', 'mallory'))[0]).toBe(200);
    expect(await get(server, '/me', undefined, { authorization: 'Bearer one' })).toEqual([
      200,
      { name: 'token' },
    ]);
    expect((await get(server, '/me', 'ada', { authorization: 'Bearer wrong' }))[0]).toBe(401);
    expect((await get(server, '/me', 'server2'))[0]).toBe(401);
  });

  test('where one is required, nobody speaks without', async () => {
    await using server = await open('required');
    await expect(get(server, '/healthz')).rejects.toThrow();
    await expect(get(server, '/healthz', 'mallory')).rejects.toThrow();
    expect((await get(server, '/me', 'ada'))[0]).toBe(200);
  });

  test('old TLS is refused', async () => {
    await using server = await open('none');
    const socket = tlsConnect({
      host: '127.0.0.1',
      port: server.port,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ca: readFileSync(at('ca.pem')),
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    await expect(
      new Promise((resolve, reject) => socket.on('secureConnect', resolve).on('error', reject)),
    ).rejects.toThrow();
  });

  test('new files are put to use without dropping connections, bad ones are not', async () => {
    use('server');
    await using server = await open('none');
    const kept = await connected(server.port);
    expect(kept.getPeerCertificate().subject.CN).toBe('server');
    use('server2');
    await until(async () => (await connected(server.port)).getPeerCertificate().subject.CN === 'server2');
    kept.write('GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(String(await new Promise((resolve) => kept.once('data', resolve)))).toContain('200 OK');
    writeFileSync(at('live.key'), 'no key at all');
    await until(async () => server.logText().includes('TLS_INVALID'));
    expect((await connected(server.port)).getPeerCertificate().subject.CN).toBe('server2');
    kept.destroy();
    use('server');
  });

  test.each<[string, TestServerOptions]>([
    ['no such file', { tls: { certificateFile: '/nowhere.pem', keyFile: '/nowhere.key' } }],
    ['asked for, but no CA', { tls: { certificateFile: '', keyFile: '', clientCertificates: 'required' } }],
  ])('%s', async (_, { tls }) => {
    const files =
      tls?.certificateFile === '' ? { certificateFile: at('server.pem'), keyFile: at('server.key') } : {};
    await expect(openTestServer({ tls: { ...tls!, ...files } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  test("a key that is not the certificate's is said at the start", async () => {
    const tls = { certificateFile: at('server.pem'), keyFile: at('bob.key') };
    await expect(openTestServer({ tls })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  async function connected(port: number): Promise<TLSSocket> {
    const socket = tlsConnect({ host: '127.0.0.1', port, ca: readFileSync(at('ca.pem')) });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    socket.on('error', () => undefined);
    return socket;
  }
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await isSo()) return;
    await wait(20);
  }
  throw new Error('it never was so');
}
