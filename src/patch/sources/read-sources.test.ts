import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listedRoot } from '../../../test/fixtures/listed-root.ts';
import { DrydockError } from '../../base/errors.ts';
import { openAddresses, splitLogin } from './addresses.ts';
import type { AptSource } from './apt-source.ts';
import { basicAuthorization, loginFor, parseAuthConf } from './auth-conf.ts';
import { parseDeb822Sources } from './deb822-sources.ts';
import { defaultSources, parseOsRelease } from './default-sources.ts';
import { readAptConfiguration } from './image-configuration.ts';
import { parseOneLineSources } from './one-line-sources.ts';
import { readPackages } from './packages-index.ts';
import { parsePreferences } from './preferences.ts';
import { parseRelease } from './release.ts';

const read = (parse: typeof parseOneLineSources, text: string): { sources: AptSource[]; notes: string[] } => {
  const notes: string[] = [];
  const sources = parse(text, 'file', (note) => void notes.push(note));
  return { sources, notes };
};
const common = { byOperator: false, origin: 'file', wantsTrust: false };

describe('one-line sources', () => {
  test.each<[string, Partial<AptSource>[]]>([
    [
      'deb http://h/debian bookworm main contrib # x',
      [{ uri: 'http://h/debian/', components: ['main', 'contrib'] }],
    ],
    ['deb-src http://h/debian bookworm main', []],
    ['# deb http://h/debian bookworm main', []],
    ['deb [arch=amd64,arm64] http://h/d s c', [{ architectures: ['amd64', 'arm64'] }]],
    ['deb [ arch-=i386 trusted=yes ] http://h/d s c', [{ withoutArchitectures: ['i386'], wantsTrust: true }]],
    [
      'deb [signed-by=/a.gpg,/b.gpg] http://h/d s c',
      [{ signedBy: { kind: 'files', paths: ['a.gpg', 'b.gpg'] } }],
    ],
    [
      'deb [signed-by=0123ABCD!] http://h/d s c',
      [{ signedBy: { kind: 'fingerprints', prints: [{ hex: '0123ABCD', exact: true }] } }],
    ],
    ['deb http://h/flat ./', [{ suite: './', components: [] }]],
  ])('%s', (text, expected) => {
    const { sources, notes } = read(parseOneLineSources, text);
    expect(sources).toMatchObject(expected);
    expect(sources).toHaveLength(expected.length);
    expect(notes).toEqual([]);
  });

  test.each([
    'deb',
    'deb http://h/debian',
    'deb http://h/debian bookworm',
    'deb cdrom:[x]/ bookworm main',
    'deb http://h/debian ../../x main',
    'deb http://h/debian bookworm a?b',
    'deb http://h/flat ./ main',
    'deb nothing bookworm main',
    'deb [arch=amd64 http://h/debian bookworm main',
  ])('%s is left out and said', (text) => {
    const { sources, notes } = read(parseOneLineSources, text);
    expect(sources.filter(({ uri }) => uri.startsWith('http://h/'))).toEqual([]);
    expect(notes).not.toEqual([]);
  });
});

test('sources as fields: every address with every suite, a key within, comments anywhere', () => {
  const text = `Types: deb deb-src
URIs: http://a/d https://b/d
# no longer: http://c
Suites: x y
Components: main
Architectures: amd64
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
# not this
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://off/d
Suites: x
Components: main
Enabled: no

Types: deb
URIs: http://t/d
Suites: x
Components: main
Trusted: yes
Signed-By: /k.gpg /l.gpg
`;
  const { sources, notes } = read(parseDeb822Sources, text);
  expect(notes).toEqual([]);
  expect(sources.map(({ uri, suite }) => `${uri} ${suite}`)).toEqual([
    ...['http://a/d/ x', 'http://a/d/ y', 'https://b/d/ x', 'https://b/d/ y', 'http://t/d/ x'],
  ]);
  expect(sources[0]?.signedBy).toEqual({
    kind: 'inline',
    key: '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n',
  });
  expect(sources[4]).toMatchObject({
    wantsTrust: true,
    signedBy: { kind: 'files', paths: ['k.gpg', 'l.gpg'] },
  });
});

