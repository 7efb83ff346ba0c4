import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256Of } from '../../base/digest.ts';
import { parseReference } from '../../oci/reference.ts';
import { parseMediaType } from '../../base/media-type.ts';
import { HarborRefusal } from './refusal.ts';
import { credentialOfAuthorization, parseRegistry } from './registry.ts';
import { reportTypeFor } from './report-type.ts';
import { parseAskedScan, readJson } from './scan-request.ts';

const digest = sha256Of('manifest');

/** What it gives, or the status it refuses with; everything else is a mistake. */
function orStatus<T>(act: () => T): T | number {
  try {
    return act();
  } catch (error) {
    if (error instanceof HarborRefusal) return error.status;
    throw error;
  }
}

describe('where an artifact lies', () => {
  test.each([
    ['https://harbor.example.com', 'harbor.example.com', false],
    ['https://harbor.example.com:443/', 'harbor.example.com', false],
    ['http://core', 'core:80', true],
    ['https://core', 'core:443', false],
    ['http://localhost', 'localhost', true],
    ['HTTPS://EXAMPLE.com:8443/prefix/v2/', 'example.com:8443', false],
    ['harbor.example.com', 'harbor.example.com', false],
    ['core:5000', 'core:5000', false],
    ['core:5000/x', 'core:5000', false],
  ])('%s is %s', (text, host, plainHttp) => expect(parseRegistry(text)).toEqual({ host, plainHttp }));

  test('without a scheme insecure means plain http', () =>
    expect(parseRegistry('core:5000', true)).toEqual({ host: 'core:5000', plainHttp: true }));

  test.each([
    '',
    'core',
    'INVALID URL',
    'ftp://x.y',
    'https://',
    'https://a b',
    'https://u:p@x.y',
    'https://x_y.z',
    '//x.y',
    'https:\\\\x.y',
  ])('%j is none', (text) => expect(parseRegistry(text)).toBeUndefined());

  test('a host is never one of Docker Hub by mistake', () => {
    const url = fc.oneof(
      fc.webUrl(),
      fc.webAuthority().map((one) => `http://${one}`),
      fc.string(),
    );
    fc.assert(
      fc.property(url, (text) => {
        const found = parseRegistry(text);
        if (found && found.host !== 'docker.io' && found.host !== 'index.docker.io')
          expect(parseReference(`${found.host}/team/app@${digest}`).registry).toBe(found.host);
      }),
    );
  });
});

describe('how it is opened', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

  test.each([
    [basic('robot$a+b:c'), ['robot$a+b', 'c']],
    [basic('bob:a:b:'), ['bob', 'a:b:']],
    [basic('bob:pässwörd'), ['bob', 'pässwörd']],
    [basic('bob:x').replace('Basic ', 'BASIC:   '), ['bob', 'x']],
  ])('%s', (text, [username, password]) => {
    const credential = credentialOfAuthorization(text);
    expect(credential).toMatchObject({ kind: 'basic', username });
    expect(credential?.kind === 'basic' && credential.password.reveal()).toBe(password);
  });

  test.each([
    '',
    'Basic',
    'Basic ',
    basic('nocolon'),
    basic(':x'),
    'Digest x',
    'x',
    `Bearer ${'x'.repeat(40_000)}`,
  ])('%.30s is nothing', (text) => expect(credentialOfAuthorization(text)).toBeUndefined());
});

describe('whatever is sent', () => {
  test('a request is taken or refused in words', () => {
    const almost = fc.record(
      {
        registry: fc.oneof(
          fc.record(
            { url: fc.oneof(fc.webUrl(), fc.string()), authorization: fc.anything() },
            { requiredKeys: [] },
          ),
          fc.anything(),
        ),
        artifact: fc.oneof(
          fc.record(
            {
              repository: fc.oneof(fc.constant('a/b'), fc.anything()),
              digest: fc.oneof(fc.constant(digest), fc.anything()),
              tag: fc.anything(),
              mime_type: fc.anything(),
            },
            { requiredKeys: [] },
          ),
          fc.anything(),
        ),
        enabled_capabilities: fc.oneof(
          fc.array(
            fc.record({ type: fc.constantFrom('sbom', 'vulnerability', 5), parameters: fc.anything() }),
          ),
          fc.anything(),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(almost, fc.anything()), (body) => {
        const found = orStatus(() => parseAskedScan(body));
        if (typeof found === 'number') expect([400, 422]).toContain(found);
        else expect(parseReference(found.image).digest).toBe(digest);
      }),
    );
  });

  test('bytes are JSON or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const found = orStatus(() => readJson('application/json', bytes));
          if (typeof found === 'number' && found === 400) return;
          expect(found).toEqual(JSON.parse(Buffer.from(bytes).toString()));
        },
      ),
    );
  });

  test('an Accept header names a type or is refused', () => {
    fc.assert(
      fc.property(fc.string(), (accept) => {
        const found = orStatus(() => reportTypeFor(accept));
        expect(typeof found === 'number' ? found : 415).toBe(415);
      }),
    );
  });

  test('a key like __proto__ is a key', () => {
    const body: unknown = JSON.parse('{"__proto__":{"registry":{"url":"https://a.b"}}}');
    expect(orStatus(() => parseAskedScan(body))).toBe(422);
  });
});

test.each([
  ['a/b', 'a/b', []],
  [
    'A/B ; Version = 1.0;charset="x"',
    'a/b',
    [
      ['charset', 'x'],
      ['version', '1.0'],
    ],
  ],
  ['a/b;', 'a/b', []],
])('%s is the media type %s', (text, essence, parameters) =>
  expect(parseMediaType(text)).toEqual({ essence, parameters: new Map(parameters as [string, string][]) }),
);

test.each(['', 'a', '/b', 'a/b;x', 'a/b;x=1;X=2', 'a b/c', 'a/b/c', 'x'.repeat(2000)])(
  '%.20j is no media type',
  (text) => expect(parseMediaType(text)).toBeUndefined(),
);
