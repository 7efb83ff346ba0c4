import { connect, type Socket } from 'node:net';
import { request as httpRequest } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openTestServer, type LogLine } from '../../test/fixtures/test-server.ts';
import { DrydockError, type ErrorCode } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { Door } from './door.ts';
import { tellErrors } from './problem.ts';
import { withoutCredentials } from './without-credentials.ts';

const TOKEN = 'rR7-very-secret-token';
const auth = { tokens: [{ name: 'ci', scopes: ['scan'], secret: new Secret(TOKEN) }] } as const;
const bearer = { authorization: `Bearer ${TOKEN}` };

const echo: Door = (app) => {
  app.get('/echo/:name', { config: { scope: 'read' } }, async (request) => ({ caller: request.caller.name }));
  app.post('/body', { config: { scope: 'scan' }, bodyLimit: 1000 }, async (request) => ({
    got: request.body,
  }));
  app.get('/admin', { config: { scope: 'admin' } }, async () => ({}));
};

const failing = (error: () => unknown): Door => {
  return (app) => {
    app.get('/fail', async () => {
      throw error();
    });
  };
};

/** Sends bytes and gives all that comes back until the other end closes. */
async function raw(port: number, text: string, host = '127.0.0.1'): Promise<string> {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

async function logged(
  server: { readonly lines: readonly LogLine[] },
  isIt: (line: LogLine) => boolean,
): Promise<LogLine> {
  for (let tries = 0; tries < 100; tries++) {
    const line = server.lines.find(isIt);
    if (line) return line;
    await wait(10);
  }
  throw new Error('was not logged');
}

describe('probes', () => {
  test('healthz, readyz and version are open to all', async () => {
    await using server = await openTestServer({
      auth,
      checks: { store: async () => ({ ok: true, detail: 'without Redis' }) },
      version: () => ({
        Version: '0.74.0',
        VulnerabilityDB: { Version: 2, NextUpdate: 'a', UpdatedAt: 'b', DownloadedAt: 'c' },
        Drydock: { Version: '1.0.0' },
      }),
    });
    const health = await fetch(`${server.url}/healthz`);
    expect([health.status, await health.text()]).toEqual([200, 'ok']);
    const ready = await fetch(`${server.url}/readyz`);
    expect(await ready.json()).toEqual({
      ready: true,
      checks: { store: { ok: true, detail: 'without Redis' } },
    });
    expect(await (await fetch(`${server.url}/version`)).json()).toEqual({
      Version: '0.74.0',
      VulnerabilityDB: { Version: 2, NextUpdate: 'a', UpdatedAt: 'b', DownloadedAt: 'c' },
      Drydock: { Version: '1.0.0' },
    });
  });

  test('a check that fails, throws or hangs makes the server unready', async () => {
    await using server = await openTestServer({
      checks: {
        good: async () => ({ ok: true }),
        bad: async () => ({ ok: false, detail: 'full' }),
        thrown: () => Promise.reject(new Error('redis://user:hunter2@host is down')),
        hung: () => new Promise(() => undefined),
      },
    });
    const startedAt = Date.now();
    const answer = await fetch(`${server.url}/readyz`);
    expect(Date.now() - startedAt).toBeLessThan(3000);
    expect(answer.status).toBe(503);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({
      ready: false,
      checks: {
        good: { ok: true },
        bad: { ok: false, detail: 'full' },
        thrown: { ok: false },
        hung: { ok: false },
      },
    });
    expect(text).not.toContain('hunter2');
  });
});

describe('errors', () => {
  const codes: [ErrorCode, number][] = [
    ['REQUEST_INVALID', 400],
    ['REFERENCE_INVALID', 422],
    ['SCAN_NOT_FOUND', 404],
    ['TARGET_FORBIDDEN', 403],
    ['REGISTRY_FAILED', 502],
    ['LAYER_CORRUPT', 422],
    ['ARCHIVE_LIMIT', 413],
    ['TIMED_OUT', 504],
    ['MANIFEST_UNSUPPORTED', 501],
  ];
  test.each(codes)('%s is told as %i', async (code, status) => {
    const error = new DrydockError(code, 'it was so', { hint: 'Do this.' });
    await using server = await openTestServer({ doors: [failing(() => error)] });
    const answer = await fetch(`${server.url}/fail`, { headers: { 'x-request-id': 'req-1' } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    const title = expect.any(String) as string;
    expect(await answer.json()).toEqual({
      title,
      status,
      code,
      detail: 'it was so',
      hint: 'Do this.',
      requestId: 'req-1',
    });
  });

  test.each(['QUEUE_FULL', 'STORE_UNAVAILABLE'] as const)('%s says when to come back', async (code) => {
    await using server = await openTestServer({ doors: [failing(() => new DrydockError(code, 'no'))] });
    const answer = await fetch(`${server.url}/fail`);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test.each([
    ['a bug', () => new TypeError('x is not a function: hunter2')],
    ['our own bug', () => new DrydockError('INTERNAL', 'hunter2')],
    ['no error at all', () => 'hunter2'],
    ['a server set up wrongly', () => new DrydockError('CONFIG_INVALID', 'hunter2')],
  ])('%s tells nothing of itself, but is in the log', async (_, error) => {
    await using server = await openTestServer({ doors: [failing(error)] });
    const answer = await fetch(`${server.url}/fail`);
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('.ts');
    const line = await logged(server, ({ msg, status }) => msg === 'request' && status === 500);
    expect(JSON.stringify(line['err'])).toContain('hunter2');
  });

  test('a door tells errors in its own words, of hooks too', async () => {
    const door: Door = (app) => {
      tellErrors(app, ({ code }) => ({ msg: code }));
      app.get('/own', { config: { scope: 'read', errors: 'twirp' } }, async () => ({}));
      app.get('/own/bug', async () => {
        throw new Error('hunter2');
      });
    };
    await using server = await openTestServer({ auth, doors: [door, echo] });
    const answer = await fetch(`${server.url}/own`);
    expect([answer.status, await answer.json()]).toEqual([401, { msg: 'UNAUTHENTICATED' }]);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    expect(await (await fetch(`${server.url}/own/bug`)).json()).toEqual({ msg: 'INTERNAL' });
    expect(await logged(server, ({ err }) => JSON.stringify(err ?? '').includes('hunter2'))).toBeDefined();
    // Other doors keep the default.
    const other = await fetch(`${server.url}/admin`, { headers: bearer });
    expect(await other.json()).toMatchObject({ status: 403, code: 'SCOPE_MISSING' });
  });

  test('unknown paths, other methods, bad bodies', async () => {
    await using server = await openTestServer({ auth, doors: [echo] });
    const post = (body: string, type = 'application/json'): Promise<Response> =>
      fetch(`${server.url}/body`, { method: 'POST', body, headers: { ...bearer, 'content-type': type } });
    expect(await (await fetch(`${server.url}/nothing`)).json()).toMatchObject({
      status: 404,
      code: 'ROUTE_NOT_FOUND',
    });
    const other = await fetch(`${server.url}/body`, { headers: bearer });
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await post('{')).status).toBe(400);
    expect((await post('{"__proto__":{"a":1}}')).status).toBe(400);
    expect((await post('<a/>', 'application/xml')).status).toBe(415);
    expect(await (await post(JSON.stringify('a'.repeat(2000)))).json()).toMatchObject({
      code: 'REQUEST_TOO_LARGE',
      status: 413,
    });
    expect((await post('{"a":1}')).status).toBe(200);
    expect(await (await fetch(`${server.url}/%ff%`)).json()).toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('the log', () => {
  test('has one line for each request, and nothing that was sent', async () => {
    await using server = await openTestServer({ auth, doors: [echo] });
    await fetch(`${server.url}/echo/x?token=query-secret`, {
      headers: { ...bearer, cookie: 'c=cookie-secret' },
    });
    await fetch(`${server.url}/body`, {
      method: 'POST',
      body: '{"password":"body-secret"}',
      headers: { ...bearer, 'content-type': 'application/json' },
    });
    await fetch(`${server.url}/echo/x`, { headers: { authorization: 'Bearer wrong-secret' } });
    await raw(server.port, `GARBAGE ${TOKEN}\r\n\r\n`);
    await raw(
      server.port,
      `GET /echo/%zz?t=${TOKEN} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${TOKEN}\r\nconnection: close\r\n\r\n`,
    );
    const line = await logged(server, ({ route, status }) => route === '/echo/:name' && status === 200);
    expect(line).toMatchObject({ msg: 'request', method: 'GET', status: 200, caller: 'ci', bytes: 15 });
    expect(line['ms']).toBeTypeOf('number');
    expect(line['requestId']).toMatch(/^[0-9a-f-]{36}$/);
    expect(server.lines.filter(({ msg }) => msg === 'request').length).toBe(3);
    expect(server.logText()).not.toMatch(/secret|password|cookie|bearer/i);
  });

  test('an id that is well formed is taken and given back', async () => {
    await using server = await openTestServer();
    const idOf = async (given: string): Promise<string | null> =>
      (await fetch(`${server.url}/healthz`, { headers: { 'x-request-id': given } })).headers.get(
        'x-request-id',
      );
    expect(await idOf('abc-123')).toBe('abc-123');
    expect(await idOf('{"evil":1}')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf('x'.repeat(200))).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('bounds', () => {
  test('a client that sends its headers slowly is cut off', async () => {
    await using server = await openTestServer({ limits: { headersMs: 300, requestMs: 600 } });
    const slow = (async () => {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write('GET /healthz HTTP/1.1\r\nhost: a\r\n');
      const drip = setInterval(() => socket.write('x: y\r\n'), 50);
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      clearInterval(drip);
      return text;
    })();
    expect(await slow).toMatch(/^HTTP\/1.1 408/);
    expect(await raw(server.port, '')).toMatch(/^HTTP\/1.1 408|^$/);
  });

  test('headers that are too large are refused', async () => {
    await using server = await openTestServer({ limits: { headerBytes: 8192 } });
    const answer = await raw(server.port, `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(10_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431/);
  });

  test('requests beyond those it can take are put off, probes are not', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const door: Door = (app) => void app.get('/held', async () => (await held, {}));
    await using server = await openTestServer({ limits: { inFlight: 2 }, doors: [door] });
    const two = [fetch(`${server.url}/held`), fetch(`${server.url}/held`)];
    await wait(100);
    const third = await fetch(`${server.url}/held`);
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    release();
    expect((await Promise.all(two)).map(({ status }) => status)).toEqual([200, 200]);
    await wait(20);
    expect((await fetch(`${server.url}/held`)).status).toBe(200);
  });

  test('a client that does not take its answer is cut off', async () => {
    const big = 'x'.repeat(64 * 1024 * 1024);
    const door: Door = (app) => void app.get('/big', async () => big);
    await using server = await openTestServer({ limits: { stalledAnswerMs: 200 }, doors: [door] });
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined).pause();
    socket.write('GET /big HTTP/1.1\r\nhost: localhost\r\n\r\n');
    expect(await logged(server, ({ route }) => route === '/big')).toMatchObject({ status: 200, cut: true });
    socket.destroy();
    expect((await (await fetch(`${server.url}/big`)).text()).length).toBe(big.length);
  });

  test('connections beyond those it can hold are closed', async () => {
    await using server = await openTestServer({ limits: { connections: 2 } });
    const held = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')];
    await wait(50);
    expect(await raw(server.port, 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n').catch(() => '')).toBe('');
    for (const socket of held) socket.destroy();
    await wait(50);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  test('a thousand connections at once are answered', async () => {
    await using server = await openTestServer({ auth, doors: [echo] });
    const get = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const options = {
          port: server.port,
          host: '127.0.0.1',
          path: '/echo/a',
          headers: bearer,
          agent: false,
        };
        const request = httpRequest(options, (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
        });
        request.on('error', reject).end();
      });
    const all = await Promise.all(Array.from({ length: 1000 }, get));
    const good = all.filter((status) => status === 200).length;
    expect(all.every((status) => status === 200 || status === 503)).toBe(true);
    expect(good).toBeGreaterThan(500);
  });

  test('a client that asks too often is put off in the way its protocol knows', async () => {
    const door: Door = (app) => {
      app.get('/api', { config: { scope: 'read' } }, async () => ({}));
      app.get('/other', { config: { scope: 'read', tooMany: 503 } }, async () => ({}));
      app.get('/twirp', { config: { scope: 'read', errors: 'twirp' } }, async () => ({}));
    };
    await using server = await openTestServer({
      auth,
      rateLimit: { burst: 2, perSecond: 0.1 },
      doors: [door],
    });
    const get = (path: string, headers = {}): Promise<Response> => fetch(`${server.url}${path}`, { headers });
    expect([(await get('/api', bearer)).status, (await get('/api', bearer)).status]).toEqual([200, 200]);
    const late = await get('/api', bearer);
    expect([late.status, late.headers.get('retry-after')]).toEqual([429, '10']);
    expect((await get('/twirp', bearer)).status).toBe(503);
    expect((await get('/other', bearer)).status).toBe(503);
    expect((await get('/api')).status).toBe(401);
    expect((await get('/api', { authorization: 'Bearer guess' })).status).toBe(401);
    expect((await get('/api', { authorization: 'Bearer guess2' })).status).toBe(429);
    expect((await get('/healthz')).status).toBe(200);
  });
});

describe('stopping', () => {
  const slowDoor = (ms: number): Door => {
    return (app) =>
      void app.get(
        '/slow',
        async (request) => (await wait(ms, undefined, { signal: request.calledOff }), { done: true }),
      );
  };

  test('what is being answered is waited for, nothing more is taken on', async () => {
    await using server = await openTestServer({ doors: [slowDoor(300)] });
    const slow = fetch(`${server.url}/slow`);
    await wait(100);
    const closing = server.server.close(5000);
    await wait(20);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
    expect(await (await slow).json()).toEqual({ done: true });
    await closing;
  });

  test('an open connection is told that the server is not ready any more', async () => {
    await using server = await openTestServer({ doors: [slowDoor(400)] });
    const socket = connect(server.port, '127.0.0.1');
    const slow = answersOn(socket);
    // The second request waits on the connection until the first is answered, and is read after the stop.
    socket.write('GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await wait(100);
    const closing = server.server.close(5000);
    socket.write('GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await closing;
    const answers = await slow;
    expect(answers).toContain('"done":true');
    expect(answers).toContain('HTTP/1.1 503');
    expect(answers).toContain('"ready":false');
  });

  test('what takes longer than the grace is called off', async () => {
    await using server = await openTestServer({ doors: [slowDoor(60_000)] });
    const slow = fetch(`${server.url}/slow`);
    await wait(100);
    const startedAt = Date.now();
    await server.server.close(200);
    expect(Date.now() - startedAt).toBeLessThan(1500);
    expect((await slow).status).toBe(503);
  });

  test('connections on which nothing is asked do not hold it up', async () => {
    const server = await openTestServer();
    const sockets = Array.from({ length: 5 }, () => connect(server.port, '127.0.0.1'));
    await wait(50);
    const startedAt = Date.now();
    await server.server.close(10_000);
    expect(Date.now() - startedAt).toBeLessThan(1000);
    for (const socket of sockets) socket.destroy();
  });

  test('a client that goes away calls its request off', async () => {
    let reason: unknown;
    const door: Door = (app) => {
      app.post('/wait', async (request) => {
        await wait(10_000, undefined, { signal: request.calledOff }).catch(
          () => (reason = request.calledOff.reason as unknown),
        );
        return {};
      });
    };
    await using server = await openTestServer({ doors: [door] });
    const gone = AbortSignal.timeout(200);
    const body = JSON.stringify({ a: 1 });
    const headers = { 'content-type': 'application/json' };
    await expect(
      fetch(`${server.url}/wait`, { method: 'POST', body, headers, signal: gone }),
    ).rejects.toThrow();
    await wait(100);
    expect(reason).toBeInstanceOf(DrydockError);
    expect(await logged(server, ({ route }) => route === '/wait')).toMatchObject({ status: 499 });
  });
});

async function answersOn(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

test('whatever is sent, the answer is HTTP and the server lives', async () => {
  await using server = await openTestServer({ auth, doors: [echo] });
  const value = fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.replace(/[\r\n\0]/g, ''));
  const name = fc.constantFrom(
    'authorization',
    'x-request-id',
    'x-drydock-token',
    'traceparent',
    'host',
    'accept',
    'x-forwarded-for',
  );
  const line = fc.tuple(name, value).map(([key, text]) => `${key}: ${text}\r\n`);
  const path = fc
    .webPath()
    .chain((text) => fc.constantFrom(text || '/', '/echo/a', '/body', '/%ff', '//', '/echo/%00'));
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'BREW', 'OPTIONS', 'HEAD');
  const wire = fc
    .tuple(method, path, fc.array(line, { maxLength: 6 }))
    .map(([verb, where, lines]) => `${verb} ${where} HTTP/1.1\r\n${lines.join('')}connection: close\r\n\r\n`);
  await fc.assert(
    fc.asyncProperty(wire, async (text) => {
      const answer = await raw(server.port, text);
      expect(answer).toMatch(/^HTTP\/1\.1 [1-5]\d\d /);
      expect(answer).not.toMatch(/^HTTP\/1\.1 500/);
    }),
    { numRuns: 150 },
  );
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

test('credentials in messages are not told', () => {
  expect(
    withoutCredentials('to https://user:p@ss@host/x with Bearer abcdefghijklmnop and eyJhbGci.eyJzdWIi.sig'),
  ).toBe('to https://…@host/x with Bearer … and …');
  expect(withoutCredentials('it wants Basic authentication')).toBe('it wants Basic authentication');
});
