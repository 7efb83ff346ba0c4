import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DrydockError } from '../base/errors.ts';
import { loadConfig, type Flags } from './load.ts';
import { registryHosts } from './registries.ts';
import { envOf, settingNames, type SettingName } from './schema.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-config-'));
  mkdirSync(join(folder, 'drydock'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const flags = (given: Partial<Record<SettingName, string[]>> = {}): Flags =>
  new Map(Object.entries(given) as [SettingName, string[]][]);

function write(text: string): Record<string, string> {
  writeFileSync(join(folder, 'drydock', 'config.yaml'), text);
  return { XDG_CONFIG_HOME: folder, HOME: '/home/nobody' };
}

async function failure(text: string, given = flags(), env = {}): Promise<DrydockError> {
  return loadConfig(given, { ...write(text), ...env }).then(
    () => expect.fail('was accepted'),
    (error: DrydockError) => error,
  );
}

describe('a flag comes before the environment, before the file, before the default', () => {
  test.each([
    [
      { format: ['table'] },
      { DRYDOCK_FORMAT: 'json' },
      'format: json',
      'table',
      { kind: 'flag', name: '--format' },
    ],
    [
      {},
      { DRYDOCK_FORMAT: 'JSON' },
      'format: table',
      'json',
      { kind: 'environment', name: 'DRYDOCK_FORMAT' },
    ],
    [{}, { DRYDOCK_FORMAT: '' }, 'format: json', 'json', { kind: 'file' }],
    [{}, {}, '', 'table', { kind: 'default' }],
  ])('%j %j %j', async (given, env, file, value, origin) => {
    const loaded = await loadConfig(flags(given), { ...write(file), ...env });
    expect(loaded.config.format).toBe(value);
    expect(loaded.origins.get('format')).toMatchObject(origin);
  });

  test('a switch that the file turns on is turned off by its flag', async () => {
    const loaded = await loadConfig(flags({ ignoreUnfixed: ['false'] }), write('ignoreUnfixed: true'));
    expect(loaded.config.ignoreUnfixed).toBe(false);
  });
});

describe('the file is checked', () => {
  test.each([
    ['\nseverty: HIGH', ':2: unknown setting "severty"', 'Did you mean "severity"?'],
    ['severity: [HIGH, foo]', ':1: severity: "foo" is not one of', undefined],
    ['timeout: 5', ':1: timeout: is a text', undefined],
    ['offline: "yes"', ':1: offline: is true or false', undefined],
    ['exitCode: 1.5', '"1.5" is not a whole number', undefined],
    ['password: x', 'unknown setting "password"', undefined],
    ['- a', 'is not a mapping', undefined],
    ['a: [', 'is not YAML', undefined],
    ['format: json\nformat: table', 'is not YAML', undefined],
    ['__proto__: {offline: true}', 'unknown setting "__proto__"', undefined],
    ['registries: {"a b": {}}', '"a b", which is not a registry host', undefined],
    [
      'registries: {h.example: {mirror: [x]}}',
      'h.example has the unknown key "mirror"',
      'Did you mean "mirrors"?',
    ],
    ['registries: {h.example: {insecure: 1}}', 'h.example: insecure is true or false', undefined],
  ])('%j', async (text, message, hint) => {
    const error = await failure(text);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(message);
    expect(error.hint).toBe(hint);
  });

  test('a bomb of aliases is refused', async () => {
    const levels = Array.from({ length: 9 }, (_, i) => `&a${i + 1} [${`*a${i},`.repeat(9)}]`);
    const error = await failure(`registries: {h.example: {mirrors: [&a0 [x], ${levels.join(', ')}]}}`);
    expect(error.message).toMatch(/^configuration file .*:1: cannot be read/);
  });

  test('one that was asked for must be there', async () => {
    const error = await failure('', flags({ config: ['/nonexistent/x.yaml'] }));
    expect(error.message).toContain('/nonexistent/x.yaml');
  });
});

test('every registry host is told by file and flags together', async () => {
  const file = 'registries: {Hub.example: {mirrors: [m.example/x], plainHttp: true}}';
  const given = flags({ mirror: ['hub.example=n.example'], insecure: ['other.example:5000'] });
  const { config } = await loadConfig(given, write(file));
  expect(Object.fromEntries(registryHosts(config))).toEqual({
    'hub.example': { mirrors: ['m.example/x', 'n.example'], plainHttp: true, insecure: false },
    'other.example:5000': { mirrors: [], plainHttp: false, insecure: true },
  });
});

test.each([
  [{ mirror: ['x'] }, {}, '--mirror: "x" is not host=mirror'],
  [{ plainHttp: ['http://x'] }, {}, '--plain-http: "http://x" is not a host'],
  [{ username: ['u'] }, {}, '--username: needs a password'],
  [{ passwordStdin: ['true'] }, {}, '--password-stdin: needs --username'],
  [
    {},
    { DRYDOCK_REGISTRY_TOKEN: 't', DRYDOCK_USERNAME: 'u', DRYDOCK_PASSWORD: 'p' },
    'DRYDOCK_REGISTRY_TOKEN: cannot',
  ],
])('%j %j is refused', async (given, env, message) => {
  expect((await failure('', flags(given), env)).message).toContain(message);
});

test('a misspelt variable is mentioned', async () => {
  const { warnings } = await loadConfig(flags(), { ...write(''), DRYDOCK_SEVERTY: 'HIGH' });
  expect(warnings).toEqual(['DRYDOCK_SEVERTY is set but is not a setting; did you mean DRYDOCK_SEVERITY?']);
});

test('no two settings share a variable', () => {
  const names = settingNames.map(envOf).filter((name) => name !== undefined);
  expect(new Set(names).size).toBe(names.length);
});

test('places follow the XDG rules', async () => {
  const env = {
    HOME: '/home/ada',
    XDG_CACHE_HOME: '/var/ada',
    XDG_CONFIG_HOME: 'relative',
    DOCKER_CONFIG: '/d',
  };
  const { config, surroundings } = await loadConfig(flags(), env);
  expect(config.cacheDir).toBe('/var/ada/drydock');
  expect(surroundings.configFile).toBe('/home/ada/.config/drydock/config.yaml');
  expect(surroundings.loginFiles).toEqual(['/home/ada/.config/containers/auth.json', '/d/config.json']);
});
