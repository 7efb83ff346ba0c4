import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';
import {
  bodyOf,
  call,
  DOCKER_MANIFEST,
  METADATA,
  OCI_MANIFEST,
  RAW,
  register,
  REQUEST,
  RESPONSE,
  SBOM,
  V10,
  V11,
  type HarborAnswer,
  type HarborJob,
} from '../fixtures/harbor-client.ts';
import { openHarborServer, TOKENS, type HarborServer } from '../fixtures/harbor-server.ts';
import { openapiCheck, type AnswerCheck } from '../fixtures/openapi-check.ts';
import { sampleReport } from '../fixtures/sample-report.ts';

const basic = (secret: string) => ({
  authorization: `Basic ${Buffer.from(`harbor:${secret}`).toString('base64')}`,
});
const login = basic(TOKENS.harbor);
const digest = `sha256:${'a'.repeat(64)}`;
const ROBOT = `Basic ${Buffer.from('robot$team+scanner-x:s3cret:with:colons').toString('base64')}`;
const ERROR = 'application/vnd.scanner.adapter.error+json; version=1.0';

const job = (repository = 'team/app', more: Partial<HarborJob['artifact']> = {}): HarborJob => ({
  registry: { url: 'https://core.test:8443', authorization: ROBOT },
  artifact: { repository, digest, mime_type: OCI_MANIFEST, ...more },
});

type Json = Record<string, unknown>;
type Item = Json & { readonly id: string; readonly package: string; readonly severity: string };
const json = (answer: HarborAnswer): Json => JSON.parse(answer.text) as Json;

