import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openapiCheck, type AnswerCheck } from '../../../test/fixtures/openapi-check.ts';
import { startAdapter, type AdapterStyle } from '../../../test/fixtures/scanners/adapter-server.ts';
import {
  openScannersServer,
  listOf,
  READER,
  type ScannersAnswer,
  type ScannersServerOptions,
} from '../../../test/fixtures/scanners/scanners-server.ts';
import { anchoreStyle, hangingStyle, modelStyle, V11 } from '../../../test/fixtures/scanners/vendors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-registrations-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ends: (() => PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const REGISTRATIONS = '/api/v2/registrations';

async function open(options: ScannersServerOptions = {}) {
  const server = await openScannersServer(options);
  ends.push(() => server[Symbol.asyncDispose]());
  const check: AnswerCheck = openapiCheck((await server.ask('GET', `${REGISTRATIONS}/openapi.json`)).json);
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    token?: string,
  ): Promise<ScannersAnswer> => {
    const answer = await server.ask(method, path, body, token);
    expect(check(method, path, answer)).toEqual([]);
    return answer;
  };
  return { server, ask };
}

async function adapter(style: AdapterStyle = modelStyle()) {
  const server = await startAdapter(style);
  ends.push(() => server[Symbol.asyncDispose]());
  return server;
}

