import { brotliCompressSync, constants } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256Of } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import type { LayerAnalysis } from '../../model/analysis.ts';
import type { Image } from '../../model/image.ts';
import type { ScanRecord, ScanRequest } from '../../model/job.ts';
import type { Report, ScanKey } from '../../model/report.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import type { ScanRequests } from '../../scan/requests/scan-requests.ts';
import type { Catalog, CatalogImage } from '../../store/catalog/catalog.ts';
import { openLayerAnalyses } from '../../store/layer-analyses.ts';
import { openMemoryStore } from '../../store/memory.ts';
import { openReaders } from '../../store/readers.ts';
import { openReports } from '../../store/reports.ts';
import type { Store } from '../../store/store.ts';
import { openServer, type Server } from '../app.ts';
import { openAuthentication } from '../auth/authentication.ts';
import type { StaticToken } from '../auth/tokens.ts';
import { apiDoor } from './door.ts';
import type { ApiParts } from './parts.ts';

const digest = sha256Of('manifest');
const configDigest = sha256Of('config');
const key: ScanKey = { image: digest, analyzers: 'a', advisoryDbs: 'd', options: 'o', engine: 'e' };

const image: Image = {
  name: 'secret.example/team-a/app:1',
  kind: 'image',
  reference: { registry: 'secret.example', repository: 'team-a/app', tag: '1' },
  digest,
  configDigest,
  platform: { os: 'linux', architecture: 'amd64' },
  config: {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  },
  layers: [],
  repoTags: ['secret.example/team-a/app:1'],
  repoDigests: [`secret.example/team-a/app@${digest}`],
};

const report: Report = {
  schema: 1,
  image,
  scannedAt: '2026-01-01T00:00:00Z',
  engine: 'drydock/test',
  advisoryDbs: [],
  layerSizes: {},
  packages: [{ type: 'deb', name: 'openssl', version: '3.0.1', licenses: [], paths: [] }],
  findings: [],
  diagnostics: [],
};

const known: CatalogImage = {
  identity: digest,
  digest,
  configDigest,
  platform: image.platform,
  names: image.repoTags,
  analyzers: 'a',
  report: key,
  scannedAt: report.scannedAt,
  packages: 1,
  bySeverity: { UNKNOWN: 0, LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 0 },
};

async function* each<T>(...items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

/** Scans that are kept in memory and done when told to. */
function requestsInMemory() {
  const records = new Map<string, ScanRecord>();
  const credentials: (RegistryCredential | undefined)[] = [];
  const change = (id: string, more: Partial<ScanRecord>): void => {
    const record = records.get(id);
    if (record) records.set(id, { ...record, ...more });
  };
  const requests: ScanRequests = {
    submit: (request: ScanRequest, credential) => {
      const id = `s${records.size + 1}`;
      const record: ScanRecord = {
        schema: 1,
        id,
        request,
        state: 'queued',
        attempts: 0,
        createdAt: '2026-01-01T00:00:00.000Z',
      };
      records.set(id, record);
      credentials.push(credential);
      return Promise.resolve(record);
    },
    find: (id) => Promise.resolve(records.get(id)),
    list: ({ requestedBy } = {}) =>
      Promise.resolve(
        [...records.values()].filter(
          ({ request }) => requestedBy === undefined || request.requestedBy === requestedBy,
        ),
      ),
    cancel: (id) => {
      change(id, { state: 'cancelled' });
      return Promise.resolve(records.get(id));
    },
    async *watch(id) {
      const queued = records.get(id);
      if (queued) yield queued;
      change(id, { state: 'completed', digest, report: key, finishedAt: '2026-01-01T00:00:01.000Z' });
      const done = records.get(id);
      if (done) yield await Promise.resolve(done);
    },
  };
  return { requests, change, credentials };
}

let store: Store;
let server: Server;
let url: string;
let memory: ReturnType<typeof requestsInMemory>;
let parts: ApiParts;

// Schemas take long to compile, so one server answers all; what it knows is new for each test.
beforeAll(async () => {
  const catalog = {
    note: () => Promise.resolve(),
    find: () => Promise.resolve(known),
    byDigest: (asked) => Promise.resolve(asked === digest || asked === configDigest ? [known] : []),
    images: () => each(known),
    withVulnerability: (id) => (id === 'CVE-1' ? each(known) : each()),
    withAdvisoryNames: () => each(),
    remove: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  } satisfies Partial<Catalog> as unknown as Catalog;
  parts = {
    version: '1.2.3',
    requests: {
      submit: (...args) => memory.requests.submit(...args),
      find: (...args) => memory.requests.find(...args),
      list: (...args) => memory.requests.list(...args),
      cancel: (...args) => memory.requests.cancel(...args),
      watch: (...args) => memory.requests.watch(...args),
    },
    reports: {
      find: (...args) => openReports(store).find(...args),
      remember: (...args) => openReports(store).remember(...args),
    },
    catalog,
    readers: {
      grant: (...args) => openReaders(store, 60).grant(...args),
      namesFor: (...args) => openReaders(store, 60).namesFor(...args),
    },
    readableName: (_image, credential) =>
      Promise.resolve(
        credential?.kind === 'basic' && credential.username === 'good' ? 'r.example/b:2' : undefined,
      ),
    layersOf: (caller, analyzers) =>
      openLayerAnalyses(
        {
          ...store,
          get: (name) => store.get(`${caller.name}/${name}`),
          put: (name, value) => store.put(`${caller.name}/${name}`, value),
        },
        analyzers,
      ),
    assess: (asked, layers) =>
      Promise.resolve({
        ...report,
        image: asked,
        packages: layers.flatMap(({ analysis }) => analysis.files.flatMap(({ packages }) => packages ?? [])),
      }),
  };
  const tokens = [
    { name: 'ci', secret: new Secret('ci-token'), scopes: ['scan'] },
    { name: 'other', secret: new Secret('other-token'), scopes: ['scan'] },
    { name: 'looker', secret: new Secret('read-token'), scopes: ['read'] },
    { name: 'root', secret: new Secret('root-token'), scopes: ['admin'] },
  ] satisfies StaticToken[];
  const authentication = await openAuthentication({ tokens });
  server = await openServer(
    { listen: { host: '127.0.0.1', port: 0 }, authentication, version: () => ({ Version: '1.2.3' }) },
    [apiDoor(parts)],
  );
  const { port } = await server.listen();
  url = `http://127.0.0.1:${port}`;
});
beforeEach(async () => {
  store = openMemoryStore();
  memory = requestsInMemory();
  await parts.reports.remember(key, report);
});
afterAll(() => server.close(50));

interface Ask {
  readonly method?: string;
  readonly as?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

async function ask(path: string, { method = 'GET', as = 'ci-token', body, headers = {} }: Ask = {}) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${as}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: (isJson ? JSON.parse(text) : {}) as Record<string, unknown>,
  };
}

