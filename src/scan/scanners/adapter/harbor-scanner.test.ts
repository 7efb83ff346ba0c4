import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import {
  startAdapter,
  type AdapterServerOptions,
  type AdapterStyle,
} from '../../../../test/fixtures/scanners/adapter-server.ts';
import {
  anchoreStyle,
  clairStyle,
  cuttingStyle,
  finding,
  garbageStyle,
  hangingStyle,
  modelStyle,
  neuvectorStyle,
  SBOM,
  sysdigStyle,
  V10,
  V11,
} from '../../../../test/fixtures/scanners/vendors.ts';
import { selfSigned } from '../../../../test/fixtures/self-signed.ts';
import { Secret } from '../../../base/secret.ts';
import type { AdapterAuth } from '../../../model/scanner-registration.ts';
import { openHostGates } from '../../../oci/registry/host-gates.ts';
import { openTransport } from '../../../oci/registry/transport.ts';
import type { Scanner, ScannerFailure, ScanTask, TaskLook } from '../scanner.ts';
import { openAdapterConnection } from './connection.ts';
import { fetchMetadata, openHarborScanner, type HarborScannerParts } from './harbor-scanner.ts';
import { parseMetadata } from './metadata.ts';
import { readReport } from './read-report.ts';

const { signal } = new AbortController();
const digest = `sha256:${'a'.repeat(64)}`;
const task: ScanTask = {
  registryUrl: 'http://registry.example:5000',
  repository: 'team/app',
  digest,
  tag: '1.0',
  manifestType: 'application/vnd.oci.image.manifest.v1+json',
  credential: { kind: 'basic', username: 'robot$x', password: new Secret('p:a:ss-word') },
  mediaType: V11,
  parameters: {},
};