test('pins', () => {
  const notes: string[] = [];
  const text = `Explanation: why
Package: a b*
Pin: release o=Debian, n=bookworm*
Pin-Priority: 900

Package: *
Pin: origin ""
Pin-Priority: -1

Package: /re/
Pin: version 1
Pin-Priority: 1

Package: x
Pin: release
Pin-Priority: high
`;
  expect(parsePreferences(text, 'file', (note) => void notes.push(note))).toEqual([
    {
      packages: ['a', 'b*'],
      target: {
        kind: 'release',
        terms: new Map([
          ['o', 'Debian'],
          ['n', 'bookworm*'],
        ]),
      },
      priority: 900,
    },
    { packages: ['*'], target: { kind: 'origin', host: '' }, priority: -1 },
  ]);
  expect(notes).toHaveLength(2);
});

test('logins: for TLS alone unless the scheme is written, below a path', () => {
  const logins = parseAuthConf(
    'machine a.test login u password p:w\nmachine http://b.test:80/x/ login v password q\n',
  );
  const found = (url: string): string | undefined => loginFor(new URL(url), logins)?.user;
  expect(['https://a.test/x', 'http://a.test/x', 'http://b.test/x/y', 'http://b.test/y'].map(found)).toEqual([
    ...['u', undefined, undefined, undefined],
  ]);
  expect(JSON.stringify(logins)).not.toContain('p:w');
  const { url, login } = splitLogin('https://me:s%40@h.test/d/');
  expect(url.href).toBe('https://h.test/d/');
  expect(login && Buffer.from(basicAuthorization(login).slice(6), 'base64').toString()).toBe('me:s@');
});

test('rewrites: whole parts of paths alone, whatever the scheme where none is written', () => {
  const addresses = openAddresses([{ from: 'h/debian', to: 'https://10.0.0.1/d' }], []);
  const to = (url: string): string => addresses.rewrite(new URL(url)).href;
  expect(to('http://h/debian/')).toBe('https://10.0.0.1/d/');
  expect(to('https://h/debian/x/y')).toBe('https://10.0.0.1/d/x/y');
  expect(to('http://h/debian-security/x')).toBe('http://h/debian-security/x');
  expect(addresses.rewriteHop(new URL('https://10.0.0.1/d/h/debian')).href).toBe(
    'https://10.0.0.1/d/h/debian',
  );
  expect(addresses.refusal(new URL('https://10.0.0.1/d/x'))).toBeUndefined();
  expect(addresses.refusal(new URL('https://10.0.0.2/d/x'))).toBeDefined();
  expect(addresses.refusal(new URL('file:///d/x'))).toBeDefined();
  expect(() => openAddresses([{ from: 'x', to: 'ftp://y' }], [])).toThrow(DrydockError);
});

test.each([
  ['ID=debian\nVERSION_CODENAME=bookworm', ['bookworm', 'bookworm-updates', 'bookworm-security']],
  ['ID=debian\nVERSION_ID="10"', ['buster', 'buster-updates', 'buster/updates']],
  ['ID=ubuntu\nVERSION_CODENAME=jammy', ['jammy', 'jammy-updates', 'jammy-security']],
  ['ID=debian', []],
  ['ID=debian\nVERSION_CODENAME="../x"', []],
  ['ID=fedora\nVERSION_CODENAME=x', []],
])('suites of %j', (text, suites) => {
  expect(defaultSources(parseOsRelease(text), 'amd64').map(({ suite }) => suite)).toEqual(suites);
});