describe('scans', () => {
  test('are accepted, told and watched to their end', async () => {
    const accepted = await ask('/api/scans', {
      method: 'POST',
      body: { image: 'r.example/b:2', credential: { username: 'u', password: 'p4ss' } },
    });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('location')).toBe('/api/scans/s1');
    expect(accepted.json).toMatchObject({
      id: 's1',
      state: 'queued',
      image: 'r.example/b:2',
      requestedBy: 'ci',
    });
    expect(accepted.text).not.toContain('p4ss');
    expect(memory.credentials).toMatchObject([{ kind: 'basic', username: 'u' }]);
    const early = await ask('/api/scans/s1/report');
    expect([early.status, early.headers.get('retry-after')]).toEqual([202, '2']);
    const events = await ask('/api/scans/s1/events');
    expect(events.headers.get('content-type')).toContain('text/event-stream');
    const states = [...events.text.matchAll(/^data: (.*)$/gm)].map(
      ([, data]) => (JSON.parse(data ?? '') as { state: string }).state,
    );
    expect(states).toEqual(['queued', 'completed']);
    const done = await ask('/api/scans/s1');
    expect(done.json).toMatchObject({ state: 'completed', digest, reportUrl: '/api/scans/s1/report' });
  });

  test('a report names the image as this asker named it, not as another one did', async () => {
    await ask('/api/scans', {
      method: 'POST',
      body: { image: 'r.example/b:2' },
      headers: { prefer: 'wait=5' },
    });
    const { status, json, text } = await ask('/api/scans/s1/report');
    expect(status).toBe(200);
    expect(json).toMatchObject({ ArtifactName: 'r.example/b:2' });
    expect(text).not.toContain('team-a');
  });

  test('waiting for the end is answered with 200', async () => {
    const { status, json } = await ask('/api/scans', {
      method: 'POST',
      body: { image: 'r.example/b:2' },
      headers: { prefer: 'respond-async, wait=5' },
    });
    expect([status, json['state']]).toEqual([200, 'completed']);
  });

  test('no-cache asks for a new scan', async () => {
    await ask('/api/scans', {
      method: 'POST',
      body: { image: 'a' },
      headers: { 'cache-control': 'no-cache' },
    });
    await expect(memory.requests.find('s1')).resolves.toMatchObject({ request: { force: true } });
  });

  test('somebody else sees nothing of it, an administrator does', async () => {
    await ask('/api/scans', { method: 'POST', body: { image: 'a' } });
    for (const path of ['/api/scans/s1', '/api/scans/s1/report', '/api/scans/s1/events'])
      expect((await ask(path, { as: 'other-token' })).status).toBe(404);
    expect((await ask('/api/scans/s1', { as: 'other-token', method: 'DELETE' })).status).toBe(404);
    expect((await ask('/api/scans', { as: 'other-token' })).json).toEqual({ scans: [] });
    expect((await ask('/api/scans/s1', { as: 'root-token' })).status).toBe(200);
  });

  test('can be called off', async () => {
    await ask('/api/scans', { method: 'POST', body: { image: 'a' } });
    expect((await ask('/api/scans/s1', { method: 'DELETE' })).json).toMatchObject({ state: 'cancelled' });
  });

  test('the report of one that failed says why', async () => {
    await ask('/api/scans', { method: 'POST', body: { image: 'a' } });
    memory.change('s1', { state: 'failed', error: { code: 'IMAGE_NOT_FOUND', message: 'no image a' } });
    const { status, json } = await ask('/api/scans/s1/report');
    expect([status, json['code'], json['detail']]).toEqual([404, 'IMAGE_NOT_FOUND', 'no image a']);
  });

  test.each([
    [{}, 400],
    [{ image: 'UPPER CASE' }, 422],
    [{ image: 'a', priority: 'urgent' }, 400],
    [{ image: 'a', credential: { username: 'u' } }, 422],
    [{ image: 'x'.repeat(2000) }, 400],
  ])('%j is refused', async (body, status) => {
    const answer = await ask('/api/scans', { method: 'POST', body });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  test('need the right to scan', async () => {
    expect((await ask('/api/scans', { method: 'POST', body: { image: 'a' }, as: 'read-token' })).status).toBe(
      403,
    );
    expect((await ask('/api/scans', { method: 'POST', body: { image: 'a' }, as: 'wrong' })).status).toBe(401);
  });
});

describe('images', () => {
  test('nobody is told of an image that he could not read himself', async () => {
    expect((await ask('/api/images')).json).toEqual({ images: [] });
    expect((await ask('/api/vulnerabilities/CVE-1/images')).json).toEqual({ images: [] });
    expect((await ask(`/api/images/${digest}`)).status).toBe(404);
    expect((await ask(`/api/reports/${digest}`)).status).toBe(404);
  });

  test('a login that the registry takes opens it, under the name that it opened', async () => {
    const header = (username: string): Record<string, string> => ({
      'x-registry-auth': Buffer.from(JSON.stringify({ username, password: 'p' })).toString('base64url'),
    });
    expect((await ask(`/api/reports/${digest}`, { headers: header('bad') })).status).toBe(404);
    const opened = await ask(`/api/reports/${digest}`, { headers: header('good') });
    expect(opened.json).toMatchObject({ ArtifactName: 'r.example/b:2' });
    expect(opened.text).not.toContain('team-a');
    expect((await ask(`/api/reports/${configDigest}`)).status).toBe(200);
    expect((await ask('/api/images')).json).toMatchObject({ images: [{ digest, names: ['r.example/b:2'] }] });
    expect((await ask(`/api/reports/${digest}`, { as: 'other-token' })).status).toBe(404);
  });

  test('administrators see all', async () => {
    const as = 'root-token';
    expect((await ask('/api/images', { as })).json).toMatchObject({ images: [{ names: image.repoTags }] });
    expect((await ask('/api/vulnerabilities/CVE-1/images', { as })).json).toMatchObject({
      images: [{ digest }],
    });
    expect((await ask('/api/vulnerabilities/CVE-2/images', { as })).json).toEqual({ images: [] });
  });

  test.each([
    ['application/sarif+json', 'application/sarif+json'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html'],
    ['application/vnd.cyclonedx+json', 'application/vnd.cyclonedx+json'],
    ['text/*;q=0.5, application/spdx+json', 'application/spdx+json'],
    ['*/*', 'application/json'],
  ])('a report is told as %s wants it', async (accept, type) => {
    await parts.readers.grant(digest, 'a', 'ci');
    const { status, headers } = await ask(`/api/reports/${digest}`, { headers: { accept } });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain(type);
  });

  test('an unknown format is refused, a known one can be named', async () => {
    await parts.readers.grant(digest, 'a', 'ci');
    expect((await ask(`/api/reports/${digest}?format=docx`)).status).toBe(400);
    expect((await ask(`/api/reports/${digest}?format=template`)).status).toBe(400);
    expect((await ask(`/api/reports/${digest}?format=table`)).headers.get('content-type')).toContain(
      'text/plain',
    );
    expect((await ask(`/api/reports/${digest}`, { headers: { accept: 'video/mp4' } })).status).toBe(400);
    expect((await ask('/api/formats')).text).toContain('"sarif"');
  });
});

describe('programs that read images themselves', () => {
  const diffId = sha256Of('layer');
  const analysis: LayerAnalysis = {
    schema: 1,
    diffId,
    analyzers: 'a1',
    sizeBytes: 10,
    files: [{ path: 'var/lib/dpkg/status', analyzer: 'dpkg', packages: report.packages }],
    links: [],
    whiteouts: [],
    opaqueDirs: [],
    held: { files: '', directories: '' },
    diagnostics: [],
  };
  const layerType = { 'content-type': 'application/vnd.drydock.layer-analysis+json+br' };
  const put = (body: Uint8Array, as = 'ci-token') =>
    ask(`/api/layers/${diffId}`, { method: 'PUT', body, headers: layerType, as });
  const packed = (value: unknown): Uint8Array => brotliCompressSync(JSON.stringify(value));
  const assessment = {
    name: 'local',
    analyzers: 'a1',
    digest,
    configDigest,
    config: JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { diff_ids: [diffId] } }),
    repoTags: [],
    repoDigests: [],
    layers: [{ digest, diffId, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', sizeBytes: 10 }],
  };

  test('send what is missing, once, and get a report', async () => {
    const missing = { method: 'POST', body: { analyzers: 'a1', diffIds: [diffId, diffId] } };
    expect((await ask('/api/layers/missing', missing)).json).toEqual({ missing: [diffId] });
    const early = await ask('/api/assessments', { method: 'POST', body: assessment });
    expect([early.status, early.json['code']]).toEqual([409, 'LAYER_MISSING']);
    expect((await put(packed(analysis))).status).toBe(204);
    expect((await ask('/api/layers/missing', missing)).json).toEqual({ missing: [] });
    const { status, json } = await ask('/api/assessments', { method: 'POST', body: assessment });
    expect(status).toBe(200);
    expect(json).toMatchObject({ ArtifactName: 'local' });
    expect(JSON.stringify(json)).toContain('openssl');
  });

  test('cannot make others believe anything', async () => {
    await put(packed(analysis));
    const body = { analyzers: 'a1', diffIds: [diffId] };
    expect((await ask('/api/layers/missing', { method: 'POST', body, as: 'other-token' })).json).toEqual({
      missing: [diffId],
    });
  });

  test.each<[string, Uint8Array]>([
    ['of another layer', packed({ ...analysis, diffId: sha256Of('x') })],
    [
      'with a package without a name',
      packed({ ...analysis, files: [{ path: 'a', analyzer: 'b', packages: [{}] }] }),
    ],
    ['that is a list', packed([])],
    ['that is no JSON', brotliCompressSync('{')],
    ['that is not packed', Buffer.from(JSON.stringify(analysis))],
    ['with hashes that are none', packed({ ...analysis, held: { files: '<', directories: '' } })],
  ])('an analysis %s is refused', async (_name, body) => {
    const { status } = await put(body);
    expect(status).toBe(400);
  });

  test('a small body that unpacks to a great one is refused', async () => {
    const { status } = await put(
      brotliCompressSync(Buffer.alloc(300 << 20), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    );
    expect(status).toBe(413);
  });

  test('a configuration that is none is refused', async () => {
    await put(packed(analysis));
    const body = { ...assessment, config: '[]' };
    expect((await ask('/api/assessments', { method: 'POST', body })).status).toBe(422);
  });
});

describe('the description', () => {
  test('names every route, its answers and problems', async () => {
    const { json } = await ask('/api/openapi.json');
    expect(json['openapi']).toBe('3.1.0');
    const paths = json['paths'] as Record<string, Record<string, { responses: object; summary?: string }>>;
    expect(Object.keys(paths).sort()).toEqual([
      '/api/assessments',
      '/api/formats',
      '/api/images',
      '/api/images/{digest}',
      '/api/layers/missing',
      '/api/layers/{diffId}',
      '/api/reports/{digest}',
      '/api/scans',
      '/api/scans/{id}',
      '/api/scans/{id}/events',
      '/api/scans/{id}/report',
      '/api/vulnerabilities/{id}/images',
    ]);
    for (const methods of Object.values(paths))
      for (const operation of Object.values(methods)) {
        expect(operation.summary).toBeTruthy();
        expect(Object.keys(operation.responses)).not.toHaveLength(0);
      }
  });

  test('is a page, too', async () => {
    const { text, headers } = await ask('/api');
    expect(headers.get('content-type')).toContain('text/html');
    expect(text).toContain('/api/scans/{id}/events');
  });
});

test('an error that nobody expected is told without its message', async () => {
  memory.requests.find = () => Promise.reject(new DrydockError('INTERNAL', 'the password is p4ss'));
  const { status, text } = await ask('/api/scans/s1');
  expect(status).toBe(500);
  expect(text).not.toContain('p4ss');
});