const ends: (() => PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Given {
  readonly auth?: AdapterAuth;
  readonly credential?: string;
  readonly server?: AdapterServerOptions;
  readonly trusts?: string;
  readonly skipCertVerify?: boolean;
  readonly tokenFor?: HarborScannerParts['tokenFor'];
  readonly reportSeconds?: number;
  readonly base?: (url: string) => string;
}

async function open(style: AdapterStyle, given: Given = {}) {
  const server = await startAdapter(style, given.server);
  ends.push(() => server[Symbol.asyncDispose]());
  const host = new URL(server.url).host;
  const transport = openTransport(
    {
      insecureTlsHosts: given.skipCertVerify ? [host] : [],
      caCertificates: given.trusts === undefined ? [] : [given.trusts],
      caCertificatesByHost: {},
      clientCertificates: {},
      proxy: {},
      timeoutMs: 5000,
      userAgent: 'drydock/test',
    },
    openHostGates(8),
  );
  ends.push(() => transport[Symbol.asyncDispose]());
  const connection = openAdapterConnection({
    transport,
    url: given.base?.(server.url) ?? server.url,
    auth: given.auth ?? 'none',
    ...(given.credential !== undefined && { credential: new Secret(given.credential) }),
  });
  const scanner = openHarborScanner({
    id: 'r1',
    name: 'east',
    connection,
    timeouts: { submitSeconds: 2, reportSeconds: given.reportSeconds ?? 2 },
    metadata: (options) => fetchMetadata(connection, 'east', options),
    submitWaits: [5, 5],
    reportWaits: [5, 5, 5, 5],
    ...(given.tokenFor && { tokenFor: given.tokenFor }),
    ...(given.credential !== undefined && { secrets: [given.credential] }),
  });
  return { server, scanner, connection };
}

/** Looks until there is something. */
async function finish(scanner: Scanner, handle: string, asked: ScanTask = task): Promise<TaskLook> {
  for (let looks = 0; looks < 5; looks++) {
    const look = await scanner.look(handle, asked, { signal });
    if (look.state === 'completed') return look;
  }
  throw new Error('it never ends');
}

async function scanned(scanner: Scanner, asked: ScanTask = task): Promise<Record<string, unknown>> {
  const look = await finish(scanner, await scanner.begin(asked, { signal }), asked);
  if (look.state !== 'completed') throw new Error('not completed');
  return JSON.parse(Buffer.from(look.report).toString()) as Record<string, unknown>;
}

async function failureOf(act: Promise<unknown>): Promise<ScannerFailure> {
  return await act.then(
    () => {
      throw new Error('it went well');
    },
    (error: unknown) => error as ScannerFailure,
  );
}

describe('a scanner that speaks as the specification says', () => {
  test('is asked as the oldest version has it, with all that Harbor sends', async () => {
    const { scanner, server } = await open(modelStyle());
    const report = await scanned(scanner);
    expect(report).toMatchObject({
      scanner: { name: 'Model' },
      artifact: { repository: 'team/app', digest, tag: '1.0' },
      severity: 'High',
      vulnerabilities: [{ id: 'CVE-2026-0001', severity: 'High' }],
    });
    const submit = server.asked.find(({ method }) => method === 'POST');
    expect(submit?.headers['content-type']).toBe(
      'application/vnd.scanner.adapter.scan.request+json; version=1.0',
    );
    expect(JSON.parse(submit?.body ?? '')).toEqual({
      registry: {
        url: 'http://registry.example:5000',
        authorization: `Basic ${Buffer.from('robot$x:p:a:ss-word').toString('base64')}`,
        insecure: true,
      },
      artifact: {
        repository: 'team/app',
        digest,
        tag: '1.0',
        mime_type: 'application/vnd.oci.image.manifest.v1+json',
      },
      enabled_capabilities: [{ type: 'vulnerability', produces_mime_types: [V11], parameters: null }],
    });
    const accepted = server.asked.map(({ path, headers }) => [path.split('/').at(-1), headers.accept]);
    expect(new Map(accepted as [string, string][])).toEqual(
      new Map([
        ['metadata', 'application/vnd.scanner.adapter.metadata+json; version=1.0'],
        ['scan', 'application/vnd.scanner.adapter.scan.response+json; version=1.0'],
        ['report', V11],
      ]),
    );
  });

  test('waits as long as it is told, within bounds', async () => {
    const after = ['3', '0', '-5', '4000', 'soon', undefined];
    for (const [index, wanted] of [3, 1, 1, 120, 5, 5].entries()) {
      const value = after[index];
      const style = {
        ...modelStyle(),
        report: () => ({ status: 302, headers: { ...(value !== undefined && { 'refresh-after': value }) } }),
      };
      const { scanner } = await open(style);
      const look = await scanner.look(await scanner.begin(task, { signal }), task, { signal });
      expect(look).toEqual({ state: 'waiting', phase: 'running', afterSeconds: wanted });
    }
  });

  test.each([
    ['spdx', 'application/spdx+json'],
    ['cyclonedx', 'application/vnd.cyclonedx+json'],
  ])('makes a bill of materials as %s', async (format, type) => {
    const { scanner, server } = await open(modelStyle());
    for (const mediaType of [SBOM, 'application/vnd.security.bom.report; version=1.0']) {
      const asked = { ...task, mediaType, parameters: { format } };
      const look = await finish(scanner, await scanner.begin(asked, { signal }), asked);
      expect(look).toMatchObject({ state: 'completed', contentType: mediaType });
      expect(server.asked.at(-2)?.query.get('sbom_media_type') ?? type).toBe(type);
    }
    expect(server.asked.find(({ method }) => method === 'POST')?.body).toContain(
      `"sbom_media_types":["${type}"]`,
    );
  });

  test('its base address may have a path, and a slash', async () => {
    const { scanner, server } = await open(modelStyle(), {
      server: { prefix: '/harbor' },
      base: (url) => `${url}/`,
    });
    await scanned(scanner);
    expect(server.lines()[0]).toBe('GET /harbor/api/v1/metadata');
  });

  test('every way of showing who asks', async () => {
    const shown = async (auth: AdapterAuth, credential?: string) => {
      const { connection, server } = await open(modelStyle(), {
        auth,
        ...(credential !== undefined && { credential }),
      });
      await fetchMetadata(connection, 'east', { signal });
      const { authorization, 'x-scanneradapter-api-key': key } = server.asked[0]?.headers ?? {};
      return authorization ?? key;
    };
    expect(await shown('none')).toBeUndefined();
    expect(await shown('basic', 'me:pass')).toBe(`Basic ${Buffer.from('me:pass').toString('base64')}`);
    expect(await shown('bearer', 'tok')).toBe('Bearer tok');
    expect(await shown('api-key', 'k')).toBe('k');
  });

  const tls = selfSigned();
  test.skipIf(!tls)(
    'certificates are checked, unless that is switched off or another CA is named (needs openssl)',
    async () => {
      if (!tls) return;
      const first = await open(modelStyle(), { server: { tls } });
      expect((await failureOf(first.scanner.begin(task, { signal }))).code).toBe('BACKEND_UNAVAILABLE');
      for (const given of [{ skipCertVerify: true }, { trusts: tls.cert }]) {
        const { scanner } = await open(modelStyle(), { server: { tls }, ...given });
        expect(await scanned(scanner)).toHaveProperty('vulnerabilities');
      }
    },
  );
});

describe('scanners that bend the protocol', () => {
  test('one that deletes what was read (as Sysdig): what was read counts, and a second look says so', async () => {
    const { scanner } = await open(sysdigStyle());
    const handle = await scanner.begin(task, { signal });
    expect(await scanner.begin(task, { signal })).toBe(handle);
    const look = await finish(scanner, handle);
    expect(look.state === 'completed' && JSON.parse(Buffer.from(look.report).toString())).toMatchObject({
      vulnerabilities: [{ severity: 'High', preferred_cvss: { score_v3: 7.5 } }],
    });
    const again = await failureOf(scanner.look(handle, task, { signal }));
    expect(again).toMatchObject({ code: 'SCAN_FAILED', isForgotten: true, retryable: true });
  });

  test('one that refuses newer headers (as Anchore): it is asked with the oldest, and told in the newer type', async () => {
    const { scanner } = await open(anchoreStyle(), { auth: 'bearer', credential: 'anchore-key' });
    const report = await scanned(scanner);
    expect(report['vulnerabilities']).toMatchObject([{ id: 'CVE-2026-0003', severity: 'High' }]);
    expect(report['generated_at']).toMatch(/^\d{4}-.*Z$/);
  });

  test('one whose 404 means failure (as Anchore): the scan is forgotten, for one more try', async () => {
    const { scanner } = await open(anchoreStyle({ isFailing: true }), {
      auth: 'bearer',
      credential: 'anchore-key',
    });
    const failure = await failureOf(finish(scanner, await scanner.begin(task, { signal })));
    expect(failure).toMatchObject({ isForgotten: true });
    expect(failure.message).toContain('analysis failed');
  });

  test('a wrong login of ours is told, and not what it was', async () => {
    const { scanner } = await open(anchoreStyle(), { auth: 'bearer', credential: 'wrong-key' });
    const failure = await failureOf(scanner.begin(task, { signal }));
    expect(failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE', retryable: false });
    expect(failure.message).not.toContain('wrong-key');
  });

  test('one that wants a token of the registry (as Clair): it gets one, and its report is of the old type', async () => {
    const tokenFor = () => Promise.resolve({ kind: 'registry-token', token: new Secret('t0ken') } as const);
    const { scanner, server } = await open(clairStyle(), { tokenFor });
    for (const mediaType of [V11, V10]) {
      const report = await scanned(scanner, { ...task, mediaType });
      expect(report['vulnerabilities']).toMatchObject([{ id: 'CVE-2026-0004', severity: 'Critical' }]);
    }
    expect(server.asked.find(({ method }) => method === 'POST')?.body).toContain(
      '"authorization":"Bearer t0ken"',
    );
  });

  test('one that says nothing of its failures (as NeuVector)', async () => {
    const { scanner } = await open(neuvectorStyle({ isFailing: true }));
    const handle = await scanner.begin(task, { signal });
    const failure = await failureOf(finish(scanner, handle));
    expect(failure).toMatchObject({ code: 'SCAN_FAILED', message: 'scanner east failed with 500' });
    expect(await failureOf(scanner.look(handle, task, { signal }))).toMatchObject({ isForgotten: true });
  });

  test('one without findings and without an identity', async () => {
    const { scanner } = await open(neuvectorStyle());
    expect(await scanned(scanner)).toMatchObject({ vulnerabilities: [], scanner: { name: 'NeuVector' } });
  });

  test('one that hangs is given up on in its time', async () => {
    const { scanner } = await open(hangingStyle(), { reportSeconds: 0.05 });
    const failure = await failureOf(scanner.look(await scanner.begin(task, { signal }), task, { signal }));
    expect(failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE', retryable: true });
  });

  test.each([
    ['a page', '<html><b>502</b></html>'],
    ['half a text', '{"vulnerabilities":['],
    ['an error with a good status', '{"error":{"message":"x"}}'],
    ['no list', '{"vulnerabilities":{"a":1}}'],
    ['brackets', '['.repeat(100_000)],
  ])('garbage is no report: %s', async (_, body) => {
    const { scanner } = await open(garbageStyle(body));
    const failure = await failureOf(scanner.look(await scanner.begin(task, { signal }), task, { signal }));
    expect(failure.code).toBe('BACKEND_PROTOCOL');
  });

  test('one whose connection breaks is tried five times', async () => {
    const { scanner, server } = await open(cuttingStyle());
    const failure = await failureOf(scanner.look(await scanner.begin(task, { signal }), task, { signal }));
    expect(failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE', retryable: true });
    expect(server.lines().filter((line) => line.endsWith('/report'))).toHaveLength(5);
  });

  test('one that vanishes in between is told as such, without its address', async () => {
    const { scanner, server } = await open(modelStyle());
    const handle = await scanner.begin(task, { signal });
    await server.vanish();
    const failure = await failureOf(scanner.look(handle, task, { signal }));
    expect(failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE', retryable: true });
    expect(failure.message).not.toContain('127.0.0.1');
    await server.comeBack();
    expect(await finish(scanner, handle)).toMatchObject({ state: 'completed' });
  });

  test('an answer that is busy is tried again; what is refused is not', async () => {
    let count = 0;
    const busy: AdapterStyle = {
      ...modelStyle(),
      scan: () => (++count < 3 ? { status: 503, body: '<html>' } : { status: 202, body: { id: 'x' } }),
    };
    const { scanner } = await open(busy);
    await scanner.begin(task, { signal });
    expect(count).toBe(3);
    const refusing: AdapterStyle = {
      ...modelStyle(),
      scan() {
        count++;
        const message = 'cannot pull http://robot$x:p:a:ss-word@10.1.2.3:5000/v2 with p:a:ss-word';
        return { status: 422, body: { error: { message } } };
      },
    };
    const second = await open(refusing);
    const failure = await failureOf(second.scanner.begin(task, { signal }));
    expect(count).toBe(4);
    expect(failure.code).toBe('SCAN_FAILED');
    expect(failure.message).not.toMatch(/ss-word|10\.1\.2\.3|robot/);
  });

  test('ids are escaped, and what no address can hold is refused', async () => {
    const strange = 'a/b?c#d %2e..é';
    const style: AdapterStyle = {
      ...modelStyle({ looks: 0 }),
      scan: () => ({ status: 202, body: { id: strange } }),
    };
    const seen: string[] = [];
    const { scanner } = await open({
      ...style,
      report(asked, id) {
        seen.push(id);
        return style.report(asked, id);
      },
    });
    await scanned(scanner);
    expect(seen).toEqual([strange]);
    for (const id of ['..', '.', '', null, {}]) {
      const { scanner: other } = await open({ ...style, scan: () => ({ status: 202, body: { id } }) });
      expect((await failureOf(other.begin(task, { signal }))).code).toBe('BACKEND_PROTOCOL');
    }
  });

  test('a packed report is unpacked, though never beyond its bound', async () => {
    const body = gzipSync(
      JSON.stringify({ scanner: { name: 'x' }, vulnerabilities: [finding('CVE-1', 'none')] }),
    );
    const style: AdapterStyle = {
      ...modelStyle(),
      report: () => ({ status: 200, headers: { 'content-encoding': 'gzip' }, body }),
    };
    const { scanner } = await open(style);
    expect(await scanned(scanner)).toMatchObject({ severity: 'Negligible' });
    const metadata: AdapterStyle = {
      ...modelStyle(),
      metadata: () => ({
        status: 200,
        headers: { 'content-encoding': 'gzip' },
        body: gzipSync(Buffer.alloc(64 << 20)),
      }),
    };
    const { connection } = await open(metadata);
    expect((await failureOf(fetchMetadata(connection, 'east', { signal }))).code).toBe('BACKEND_PROTOCOL');
  });

  test('whoever waits can call it off', async () => {
    const { scanner } = await open(hangingStyle());
    const handle = await scanner.begin(task, { signal });
    const stop = new AbortController();
    const look = scanner.look(handle, task, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('called off')), 20);
    await expect(look).rejects.toThrow('called off');
  });
});

describe('whatever a scanner answers', () => {
  const json = fc.oneof(
    fc.json({ maxDepth: 6 }),
    fc.string({ unit: 'binary' }),
    fc
      .record({
        scanner: fc.option(fc.anything({ maxDepth: 2 })),
        severity: fc.anything({ maxDepth: 1 }),
        vulnerabilities: fc.array(
          fc.record(
            Object.fromEntries(
              [
                'id',
                'package',
                'version',
                'severity',
                'links',
                'cwe_ids',
                'preferred_cvss',
                'vendor_attributes',
                'layer',
              ].map((name) => [name, fc.oneof(fc.string(), fc.anything({ maxDepth: 2 }))]),
            ),
            { requiredKeys: [] },
          ),
        ),
        sbom: fc.anything({ maxDepth: 2 }),
      })
      .map((value) => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? 1 : one)) ?? ''),
  );
  const scanner = { name: 'x', vendor: 'y', version: '1' };

  test('a report has its shape, or there is a failure', () => {
    fc.assert(
      fc.property(json, fc.constantFrom(V10, V11, SBOM, 'application/vnd.example'), (text, mediaType) => {
        try {
          const look = readReport(Buffer.from(text), {
            task: { ...task, mediaType },
            scanner,
            name: 'east',
            bill: 'b',
          });
          const report = JSON.parse(Buffer.from(look.report).toString()) as {
            vulnerabilities?: { id: unknown; severity: string; links: unknown[] }[];
          };
          if (mediaType === V10 || mediaType === V11) {
            for (const item of report.vulnerabilities ?? []) {
              expect(typeof item.id).toBe('string');
              expect(item.severity).toMatch(/^(Unknown|Negligible|Low|Medium|High|Critical)$/);
            }
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'ScannerFailure', code: 'BACKEND_PROTOCOL' });
        }
      }),
    );
  });

  test('metadata are read, or there is a failure', () => {
    const metadata = fc
      .record({
        scanner: fc.oneof(fc.record({ name: fc.string() }), fc.anything({ maxDepth: 1 })),
        capabilities: fc.array(
          fc.oneof(
            fc.record({ produces_mime_types: fc.array(fc.constantFrom(V10, SBOM, 'x', '')) }),
            fc.anything({ maxDepth: 2 }),
          ),
        ),
        properties: fc.anything({ maxDepth: 2 }),
      })
      .map((value) => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? 1 : one)) ?? '');
    fc.assert(
      fc.property(fc.oneof(metadata, json), (text) => {
        try {
          expect(parseMetadata(Buffer.from(text)).capabilities.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ScannerFailure', code: 'BACKEND_PROTOCOL' });
        }
      }),
    );
  });
});