describe('scanners are registered', () => {
  test('told, changed and removed again', async () => {
    const { ask } = await open();
    const { url } = await adapter();
    const made = await ask('POST', REGISTRATIONS, {
      name: 'east',
      url: `${url}/`,
      priority: 5,
      disabled: false,
    });
    expect(made.status).toBe(201);
    const { id } = made.json;
    expect(made.headers['location']).toBe(`${REGISTRATIONS}/${id}`);
    expect(made.json).toMatchObject({
      name: 'east',
      url,
      auth: '',
      priority: 5,
      is_default: false,
      maxInFlight: 4,
      timeouts: { submit: 10, report: 60, scan: 1500 },
      health: { state: 'healthy', circuit: 'closed' },
      scanner: { name: 'Model', vendor: 'Model', version: '1.2.0' },
      hasCredential: false,
    });
    expect((await ask('GET', '/api/v2/scanners')).json).toHaveLength(1);
    expect((await ask('GET', `/api/v2/scanners/${id}/metadata`)).json).toMatchObject({
      scanner: { name: 'Model' },
      capabilities: [{ type: 'vulnerability' }, { type: 'sbom' }],
    });
    const changed = await ask('PUT', `${REGISTRATIONS}/${id}`, {
      ...made.json,
      priority: 7,
      timeouts: { scan: 60 },
    });
    expect(changed).toMatchObject({
      status: 200,
      json: { priority: 7, timeouts: { submit: 10, report: 60, scan: 60 } },
    });
    const patched = await ask('PATCH', `${REGISTRATIONS}/${id}`, {
      description: 'the east',
      is_default: true,
    });
    expect(patched.json).toMatchObject({ description: 'the east', priority: 7, is_default: true });
    expect((await ask('DELETE', `${REGISTRATIONS}/${id}`)).status).toBe(204);
    for (const method of ['GET', 'DELETE'])
      expect((await ask(method, `${REGISTRATIONS}/${id}`)).status).toBe(404);
  });

  test('a credential goes in, and never comes out; blank, it stays as it was', async () => {
    const { ask, server } = await open();
    const { url, asked } = await adapter(anchoreStyle());
    const body = { name: 'east', url, auth: 'Bearer', access_credential: 'anchore-key' };
    const made = await ask('POST', REGISTRATIONS, body);
    expect(made.json).toMatchObject({ auth: 'Bearer', hasCredential: true });
    const { id } = made.json;
    const { access_credential: _, ...blank } = body;
    const changed = await ask('PUT', `${REGISTRATIONS}/${id}`, {
      ...blank,
      access_credential: '',
      priority: 3,
    });
    expect(changed.json).toMatchObject({ hasCredential: true, priority: 3 });
    expect(asked.at(-1)?.headers.authorization).toBe('Bearer anchore-key');
    const told = [made, changed, await ask('GET', REGISTRATIONS), await ask('GET', `${REGISTRATIONS}/${id}`)];
    for (const { text } of told) expect(text).not.toContain('anchore-key');
    expect(server.logText()).not.toContain('anchore-key');
    // It is not sent to where whoever changes the registration might read it.
    const moved = await ask('PUT', `${REGISTRATIONS}/${id}`, { ...blank, url: 'http://elsewhere.example' });
    expect(moved).toMatchObject({ status: 422, json: { error: { code: 'REGISTRATION_INVALID' } } });
    const open_ = await ask('PATCH', `${REGISTRATIONS}/${id}`, { auth: '' });
    expect(open_.json).toMatchObject({ hasCredential: false });
  });

  test('names and addresses are unique', async () => {
    const { ask } = await open();
    const [one, two] = [await adapter(), await adapter()];
    await ask('POST', REGISTRATIONS, { name: 'east', url: one.url });
    for (const body of [
      { name: 'east', url: two.url },
      { name: 'west', url: `${one.url}/?x=1#y` },
    ])
      expect(await ask('POST', REGISTRATIONS, body)).toMatchObject({
        status: 409,
        json: { error: { code: 'REGISTRATION_DUPLICATE' } },
      });
    const { json } = await ask('POST', REGISTRATIONS, { name: 'west', url: two.url });
    expect((await ask('PATCH', `${REGISTRATIONS}/${json.id}`, { name: 'east' })).status).toBe(409);
  });

  test.each([
    ['no JSON', '{', 400],
    ['no object', [], 422],
    ['no name', { url: 'http://a' }, 422],
    ['no url', { name: 'a' }, 422],
    ['no address', { name: 'a', url: 'ftp://a' }, 422],
    ['another field', { name: 'a', url: 'http://a', color: 'red' }, 422],
    ['another way in', { name: 'a', url: 'http://a', auth: 'Digest' }, 422],
    ['a way in without what to show', { name: 'a', url: 'http://a', auth: 'Bearer' }, 422],
    [
      'what no header can hold',
      { name: 'a', url: 'http://a', auth: 'Bearer', access_credential: 'x\ny' },
      422,
    ],
    ['no user', { name: 'a', url: 'http://a', auth: 'Basic', access_credential: 'x' }, 422],
    ['the name of Drydock itself', { name: 'Drydock', url: 'http://a' }, 422],
    ['a number that is none', { name: 'a', url: 'http://a', priority: '1' }, 422],
    ['no media type', { name: 'a', url: 'http://a', scanTypes: ['x'] }, 422],
    ['times beyond all bounds', { name: 'a', url: 'http://a', timeouts: { scan: 1e9 } }, 422],
    ['no certificate', { name: 'a', url: 'http://a', caCertificate: 'x' }, 422],
  ])('%s is refused', async (_, body, status) => {
    const { ask } = await open();
    expect((await ask('POST', REGISTRATIONS, body)).status).toBe(status);
  });

  test('one that does not answer is registered by force only, one that is no scanner too', async () => {
    const { ask } = await open();
    const gone = await adapter();
    await gone.vanish();
    const page = await adapter({ ...modelStyle(), metadata: () => ({ status: 200, body: '<html>' }) });
    const bad = { name: 'gone', url: gone.url };
    const refused = await ask('POST', REGISTRATIONS, bad);
    expect(refused).toMatchObject({ status: 502, json: { error: { code: 'REGISTRATION_UNREACHABLE' } } });
    expect(refused.text).not.toContain(new URL(gone.url).host);
    expect(await ask('POST', REGISTRATIONS, { name: 'page', url: page.url })).toMatchObject({ status: 422 });
    const forced = await ask('POST', `${REGISTRATIONS}?force=true`, bad);
    expect(forced).toMatchObject({ status: 201, json: { health: { state: 'unhealthy' } } });
    expect((await ask('GET', `${REGISTRATIONS}/${forced.json.id}/metadata`)).status).toBe(502);
  });

  test('a ping asks, and keeps nothing', async () => {
    const { ask } = await open();
    const { url } = await adapter();
    expect(await ask('POST', `${REGISTRATIONS}/ping`, { url })).toMatchObject({
      status: 200,
      json: { scanner: { name: 'Model' } },
    });
    expect((await ask('GET', REGISTRATIONS)).json).toEqual([]);
    expect((await ask('POST', `${REGISTRATIONS}/ping`, {})).status).toBe(422);
  });

  test('one that is where no scanner may be is refused', async () => {
    const { ask } = await open();
    for (const url of ['http://169.254.169.254/latest', 'http://metadata.google.internal'])
      expect(await ask('POST', REGISTRATIONS, { name: 'x', url })).toMatchObject({
        status: 422,
        json: { error: { code: 'REGISTRATION_FORBIDDEN' } },
      });
    const narrow = await open({ settings: { listen: ['10.1.2.3:80'], allowPrivateNetworks: ['false'] } });
    const { url } = await adapter();
    expect((await narrow.ask('POST', REGISTRATIONS, { name: 'x', url })).status).toBe(422);
    const named = await open({
      settings: { listen: ['10.1.2.3:80'], allowPrivateNetworks: ['false'], allowScanner: ['127.0.0.1:*'] },
    });
    expect((await named.ask('POST', REGISTRATIONS, { name: 'x', url })).status).toBe(201);
  });

  test('one with open scans stays, or is drained', async () => {
    const { ask, server } = await open();
    const { url } = await adapter();
    let open_ = 2;
    server.scanners.countOpenScans(() => Promise.resolve(open_));
    const { json } = await ask('POST', REGISTRATIONS, { name: 'east', url });
    const path = `${REGISTRATIONS}/${json.id}`;
    expect(await ask('DELETE', path)).toMatchObject({
      status: 409,
      json: { error: { code: 'REGISTRATION_BUSY' } },
    });
    expect(await ask('DELETE', `${path}?drain=true`)).toMatchObject({
      status: 202,
      json: { draining: true },
    });
    const wish = { mediaType: V11, repository: 'a' };
    expect(await server.scanners.choice.choose(wish)).toEqual([{ kind: 'local' }]);
    expect(await server.scanners.choice.find(json.id)).toBeDefined();
    open_ = 0;
    await server.scanners.directory.sweep({ signal: AbortSignal.timeout(1000) });
    expect((await ask('GET', path)).status).toBe(404);
  });

  test('only who runs the place may', async () => {
    const { ask } = await open();
    for (const [method, path] of [
      ['GET', REGISTRATIONS],
      ['POST', REGISTRATIONS],
      ['POST', `${REGISTRATIONS}/ping`],
      ['GET', '/api/v2/defaults'],
      ['PUT', '/api/v2/defaults'],
      ['DELETE', `${REGISTRATIONS}/x`],
    ] as const)
      expect((await ask(method, path, method === 'GET' ? undefined : {}, READER)).status).toBe(403);
  });
});

