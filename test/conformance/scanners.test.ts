import { createServer } from 'node:http';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import type { Scanner, ScanTask, TaskLook } from '../../src/scan/scanners/scanner.ts';
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../fixtures/docker-registry.ts';
import { images, layouts, realDatabase } from '../fixtures/images.ts';
import type { Descriptor } from '../fixtures/layout-writer.ts';
import { pushLayout } from '../fixtures/push-layout.ts';
import { startAdapter, type AdapterServer, type AdapterStyle } from '../fixtures/scanners/adapter-server.ts';
import { listOf, openScannersServer, type ScannersServer } from '../fixtures/scanners/scanners-server.ts';
import {
  anchoreStyle,
  clairStyle,
  cuttingStyle,
  garbageStyle,
  hangingStyle,
  modelStyle,
  neuvectorStyle,
  SBOM,
  sysdigStyle,
  V10,
  V11,
} from '../fixtures/scanners/vendors.ts';
import { shared } from '../fixtures/shared.ts';
import { openTrivyClient, trivy, TRIVY_NEEDS } from '../fixtures/trivy-client.ts';

/** `htpasswd -Bbn -C 4 bob correct-horse` */
const HTPASSWD = 'bob:$2y$04$kwPbG4lHeJuEy1bExuAc.OQxw36/yfRdrrpzbgUYscJiGJ/70kCRG\n';
const OCI = 'application/vnd.oci.image.manifest.v1+json';
const REGISTRATIONS = '/api/v2/registrations';
const digest = `sha256:${'b'.repeat(64)}`;
const { signal } = new AbortController();

