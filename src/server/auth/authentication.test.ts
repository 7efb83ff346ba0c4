import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestServer } from '../../../test/fixtures/test-server.ts';
import { notices, type Notice } from '../../base/channels.ts';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import { assertSafeToListen } from '../listen-safety.ts';
import { openAuthentication } from './authentication.ts';
import { alternativeNames } from './certificates.ts';
import { presentedSecret } from './presented.ts';
import { parseTokenFile } from './token-file.ts';
import { tokenList } from './tokens.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-auth-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('tokens', () => {
  const options = {
    tokens: [
      { name: 'reader', scopes: ['read'], secret: new Secret('one') },
      { name: 'harbor', scopes: ['scan'], sha256: sha256('two:with:colons') },
    ],
  } as const;

  test.each([
    ['Bearer one', 'reader'],
    ['bearer   one', 'reader'],
    [basic('anybody:one'), 'reader'],
    [basic(':two:with:colons'), 'harbor'],
    ['Bearer two:with:colons', 'harbor'],
    ['Bearer One', undefined],
    ['Bearer ', undefined],
    ['Bearer', undefined],
    ['Basic !!!', undefined],
    [basic('one'), undefined],
    [basic('one:'), undefined],
    ['Digest one', undefined],
    ['', undefined],
    [`Bearer ${sha256('two:with:colons')}`, undefined],
  ])('%s', async (authorization, name) => {
    using authentication = await openAuthentication(options);
    const caller = await authentication.authenticate({ authorization }, new Socket());
    expect(caller?.name).toBe(name);
  });

  test('a scope holds those before it', async () => {
    using authentication = await openAuthentication(options);
    expect([...((await authentication.authenticateToken('two:with:colons'))?.scopes ?? [])]).toEqual([
      'read',
      'scan',
    ]);
  });

  test('headers of their own hold tokens too', async () => {
    using authentication = await openAuthentication({ ...options, headers: ['Trivy-Token'] });
    const nameOf = async (headers: Record<string, string>): Promise<string | undefined> =>
      (await authentication.authenticate(headers, new Socket()))?.name;
    expect(await nameOf({ 'trivy-token': 'one' })).toBe('reader');
    expect(await nameOf({ 'trivy-token': 'x' })).toBeUndefined();
    expect(await nameOf({ 'x-drydock-token': 'one' })).toBeUndefined();
    expect(await nameOf({})).toBeUndefined();
  });

  test('no token is ever in what is said of wrong ones', () => {
    const wrong = [
      () => tokenList([{ name: 'a b', scopes: ['read'], secret: new Secret('hunter2') }]),
      () => tokenList([{ name: 'a', scopes: [], secret: new Secret('hunter2') }]),
      () => tokenList([{ name: 'a', scopes: ['read'], sha256: 'hunter2' }]),
      () =>
        tokenList(
          ['a', 'b'].map((name) => ({ name, scopes: ['read'] as const, secret: new Secret('hunter2') })),
        ),
      () => parseTokenFile('a:read:hunter2', 'file'),
      () => parseTokenFile('hunter2', 'file'),
      () => parseTokenFile(`a:root:${sha256('x')}`, 'file'),
    ];
    for (const make of wrong) {
      expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
      expect(make).not.toThrow(/hunter2/);
    }
  });

  test('whatever a file or a header holds, it is read, refused or invalid', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const isFine = (): void => void presentedSecret({ authorization: text, 'x-a': text }, ['x-a']);
        expect(isFine).not.toThrow();
        try {
          tokenList(parseTokenFile(text, 'file'));
        } catch (error) {
          expect(error).toBeInstanceOf(DrydockError);
        }
      }),
    );
  });
});

test('a token file is read again when it changes; a bad one leaves those that were', async () => {
  const tokenFile = join(folder, 'tokens');
  await writeFile(tokenFile, `# ours\n\nci:scan,read:${sha256('first')}\n`);
  const heard: string[] = [];
  const listener = ({ code }: Notice): void => void heard.push(code);
  notices.subscribe(listener);
  using authentication = await openAuthentication({ tokenFile, tokenFileIntervalMs: 30 });
  const isKnown = async (secret: string): Promise<boolean> =>
    (await authentication.authenticateToken(secret)) !== undefined;
  const until = async (code: string): Promise<void> => {
    for (let tries = 0; tries < 200 && !heard.includes(code); tries++) await wait(10);
    expect(heard).toContain(code);
    heard.length = 0;
  };
  expect([await isKnown('first'), await isKnown('second')]).toEqual([true, false]);
  await writeFile(tokenFile, `ci:scan:${sha256('second')}\n`);
  await until('TOKEN_FILE_READ');
  expect([await isKnown('first'), await isKnown('second')]).toEqual([false, true]);
  await writeFile(tokenFile, 'nonsense that is longer than before\n');
  await until('TOKEN_FILE_INVALID');
  expect(await isKnown('second')).toBe(true);
  await rm(tokenFile);
  await until('TOKEN_FILE_INVALID');
  expect(await isKnown('second')).toBe(true);
  notices.unsubscribe(listener);
});

test('an authenticated server counts those it turns away', async () => {
  await using server = await openTestServer({
    auth: { tokens: [{ name: 'r', scopes: ['read'], secret: new Secret('one') }] },
    metrics: { access: 'read' },
  });
  expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
  expect((await fetch(`${server.url}/metrics`, { headers: { 'x-drydock-token': 'no' } })).status).toBe(401);
  const text = await (await fetch(`${server.url}/metrics`, { headers: { 'x-drydock-token': 'one' } })).text();
  expect(text).toContain('drydock_auth_failures_total{reason="unauthenticated"} 2');
  expect(text).toContain('drydock_auth_failures_total{reason="forbidden"} 0');
});

describe('without authentication', () => {
  const open = { isOpen: true };
  test.each(['127.0.0.1', '::1', '[::1]', 'localhost', '127.1.2.3'])('%s is safe', (host) => {
    expect(() => assertSafeToListen({ listen: { host, port: 1 }, authentication: open })).not.toThrow();
  });
  test.each(['0.0.0.0', '::', '10.0.0.1', 'example.com', ''])(
    '%s is not, unless somebody insists',
    (host) => {
      const options = { listen: { host, port: 1 }, authentication: open };
      expect(() => assertSafeToListen(options)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error,
      );
      expect(() => assertSafeToListen({ ...options, insecureNoAuth: true })).not.toThrow();
      expect(() => assertSafeToListen({ ...options, authentication: { isOpen: false } })).not.toThrow();
    },
  );

  test('everybody is anonymous and may do everything', async () => {
    using authentication = await openAuthentication({});
    const caller = await authentication.authenticate({ authorization: 'Bearer whatever' }, new Socket());
    expect([caller?.name, [...(caller?.scopes ?? [])]]).toEqual(['anonymous', ['read', 'scan', 'admin']]);
  });
});

test('alternative names that could be read in two ways are nobody', () => {
  expect(alternativeNames('DNS:a.example, URI:spiffe://b/c, IP Address:1.2.3.4, email:d@e.example')).toEqual([
    'a.example',
    'spiffe://b/c',
    'd@e.example',
  ]);
  expect(alternativeNames('DNS:"x, DNS:admin.example"')).toEqual([]);
  expect(alternativeNames('')).toEqual([]);
});
