import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import { passwordCredential, type RegistryCredential } from './credential.ts';
import { anonymous, dockerConfigCredentials, firstOf, staticCredentials } from './credentials.ts';
import { parseDockerConfig } from './docker-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'drydock-credentials-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const signal = new AbortController().signal;
let files = 0;

function configFile(content: unknown): string {
  const path = join(folder, `config-${files++}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** A credential helper that runs this shell script. */
function helper(name: string, script: string): void {
  const path = join(folder, `docker-credential-${name}`);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function find(config: unknown, registry: string, repository = 'team/app') {
  return dockerConfigCredentials({ configFiles: [configFile(config)], path: folder }).find(
    registry,
    repository,
    { signal },
  );
}

/** `user:password`, or the kind and token. */
function told(credential: RegistryCredential | undefined): string | undefined {
  if (!credential) return undefined;
  if (credential.kind === 'basic') return `${credential.username}:${credential.password.reveal()}`;
  return `${credential.kind} ${credential.token.reveal()}`;
}

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });

describe('a config.json', () => {
  test.each<[string, unknown, string, string | undefined]>([
    ['by host', { auths: { 'r.example.com': auth('bob:pw') } }, 'r.example.com', 'bob:pw'],
    ['by URL', { auths: { 'https://r.example.com/v2/': auth('bob:pw') } }, 'r.example.com', 'bob:pw'],
    ['with a port', { auths: { 'r.example.com:5000': auth('bob:pw') } }, 'r.example.com:5000', 'bob:pw'],
    ['not for another port', { auths: { 'r.example.com:5000': auth('bob:pw') } }, 'r.example.com', undefined],
    ['not for a subdomain', { auths: { 'example.com': auth('bob:pw') } }, 'r.example.com', undefined],
    ['of Docker Hub', { auths: { 'https://index.docker.io/v1/': auth('bob:pw') } }, 'docker.io', 'bob:pw'],
    ['of Docker Hub by name', { auths: { 'docker.io': auth('bob:pw') } }, 'docker.io', 'bob:pw'],
    ['with colons and NULs', { auths: { r: auth('bob:p:w\0\0') } }, 'r', 'bob:p:w'],
    ['in two fields', { auths: { r: { username: 'bob', password: 'pw' } } }, 'r', 'bob:pw'],
    [
      'as identity token',
      { auths: { r: { ...auth('00:x'), identitytoken: 'id' } } },
      'r',
      'identity-token id',
    ],
    ['as identity token by user name', { auths: { r: auth('<token>:id') } }, 'r', 'identity-token id'],
    ['as registry token', { auths: { r: { registrytoken: 'reg' } } }, 'r', 'registry-token reg'],
    ['for one repository', { auths: { r: auth('a:1'), 'r/team/app': auth('b:2') } }, 'r', 'b:2'],
    [
      'for a part of the registry',
      { auths: { r: auth('a:1'), 'r/team': auth('b:2'), 'r/te': auth('c:3') } },
      'r',
      'b:2',
    ],
    ['twice, once empty', { auths: { r: auth('a:1'), 'https://r': {} } }, 'r', 'a:1'],
    ['empty', { auths: { r: {} } }, 'r', undefined],
    ['of odd types', { auths: { r: 7, s: { auth: 7 } }, credHelpers: [], credsStore: {} }, 'r', undefined],
    ['without auths', {}, 'r', undefined],
    ['with keys of JavaScript', { auths: {} }, 'constructor', undefined],
  ])('%s', async (_how, config, registry, expected) => {
    expect(told(await find(config, registry))).toBe(expected);
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['an auth that is no base64 of user:password', { auths: { r: { auth: '!!!!' } } }],
  ])('with %s is refused by name, without its content', async (_what, config) => {
    const error: unknown = await find(config, 'r').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CREDENTIALS_INVALID', kind: 'input' });
    expect(String(error)).toContain(folder);
  });

  test('that is not there is passed over, for the next', async () => {
    const configFiles = [join(folder, 'none'), configFile({}), configFile({ auths: { r: auth('bob:pw') } })];
    expect(told(await dockerConfigCredentials({ configFiles }).find('r', 'a', { signal }))).toBe('bob:pw');
  });

  test('of any bytes is read or refused, never anything else', () => {
    const any = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
      fc.object().map((o) => Buffer.from(JSON.stringify({ auths: o, credHelpers: o }))),
    );
    fc.assert(
      fc.property(any, (bytes) => {
        try {
          parseDockerConfig(bytes, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(DrydockError);
        }
      }),
    );
  });
});

describe.skipIf(process.platform === 'win32')('a credential helper (needs a shell)', () => {
  helper(
    'good',
    `read server; echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"$1\\",\\"Secret\\":\\"$server\\"}"`,
  );
  helper('identity', `echo '{"Username":"<token>","Secret":"id"}'`);
  helper('empty', `echo 'credentials not found in native keychain'; exit 1`);
  helper('bad', `echo 'pw-1234 is locked'; echo 'pw-1234' >&2; exit 3`);
  helper('nonsense', `echo 'pw-1234'`);
  helper('incomplete', `echo '{"Secret":"pw-1234"}'`);
  helper('endless', `while :; do echo pw-1234pw-1234pw-1234pw-1234pw-1234pw-1234; done`);

  test.each<[string, unknown, string, string | undefined]>([
    ['of a registry', { credHelpers: { 'r.example.com': 'good' } }, 'r.example.com', 'get:r.example.com'],
    ['of a registry only', { credHelpers: { 'r.example.com': 'good' } }, 's.example.com', undefined],
    [
      'of Docker Hub',
      { credHelpers: { 'https://index.docker.io/v1/': 'good' } },
      'docker.io',
      'get:https://index.docker.io/v1/',
    ],
    ['for all', { credsStore: 'good' }, 'r.example.com', 'get:r.example.com'],
    [
      'for all, by the name that the file knows',
      { credsStore: 'good', auths: { 'https://r.example.com': {} } },
      'r.example.com',
      'get:https://r.example.com',
    ],
    ['before the one for all', { credsStore: 'bad', credHelpers: { r: 'good' } }, 'r', 'get:r'],
    ['that gives an identity token', { credsStore: 'identity' }, 'r', 'identity-token id'],
    ['that knows nothing', { credsStore: 'empty' }, 'r', undefined],
    [
      'that knows nothing, for the file',
      { credsStore: 'empty', auths: { r: auth('bob:pw') } },
      'r',
      'bob:pw',
    ],
  ])('%s', async (_how, config, registry, expected) => {
    expect(told(await find(config, registry))).toBe(expected);
  });

  test.each(['bad', 'nonsense', 'incomplete', 'endless', 'absent', '../bad', 'a;b', '-x'])(
    '%j fails by name, without what it wrote',
    async (name) => {
      const error: unknown = await find({ credsStore: name }, 'r').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED', kind: 'denied' });
      expect(inspect(error, { depth: 10 })).not.toContain('pw-1234');
    },
  );

  test('is ended when it is called off', async () => {
    helper('slow', 'exec sleep 60');
    const stop = AbortSignal.timeout(100);
    const source = dockerConfigCredentials({
      configFiles: [configFile({ credsStore: 'slow' })],
      path: folder,
    });
    const outcome: unknown = await source.find('r', 'a', { signal: stop }).catch((error: unknown) => error);
    expect(outcome).toBe(stop.reason);
  });
});

