import { afterEach, describe, expect, test } from 'vitest';
import {
  openCompositeServer,
  TOKENS,
  type CompositeServerOptions,
} from '../../../test/fixtures/composite-server.ts';
import { done, failure, fakeScanner, waiting } from '../../../test/fixtures/fake-scanner.ts';
import { openapiCheck, type AnswerCheck } from '../../../test/fixtures/openapi-check.ts';
import { V11 } from '../../../test/fixtures/scanners/vendors.ts';

const COMPARE = '/api/v2/compare';
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

const ends: (() => PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Told {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
  readonly json: unknown;
}

async function open(options: CompositeServerOptions) {
  const server = await openCompositeServer(options);
  ends.push(() => server[Symbol.asyncDispose]());
  const held: { check?: AnswerCheck } = {};
  const ask = async (method: string, path: string, body?: unknown, token = TOKENS.one): Promise<Told> => {
    const answer = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const told = { status: answer.status, headers: Object.fromEntries(answer.headers), text };
    if (held.check) expect(held.check(method, path, told)).toEqual([]);
    return { ...told, json: JSON.parse(text) as unknown };
  };
  held.check = openapiCheck((await ask('GET', `${COMPARE}/openapi.json`)).json);
  /** Until it is over. */
  const finished = async (path: string): Promise<Told> => {
    for (let looks = 0; looks < 100; looks++) {
      const told = await ask('GET', path);
      if (told.status !== 202) return told;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('it never ends');
  };
  return { server, ask, finished };
}

const bodyOf = (scanners: unknown, letter = 'a') => ({
  registry: {
    url: 'https://core.test:8443',
    authorization: `Basic ${Buffer.from('me:pass-word').toString('base64')}`,
  },
  artifact: { repository: 'team/app', digest: digest(letter) },
  scanners,
});

const item = (id: string, more: object = {}) => ({
  ...{
    id,
    package: 'openssl',
    version: '3.0.1',
    fix_version: '',
    severity: 'High',
    description: '',
    links: [],
  },
  ...more,
});
const scannerThat = (name: string, vulnerabilities: readonly object[]) =>
  fakeScanner(name, {
    look: () => Promise.resolve(done({ scanner: { name, vendor: 'v', version: '9.1' }, vulnerabilities })),
  });

describe('two scanners are compared', () => {
  const east = scannerThat('east', [item('CVE-1'), item('CVE-2'), item('CVE-3')]);
  const west = scannerThat('west', [
    item('GHSA-1', { vendor_attributes: { aliases: ['CVE-1'] } }),
    item('CVE-2', { severity: 'Low' }),
    item('CVE-9', { package: 'curl' }),
  ]);

  test('by one request, whose address tells the rest', async () => {
    const { server, ask, finished } = await open({ scanners: { [V11]: [east, west] } });
    const accepted = await ask('POST', COMPARE, bodyOf(['east', 'west']));
    expect(accepted.status).toBe(202);
    const at = new URL(accepted.headers['location'] ?? '', `${server.url}${COMPARE}`);
    const told = await finished(at.pathname + at.search);
    expect(told).toMatchObject({
      status: 200,
      json: {
        A: { Name: 'east', Version: '9.1', Findings: 3 },
        B: { Name: 'west', Version: '9.1', Findings: 3 },
        Agreed: [{ ID: 'CVE-1', B: { ID: 'GHSA-1' } }],
        SeverityDiffers: [{ ID: 'CVE-2', A: { Severity: 'HIGH' }, B: { Severity: 'LOW' } }],
        OnlyA: [{ ID: 'CVE-3', Other: 'other-vulnerabilities' }],
        OnlyB: [{ ID: 'CVE-9', Other: 'nothing' }],
      },
    });
    expect(east.begun.at(-1)).toMatchObject({ credential: { kind: 'basic', username: 'me' } });
    expect((await ask('GET', at.pathname + at.search, undefined, TOKENS.two)).status).toBe(404);
  });

  test('while one of them is not over, how both stand is told', async () => {
    const slow = fakeScanner('slow', { look: () => Promise.resolve(waiting) });
    const { server, ask } = await open({ scanners: { [V11]: [east, slow] } });
    const { headers } = await ask('POST', COMPARE, bodyOf(['east', 'slow']));
    const at = new URL(headers['location'] ?? '', `${server.url}${COMPARE}`);
    const told = await ask('GET', at.pathname + at.search);
    expect(told).toMatchObject({ status: 202, json: { b: { scanProgress: expect.any(String) as string } } });
    expect(Number(told.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('one that fails is told as such', async () => {
    const broken = fakeScanner('broken', { begin: () => failure('SCAN_FAILED', 'it broke') });
    const { server, ask, finished } = await open({ scanners: { [V11]: [east, broken] } });
    const { headers } = await ask('POST', COMPARE, bodyOf(['east', 'broken']));
    const at = new URL(headers['location'] ?? '', `${server.url}${COMPARE}`);
    expect(await finished(at.pathname + at.search)).toMatchObject({
      status: 500,
      json: { error: { code: 'SCAN_FAILED' } },
    });
  });

  test.each([
    ['{', 400],
    [[], 400],
    [bodyOf(['east']), 422],
    [bodyOf(['east', 'east']), 422],
    [bodyOf(['east', 5]), 422],
    [bodyOf('east,west'), 422],
    [bodyOf(['east', 'nobody']), 501],
    [{ ...bodyOf(['east', 'west']), artifact: {} }, 422],
  ])('%j is refused', async (body, status) => {
    const { ask } = await open({ scanners: { [V11]: [east, west] } });
    expect((await ask('POST', COMPARE, body)).status).toBe(status);
  });

  test('scans that cannot be compared are refused', async () => {
    const { server, ask } = await open({ scanners: { [V11]: [east, west] } });
    const idOf = async (letter: string, path: string) => {
      const { headers } = await ask('POST', COMPARE, bodyOf(['east', 'west'], letter));
      return new URL(headers['location'] ?? '', `${server.url}${COMPARE}`).searchParams.get(path) ?? '';
    };
    const [one, other] = [await idOf('a', 'a'), await idOf('b', 'b')];
    expect((await ask('GET', `${COMPARE}?a=${one}&b=${other}`)).status).toBe(422);
    expect((await ask('GET', `${COMPARE}?a=${one}&b=${one}`)).status).toBe(422);
    expect((await ask('GET', `${COMPARE}?a=${one}`)).status).toBe(422);
    expect((await ask('GET', `${COMPARE}?a=${one}&b=nothing`)).status).toBe(404);
    expect((await ask('GET', `${COMPARE}?a=x&b=y`, undefined, TOKENS.reader)).status).toBe(403);
  });
});
