import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../fixtures/docker-registry.ts';
import { guard, startFakeRegistry } from '../fixtures/fake-registry.ts';
import { register, runJob, type HarborJob, type HarborOutcome } from '../fixtures/harbor-client.ts';
import { images, layouts, realDatabase } from '../fixtures/images.ts';
import { LayoutWriter, type Descriptor } from '../fixtures/layout-writer.ts';
import { openapiCheck } from '../fixtures/openapi-check.ts';
import { startPatientProxy, type PatientProxy } from '../fixtures/patient-proxy.ts';
import { pushLayout } from '../fixtures/push-layout.ts';
import { startReplica, type Replica } from '../fixtures/replica.ts';
import { pushImages, servedDatabase } from '../fixtures/served-images.ts';

/** `htpasswd -Bbn -C 4 bob correct-horse` */
const HTPASSWD = 'bob:$2y$04$kwPbG4lHeJuEy1bExuAc.OQxw36/yfRdrrpzbgUYscJiGJ/70kCRG\n';
const LOGIN = 'bob:correct-horse';
const ROBOT = `Basic ${Buffer.from(LOGIN).toString('base64')}`;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const TOKEN = 'harbor-token';
const AUTH = { authorization: `Basic ${Buffer.from(`harbor:${TOKEN}`).toString('base64')}` };
const JOBS = 50;
const SLOW = { timeout: 600_000 };

interface VulnerabilityReport {
  readonly artifact: { readonly digest: string; readonly repository: string };
  readonly vulnerabilities: readonly {
    readonly id: string;
    readonly package: string;
    readonly version: string;
    readonly severity: string;
  }[];
}

describe.skipIf(!hasDockerRegistry)('Harbor before a real registry (needs docker-registry)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-harbor-'));
  const database = realDatabase();
  let registry: DockerRegistry;
  let front: PatientProxy;
  const jobs: HarborJob[] = [];

  beforeAll(async () => {
    registry = await startDockerRegistry({ htpasswd: HTPASSWD });
    front = await startPatientProxy();
    const made = await pushImages(registry.host, 5, { repository: 'team/made', login: LOGIN });
    for (const { digest } of made.manifests.values()) jobs.push(jobFor('team/made', digest));
    const pattern = process.env['DRYDOCK_TEST_ALL']
      ? /./
      : /^(alpine-3\.1[058]|debian12-(web|python)|go-bin)/;
    for (const name of layouts(pattern)) {
      const layout = join(images ?? '', name);
      const repository = `images/${name.toLowerCase()}`;
      const target = { origin: `http://${registry.host}`, repository, login: LOGIN };
      for (const image of imagesOf(layout)) {
        await pushLayout(layout, image, 'latest', target);
        jobs.push(jobFor(repository, image.digest));
      }
    }
  });
  afterAll(async () => {
    await front[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
    database?.remove();
  });

  const jobFor = (repository: string, digest: string): HarborJob => ({
    registry: { url: `http://${registry.host}`, authorization: ROBOT },
    artifact: { repository, digest, tag: 'latest', mime_type: MANIFEST },
  });

  const start = (cache: string): Promise<Replica> =>
    startReplica({
      args: [
        ...['--cache-dir', join(folder, cache), '--log-level', 'warn', '--concurrency', '4'],
        ...['--db-path', database?.folder ?? servedDatabase(folder, 5)],
      ],
      env: { DRYDOCK_TOKEN: TOKEN },
    });

  test(`${JOBS} jobs at once, of both types, with a restart in the middle`, SLOW, async () => {
    const scanner = { url: front.url, auth: AUTH };
    let replica = await start('restarted');
    front.target = replica.url;
    try {
      await register(scanner);
      const running = Array.from({ length: Math.max(JOBS, 2 * jobs.length) }, async (_, i) => {
        const job = jobs[(i >> 1) % jobs.length] as HarborJob;
        const type = i % 2 === 0 ? 'vulnerability' : 'sbom';
        return { job, type, outcome: await runJob(scanner, type, job) };
      });
      const settled = Promise.allSettled(running);
      await new Promise((done) => setTimeout(done, 2500));
      // As clusters do it: the next one listens before the last one ends, here in the midst of its scans.
      const last = replica;
      replica = await start('restarted');
      front.target = replica.url;
      await last.kill();
      expect(last.stderr()).not.toContain('correct-horse');
      const all = await settled;
      expect(all.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))).toEqual([]);
      for (const { job, type, outcome } of await Promise.all(running)) {
        expect(outcome.slowestMs).toBeLessThan(5000);
        if (type === 'sbom') expectBill(outcome);
        else expectReport(outcome, job);
      }
    } finally {
      await replica.kill();
    }
  });

  test('a wrong robot fails the job and says why, without its secret', SLOW, async () => {
    await using replica = await start('refused');
    const [first] = jobs as [HarborJob];
    const wrong = `Basic ${Buffer.from('bob:battery-staple').toString('base64')}`;
    const job = { ...first, registry: { ...first.registry, authorization: wrong } };
    const scanner = { url: replica.url, auth: AUTH };
    await expect(runJob(scanner, 'vulnerability', job)).rejects.toThrow(/500 .*refuses the credentials/);
    await expect(runJob({ url: replica.url }, 'vulnerability', job)).rejects.toThrow(/401/);
    expect(replica.stderr()).not.toMatch(/battery-staple|correct-horse/);
  });

  function expectReport({ reports }: HarborOutcome, job: HarborJob): void {
    const [report] = [...reports.values()] as [VulnerabilityReport];
    expect(report.artifact).toMatchObject({
      repository: job.artifact.repository,
      digest: job.artifact.digest,
    });
    const identities = report.vulnerabilities.map((one) => `${one.id} ${one.package} ${one.version}`);
    expect(new Set(identities).size).toBe(identities.length);
    if (/debian|images\/alpine-3\.10/.test(job.artifact.repository) && database)
      expect(identities.length).toBeGreaterThan(0);
  }

  function expectBill({ reports }: HarborOutcome): void {
    const [report] = [...reports.values()] as [{ sbom: { spdxVersion: string; packages: unknown[] } }];
    expect(report.sbom.spdxVersion).toBe('SPDX-2.3');
    expect(report.sbom.packages.length).toBeGreaterThan(0);
  }
});