describe('defaults', () => {
  test('say who makes what, by every spelling of a type', async () => {
    const { ask, server } = await open();
    const [one, two] = [await adapter(), await adapter()];
    const east = (await ask('POST', REGISTRATIONS, { name: 'east', url: one.url })).json;
    const west = (await ask('POST', REGISTRATIONS, { name: 'west', url: two.url })).json;
    const order = async () =>
      (await server.scanners.choice.choose({ mediaType: V11, repository: 'a' })).map((chosen) =>
        chosen.kind === 'local' ? 'local' : chosen.name,
      );
    expect(await order()).toEqual(['local', 'east', 'west']);
    const loud = 'Application/vnd.security.vulnerability.report ;version=1.1';
    expect((await ask('PUT', '/api/v2/defaults', { [loud]: west.id })).json).toEqual({ [V11]: west.id });
    expect(await order()).toEqual(['west', 'local', 'east']);
    await ask('PATCH', `${REGISTRATIONS}/${east.id}`, { is_default: true });
    expect(await order()).toEqual(['west', 'east', 'local']);
    expect((await ask('PATCH', `${REGISTRATIONS}/local`, { is_default: true })).status).toBe(204);
    await ask('DELETE', `${REGISTRATIONS}/${west.id}`);
    expect((await ask('GET', '/api/v2/defaults')).json).toEqual({});
    expect(await order()).toEqual(['local', 'east']);
  });

  test.each([
    [[], 422],
    [{ x: 'local' }, 422],
    [{ [V11]: 5 }, 422],
    [{ [V11]: 'nobody' }, 404],
    [{ [V11]: 'local', [V11.toUpperCase().replace('VERSION', 'version')]: 'local' }, 422],
    ['{', 400],
  ])('%j is refused', async (body, status) => {
    const { ask } = await open();
    expect((await ask('PUT', '/api/v2/defaults', body)).status).toBe(status);
  });
});

