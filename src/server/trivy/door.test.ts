import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import { BlobInfoSchema, PutBlobRequestSchema } from '../../trivy/messages/cache.ts';
import {
  ApplicationSchema,
  CustomResourceSchema,
  OSSchema,
  PackageInfoSchema,
  PackageSchema,
  SecretFindingSchema,
  SecretSchema,
} from '../../trivy/messages/common.ts';
import { ScanOptionsSchema, ScanRequestSchema, ScanResponseSchema } from '../../trivy/messages/scanner.ts';
import { newMessage, readMessage, writeMessage } from '../../trivy/wire.ts';
import { memoryBlobs } from '../../../test/fixtures/memory-blobs.ts';
import { trivyDoor } from './door.ts';
import type { AssessBlobs, TrivyDoorParts } from './parts.ts';

const CACHE = '/twirp/trivy.cache.v1.Cache';
const SCAN = '/twirp/trivy.scanner.v1.Scanner/Scan';
const DIFF_ID = `sha256:${'a'.repeat(64)}`;
const protobuf = { 'content-type': 'application/protobuf', 'user-agent': 'trivy/0.74.0' };
const json = { 'content-type': 'application/json' };

/** Every package of the system has one vulnerability. */
const assessAll: AssessBlobs = async (_image, { packages }) => ({
  endOfLife: false,
  findings: packages
    .filter(({ application }) => application === undefined)
    .map((pkg): VulnerabilityFinding => ({
      kind: 'vulnerability',
      id: 'CVE-2026-1',
      package: pkg,
      installedVersion: pkg.version,
      status: 'affected',
      severity: 'HIGH',
      vendorIds: [],
      vulnerability: {
        id: 'CVE-2026-1',
        title: 'x'.repeat(2_000),
        severityBySource: {},
        cvssBySource: {},
        cwes: [],
        references: [],
      },
    })),
});

const opened: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()));
});

async function open(options: Partial<TrivyDoorParts> = {}): Promise<FastifyInstance> {
  const app = fastify();
  opened.push(app);
  const door = trivyDoor({
    blobs: memoryBlobs(),
    assess: assessAll,
    databaseIdentity: () => 'one',
    ...options,
  });
  await door(app);
  return app;
}

const layer = newMessage(BlobInfoSchema, {
  schemaVersion: 2,
  diffId: DIFF_ID,
  digest: DIFF_ID,
  os: newMessage(OSSchema, { family: 'debian', name: '12.1' }),
  packageInfos: [
    newMessage(PackageInfoSchema, {
      filePath: 'var/lib/dpkg/status',
      packages: [newMessage(PackageSchema, { id: 'bash@5', name: 'bash', version: '5', arch: 'amd64' })],
    }),
  ],
  applications: [
    newMessage(ApplicationSchema, {
      type: 'node-pkg',
      filePath: 'app/package.json',
      packages: [newMessage(PackageSchema, { name: 'left-pad', version: '1.0.0', licenses: ['MIT'] })],
    }),
  ],
  secrets: [
    newMessage(SecretSchema, {
      filepath: '/key',
      findings: [newMessage(SecretFindingSchema, { ruleId: 'rule', severity: 'HIGH' })],
    }),
  ],
  customResources: [newMessage(CustomResourceSchema, { type: 'custom', filePath: 'x' })],
});

async function put(app: FastifyInstance, id = 'sha256:key', blobInfo = layer): Promise<void> {
  const payload = Buffer.from(
    writeMessage(
      PutBlobRequestSchema,
      newMessage(PutBlobRequestSchema, { diffId: id, blobInfo }),
      'protobuf',
    ),
  );
  const answer = await app.inject({ method: 'POST', url: `${CACHE}/PutBlob`, headers: protobuf, payload });
  expect([answer.statusCode, answer.rawPayload.length]).toEqual([200, 0]);
}

const scanRequest = (blobIds = ['sha256:key']): Buffer => {
  const options = newMessage(ScanOptionsSchema, {
    pkgTypes: ['os', 'library'],
    scanners: ['vuln', 'secret', 'license'],
  });
  const request = newMessage(ScanRequestSchema, { target: 'image', blobIds, options });
  return Buffer.from(writeMessage(ScanRequestSchema, request, 'protobuf'));
};

const scan = (app: FastifyInstance, headers: Record<string, string> = {}, payload = scanRequest()) =>
  app.inject({ method: 'POST', url: SCAN, headers: { ...protobuf, ...headers }, payload });