describe('Harbor before a registry that hands out tokens', () => {
  test('29: the robot is exchanged for a token, which alone is shown to the registry', SLOW, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drydock-harbor-token-'));
    await using registry = await startFakeRegistry();
    try {
      const realm = `${registry.origin}/service/token`;
      registry.rules.push(({ path, headers }) => {
        if (path.startsWith('/service/token')) {
          const isRobot = headers.authorization === ROBOT;
          return isRobot ? { body: JSON.stringify({ token: 'a-token' }) } : { status: 401 };
        }
        if (headers.authorization === 'Bearer a-token') return undefined;
        // Harbor asks for Basic whoever has shown something already, and lets that in where policies forbid to.
        if (headers.authorization !== undefined) return { status: 412 };
        const scope = 'repository:team/app:pull';
        const challenge = `Bearer realm="${realm}",service="harbor-registry",scope="${scope}"`;
        return { status: 401, headers: { 'www-authenticate': challenge } };
      });
      const digest = putImage(registry, folder);
      const database = servedDatabase(folder, 1);
      await using replica = await startReplica({
        args: ['--cache-dir', join(folder, 'cache'), '--db-path', database, '--log-level', 'warn'],
      });
      const job = {
        registry: { url: registry.origin, authorization: ROBOT },
        artifact: { repository: 'team/app', digest, mime_type: MANIFEST },
      };
      const { reports } = await runJob({ url: replica.url }, 'vulnerability', job);
      expect(reports.size).toBe(1);
      const asked = registry.seen.filter(({ path }) => path.startsWith('/v2/'));
      expect(asked.filter(({ headers }) => headers.authorization === ROBOT)).toEqual([]);
      expect(registry.seen.some(({ path }) => path.includes('repository%3Ateam%2Fapp%3Apull'))).toBe(true);

      const document = await (await replica.get('/api/v1/openapi.json')).json();
      const answer = await replica.get('/api/v1/metadata');
      const headers = Object.fromEntries(answer.headers);
      const told = { status: answer.status, headers, text: await answer.text() };
      expect(openapiCheck(document)('GET', '/api/v1/metadata', told)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

test("the server's own login is not sent over http on the word of a scan request", SLOW, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-harbor-plain-'));
  await using registry = await startFakeRegistry();
  try {
    registry.rules.push(guard(ROBOT, 'Basic realm="registry"'));
    const digest = putImage(registry, folder);
    const auths = { [registry.host]: { auth: Buffer.from(LOGIN).toString('base64') } };
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths }));
    await using replica = await startReplica({
      args: [
        ...['--cache-dir', join(folder, 'cache'), '--log-level', 'warn'],
        ...['--db-path', servedDatabase(folder, 1)],
      ],
      env: { DOCKER_CONFIG: folder },
    });
    const job = {
      registry: { url: registry.origin, authorization: '' },
      artifact: { repository: 'team/app', digest, mime_type: MANIFEST },
    };
    await expect(runJob({ url: replica.url }, 'vulnerability', job)).rejects.toThrow(/500 /);
    const shown = () => registry.seen.filter(({ headers }) => headers.authorization !== undefined);
    expect(shown()).toEqual([]);
    // Asked for without that word, the login is used.
    const { state } = await replica.scan(`${registry.host}/team/app@${digest}`);
    expect(state).toBe('completed');
    expect(shown()).not.toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Images of a layout, those of an index each by itself, as Harbor asks for them. */
function imagesOf(layout: string): Descriptor[] {
  const read = (path: string) =>
    JSON.parse(readFileSync(path, 'utf8')) as { manifests?: readonly Descriptor[] };
  const blob = ({ digest }: Descriptor) => join(layout, 'blobs', ...digest.split(':'));
  const leaves = (one: Descriptor): Descriptor[] =>
    one.mediaType.includes('index') ? (read(blob(one)).manifests ?? []).flatMap(leaves) : [one];
  return (read(join(layout, 'index.json')).manifests ?? []).flatMap(leaves);
}

function putImage(registry: Awaited<ReturnType<typeof startFakeRegistry>>, folder: string): string {
  const writer = new LayoutWriter(join(folder, 'layout'));
  const manifest = writer.image([]);
  const bytes = readFileSync(join(writer.folder, 'blobs', ...manifest.digest.split(':')));
  const { config } = JSON.parse(bytes.toString()) as { config: Descriptor };
  registry.blob(readFileSync(join(writer.folder, 'blobs', ...config.digest.split(':'))));
  registry.manifest('team/app', manifest.digest, bytes.toString(), MANIFEST);
  return manifest.digest;
}
