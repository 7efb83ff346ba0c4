import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, METADATA, type HarborAnswer } from '../fixtures/harbor-client.ts';
import {
  COMPOSITE,
  REQUEST_20,
  toWhole,
  TYPES,
  type Entry,
  type Whole,
} from '../fixtures/composite-client.ts';
import { openCompositeServer, TOKENS, type CompositeServer } from '../fixtures/composite-server.ts';
import { done, failure, fakeScanner, forever, IDENTITY, waiting } from '../fixtures/fake-scanner.ts';
import { openapiCheck, type AnswerCheck } from '../fixtures/openapi-check.ts';

const ERROR = 'application/vnd.scanner.adapter.error+json; version=1.0';
const FOREIGN = 'application/vnd.security.malware.report; version=1.0';
const digest = `sha256:${'a'.repeat(64)}`;
const login = (token: string) => ({ authorization: `Bearer ${token}` });
const one = login(TOKENS.one);
const ROBOT = `Basic ${Buffer.from('robot$team+scanner:s3cret:with:colons').toString('base64')}`;

/** As it was proposed, letter for letter but for a comma that is missing there. */
const SEED = `{
         "registry": {
           "url": "harbor-harbor-registry:5000",
           "authorization": "Bearer: JWTTOKENGOESHERE"
         },
         "artifact": {
           "repository": "library/mongo",
           "digest": "sha256:917f5b7f4bef1b35ee90f03033f33a81002511c1e0767fd44276d4bd9cd2fa8e"
         },
         "scanTypes": {
         	"application/vnd.security.vulnerability.report; version=1.1" : {},
         	"application/vnd.security.bom.report; version=1.0" : {"allowGNU" : "false", "format": "spdx"}
         } 
       }`;

const bodyOf = (scanTypes: object, repository = 'team/app') => ({
  registry: { url: 'https://core.test:8443', authorization: ROBOT },
  artifact: { repository, digest, tag: '1' },
  scanTypes,
});