describe('a scan of blobs', () => {
  test('tells results in order, with what joins packages and vulnerabilities', async () => {
    const app = await open();
    await put(app);
    const answer = await scan(app);
    expect(answer.headers['content-type']).toBe('application/protobuf');
    const { os, results, layers } = readMessage(ScanResponseSchema, answer.rawPayload, 'protobuf');
    expect(os?.family).toBe('debian');
    expect(layers.map(({ diffId }) => diffId)).toEqual([DIFF_ID]);
    expect(results.map((each) => `${each.class} ${each.target}`)).toEqual([
      'os-pkgs image (debian 12.1)',
      'lang-pkgs Node.js',
      'secret /key',
      'license OS Packages',
      'license Node.js',
      'custom ',
    ]);
    const [vulnerability] = results[0]?.vulnerabilities ?? [];
    const [pkg] = results[0]?.packages ?? [];
    expect(pkg?.identifier?.purl).toBe('pkg:deb/debian/bash@5?arch=amd64&distro=debian-12.1');
    expect(pkg?.identifier?.uid).toMatch(/^[0-9a-f]{1,16}$/);
    expect(vulnerability?.pkgIdentifier).toEqual(pkg?.identifier);
    expect([vulnerability?.layer?.diffId, vulnerability?.status]).toEqual([DIFF_ID, 2]);
    expect(results[2]?.secrets[0]?.layer?.diffId).toBe(DIFF_ID);
    expect(results[5]?.customResources[0]?.layer?.diffId).toBe(DIFF_ID);
    expect(results[4]?.licenses[0]).toMatchObject({ name: 'MIT', category: 4, filePath: 'app/package.json' });
  });

  test('is in JSON with its own names when asked in JSON, whatever the case of the type', async () => {
    const app = await open();
    await put(app);
    const answer = await app.inject({
      method: 'POST',
      url: SCAN,
      headers: { 'content-type': 'Application/JSON; charset=utf-8' },
      payload: JSON.stringify({
        target: 'image',
        blob_ids: ['sha256:key'],
        options: { pkg_types: ['os'], scanners: ['vuln'] },
        later: 1,
      }),
    });
    const { results } = answer.json<{ results: { vulnerabilities: object[] }[] }>();
    expect(results[0]?.vulnerabilities[0]).toMatchObject({
      pkg_name: 'bash',
      severity: 'HIGH',
      pkg_path: '',
    });
  });

  test('is compressed for who takes it', async () => {
    const app = await open();
    await put(app);
    const plain = await scan(app);
    const compressed = await scan(app, { 'accept-encoding': 'gzip' });
    expect(compressed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(compressed.rawPayload)).toEqual(plain.rawPayload);
    expect((await scan(app, { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding']).toBeUndefined();
  });

  test('that is repeated is judged once, until a blob, the database or the hour changes', async () => {
    let judged = 0;
    let identity = 'one';
    let now = 0;
    const app = await open({
      assess: async (...asked) => (judged++, assessAll(...asked)),
      databaseIdentity: () => identity,
      now: () => now,
    });
    await put(app);
    await Promise.all([scan(app), scan(app)]);
    await scan(app);
    expect(judged).toBe(1);
    now += 60_000; // looked at again, and found unchanged
    await scan(app);
    expect(judged).toBe(1);
    await put(app); // the same again
    await scan(app);
    expect(judged).toBe(1);
    await put(app, 'sha256:key', newMessage(BlobInfoSchema, { ...layer, diffId: '' }));
    await scan(app);
    expect(judged).toBe(2);
    identity = 'two';
    await scan(app);
    expect(judged).toBe(3);
    now += 3_700_000;
    await scan(app);
    expect(judged).toBe(4);
  });

  test('of a blob that is gone is to be tried again', async () => {
    const app = await open();
    const answer = await scan(app);
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ code: 'unavailable', msg: 'layer cache missing: sha256:key', meta: {} });
  });

  test('that there is no place for is to be tried again', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const app = await open({
      scansAtOnce: 1,
      scansWaiting: 0,
      assess: async (...asked) => (await held, assessAll(...asked)),
    });
    await put(app);
    const first = scan(app);
    await put(app, 'other');
    const second = await scan(app, {}, scanRequest(['other']));
    expect([second.statusCode, second.json<{ code: string }>().code]).toEqual([503, 'unavailable']);
    release();
    expect((await first).statusCode).toBe(200);
  });

  test('names the system that the asker names', async () => {
    const app = await open();
    await put(app);
    const payload = {
      blob_ids: ['sha256:key'],
      options: { pkg_types: ['os'], scanners: ['vuln'], distro: { family: 'ubuntu', name: '22.04' } },
    };
    const answer = await app.inject({ method: 'POST', url: SCAN, headers: json, payload });
    const { results } = answer.json<{ results: { packages: { identifier: { purl: string } }[] }[] }>();
    expect(results[0]?.packages[0]?.identifier.purl).toContain('pkg:deb/ubuntu/bash@5');
  });

  test('of an old client without --list-all-pkgs tells no packages', async () => {
    const app = await open();
    await put(app);
    const { rawPayload } = await scan(app, { 'user-agent': 'Go-http-client/1.1' });
    const [first] = readMessage(ScanResponseSchema, rawPayload, 'protobuf').results;
    expect([first?.packages.length, first?.vulnerabilities.length]).toEqual([0, 1]);
  });
});

describe('the cache', () => {
  const missing = async (app: FastifyInstance) =>
    (
      await app.inject({
        method: 'POST',
        url: `${CACHE}/MissingBlobs`,
        headers: json,
        payload: { artifact_id: 'a', blob_ids: ['sha256:key', 'gone', 'old'] },
      })
    ).json<unknown>();

  test('says what is missing, or of another version', async () => {
    const app = await open();
    await put(app);
    await put(app, 'old', newMessage(BlobInfoSchema, { schemaVersion: 1 }));
    expect(await missing(app)).toEqual({ missing_artifact: true, missing_blob_ids: ['gone', 'old'] });
    const payload = { artifact_id: 'a', artifact_info: { schema_version: 1 } };
    const answer = await app.inject({ method: 'POST', url: `${CACHE}/PutArtifact`, headers: json, payload });
    expect(answer.json()).toEqual({});
    const blobIds = { blob_ids: ['sha256:key'] };
    await app.inject({ method: 'POST', url: `${CACHE}/DeleteBlobs`, headers: json, payload: blobIds });
    expect(await missing(app)).toEqual({
      missing_artifact: false,
      missing_blob_ids: ['sha256:key', 'gone', 'old'],
    });
  });

  test.each(['PutBlob', 'PutArtifact'])('%s without anything to put is refused', async (name) => {
    const app = await open();
    const answer = await app.inject({ method: 'POST', url: `${CACHE}/${name}`, headers: json, payload: {} });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'invalid_argument']);
  });
});