describe('sources', () => {
  const basic = passwordCredential('bob', 'pw');

  test('the first that knows something answers', async () => {
    const source = firstOf([
      anonymous,
      staticCredentials(basic, 'r'),
      staticCredentials(passwordCredential('eve', 'x')),
    ]);
    expect(told(await source.find('r', 'a', { signal }))).toBe('bob:pw');
    expect(told(await source.find('s', 'a', { signal }))).toBe('eve:x');
  });

  test('what is for one registry is for no other, and what is for none for no mirror', async () => {
    expect(await staticCredentials(basic, 'r').find('s', 'a', { signal })).toBeUndefined();
    expect(await staticCredentials(basic).find('s', 'a', { signal, mirrorOf: 'r' })).toBeUndefined();
    expect(told(await staticCredentials(basic, 's').find('s', 'a', { signal, mirrorOf: 'r' }))).toBe(
      'bob:pw',
    );
    expect(told(await staticCredentials(basic, 'index.docker.io').find('docker.io', 'a', { signal }))).toBe(
      'bob:pw',
    );
  });
});

test('a credential shows its secret nowhere', () => {
  for (const credential of [passwordCredential('bob', 'pw-1234'), passwordCredential('<token>', 'pw-1234')]) {
    const shown = [
      inspect(credential, { showHidden: true, depth: 9 }),
      JSON.stringify(credential),
      String(new Secret('pw-1234')),
    ];
    expect(shown.join()).not.toContain('pw-1234');
    expect(inspect(structuredClone({ ...credential }))).not.toContain('pw-1234');
  }
});