describe("Harbor's scanner API", () => {
  let server: HarborServer;
  let isAsDescribed: AnswerCheck;

  beforeAll(async () => {
    server = await openHarborServer();
    const document = await (await fetch(`${server.url}/api/v1/openapi.json`)).json();
    isAsDescribed = openapiCheck(document);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Every answer that a test sees is held against the document that is served. */
  async function ask(
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
    { url } = server,
  ): Promise<HarborAnswer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await call({ url }, method, path, { ...login, ...headers }, text);
    expect(isAsDescribed(method, path, answer)).toEqual([]);
    return answer;
  }
  const post = (body: unknown, headers: Record<string, string> = {}, to = server) =>
    ask('POST', '/api/v1/scan', { 'content-type': REQUEST, accept: RESPONSE, ...headers }, body, to);
  const fetchReport = (id: string, headers: Record<string, string> = {}, query = '', from = server) =>
    ask('GET', `/api/v1/scan/${id}/report${query}`, headers, undefined, from);

  async function submitted(repository?: string, to = server): Promise<string> {
    const answer = await post(bodyOf('vulnerability', job(repository), ''), {}, to);
    expect(answer.status).toBe(202);
    return String(json(answer)['id']);
  }
  async function over(id: string, accept = V11, query = '', from = server): Promise<HarborAnswer> {
    for (let tries = 0; tries < 200; tries++) {
      const answer = await fetchReport(id, { accept }, query, from);
      if (answer.status !== 302) return answer;
      await new Promise((done) => setTimeout(done, 25));
    }
    throw new Error('the scan does not end');
  }

  describe('metadata', () => {
    test.each([METADATA, METADATA.replace('1.0', '1.1'), '*/*', ''])(
      '1: answers 200 to Accept %j',
      async (accept) => {
        const answer = await ask('GET', '/api/v1/metadata', accept === '' ? {} : { accept });
        expect(answer.status).toBe(200);
        expect(answer.headers['content-type']).toBe(accept.endsWith('1.1') ? accept : METADATA);
      },
    );

    test('2: every capability takes Docker manifests and makes something that Harbor knows, spelled exactly', async () => {
      const { capabilities } = await register({ url: server.url, auth: login });
      expect(capabilities).toEqual([
        {
          type: 'vulnerability',
          consumes_mime_types: [OCI_MANIFEST, DOCKER_MANIFEST],
          produces_mime_types: [V11],
        },
        {
          type: 'sbom',
          consumes_mime_types: [OCI_MANIFEST, DOCKER_MANIFEST],
          produces_mime_types: [SBOM],
          additional_attributes: {
            sbom_media_types: ['application/spdx+json', 'application/vnd.cyclonedx+json'],
          },
        },
      ]);
    });

    test('3: the scanner has a name, a vendor and a version, and properties are texts', async () => {
      const { scanner, properties = {} } = await register({ url: server.url, auth: login });
      expect(scanner).toEqual({ name: 'Drydock', vendor: 'Drydock', version: '1.2.3' });
      expect(Object.values(properties).every((value) => typeof value === 'string')).toBe(true);
      expect(properties).toMatchObject({
        'harbor.scanner-adapter/vulnerability-database-updated-at': '2026-11-21T06:00:00Z',
        'harbor.scanner-adapter/vulnerability-database-next-update-at': '2026-11-22T06:00:00Z',
        'harbor.scanner-adapter/registry-authorization-type': 'Basic',
        'drydock.io/scan-types': expect.stringContaining(`${V11}, ${V10}, `) as string,
      });
    });

    test('4: answers in time although nobody knows the databases', async () => {
      await using stuck = await openHarborServer({
        databases: () => new Promise(() => undefined),
        waitMs: 100,
      });
      const answer = await ask('GET', '/api/v1/metadata', {}, undefined, stuck);
      expect(answer.status).toBe(200);
      expect(answer.ms).toBeLessThan(2000);
      expect(answer.text).not.toContain('updated-at');
    });

    test('5: there is one type of vulnerability report', async () => {
      const { capabilities = [] } = await register({ url: server.url, auth: login });
      const types = capabilities
        .filter(({ type }) => type === 'vulnerability')
        .flatMap(({ produces_mime_types: types }) => types);
      expect(types).toEqual([V11]);
    });
  });

  describe('submitting', () => {
    const full = () => JSON.parse(bodyOf('vulnerability', job(), '')) as Json;

    test('6: 202 exactly, with an id and the type of the response', async () => {
      const answer = await post(full());
      expect(answer.status).toBe(202);
      expect(answer.headers['content-type']).toBe(RESPONSE);
      expect(json(answer)).toEqual({ id: expect.stringMatching(/^[0-9A-Z]{26}$/) as string });
    });

    test('7: parameters that are null, insecure, size and an empty tag are taken', async () => {
      expect(full()).toMatchObject({
        registry: { insecure: false },
        artifact: { tag: '', size: 1234 },
        enabled_capabilities: [{ parameters: null }],
      });
      expect((await post(full())).status).toBe(202);
    });

    test('8: enabled_capabilities may be missing', async () => {
      const { enabled_capabilities: _, ...rest } = full();
      expect((await post(rest)).status).toBe(202);
      expect((await post({ ...rest, enabled_capabilities: null })).status).toBe(202);
    });

    test.each([
      REQUEST,
      REQUEST.replace('1.0', '1.1'),
      'application/json',
      'application/json; charset=utf-8',
    ])('9: takes %s', async (type) =>
      expect((await post(full(), { 'content-type': type })).status).toBe(202),
    );

    test.each([
      ['{}', 422, /missing registry\.url/],
      [{ registry: { url: ' ' }, artifact: {} }, 422, /missing registry\.url/],
      [{ registry: { url: 'INVALID URL' } }, 422, /invalid registry\.url/],
      [{ registry: { url: 'ftp://core' } }, 422, /invalid registry\.url/],
      [{ registry: { url: 'https://user:secret@core' } }, 422, /invalid registry\.url/],
      [{ registry: { url: 'https://core.test' } }, 422, /missing artifact\.repository/],
      [{ registry: { url: 'https://core.test' }, artifact: null }, 422, /missing artifact\.repository/],
      [
        { registry: { url: 'https://core.test' }, artifact: { repository: 'a/b' } },
        422,
        /missing artifact\.digest/,
      ],
      [{ ...full(), artifact: { repository: 'A B', digest } }, 422, /invalid artifact\.repository/],
      [{ ...full(), artifact: { repository: 'a/b', digest: 'sha256:1' } }, 422, /invalid artifact\.digest/],
      [
        { ...full(), registry: { url: 'https://core.test', authorization: 'Digest x' } },
        422,
        /authorization/,
      ],
      ['text', 400, /not valid JSON/],
      ['', 400, /JSON/],
      ['[]', 400, /not a JSON object/],
      ['null', 400, /not a JSON object/],
      [{ registry: 'https://core' }, 400, /registry is not a JSON object/],
      [{ registry: { url: 5 } }, 400, /registry\.url is not a text/],
      [{ ...full(), enabled_capabilities: {} }, 400, /not a list/],
      ['['.repeat(100), 400, /nested too deep/],
    ] as const)('10: %j is refused with %i', async (body, status, message) => {
      const answer = await post(body);
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toBe(ERROR);
      expect((json(answer)['error'] as Json)['message']).toMatch(message);
      expect(answer.text).not.toContain('user:secret');
    });

    test('10: another media type is refused with 415', async () => {
      const type = REQUEST.replace('1.0', '2.0');
      expect((await post(full(), { 'content-type': type })).status).toBe(415);
    });

    test.each([
      [[{ type: 'malware' }], 422],
      [[{}], 422],
      [[{ type: 'sbom', parameters: { sbom_media_types: ['text/plain'] } }], 422],
      [[{ type: 'sbom', parameters: { sbom_media_types: [] } }], 422],
      [[{ type: 'sbom', parameters: null }], 422],
      [[{ type: 'sbom' }], 422],
      [[{ type: 'vulnerability' }], 202],
      [
        [
          { type: 'vulnerability' },
          { type: 'sbom', parameters: { sbom_media_types: ['application/spdx+json'] } },
        ],
        202,
      ],
      [[{ type: 'sbom', parameters: { sbom_media_types: ['application/vnd.cyclonedx+json'] } }], 202],
    ])('11: capabilities %j give %i', async (capabilities, status) => {
      expect((await post({ ...full(), enabled_capabilities: capabilities })).status).toBe(status);
    });

    test('12: what is asked for twice has two ids', async () => {
      const ids = await Promise.all(Array.from({ length: 10 }, () => submitted()));
      expect(new Set(ids).size).toBe(10);
    });

    test('13: answers in time with thousands that wait, and 503 with when to come again once no more fit', async () => {
      await using busy = await openHarborServer({ isIdle: true, maxWaiting: 3000 });
      let slowest = 0;
      for (let sent = 0; sent < 3000; sent += 100) {
        const answers = await Promise.all(
          Array.from({ length: 100 }, () => post(bodyOf('vulnerability', job(), ''), {}, busy)),
        );
        expect(answers.filter(({ status }) => status !== 202)).toEqual([]);
        slowest = Math.max(slowest, ...answers.map(({ ms }) => ms));
      }
      expect(slowest).toBeLessThan(5000);
      const refused = await post(bodyOf('vulnerability', job(), ''), {}, busy);
      expect(refused.status).toBe(503);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    }, 60_000);

    test('a store that does not answer costs two seconds at most, and the scan is called off when it comes', async () => {
      const cancelled: string[] = [];
      const late = { id: 'X', request: {}, state: 'queued' } as never;
      await using stuck = await openHarborServer({
        waitMs: 100,
        requests: {
          submit: () => new Promise((resolve) => setTimeout(() => resolve(late), 200)),
          find: () => new Promise(() => undefined),
          cancel: (id) => {
            cancelled.push(id);
            return Promise.resolve(undefined);
          },
        },
      });
      const answer = await post(full(), {}, stuck);
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBeDefined();
      await expect.poll(() => cancelled).toEqual(['X']);
      // A look is told to come again, as a scan would be lost with any other answer.
      const look = await fetchReport('01ARZ3NDEKTSV4RRFFQ69G5FAV', {}, '', stuck);
      expect(look.status).toBe(302);
      expect(look.ms).toBeLessThan(2000);
    });
  });

  describe('reports', () => {
    test('14: 302 with Location and Refresh-After while it waits', async () => {
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      await using slow = await openHarborServer({ gate });
      const id = await submitted('team/app', slow);
      const query = `?sbom_media_type=${encodeURIComponent('application/spdx+json')}`;
      for (const [accept, asked] of [
        [V11, ''],
        [SBOM, query],
      ] as const) {
        const answer = await fetchReport(id, { accept }, asked, slow);
        expect(answer.status).toBe(302);
        const seconds = Number(answer.headers['refresh-after']);
        expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 127).toBe(true);
        expect(answer.headers['retry-after']).toBe(answer.headers['refresh-after']);
        const own = `${slow.url}/api/v1/scan/${id}/report${asked}`;
        expect(new URL(answer.headers.location ?? '', own).href).toBe(own);
      }
      open();
      expect((await over(id, V11, '', slow)).status).toBe(200);
    });

    test('15: 200 with the type that was asked for, as often as one likes', async () => {
      const id = await submitted();
      const first = await over(id);
      const second = await fetchReport(id, { accept: V11 });
      expect(first.status).toBe(200);
      expect(first.headers['content-type']).toBe(V11);
      expect(second.text).toBe(first.text);
      expect(json(first)).toMatchObject({
        generated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        artifact: { repository: 'team/app', digest, mime_type: OCI_MANIFEST },
        scanner: { name: 'Drydock', vendor: 'Drydock', version: '1.2.3' },
        severity: 'Critical',
      });
    });

    test('16: the older report can be had of a scan that was asked for the newer one', async () => {
      const id = await submitted();
      const newer = await over(id, V11);
      const older = await fetchReport(id, { accept: V10 });
      expect(older.headers['content-type']).toBe(V10);
      expect(older.text).toBe(newer.text);
      const raw = await fetchReport(id, { accept: RAW });
      expect(raw.headers['content-type']).toBe(RAW);
      expect(json(raw)).toMatchObject({ SchemaVersion: 2 });
    });

    test.each([undefined, '*/*', 'application/*;q=0.5', `text/html, ${V11.replace('; ', ';')};q=0.4`])(
      '17: Accept %j is the newer vulnerability report',
      async (accept) => {
        const id = await submitted();
        await over(id);
        const answer = await fetchReport(id, accept === undefined ? {} : { accept });
        expect(answer.headers['content-type']).toBe(V11);
      },
    );

    test('18: a bill of materials comes in either format, and not without one', async () => {
      const id = await submitted();
      await over(id);
      for (const query of ['', '?sbom_media_type=', '?sbom_media_type=text%2Fplain']) {
        const refused = await fetchReport(id, { accept: SBOM }, query);
        expect(refused.status).toBe(400);
      }
      for (const [type, member] of [
        ['application/spdx+json', 'spdxVersion'],
        ['application/vnd.cyclonedx+json', 'bomFormat'],
      ] as const) {
        const answer = await over(id, SBOM, `?sbom_media_type=${encodeURIComponent(type)}`);
        expect(answer.status).toBe(200);
        expect(answer.headers['content-type']).toBe(SBOM);
        const { media_type: told, sbom } = json(answer);
        expect(told).toBe(type);
        expect(sbom).toHaveProperty(member);
        expect(answer.text).not.toContain('CVE-2026');
      }
    });

    test.each([
      'text/html',
      V11.replace('1.1', '9.9'),
      'application/vnd.security.license.report; version=1.0',
      ';;',
    ])('19: Accept %j is refused with 415', async (accept) => {
      const id = await submitted();
      expect((await fetchReport(id, { accept })).status).toBe(415);
    });

    test.each(['01ARZ3NDEKTSV4RRFFQ69G5FAV', 'none', '%2e%2e%2f', 'ünknown', '0'.repeat(500)])(
      '20: id %s is unknown',
      async (id) => expect((await fetchReport(encodeURI(id))).status).toBe(404),
    );

    test('20: what somebody else asked for is unknown', async () => {
      const id = await submitted();
      await over(id);
      expect((await fetchReport(id, basic(TOKENS.other))).status).toBe(404);
    });

    test('21: a scan that failed is 500 with why, and a mistake of ours tells nothing of itself', async () => {
      const denied = await over(await submitted('team/denied'));
      expect(denied.status).toBe(500);
      expect(json(denied)).toEqual({
        error: { message: 'the registry refused the login. Check the robot.', code: 'REGISTRY_DENIED' },
      });
      expect(denied.text + server.logText()).not.toMatch(/s3cret|robot\$team/);
    });

    test('21: a scan that is not done in time is 500, and called off', async () => {
      await using idle = await openHarborServer({ isIdle: true, scanSeconds: 0 });
      const id = await submitted('team/app', idle);
      for (const message of [/not done within/, /called off/]) {
        const answer = await fetchReport(id, {}, '', idle);
        expect(answer.status).toBe(500);
        expect((json(answer)['error'] as Json)['message']).toMatch(message);
      }
    });

    test('22: paths and methods that are none are told in JSON, too', async () => {
      for (const [method, path, status] of [
        ['GET', '/api/v1/nothing', 404],
        ['GET', '/api/v1/scan', 405],
        ['POST', '/api/v1/metadata', 405],
      ] as const) {
        const answer = await call(server, method, path, login, method === 'POST' ? '' : undefined);
        expect(answer.status).toBe(status);
        expect(answer.headers['content-type']).toBe(ERROR);
        expect((json(answer)['error'] as Json)['message']).toMatch(/\w/);
      }
    });

    test('22: a body that is too large is 413 in JSON', async () => {
      const answer = await post(`"${'x'.repeat(1 << 20)}"`);
      expect(answer.status).toBe(413);
      expect(answer.headers['content-type']).toBe(ERROR);
    });

    test('23: severities are only those that Harbor knows', async () => {
      const known = ['Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical'];
      const { severity, vulnerabilities } = json(await over(await submitted()));
      expect(known).toContain(severity);
      const items = vulnerabilities as readonly Item[];
      expect(items.map((item) => item.severity).filter((one) => !known.includes(one))).toEqual([]);
    });

    test('24: what lies in an image several times is told once', async () => {
      await using many = await openHarborServer({
        report: () => {
          const made = sampleReport();
          return { ...made, findings: [...made.findings, ...made.findings] };
        },
      });
      const { vulnerabilities } = json(await over(await submitted('team/app', many), V11, '', many));
      expect(vulnerabilities).toHaveLength(sampleReport().findings.length);
    });

    test('25: an image with nothing wrong has a report all the same', async () => {
      const answer = await over(await submitted('team/clean'));
      expect(answer.status).toBe(200);
      expect(json(answer)).toMatchObject({ vulnerabilities: [] });
      expect(json(answer)).not.toHaveProperty('severity');
    });

    test('26: reports survive a restart', async () => {
      const store = keptOpen(openMemoryStore());
      const id = await (async () => {
        await using first = await openHarborServer({ store });
        const accepted = await submitted('team/app', first);
        await over(accepted, V11, '', first);
        return accepted;
      })();
      await using second = await openHarborServer({ store });
      expect((await fetchReport(id, { accept: V11 }, '', second)).status).toBe(200);
    });

    test('27: who may ask: Basic, Bearer and the key of the API; else 401 in JSON', async () => {
      const { harbor, reader } = TOKENS;
      for (const auth of [
        basic(harbor),
        { authorization: `Bearer ${harbor}` },
        { 'x-scanneradapter-api-key': harbor },
      ])
        await register({ url: server.url, auth });
      for (const [headers, status] of [
        [{}, 401],
        [basic('wrong'), 401],
        [{ authorization: 'Bearer wrong' }, 401],
        [{ 'x-scanneradapter-api-key': 'wrong' }, 401],
        [{ authorization: `Bearer ${reader}` }, 403],
      ] as const) {
        const paths = [
          ['GET', '/api/v1/metadata'],
          ['POST', '/api/v1/scan'],
          ['GET', '/api/v1/scan/x/report'],
        ] as const;
        for (const [method, path] of paths) {
          const answer = await call(server, method, path, headers, method === 'POST' ? '{}' : undefined);
          expect([path, answer.status]).toEqual([path, status]);
          expect(isAsDescribed(method, path, answer)).toEqual([]);
        }
      }
      for (const probe of ['/healthz', '/readyz'])
        expect((await call(server, 'GET', probe, {})).status).toBe(200);
    });

    test('28: a scan whose worker died is begun again', async () => {
      const store = keptOpen(openMemoryStore());
      const never = new Promise<void>(() => undefined);
      const id = await (async () => {
        await using dying = await openHarborServer({ store, gate: never });
        const accepted = await submitted('team/app', dying);
        await expect.poll(() => dying.begun.length).toBe(1);
        return accepted;
      })();
      await using next = await openHarborServer({ store });
      expect((await over(id, V11, '', next)).status).toBe(200);
    });

    test('who asks too often is told to come again for a report, not that the scan failed', async () => {
      await using strict = await openHarborServer({ rateLimit: { perSecond: 1, burst: 2 } });
      const id = await submitted('team/app', strict);
      const answers = await Promise.all(Array.from({ length: 8 }, () => fetchReport(id, {}, '', strict)));
      const statuses = new Set(answers.map(({ status }) => status));
      expect([...statuses].filter((status) => status !== 200 && status !== 302)).toEqual([]);
      expect((await post('{}', {}, strict)).status).toBe(429);
    });

    test('who does not take gzip gets it plain', async () => {
      const id = await submitted();
      const packed = await over(id);
      expect(packed.headers['content-encoding']).toBe('gzip');
      const plain = await fetch(`${server.url}/api/v1/scan/${id}/report`, {
        headers: { ...login, 'accept-encoding': 'identity' },
      });
      expect(plain.headers.get('content-encoding')).toBeNull();
      expect(await plain.text()).toBe(packed.text);
    });
  });

  describe('registries', () => {
    async function begunFor(registry: Json, artifact: Json = {}) {
      const repository = `team/${Math.random().toString(36).slice(2)}`;
      const body = { registry, artifact: { repository, digest, tag: '7.2', ...artifact } };
      await over(String(json(await post(body))['id']));
      const begun = server.begun.find(({ request }) => request.image.includes(repository));
      return { begun, image: (host: string) => `${host}/${repository}:7.2@${digest}` };
    }

    test('30: a password may hold colons', async () => {
      const { begun } = await begunFor({ url: 'https://core.test', authorization: ROBOT });
      expect(begun?.credential).toMatchObject({ kind: 'basic', username: 'robot$team+scanner-x' });
      const { credential } = begun ?? {};
      expect(credential?.kind === 'basic' && credential.password.reveal()).toBe('s3cret:with:colons');
    });

    test.each([
      ['https://core.test', 'core.test', false],
      ['https://core.test:8443/', 'core.test:8443', false],
      ['https://Core.Test/v2/', 'core.test', false],
      ['http://core:8080', 'core:8080', true],
      ['http://core', 'core:80', true],
      ['https://core', 'core:443', false],
      ['http://10.0.0.1:5000/some/path', '10.0.0.1:5000', true],
      ['https://[::1]:5000', '[::1]:5000', false],
      ['core.test:5000', 'core.test:5000', false],
    ])('31: %s is %s (plain: %s)', async (url, host, plainHttp) => {
      const { begun, image } = await begunFor({ url });
      expect(begun?.request.image).toBe(image(host));
      expect(begun?.request.plainHttp ?? false).toBe(plainHttp);
    });

    test.each(['Bearer abc.def', 'bearer abc.def', 'Bearer: abc.def'])(
      '32, 33: %s is used as it is',
      async (authorization) => {
        const { begun } = await begunFor({ url: 'https://core.test', authorization });
        const { credential } = begun ?? {};
        expect(credential?.kind === 'registry-token' && credential.token.reveal()).toBe('abc.def');
      },
    );

    test('without authorization there is no login', async () => {
      const { begun } = await begunFor({ url: 'https://core.test', authorization: '' });
      expect(begun?.credential).toBeUndefined();
    });

    test('logins are gone from the store when the scan is over', async () => {
      await begunFor({ url: 'https://core.test', authorization: ROBOT });
      const keys: string[] = [];
      for await (const key of server.store.keys('')) {
        keys.push(key);
        const value = Buffer.from((await server.store.get(key)) ?? '').toString('latin1');
        expect(value).not.toContain('s3cret');
      }
      expect(keys.length).toBeGreaterThan(0);
      await expect
        .poll(async () => {
          const sealed: string[] = [];
          for await (const key of server.store.keys('sealed/')) sealed.push(key);
          return sealed;
        })
        .toEqual([]);
    });
  });

  test('a base path goes before all of it', async () => {
    await using based = await openHarborServer({ basePath: '/harbor/' });
    await register({ url: `${based.url}/harbor`, auth: login });
    expect((await call(based, 'GET', '/api/v1/metadata', login)).status).toBe(404);
  });
});

/** What is in memory does not outlive a server otherwise. */
function keptOpen(store: Store): Store {
  return { ...store, [Symbol.asyncDispose]: () => Promise.resolve() };
}