describe('who may come in', () => {
  const invalid = { code: 'unauthenticated', msg: 'invalid token', meta: {} };
  const caller = (scope: 'read' | 'scan') => ({ name: 'somebody', scopes: new Set([scope]) });

  test('a token, in the header that was chosen', async () => {
    const app = await open({ token: 'secret', tokenHeader: 'X-Token' });
    expect((await scan(app)).json()).toEqual(invalid);
    expect((await scan(app, { 'x-token': 'wrong' })).statusCode).toBe(401);
    expect((await scan(app, { 'x-token': 'secret' })).statusCode).toBe(503);
  });

  test('whom the maker of the door lets in, if he may scan', async () => {
    const scanner = await open({ authenticate: async () => caller('scan') });
    expect((await scan(scanner)).statusCode).toBe(503);
    const reader = await open({ authenticate: async () => caller('read') });
    expect((await scan(reader)).statusCode).toBe(403);
    const nobody = await open({ authenticate: () => Promise.reject(new Error('of the inside')) });
    expect((await scan(nobody)).json()).toEqual(invalid);
  });
});

describe('whatever is sent', () => {
  test.each([
    ['another type', 'POST', SCAN, { 'content-type': 'text/plain' }, 404, 'bad_route'],
    ['another method of HTTP', 'PUT', SCAN, protobuf, 404, 'bad_route'],
    ['an unknown method', 'POST', '/twirp/trivy.scanner.v1.Scanner/Nothing', protobuf, 404, 'bad_route'],
    ['what is no message', 'POST', SCAN, protobuf, 400, 'malformed'],
    ['what is no JSON', 'POST', SCAN, json, 400, 'malformed'],
  ] as const)('%s', async (_, method, url, headers, status, code) => {
    const app = await open();
    const answer = await app.inject({ method, url, headers, payload: 'not at all' });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(Object.keys(answer.json<object>())).toEqual(['code', 'msg', 'meta']);
    expect(answer.json<{ code: string }>().code).toBe(code);
  });

  test('too much of it', async () => {
    const app = await open({ bodyLimitBytes: 10 });
    const answer = await scan(app);
    expect([answer.statusCode, Object.keys(answer.json<object>())]).toEqual([400, ['code', 'msg', 'meta']]);
  });

  test('other prefixes', async () => {
    const app = await open({ pathPrefix: '/trivy/' });
    expect((await scan(app)).json<{ code?: string }>().code).toBeUndefined();
    const answer = await app.inject({
      method: 'POST',
      url: `/trivy${SCAN.slice(6)}`,
      headers: json,
      payload: {},
    });
    expect(answer.statusCode).toBe(200);
  });

  test('any bytes', async () => {
    const app = await open();
    const methods = [
      SCAN,
      ...['PutBlob', 'PutArtifact', 'MissingBlobs', 'DeleteBlobs'].map((n) => `${CACHE}/${n}`),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...methods),
        fc.constantFrom(protobuf, json),
        fc.uint8Array({ maxLength: 300 }),
        async (url, headers, bytes) => {
          const answer = await app.inject({ method: 'POST', url, headers, payload: Buffer.from(bytes) });
          expect([200, 400, 503]).toContain(answer.statusCode);
        },
      ),
      { numRuns: 500 },
    );
  });
});