describe('the file', () => {
  test('names scanners that requests cannot change, with their secrets', async () => {
    const { url, asked } = await adapter(anchoreStyle());
    const file = join(folder, 'scanners.yaml');
    writeFileSync(join(folder, 'key'), 'anchore-key\n');
    writeFileSync(
      file,
      [
        'scanners:',
        `  - { name: east, url: "${url}", auth: Bearer, credentialFile: ${join(folder, 'key')}, default: true }`,
        '  - { name: tool, program: grype, disabled: true }',
        'defaults:',
        `  "${V11}": drydock`,
      ].join('\n'),
    );
    const { ask } = await open({ settings: { scannersFile: [file] } });
    const all = listOf(await ask('GET', REGISTRATIONS));
    expect(all).toMatchObject([
      { name: 'east', origin: 'file', is_default: true, hasCredential: true, maxInFlight: 4 },
      { name: 'tool', origin: 'file', program: 'grype', maxInFlight: 1 },
    ]);
    const path = `${REGISTRATIONS}/${all[0]?.id ?? ''}`;
    expect((await ask('GET', path)).json).toMatchObject({ health: { state: 'healthy' } });
    expect(asked.at(-1)?.headers.authorization).toBe('Bearer anchore-key');
    expect(await ask('DELETE', path)).toMatchObject({
      status: 409,
      json: { error: { code: 'REGISTRATION_FIXED' } },
    });
    expect((await ask('PUT', path, { name: 'x', url })).status).toBe(409);
    expect((await ask('GET', '/api/v2/defaults')).json).toEqual({ [V11]: 'local' });
    expect((await ask('POST', REGISTRATIONS, { name: 'x', url })).status).toBe(409);
  });

  test.each([
    ['a list', '- a', 'has no list of scanners'],
    ['another field', 'scanners: []\ncolor: red', 'there is no field'],
    ['a program that is not known', 'scanners: [{ name: a, program: nmap }]', 'need no description'],
    [
      'a program without a place for the image',
      'scanners: [{ name: a, program: { command: x, scans: [{ type: vulnerability, output: trivy-json, arguments: [a] }] } }]',
      '{reference}',
    ],
    [
      'a program with a shell line',
      'scanners: [{ name: a, program: { command: x, scans: "x y" } }]',
      'program.scans',
    ],
    ['two of a name', 'scanners: [{ name: a, program: trivy }, { name: a, program: grype }]', 'two scanners'],
    ['a default that is nobody', `scanners: []\ndefaults: { "${V11}": west }`, 'no scanner of defaults'],
  ])('%s in it is told', async (_, text, message) => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, text);
    await expect(openScannersServer({ settings: { scannersFile: [file] } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message) as string,
    });
  });
});

test('registrations are there after a restart, and how they are is told in metrics', async () => {
  const cacheDir = mkdtempSync(join(folder, 'cache-'));
  const { url } = await adapter();
  const sleeper = await adapter(hangingStyle());
  {
    await using first = await openScannersServer({ cacheDir });
    await first.ask('POST', REGISTRATIONS, { name: 'East Side', url });
    const key = { auth: 'APIKey', access_credential: 'k-secret-1' };
    await first.ask('POST', REGISTRATIONS, { name: 'sleeper', url: sleeper.url, ...key });
  }
  await using second = await openScannersServer({ cacheDir });
  const all = listOf(await second.ask('GET', REGISTRATIONS));
  expect(all).toMatchObject([{ name: 'East Side' }, { name: 'sleeper', hasCredential: true }]);
  for (const { id } of all) await second.ask('GET', `${REGISTRATIONS}/${id}`);
  expect(sleeper.asked.at(-1)?.headers['x-scanneradapter-api-key']).toBe('k-secret-1');
  const metrics = await (await fetch(`${second.url}/metrics`)).text();
  expect(metrics).toContain('drydock_scanner_up{scanner="east-side"} 1');
});
