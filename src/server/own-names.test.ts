import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openTestServer } from '../../test/fixtures/test-server.ts';
import { Secret } from '../base/secret.ts';
import type { Door } from './door.ts';

const auth = {
  tokens: [{ name: 'ci', scopes: ['scan'], secret: new Secret('rR7-very-secret-token') }],
} as const;

const echo: Door = (app) => {
  app.get('/echo/:name', { config: { scope: 'read' } }, async (request) => ({ caller: request.caller.name }));
};

describe('names', () => {
  /** What is answered to who asks by that name, as a page would whose name leads to this machine. */
  async function statusFor(
    server: { readonly port: number },
    host: string,
    path = '/echo/a',
  ): Promise<string> {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length);
  }

  test('where nobody says who he is, only names of this machine are answered to', async () => {
    await using server = await openTestServer({ doors: [echo] });
    const names = ['localhost:4954', '127.0.0.1', '[::1]:80', 'drydock.localhost', 'host.docker.internal'];
    for (const name of names) expect([name, await statusFor(server, name)]).toEqual([name, '200']);
    for (const name of [
      'evil.example',
      'evil.example:4954',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
    ])
      expect([name, await statusFor(server, name)]).toEqual([name, '400']);
    expect(await statusFor(server, 'evil.example', '/healthz')).toBe('200');
  });

  test('who has to say who he is, or a server that is open to all, may have any name', async () => {
    await using guarded = await openTestServer({ doors: [echo], auth });
    expect(await statusFor(guarded, 'scanner.example')).toBe('401');
    await using open = await openTestServer({ doors: [echo], insecureNoAuth: true });
    expect(await statusFor(open, 'scanner.example')).toBe('200');
  });
});