test('the settings of an image: keys wherever a source names them, through links', async () => {
  const root = listedRoot({
    'etc/apt/sources.list': 'deb [signed-by=/opt/key.gpg] http://a.test/d x main\n',
    'etc/apt/sources.list.d/skipped.list.save': 'deb http://b.test/d x main\n',
    'opt/key.gpg': '→ /real/key.gpg',
    'real/key.gpg': 'KEY',
    'etc/apt/trusted.gpg.d/t.asc': 'T',
    'etc/apt/apt.conf.d/99own': 'APT::Default-Release "x";\n',
  });
  const { signal } = new AbortController();
  const found = await readAptConfiguration(root, { signal });
  expect(found.sources).toEqual([
    {
      ...common,
      origin: 'etc/apt/sources.list',
      uri: 'http://a.test/d/',
      suite: 'x',
      components: ['main'],
      signedBy: { kind: 'files', paths: ['opt/key.gpg'] },
    },
  ]);
  expect([...found.trustedKeyrings.keys()]).toEqual(['etc/apt/trusted.gpg.d/t.asc']);
  expect(Buffer.from(found.namedKeyrings.get('opt/key.gpg') ?? '').toString()).toBe('KEY');
  expect(found.defaultRelease).toBe('x');
});

describe('an index of packages', () => {
  const sha = 'a'.repeat(64);
  const stanza = (name: string): string =>
    `Package: ${name}\nVersion: 1\nArchitecture: all\nFilename: pool/${name}.deb\nSize: 1\nSHA256: ${sha}\nDescription: x\n y\n`;
  const text = Buffer.from(['a', 'b', 'c'].map(stanza).join('\n'));

  test('gives the wanted ones, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: text.length }), async (size) => {
        const pieces = (async function* () {
          for (let at = 0; at < text.length; at += size)
            yield await Promise.resolve(text.subarray(at, at + size));
        })();
        expect((await readPackages(pieces, new Set(['a', 'c']))).map(({ name }) => name)).toEqual(['a', 'c']);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['a path out of the archive', 'Filename: ../../etc/passwd'],
    ['an address in place of a path', 'Filename: //evil.test/x.deb'],
    ['no sum', 'SHA256: 0'],
    ['no size', 'Size: -1'],
  ])('passes over one with %s', async (_, line) => {
    const name = line.slice(0, line.indexOf(':'));
    const changed = stanza('a').replace(new RegExp(`^${name}: .*$`, 'm'), line);
    const pieces = (async function* () {
      yield await Promise.resolve(Buffer.from(changed));
    })();
    expect(await readPackages(pieces, new Set(['a']))).toEqual([]);
  });

  test('ends at a paragraph without an end', async () => {
    const pieces = (async function* () {
      for (;;) yield await Promise.resolve(Buffer.alloc(1 << 16, 'Package: a\n'));
    })();
    await expect(readPackages(pieces, new Set(['a']))).rejects.toMatchObject({ code: 'ARCHIVE_LIMIT' });
  });
});

test('a path that a release gives two sums counts for nothing', () => {
  const files = ` ${'a'.repeat(64)} 1 x\n ${'b'.repeat(64)} 1 x\n ${'c'.repeat(64)} 1 y\n`;
  const release = parseRelease(`Date: Fri, 20 Nov 2026 00:12:41 UTC\nSHA256:\n${files}`, 'u');
  expect([...release.files.keys()]).toEqual(['y']);
  expect(release.date.toISOString()).toBe('2026-11-20T00:12:41.000Z');
});

test('no text makes a parser fail otherwise than with an error of its own', () => {
  const words = fc.constantFrom(
    ...[
      'deb',
      '[',
      ']',
      '[arch=',
      'signed-by=',
      'http://h/',
      './',
      'main',
      '\n',
      '\n\n',
      ' ',
      ':',
      'Types:',
      'URIs:',
    ],
    ...[
      'Package:',
      'Pin:',
      'release',
      'Pin-Priority:',
      'machine',
      'login',
      'SHA256:',
      'Date:',
      '-----BEGIN',
      '\0',
      ',',
    ],
  );
  const text = fc.array(fc.oneof(words, fc.string()), { maxLength: 60 }).map((parts) => parts.join(' '));
  fc.assert(
    fc.property(text, (input) => {
      const note = (): void => undefined;
      parseOneLineSources(input, 'f', note);
      parseDeb822Sources(input, 'f', note);
      parsePreferences(input, 'f', note);
      parseAuthConf(input);
      parseOsRelease(input);
      try {
        parseRelease(input, 'u');
      } catch (error) {
        expect(error).toBeInstanceOf(DrydockError);
      }
    }),
  );
});