type Headers = Readonly<Record<string, string>>;
interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly code: string;
    readonly details?: Record<string, Entry['error']>;
  };
}
const errorOf = ({ text }: HarborAnswer) => (JSON.parse(text) as ErrorBody).error;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('scans of several types', () => {
  let server: CompositeServer;
  let isAsDescribed: AnswerCheck;

  beforeAll(async () => {
    server = await openCompositeServer();
    isAsDescribed = openapiCheck(await (await fetch(`${server.url}/api/v2/openapi.json`)).json());
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Every answer that a test sees is held against the document that is served. */
  async function ask(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    headers: Headers = {},
    body?: unknown,
    { url } = server,
  ): Promise<HarborAnswer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await call({ url }, method as 'GET', path, { ...one, ...headers }, text);
    if (answer.status !== 304) expect(isAsDescribed(method, path, answer)).toEqual([]);
    return answer;
  }
  const post = (body: unknown, headers: Headers = {}, to = server, query = '') =>
    ask('POST', `/api/v2/scan${query}`, { 'content-type': REQUEST_20, ...headers }, body, to);
  async function submitted(scanTypes: object, to = server, repository?: string): Promise<Whole> {
    const answer = await post(bodyOf(scanTypes, repository), {}, to);
    expect(answer.status).toBe(200);
    return toWhole(answer.text);
  }
  async function until(
    id: string,
    isEnough: (whole: Whole) => boolean,
    to = server,
    ms = 10_000,
  ): Promise<Whole> {
    for (const latest = Date.now() + ms; ;) {
      const whole = toWhole((await ask('GET', `/api/v2/scan/${id}`, {}, undefined, to)).text);
      if (isEnough(whole)) return whole;
      if (Date.now() > latest) throw new Error(`it stands as ${JSON.stringify(whole)}`);
      await pause(25);
    }
  }
  const isOver = ({ scanProgress }: { readonly scanProgress: string }) =>
    ['completed', 'failed', 'aborted'].includes(scanProgress);
  const over = (id: string, to = server, ms?: number) => until(id, isOver, to, ms);
  const entry = (whole: Whole, type: string): Entry => whole.entries[type] as Entry;

  describe('submitting', () => {
    test("34: the proposal's own request works, and each key is told letter for letter", async () => {
      const answer = await post(SEED);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe(COMPOSITE);
      const whole = toWhole(answer.text);
      expect(answer.headers['location']).toBe(`scan/${whole.scanId}`);
      expect(Object.keys(whole.entries)).toEqual([
        'application/vnd.security.vulnerability.report; version=1.1',
        'application/vnd.security.bom.report; version=1.0',
      ]);
      const { entries, scanProgress } = await over(whole.scanId);
      expect(scanProgress).toBe('completed');
      expect(Object.values(entries).map((part) => part.scanProgress)).toEqual(['completed', 'completed']);
      const begun = server.begun.find(({ request }) => request.image.includes('library/mongo'));
      expect(begun?.request).toMatchObject({
        image: expect.stringMatching(/^harbor-harbor-registry:5000\/library\/mongo@sha256:917f/) as string,
        source: 'composite',
        lookFor: ['vulnerability', 'license'],
      });
      expect(begun?.credential).toMatchObject({ kind: 'registry-token' });
    });

    test('34: however a key is written it is told so, and means the same', async () => {
      const odd = 'APPLICATION/vnd.Security.License.report;version="1.0"';
      const bare = 'application/vnd.security.secret.report';
      const whole = await submitted({ [odd]: null, [bare]: {} });
      expect(Object.keys(whole.entries)).toEqual([odd, bare]);
      await over(whole.scanId);
      const report = await ask('GET', `/api/v2/scan/${whole.scanId}/report`, { accept: TYPES.license });
      expect(report.status).toBe(200);
      expect(report.headers['content-type']).toBe(odd);
    });

    test('35: a subset of types brings only those', async () => {
      const { entries } = await submitted({ [TYPES.secret]: null });
      expect(Object.keys(entries)).toEqual([TYPES.secret]);
    });

    test('36: of known and unknown types the known are done and the unknown tell why not', async () => {
      const { scanId } = await submitted({
        [TYPES.vulnerability]: {},
        [FOREIGN]: {},
        [TYPES.license]: { allow: 'MIT', nonsense: 1 },
        [TYPES.vulnerability.replace('1.1', '9.9')]: {},
        'no/media type': {},
      });
      const whole = await over(scanId);
      expect(whole).toMatchObject({ scanProgress: 'completed', partial: true });
      expect(Object.values(whole.entries).map(({ error }) => error?.code)).toEqual([
        undefined,
        'UNKNOWN_MIME_TYPE',
        'INVALID_PARAMETER',
        'UNKNOWN_MIME_TYPE',
        'UNKNOWN_MIME_TYPE',
      ]);
      const report = await ask('GET', `/api/v2/scan/${scanId}/${entry(whole, FOREIGN).scanId}/report`);
      expect(report.status).toBe(422);
      expect(errorOf(report).code).toBe('UNKNOWN_MIME_TYPE');
    });

    test('37: only unknown types are refused, with a reason for each', async () => {
      const answer = await post(bodyOf({ [FOREIGN]: {}, 'x/y': null }));
      expect(answer.status).toBe(422);
      expect(answer.headers['content-type']).toBe(ERROR);
      expect(errorOf(answer)).toMatchObject({
        code: 'UNKNOWN_MIME_TYPE',
        details: { [FOREIGN]: { code: 'UNKNOWN_MIME_TYPE' }, 'x/y': { code: 'UNKNOWN_MIME_TYPE' } },
      });
    });

    test('37: types for which nobody is there are 501', async () => {
      const answer = await post(bodyOf({ [TYPES.vulnerability]: { scanner: 'nobody' } }));
      expect(answer.status).toBe(501);
      expect(errorOf(answer).code).toBe('NO_SCANNER');
    });

    test('with strict=true one bad type refuses the rest', async () => {
      const body = bodyOf({ [TYPES.vulnerability]: {}, [FOREIGN]: {} });
      expect((await post(body, {}, server, '?strict=true')).status).toBe(422);
      expect((await post(body)).status).toBe(200);
    });

    test('39: it is told at once, long before scans are over', async () => {
      await using slow = await openCompositeServer({ gate: forever() });
      const answer = await post(bodyOf({ [TYPES.vulnerability]: {} }), {}, slow);
      expect(answer.ms).toBeLessThan(1000);
      expect(['started', 'running']).toContain(toWhole(answer.text).scanProgress);
    });

    test.each<[string, unknown, number, RegExp]>([
      ['text', 'text', 400, /not valid JSON/],
      [
        'the proposal with its comma missing',
        SEED.replace('},\n         "scanTypes"', '}\n         "scanTypes"'),
        400,
        /JSON/,
      ],
      ['nesting', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`, 400, /nested/],
      ['a list', [], 400, /not a JSON object/],
      ['nothing', {}, 422, /missing registry\.url/],
      [
        'a bare name',
        { ...bodyOf({}), registry: { url: 'INVALID_REGISTRY_URL' } },
        422,
        /invalid registry\.url/,
      ],
      ['no digest', { ...bodyOf({}), artifact: { repository: 'a/b' } }, 422, /missing artifact\.digest/],
      ['no types', { ...bodyOf({}), scanTypes: undefined }, 422, /missing scanTypes/],
      ['an empty list of types', bodyOf({}), 422, /scanTypes is empty/],
      ['types in a list', bodyOf([TYPES.secret]), 400, /scanTypes is not a JSON object/],
      ['a key that is no media type', bodyOf({ scanId: {} }), 422, /named by media types/],
      [
        'one type under two names',
        bodyOf({ [TYPES.secret]: {}, 'application/vnd.security.secret.report': {} }),
        422,
        /one type twice/,
      ],
      [
        'another kind of login',
        { ...bodyOf({ [TYPES.secret]: {} }), registry: { url: 'https://a.test', authorization: 'Digest x' } },
        422,
        /authorization/,
      ],
    ])('%s is refused', async (_, body, status, message) => {
      const answer = await post(body);
      expect(answer.status).toBe(status);
      expect(errorOf(answer).message).toMatch(message);
    });

    test('requests of version 1 are for another address, and large ones for nobody', async () => {
      const type = { 'content-type': REQUEST_20.replace('2.0', '1.1') };
      expect((await post(bodyOf({ [TYPES.secret]: {} }), type)).status).toBe(415);
      expect((await post(`"${'x'.repeat(1 << 20)}"`)).status).toBe(413);
      expect(
        (await post(bodyOf({ [TYPES.secret]: {} }), { 'content-type': 'application/json' })).status,
      ).toBe(200);
    });

    test('who prefers it is told 202, and who waits is told once it is over', async () => {
      const answer = await post(bodyOf({ [TYPES.secret]: {} }), { prefer: 'wait=10' });
      expect(answer.headers['preference-applied']).toBe('wait=10');
      expect(toWhole(answer.text).scanProgress).toBe('completed');
      await using slow = await openCompositeServer({ gate: forever(), answersAccepted: true });
      const async = await post(bodyOf({ [TYPES.secret]: {} }), { prefer: 'respond-async' });
      expect([200, 202]).toContain(async.status);
      expect(async.headers['preference-applied']).toBe('respond-async');
      expect((await post(bodyOf({ [TYPES.secret]: {} }), { prefer: 'respond-async' }, slow)).status).toBe(
        202,
      );
      expect((await post(bodyOf({ [TYPES.secret]: {} }), {}, slow)).status).toBe(202);
    });

    test('44: one idempotency key is one scan, whichever login comes with it', async () => {
      const headers = { 'idempotency-key': 'run-1' };
      const body = bodyOf({ [TYPES.secret]: {} });
      const others = { ...body, registry: { ...body.registry, authorization: 'Bearer another' } };
      const answers = await Promise.all([post(body, headers), post(body, headers), post(others, headers)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(new Set(answers.map(({ text }) => toWhole(text).scanId)).size).toBe(1);
      const different = await post(bodyOf({ [TYPES.license]: {} }), headers);
      expect(different.status).toBe(409);
      expect(errorOf(different).code).toBe('IDEMPOTENCY_CONFLICT');
      const somebodyElse = await post(body, { ...headers, ...login(TOKENS.two) });
      expect(toWhole(somebodyElse.text).scanId).not.toBe(toWhole(answers[0].text).scanId);
    });
  });

  describe('looking', () => {
    test('40: there are five states, and the last ones stay', async () => {
      const { scanId } = await submitted({ [TYPES.vulnerability]: {}, [FOREIGN]: {} });
      const last = await over(scanId);
      for (let i = 0; i < 3; i++) expect(await over(scanId)).toEqual(last);
      const tag = (await ask('GET', `/api/v2/scan/${scanId}`)).headers['etag'];
      expect((await ask('GET', `/api/v2/scan/${scanId}`, { 'if-none-match': String(tag) })).status).toBe(304);
    });

    test('41: the whole and its parts agree, by whichever address', async () => {
      const { scanId, entries } = await submitted({ [TYPES.vulnerability]: {}, [TYPES.bom]: {} });
      const whole = await over(scanId);
      expect((await ask('GET', `/api/v2/scan/${scanId}/status`)).text).toBe(
        (await ask('GET', `/api/v2/scan/${scanId}`)).text,
      );
      for (const [type, { scanId: part }] of Object.entries(entries)) {
        for (const path of [`/api/v2/scan/${scanId}/${part}`, `/api/v2/scan/${part}`]) {
          const { mimeType, compositeId, ...told } = JSON.parse((await ask('GET', path)).text) as Entry &
            Record<string, unknown>;
          expect({ mimeType, compositeId, told }).toEqual({
            mimeType: type,
            compositeId: scanId,
            told: entry(whole, type),
          });
        }
      }
    });

    test('42: a report alone is the one in the whole', async () => {
      const types = [
        TYPES.vulnerability,
        TYPES.oldVulnerability,
        TYPES.bom,
        TYPES.sbom,
        TYPES.filesystem,
        TYPES.license,
        TYPES.secret,
      ];
      const { scanId } = await submitted(Object.fromEntries(types.map((type) => [type, null])));
      await over(scanId);
      const answer = await ask('GET', `/api/v2/scan/${scanId}/report`);
      expect(answer.headers['content-type']).toBe(COMPOSITE);
      const whole = toWhole(answer.text);
      for (const type of types) {
        const { report, scanId: part } = entry(whole, type);
        for (const [path, accept] of [
          [`/api/v2/scan/${scanId}/report`, type],
          [`/api/v2/scan/${part}/report`, '*/*'],
          [`/api/v2/scan/${scanId}/${part}/report`, type.replace('; ', ';')],
        ] as const) {
          const alone = await ask('GET', path, { accept });
          expect(alone.status).toBe(200);
          expect(alone.headers['content-type']).toBe(type);
          expect(JSON.parse(alone.text)).toEqual(report);
        }
      }
      const tag = String(answer.headers['etag']);
      expect((await ask('GET', `/api/v2/scan/${scanId}/report`, { 'if-none-match': tag })).status).toBe(304);
    });

    test('before it is over a report is 202, with when to come again; or what is there', async () => {
      await using slow = await openCompositeServer({
        gate: forever(),
        scanners: { [FOREIGN]: [fakeScanner('quick')] },
      });
      const { scanId, entries } = await submitted({ [TYPES.vulnerability]: {}, [FOREIGN]: {} }, slow);
      await until(scanId, (whole) => entry(whole, FOREIGN).scanProgress === 'completed', slow);
      const wait = await ask('GET', `/api/v2/scan/${scanId}/report`, {}, undefined, slow);
      expect(wait.status).toBe(202);
      expect(wait.headers['refresh-after']).toBe(wait.headers['retry-after']);
      expect(toWhole(wait.text).scanProgress).toBe('running');
      const part = entries[TYPES.vulnerability]?.scanId ?? '';
      expect((await ask('GET', `/api/v2/scan/${part}/report`, {}, undefined, slow)).status).toBe(202);
      const partial = await ask('GET', `/api/v2/scan/${scanId}/report?partial=true`, {}, undefined, slow);
      expect(partial.status).toBe(200);
      expect(entry(toWhole(partial.text), FOREIGN).report).toMatchObject({ by: 'quick' });
      expect(entry(toWhole(partial.text), TYPES.vulnerability).report).toBeUndefined();
      const waited = await ask('GET', `/api/v2/scan/${scanId}`, { prefer: 'wait=1' }, undefined, slow);
      expect(waited.ms).toBeGreaterThan(900);
    });

    test('a type that was not asked for is 406, what nobody knows 404', async () => {
      const { scanId } = await submitted({ [TYPES.secret]: {} });
      await over(scanId);
      const other = await ask('GET', `/api/v2/scan/${scanId}/report`, { accept: TYPES.license });
      expect(other.status).toBe(406);
      expect(errorOf(other).message).toContain(TYPES.secret);
      for (const id of ['c-01ARZ3NDEKTSV4RRFFQ69G5FAV', 's-01ARZ3NDEKTSV4RRFFQ69G5FAV-1', 'x', `${scanId}0`])
        expect((await ask('GET', `/api/v2/scan/${id}`)).status).toBe(404);
      expect((await ask('GET', `/api/v2/scan/${scanId}/s-01ARZ3NDEKTSV4RRFFQ69G5FAV-1`)).status).toBe(404);
    });

    test('others see nothing of it, administrators do, and readers may not ask', async () => {
      const { scanId } = await submitted({ [TYPES.secret]: {} });
      for (const path of [`/api/v2/scan/${scanId}`, `/api/v2/scan/${scanId}/report`]) {
        expect((await ask('GET', path, login(TOKENS.two))).status).toBe(404);
        expect((await ask('GET', path, login(TOKENS.reader))).status).toBe(403);
        expect((await ask('GET', path, login('wrong'))).status).toBe(401);
      }
      expect((await ask('DELETE', `/api/v2/scan/${scanId}`, login(TOKENS.two))).status).toBe(404);
      expect((await ask('GET', `/api/v2/scan/${scanId}`, login(TOKENS.root))).status).toBe(200);
    });

    test('a scan that fails fails its own parts, in words for its asker', async () => {
      const { scanId } = await submitted({ [TYPES.secret]: {}, [TYPES.bom]: {} }, server, 'team/denied');
      const whole = await over(scanId);
      expect(whole.scanProgress).toBe('failed');
      expect(entry(whole, TYPES.bom).error).toEqual({
        code: 'REGISTRY_AUTH',
        message: 'the registry refused the login. Check the robot.',
        retryable: false,
      });
      const report = await ask('GET', `/api/v2/scan/${entry(whole, TYPES.bom).scanId}/report`);
      expect(report.status).toBe(500);
      expect(errorOf(report).code).toBe('REGISTRY_AUTH');
      expect((await ask('GET', `/api/v2/scan/${scanId}/report`)).status).toBe(200);
    });

    test('a report is told for a day, and then known to be gone', async () => {
      let now = Date.now();
      await using aging = await openCompositeServer({ now: () => now, scanSeconds: 1e9 });
      const { scanId, entries } = await submitted({ [TYPES.secret]: {} }, aging);
      await over(scanId, aging);
      now += 25 * 3_600_000;
      const part = await ask(
        'GET',
        `/api/v2/scan/${entries[TYPES.secret]?.scanId}/report`,
        {},
        undefined,
        aging,
      );
      expect(part.status).toBe(410);
      const whole = await ask('GET', `/api/v2/scan/${scanId}/report`, {}, undefined, aging);
      expect(entry(toWhole(whole.text), TYPES.secret).error?.code).toBe('RESULT_EXPIRED');
    });

    test.each([
      ['begun', { isIdle: true }, 61_000],
      ['done', { gate: forever<void>() }, 31_000],
    ])(
      'what is not %s in time has failed, also where nobody does anything about it',
      async (what, how, ms) => {
        let now = Date.now();
        await using late = await openCompositeServer({
          ...how,
          now: () => now,
          queueSeconds: 60,
          scanSeconds: 30,
        });
        const { scanId } = await submitted({ [TYPES.secret]: {} }, late);
        const state = what === 'done' ? 'running' : 'started';
        await until(scanId, ({ scanProgress }) => scanProgress === state, late);
        now += ms - 10_000;
        expect((await until(scanId, () => true, late)).scanProgress).toBe(state);
        now += 10_000;
        const { error } = entry(await over(scanId, late), TYPES.secret);
        expect(error).toMatchObject({ code: 'SCAN_TIMEOUT', retryable: true });
        expect(error?.message).toContain(`not ${what} within a minute`);
      },
    );

    test('metadata tell all types, here and there', async () => {
      const { capabilities, properties } = JSON.parse((await ask('GET', '/api/v2/metadata')).text) as {
        capabilities: { produces_mime_types: string[] }[];
        properties: Record<string, string>;
      };
      const types = capabilities.flatMap(({ produces_mime_types: made }) => made);
      expect(new Set(types)).toEqual(new Set(Object.values(TYPES)));
      expect(properties['drydock.io/scan-types']?.split(', ')).toEqual(types);
      expect(METADATA).toContain('1.0');
    });
  });

  describe('calling off', () => {
    test('43: it is idempotent, and what is over stays', async () => {
      await using slow = await openCompositeServer({
        gate: forever(),
        scanners: { [FOREIGN]: [fakeScanner('quick')] },
      });
      const { scanId } = await submitted({ [TYPES.secret]: {}, [TYPES.bom]: {}, [FOREIGN]: {} }, slow);
      const before = await until(scanId, (whole) => entry(whole, FOREIGN).scanProgress === 'completed', slow);
      const part = entry(before, TYPES.secret).scanId;
      const off = await ask('DELETE', `/api/v2/scan/${scanId}/${part}`, {}, undefined, slow);
      expect(JSON.parse(off.text)).toMatchObject({ scanId: part, scanProgress: 'aborted' });
      expect(entry(await until(scanId, () => true, slow), TYPES.bom).scanProgress).not.toBe('aborted');
      expect((await ask('GET', `/api/v2/scan/${part}/report`, {}, undefined, slow)).status).toBe(410);
      for (const [method, path] of [
        ['DELETE', `/api/v2/scan/${scanId}`],
        ['DELETE', `/api/v2/scan/${scanId}`],
        ['POST', `/api/v2/scan/${scanId}/abort`],
      ] as const) {
        const answer = await ask(method, path, {}, undefined, slow);
        expect(answer.status).toBe(200);
        const whole = toWhole(answer.text);
        expect(whole).toMatchObject({ scanProgress: 'completed', partial: true });
        expect(entry(whole, FOREIGN).scanProgress).toBe('completed');
        expect(entry(whole, TYPES.bom).scanProgress).toBe('aborted');
      }
      expect(
        (await ask('DELETE', '/api/v2/scan/c-01ARZ3NDEKTSV4RRFFQ69G5FAV', {}, undefined, slow)).status,
      ).toBe(404);
    });

    test('a scanner whose asker has left is left alone, and nothing is begun again', async () => {
      const hung = fakeScanner('hung', { look: () => Promise.resolve(waiting) });
      await using slow = await openCompositeServer({ scanners: { [FOREIGN]: [hung] } });
      const { scanId } = await submitted({ [FOREIGN]: {} }, slow);
      await until(scanId, () => hung.looks.length > 0, slow);
      await ask('DELETE', `/api/v2/scan/${scanId}`, {}, undefined, slow);
      await pause(300);
      const looks = hung.looks.length;
      await pause(1300);
      expect(hung.looks.length).toBeLessThanOrEqual(looks + 1);
      expect((await over(scanId, slow)).scanProgress).toBe('aborted');
      expect(hung.begun).toHaveLength(1);
    });
  });

  describe('other scanners', () => {
    const MADE: Readonly<Record<string, string>> = {
      fails: 'application/vnd.test.fails; version=1.0',
      hangs: 'application/vnd.test.hangs; version=1.0',
      garbage: 'application/vnd.test.garbage; version=1.0',
      vanishes: 'application/vnd.test.vanishes; version=1.0',
      good: 'application/vnd.test.good; version=1.0',
    };

    test('38: one that fails, one that hangs, one with garbage and one that vanishes harm nobody else', async () => {
      const scanners = {
        fails: fakeScanner('fails', {
          begin: () => failure('BACKEND_UNAVAILABLE', 'scanner fails answered 503', { retryable: true }),
        }),
        hangs: fakeScanner('hangs', { look: () => forever() }),
        garbage: fakeScanner('garbage', {
          look: () =>
            Promise.resolve({ state: 'completed', report: Buffer.from('<html>'), contentType: 'text/html' }),
        }),
        vanishes: fakeScanner('vanishes', {
          look: (number) =>
            number === 1
              ? Promise.resolve(waiting)
              : failure('BACKEND_UNAVAILABLE', 'it is gone', { retryable: true }),
        }),
        good: fakeScanner('good'),
      };
      await using several = await openCompositeServer({
        timeoutSeconds: 3,
        scanners: Object.fromEntries(
          Object.entries(scanners).map(([name, scanner]) => [MADE[name] ?? '', [scanner]]),
        ),
      });
      const types = Object.fromEntries(
        [...Object.values(MADE), TYPES.vulnerability].map((type) => [type, {}]),
      );
      const { scanId } = await submitted(types, several);
      const early = await until(
        scanId,
        (whole) => isOver(entry(whole, TYPES.vulnerability)) && isOver(entry(whole, MADE['good'] ?? '')),
        several,
        2500,
      );
      expect(entry(early, MADE['hangs'] ?? '').scanProgress).toBe('running');
      const whole = await over(scanId, several);
      expect(whole).toMatchObject({ scanProgress: 'completed', partial: true });
      const codeOf = (name: string): string | undefined => entry(whole, MADE[name] ?? '').error?.code;
      expect(codeOf('fails')).toBe('BACKEND_UNAVAILABLE');
      expect(codeOf('hangs')).toBe('SCAN_TIMEOUT');
      expect(codeOf('garbage')).toBe('BACKEND_PROTOCOL');
      expect(codeOf('vanishes')).toBe('BACKEND_UNAVAILABLE');
      expect(entry(whole, MADE['good'] ?? '')).toMatchObject({ scanProgress: 'completed', scanner: 'good' });
      expect(scanners.fails.begun).toHaveLength(3); // with a wait in between
      expect(several.logText()).not.toContain('s3cret');
    });

    test('it is given what it needs, and its ids are nobody else’s business', async () => {
      const scanner = fakeScanner('one', { begin: () => Promise.resolve('http://internal/secret-id') });
      await using with1 = await openCompositeServer({ scanners: { [TYPES.bom]: [scanner] } });
      const { scanId } = await submitted({ [TYPES.bom]: { format: 'cyclonedx', allowGNU: 'true' } }, with1);
      await over(scanId, with1);
      expect(scanner.begun).toMatchObject([
        {
          registryUrl: 'https://core.test:8443',
          repository: 'team/app',
          digest,
          tag: '1',
          mediaType: TYPES.bom,
          parameters: { format: 'cyclonedx', allowGNU: true },
          credential: { kind: 'basic', username: 'robot$team+scanner' },
        },
      ]);
      const report = await ask('GET', `/api/v2/scan/${scanId}/report`, {}, undefined, with1);
      expect(report.text).not.toContain('internal');
      const sealed: string[] = [];
      for await (const key of with1.store.keys('sealed/')) sealed.push(key);
      expect(sealed).toEqual([]);
    });

    test('it is not sent to a registry that is forbidden here', async () => {
      const scanner = fakeScanner('errand');
      const isForbidden = (url: string) => url.startsWith('https://core.test');
      await using strict = await openCompositeServer({ scanners: { [FOREIGN]: [scanner] }, isForbidden });
      const { scanId } = await submitted({ [FOREIGN]: {} }, strict);
      expect(entry(await over(scanId, strict), FOREIGN).error?.code).toBe('SCAN_FAILED');
      expect(scanner.begun).toEqual([]);
    });

    test('a scanner that cannot begin is followed by the next, and by Drydock itself', async () => {
      const away = fakeScanner('away', { identity: () => failure('BACKEND_UNAVAILABLE', 'nobody is there') });
      const broken = fakeScanner('broken', { begin: () => failure('BACKEND_PROTOCOL', 'nonsense') });
      const good = fakeScanner('good');
      await using chain = await openCompositeServer({
        scanners: { [FOREIGN]: [away, broken, good], [TYPES.secret]: [away] },
        fallsBack: true,
      });
      const { scanId } = await submitted({ [FOREIGN]: {}, [TYPES.secret]: {} }, chain);
      const whole = await over(scanId, chain);
      expect(entry(whole, FOREIGN)).toMatchObject({ scanProgress: 'completed', scanner: 'good' });
      expect(entry(whole, TYPES.secret)).toMatchObject({ scanProgress: 'completed', scanner: 'drydock' });
      expect(chain.begun).toMatchObject([{ credential: { kind: 'basic' } }]);
    });

    test('a task that was forgotten is begun once more, and no more', async () => {
      const forgets = fakeScanner('forgets', {
        look: (_, _task, handle) =>
          handle === 'handle-1'
            ? failure('BACKEND_PROTOCOL', '404', { isForgotten: true })
            : Promise.resolve(done({ again: true })),
      });
      const senile = fakeScanner('senile', {
        look: () => failure('BACKEND_PROTOCOL', '404', { isForgotten: true }),
      });
      const other = FOREIGN.replace('malware', 'other');
      await using both = await openCompositeServer({ scanners: { [FOREIGN]: [forgets], [other]: [senile] } });
      const { scanId } = await submitted({ [FOREIGN]: {}, [other]: {} }, both);
      const whole = await over(scanId, both);
      expect(entry(whole, FOREIGN).scanProgress).toBe('completed');
      expect(entry(whole, other).error?.code).toBe('BACKEND_PROTOCOL');
      expect([forgets.begun.length, senile.begun.length]).toEqual([2, 2]);
    });

    test('45: equal scans at one time are one piece of work, and later ones are told of it', async () => {
      let isReady = false;
      const scanner = fakeScanner('shared', {
        look: () => Promise.resolve(isReady ? done({ shared: true }) : waiting),
      });
      await using sharing = await openCompositeServer({ scanners: { [FOREIGN]: [scanner] } });
      const all = await Promise.all(
        Array.from({ length: 6 }, () => submitted({ [FOREIGN]: { a: 1 } }, sharing)),
      );
      await pause(500);
      isReady = true;
      for (const { scanId } of all) expect((await over(scanId, sharing)).scanProgress).toBe('completed');
      expect(scanner.begun).toHaveLength(1);
      const later = await submitted({ [FOREIGN]: { a: 1 } }, sharing);
      const whole = await over(later.scanId, sharing);
      expect(entry(whole, FOREIGN)).toMatchObject({ scanProgress: 'completed', cached: true });
      const { text } = await ask('GET', `/api/v2/scan/${later.scanId}/report`, {}, undefined, sharing);
      expect(entry(toWhole(text), FOREIGN).report).toMatchObject({ shared: true });
      const different = await submitted({ [FOREIGN]: { a: 2 } }, sharing);
      await over(different.scanId, sharing);
      expect(scanner.begun).toHaveLength(2);
    });

    test('45: who calls off what others wait for does not end it', async () => {
      let isReady = false;
      const scanner = fakeScanner('shared', {
        look: () => Promise.resolve(isReady ? done({ shared: true }) : waiting),
      });
      await using sharing = await openCompositeServer({ scanners: { [FOREIGN]: [scanner] } });
      const first = await submitted({ [FOREIGN]: {} }, sharing);
      await until(first.scanId, () => scanner.begun.length === 1, sharing);
      const second = await submitted({ [FOREIGN]: {} }, sharing);
      await until(second.scanId, (whole) => entry(whole, FOREIGN).scanProgress === 'running', sharing);
      await pause(300);
      await ask('DELETE', `/api/v2/scan/${first.scanId}`, {}, undefined, sharing);
      await pause(300);
      isReady = true;
      expect((await over(second.scanId, sharing)).scanProgress).toBe('completed');
      expect((await over(first.scanId, sharing)).scanProgress).toBe('aborted');
      expect(scanner.begun).toHaveLength(1);
    });

    test('what is shared is told only to who may read the artifact', async () => {
      const scanner = fakeScanner('shared');
      let readable: 'yes' | 'no' | 'unknown' = 'yes';
      await using guarded = await openCompositeServer({
        scanners: { [FOREIGN]: [scanner] },
        readable: () => readable,
      });
      await over((await submitted({ [FOREIGN]: {} }, guarded)).scanId, guarded);
      readable = 'no';
      const denied = await over((await submitted({ [FOREIGN]: {} }, guarded)).scanId, guarded);
      expect(entry(denied, FOREIGN).error?.code).toBe('REGISTRY_AUTH');
      readable = 'unknown';
      const alone = await over((await submitted({ [FOREIGN]: {} }, guarded)).scanId, guarded);
      expect(entry(alone, FOREIGN)).not.toHaveProperty('cached');
      expect(scanner.begun).toHaveLength(2);
    });

    test('another version of a scanner or of its databases means to scan anew', async () => {
      let databaseUpdatedAt = IDENTITY.databaseUpdatedAt as string;
      const scanner = fakeScanner('dated', {
        identity: () => Promise.resolve({ ...IDENTITY, databaseUpdatedAt }),
      });
      await using dated = await openCompositeServer({ scanners: { [FOREIGN]: [scanner] } });
      for (const [day, begun] of [
        ['2026-11-21', 1],
        ['2026-11-21', 1],
        ['2026-11-22', 2],
      ] as const) {
        databaseUpdatedAt = `${day}T00:00:00Z`;
        await over((await submitted({ [FOREIGN]: {} }, dated)).scanId, dated);
        expect(scanner.begun).toHaveLength(begun);
      }
    });

    test('no more tasks at once than a registration says', async () => {
      let [running, most] = [0, 0];
      const scanner = fakeScanner('narrow', {
        begin: (number) => {
          most = Math.max(most, ++running);
          return Promise.resolve(String(number));
        },
        look: async () => {
          await pause(50);
          running--;
          return done({});
        },
      });
      await using narrow = await openCompositeServer({ scanners: { [FOREIGN]: [scanner] }, maxInFlight: 2 });
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, i) => submitted({ [FOREIGN]: { i } }, narrow)),
      );
      for (const { scanId } of all) expect((await over(scanId, narrow)).scanProgress).toBe('completed');
      expect(most).toBe(2);
    });

    test('46: after a restart scans go on where they were, and are known by the same ids', async () => {
      let isReady = false;
      const scanner = fakeScanner('lasting', {
        look: () => Promise.resolve(isReady ? done({ lasting: true }) : waiting),
      });
      const scanners = { [FOREIGN]: [scanner] };
      const first = await openCompositeServer({ scanners });
      const { scanId, entries } = await submitted({ [FOREIGN]: {}, [TYPES.secret]: {} }, first);
      await until(scanId, () => scanner.looks.length > 0, first);
      await first[Symbol.asyncDispose]();
      isReady = true;
      await using second = await openCompositeServer({ scanners, store: first.store });
      const whole = await over(scanId, second);
      expect(whole.scanProgress).toBe('completed');
      expect(Object.values(whole.entries).map(({ scanId: id }) => id)).toEqual(
        Object.values(entries).map(({ scanId: id }) => id),
      );
      expect(scanner.begun).toHaveLength(1);
      expect(new Set(scanner.looks)).toEqual(new Set(['handle-1']));
    });

    test('a store that was emptied is given back what was accepted', async () => {
      let isReady = false;
      const scanner = fakeScanner('lasting', { look: () => Promise.resolve(isReady ? done({}) : waiting) });
      await using shaken = await openCompositeServer({ scanners: { [FOREIGN]: [scanner] } });
      const { scanId } = await submitted({ [FOREIGN]: {}, [TYPES.secret]: {} }, shaken);
      await until(scanId, () => scanner.begun.length > 0, shaken);
      for await (const key of shaken.store.keys('')) await shaken.store.delete(key);
      isReady = true;
      const whole = await over(scanId, shaken, 20_000);
      expect(Object.values(whole.entries).map(({ scanProgress }) => scanProgress)).toEqual([
        'completed',
        'completed',
      ]);
    });

    test('a scanner that is gone from the list fails its parts', async () => {
      const scanners = { [FOREIGN]: [fakeScanner('gone')] };
      const first = await openCompositeServer({ scanners, isIdle: true });
      const { scanId } = await submitted({ [FOREIGN]: {} }, first);
      await first[Symbol.asyncDispose]();
      await using second = await openCompositeServer({ store: first.store });
      expect(entry(await over(scanId, second), FOREIGN).error?.code).toBe('NO_SCANNER');
    });
  });
});