const ends: (() => PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const taskFor = (mediaType: string, more: Partial<ScanTask> = {}): ScanTask => ({
  registryUrl: 'http://127.0.0.1:1',
  repository: 'team/app',
  digest,
  manifestType: OCI,
  credential: { kind: 'basic', username: 'robot$team', password: new Secret('pull-me-please') },
  mediaType,
  parameters: {},
  ...more,
});

async function open(): Promise<ScannersServer> {
  const server = await openScannersServer();
  ends.push(() => server[Symbol.asyncDispose]());
  return server;
}

async function register(
  server: ScannersServer,
  name: string,
  style: AdapterStyle,
  more: object = {},
): Promise<AdapterServer> {
  const adapter = await startAdapter(style);
  ends.push(() => adapter[Symbol.asyncDispose]());
  const { status, text } = await server.ask('POST', REGISTRATIONS, { name, url: adapter.url, ...more });
  expect([status, text]).toEqual([201, expect.any(String)]);
  return adapter;
}

async function scannerFor(server: ScannersServer, mediaType: string, scanner: string): Promise<Scanner> {
  const [chosen] = await server.scanners.choice.choose({ mediaType, repository: 'team/app', scanner });
  if (chosen?.kind !== 'scanner') throw new Error('nobody');
  return chosen.scanner;
}

async function scanned(scanner: Scanner, task: ScanTask): Promise<{ report: Report; type: string }> {
  const handle = await scanner.begin(task, { signal });
  let look: TaskLook = { state: 'waiting', phase: 'queued', afterSeconds: 0 };
  for (let looks = 0; look.state === 'waiting' && looks < 10; looks++)
    look = await scanner.look(handle, task, { signal });
  if (look.state === 'waiting') throw new Error('it never ends');
  return { report: JSON.parse(Buffer.from(look.report).toString()) as Report, type: look.contentType };
}

interface Report {
  readonly scanner: { readonly name: string; readonly version: string };
  readonly media_type?: string;
  readonly sbom?: {
    readonly bomFormat?: string;
    readonly spdxVersion?: string;
    readonly components?: object[];
  };
  readonly vulnerabilities: readonly {
    readonly id: string;
    readonly package: string;
    readonly version: string;
    readonly fix_version: string;
    readonly severity: string;
  }[];
}

test('behaviour 47: registration CRUD, secret never returned, duplicate 409, bad metadata refused', async () => {
  const server = await open();
  const adapter = await register(server, 'anchore', anchoreStyle(), {
    auth: 'Bearer',
    access_credential: 'anchore-key',
  });
  const list = await server.ask('GET', REGISTRATIONS);
  const { text } = list;
  const { id = '' } = listOf(list)[0] ?? {};
  expect(text).not.toContain('anchore-key');
  const same = { name: 'anchore', url: 'http://127.0.0.1:9' };
  expect((await server.ask('POST', REGISTRATIONS, same)).status).toBe(409);
  expect((await server.ask('POST', REGISTRATIONS, { name: 'b', url: adapter.url })).status).toBe(409);
  const page = await startAdapter({ ...modelStyle(), metadata: () => ({ status: 200, body: {} }) });
  ends.push(() => page[Symbol.asyncDispose]());
  expect((await server.ask('POST', REGISTRATIONS, { name: 'page', url: page.url })).status).toBe(422);
  expect((await server.ask('PATCH', `${REGISTRATIONS}/${id}`, { priority: 1 })).json).toMatchObject({
    priority: 1,
  });
  expect((await server.ask('DELETE', `${REGISTRATIONS}/${id}`)).status).toBe(204);
  expect((await server.ask('GET', `${REGISTRATIONS}/${id}`)).status).toBe(404);
});

test('behaviour 48: routing follows what back ends produce, and the default of a type is honoured', async () => {
  const server = await open();
  await register(server, 'both', modelStyle());
  await register(server, 'vulnerabilities', sysdigStyle());
  await register(server, 'old', neuvectorStyle(), { priority: -1 });
  const names = async (mediaType: string) =>
    (await server.scanners.choice.choose({ mediaType, manifestType: OCI, repository: 'x' })).map((one) =>
      one.kind === 'local' ? 'local' : one.name,
    );
  expect(await names(V11)).toEqual(['local', 'old', 'both', 'vulnerabilities']);
  expect(await names(V10)).toEqual(['local', 'old', 'both', 'vulnerabilities']);
  expect(await names(SBOM)).toEqual(['local', 'both']);
  const all = listOf(await server.ask('GET', REGISTRATIONS));
  const vulnerabilities = all.find(({ name }) => name === 'vulnerabilities')?.id;
  await server.ask('PUT', '/api/v2/defaults', { [V11]: vulnerabilities });
  expect((await names(V11))[0]).toBe('vulnerabilities');
  expect((await names(SBOM))[0]).toBe('local');
  await expect(names('application/vnd.example.malware; version=1.0')).rejects.toMatchObject({
    code: 'UNKNOWN_MIME_TYPE',
  });
});

describe('behaviour 49: tolerance', () => {
  test.each([
    ['deletes what was read', sysdigStyle(), {}, 'CVE-2026-0002'],
    [
      'takes the oldest headers only',
      anchoreStyle(),
      { auth: 'Bearer', access_credential: 'anchore-key' },
      'CVE-2026-0003',
    ],
    ['has no findings and no list of them', neuvectorStyle(), {}, undefined],
    ['does as it should', modelStyle(), {}, 'CVE-2026-0001'],
  ])('one that %s', async (_, style, more, id) => {
    const server = await open();
    await register(server, 'one', style, more);
    for (const mediaType of [V11, V10]) {
      const { report, type } = await scanned(await scannerFor(server, mediaType, 'one'), taskFor(mediaType));
      expect(type).toBe(mediaType);
      expect(report.vulnerabilities.map((item) => item.id)).toEqual(id === undefined ? [] : [id]);
    }
  });

  test('one that takes a token of the registry only: it is bought for it', async () => {
    const server = await open();
    const adapter = await register(server, 'clair', clairStyle());
    const asked: string[] = [];
    const front = createServer((request, response) => {
      asked.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`);
      if (request.url?.startsWith('/token')) return void response.end(JSON.stringify({ token: 'bought' }));
      const realm = `http://${request.headers.host ?? ''}/token`;
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="reg"` }).end();
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    ends.push(async () => {
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
    });
    const { port } = front.address() as { port: number };
    const task = taskFor(V11, { registryUrl: `http://127.0.0.1:${port}` });
    const { report } = await scanned(await scannerFor(server, V11, 'clair'), task);
    expect(report.vulnerabilities).toMatchObject([{ id: 'CVE-2026-0004', severity: 'Critical' }]);
    const login = Buffer.from('robot$team:pull-me-please').toString('base64');
    expect(asked).toEqual([
      '/v2/ ',
      `/token?service=reg&scope=repository%3Ateam%2Fapp%3Apull Basic ${login}`,
    ]);
    const submit = adapter.asked.find(({ method }) => method === 'POST')?.body;
    expect(submit).toContain('"authorization":"Bearer bought"');
    expect(submit).not.toContain(login);
  });

  test.each([
    ['answers garbage', garbageStyle(), 'BACKEND_PROTOCOL', {}],
    ['hangs', hangingStyle(), 'BACKEND_UNAVAILABLE', { timeouts: { report: 1 } }],
    ['says nothing of a failure', neuvectorStyle({ looks: 0, isFailing: true }), 'SCAN_FAILED', {}],
  ])(
    'one that %s is told as such, without its address',
    { timeout: 60_000 },
    async (_, style, code, more) => {
      const server = await open();
      const adapter = await register(server, 'bad', style, more);
      const scanner = await scannerFor(server, V11, 'bad');
      const handle = await scanner.begin(taskFor(V11), { signal });
      const failure: unknown = await scanner
        .look(handle, taskFor(V11), { signal })
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'ScannerFailure', code });
      expect((failure as Error).message).not.toContain(new URL(adapter.url).host);
    },
  );

  test(
    'one whose connections break is left alone after a while, and the next one asked',
    { timeout: 60_000 },
    async () => {
      const server = await open();
      await register(server, 'cutting', cuttingStyle(), { is_default: true });
      const scanner = await scannerFor(server, V11, 'cutting');
      const handle = await scanner.begin(taskFor(V11), { signal });
      const looks = Array.from({ length: 4 }, () => scanner.look(handle, taskFor(V11), { signal }));
      for (const look of await Promise.allSettled(looks))
        expect(look).toMatchObject({ status: 'rejected', reason: { code: 'BACKEND_UNAVAILABLE' } });
      expect(await server.scanners.choice.choose({ mediaType: V11, repository: 'x' })).toEqual([
        { kind: 'local' },
      ]);
    },
  );
});

const isReady = trivy !== undefined && images !== undefined && hasDockerRegistry && shared !== undefined;
describe.skipIf(!isReady)(
  `the real Trivy as a program (${TRIVY_NEEDS}, docker-registry)`,
  { timeout: 300_000 },
  () => {
    let folder: string;
    let registry: DockerRegistry;
    let server: ScannersServer;
    let database: ReturnType<typeof realDatabase>;
    const names = layouts(/^debian12-(node-app|python)/).slice(0, 2);
    const digests = new Map<string, string>();
    const login = { kind: 'basic', username: 'bob', password: new Secret('correct-horse') } as const;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'drydock-exec-'));
      database = realDatabase();
      const cache = join(folder, 'trivy-cache');
      mkdirSync(join(cache, 'db'), { recursive: true });
      const metadata = JSON.parse(
        readFileSync(join(database?.folder ?? '', 'metadata.json'), 'utf8'),
      ) as object;
      writeFileSync(
        join(cache, 'db', 'metadata.json'),
        JSON.stringify({ ...metadata, DownloadedAt: new Date().toISOString() }),
      );
      cpSync(join(database?.folder ?? '', 'trivy.db'), join(cache, 'db', 'trivy.db'));
      writeFileSync(
        join(folder, 'scanners.yaml'),
        JSON.stringify({
          scanners: [
            {
              name: 'trivy',
              timeouts: { scan: 240 },
              program: {
                like: 'trivy',
                command: trivy,
                environment: {
                  TRIVY_CACHE_DIR: cache,
                  TRIVY_SKIP_DB_UPDATE: 'true',
                  TRIVY_SKIP_JAVA_DB_UPDATE: 'true',
                  TRIVY_OFFLINE_SCAN: 'true',
                },
              },
            },
          ],
        }),
      );
      registry = await startDockerRegistry({ htpasswd: HTPASSWD });
      for (const name of names) {
        const layout = join(images ?? '', name);
        const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
          manifests: Descriptor[];
        };
        const [root] = index.manifests;
        if (!root) throw new Error(`${name} is empty`);
        const target = {
          origin: `http://${registry.host}`,
          repository: `images/${name.toLowerCase()}`,
          login: 'bob:correct-horse',
        };
        await pushLayout(layout, root, 'latest', target);
        digests.set(name, root.digest);
      }
      server = await openScannersServer({ settings: { scannersFile: [join(folder, 'scanners.yaml')] } });
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      database?.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    const of = (name: string, mediaType: string, more: Partial<ScanTask> = {}): ScanTask =>
      taskFor(mediaType, {
        registryUrl: `http://${registry.host}`,
        repository: `images/${name.toLowerCase()}`,
        digest: digests.get(name) ?? '',
        credential: login,
        ...more,
      });

    test('it says who it is', async () => {
      const { id = '' } = listOf(await server.ask('GET', REGISTRATIONS))[0] ?? {};
      expect((await server.ask('GET', `${REGISTRATIONS}/${id}`)).json).toMatchObject({
        health: { state: 'healthy' },
        scanner: { name: 'trivy', vendor: 'Aqua Security', version: expect.any(String) as string },
      });
      const scanner = await scannerFor(server, V11, 'trivy');
      expect((await scanner.identity({ signal })).databaseUpdatedAt).toMatch(/^20\d\d-/);
    });

    test.each(names)('%s: its report has what Trivy finds by itself', async (name) => {
      const { report } = await scanned(await scannerFor(server, V11, 'trivy'), of(name, V11));
      using alone = openTrivyClient(database?.folder ?? '');
      const { report: text } = await alone.alone(name, ['--scanners', 'vuln', '--format', 'json']);
      const { Results = [] } = JSON.parse(text) as {
        Results?: { Vulnerabilities?: Record<string, string>[] }[];
      };
      const wanted = Results.flatMap(({ Vulnerabilities = [] }) =>
        Vulnerabilities.map((one) =>
          [one['VulnerabilityID'], one['PkgName'], one['InstalledVersion'], one['FixedVersion'] ?? ''].join(
            ' ',
          ),
        ),
      );
      const found = report.vulnerabilities.map((one) =>
        [one.id, one.package, one.version, one.fix_version].join(' '),
      );
      expect(found.length).toBeGreaterThan(0);
      expect(found.sort()).toEqual([...new Set(wanted)].sort());
    });

    test('it makes bills of materials of both kinds', async () => {
      const [name = ''] = names;
      const scanner = await scannerFor(server, SBOM, 'trivy');
      const cyclonedx = await scanned(scanner, of(name, SBOM, { parameters: { format: 'cyclonedx' } }));
      expect(cyclonedx.report).toMatchObject({
        media_type: 'application/vnd.cyclonedx+json',
        sbom: { bomFormat: 'CycloneDX' },
      });
      const spdx = await scanned(scanner, of(name, SBOM, { parameters: { format: 'spdx' } }));
      expect(spdx.report).toMatchObject({
        media_type: 'application/spdx+json',
        sbom: { spdxVersion: 'SPDX-2.3' },
      });
    });

    test('without a login, or with a wrong one, it fails without telling it', async () => {
      const [name = ''] = names;
      const scanner = await scannerFor(server, V11, 'trivy');
      const { credential: _, ...bare } = of(name, V11);
      const wrong = { kind: 'basic', username: 'bob', password: new Secret('wrong-battery') } as const;
      for (const task of [bare, { ...bare, credential: wrong }]) {
        const failure = (await scanned(scanner, task).catch((error: unknown) => error)) as Error;
        expect(failure).toMatchObject({ name: 'ScannerFailure', code: 'SCAN_FAILED' });
        expect(failure.message).not.toMatch(/wrong-battery|127\.0\.0\.1|correct/);
      }
    });
  },
);
