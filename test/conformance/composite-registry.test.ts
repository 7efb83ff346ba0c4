import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compositeReport, submitComposite, TYPES } from '../fixtures/composite-client.ts';
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../fixtures/docker-registry.ts';
import { images, layouts, realDatabase } from '../fixtures/images.ts';
import { LayoutWriter, type Descriptor } from '../fixtures/layout-writer.ts';
import { pushLayout } from '../fixtures/push-layout.ts';
import { hasRedis, startRedis } from '../fixtures/redis-server.ts';
import { metricIn, startReplica, startWorker, type Replica } from '../fixtures/replica.ts';
import { pushImages, servedDatabase } from '../fixtures/served-images.ts';
import { startAdapter } from '../fixtures/scanners/adapter-server.ts';
import { modelStyle } from '../fixtures/scanners/vendors.ts';
import { gzippedTar } from '../fixtures/tar-writer.ts';

/** `htpasswd -Bbn -C 4 bob correct-horse` */
const HTPASSWD = 'bob:$2y$04$kwPbG4lHeJuEy1bExuAc.OQxw36/yfRdrrpzbgUYscJiGJ/70kCRG\n';
const LOGIN = 'bob:correct-horse';
const ROBOT = `Basic ${Buffer.from(LOGIN).toString('base64')}`;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const SLOW = { timeout: 300_000 };
/** An access key of the form that is documented by its issuer, and was never one. */
const MADE_UP_KEY = ['AKIA', 'QYLPMN5HFIQR7XYA'].join('');
const QUEUED = Number(process.env['DRYDOCK_TEST_COMPOSITES'] ?? 200);

describe.skipIf(!hasDockerRegistry)(
  'scans of several types before a real registry (needs docker-registry)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'drydock-composite-'));
    const database = realDatabase();
    let registry: DockerRegistry;
    let made: Descriptor;
    let queued: readonly Descriptor[];

    beforeAll(async () => {
      registry = await startDockerRegistry({ htpasswd: HTPASSWD });
      made = writeImage();
      const target = { origin: `http://${registry.host}`, repository: 'team/everything', login: LOGIN };
      await pushLayout(join(folder, 'layout'), made, 'v1', target);
      const served = await pushImages(registry.host, 8, { repository: 'team/queued', login: LOGIN });
      queued = [...served.manifests.values()];
    });
    afterAll(async () => {
      await registry[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
      database?.remove();
    });

    /** Something for every type, with what a later layer takes away again. */
    function writeImage(): Descriptor {
      const writer = new LayoutWriter(join(folder, 'layout'));
      const status = (name: string) =>
        `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n`;
      const layers = [
        gzippedTar([
          { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n' },
          { path: 'etc/debian_version', content: '12.5\n' },
          { path: 'var/lib/dpkg/status', content: status('own-0') + status('shared-0') },
          { path: 'usr/share/doc/own-0/copyright', content: machineReadable('GPL-3.0-or-later') },
          { path: 'usr/share/doc/shared-0/copyright', content: machineReadable('MIT') },
          { path: 'usr/local/bin/rooted', content: '#!/bin/sh\n', mode: 0o4755 },
          { path: 'srv/open.txt', content: 'x', mode: 0o666 },
        ]),
        gzippedTar([
          { path: 'app/.npmrc', content: `aws_access_key_id = ${MADE_UP_KEY}\n` },
          { path: 'app/forbidden.bak', content: 'x' },
        ]),
      ];
      return writer.image(layers);
    }
    const machineReadable = (license: string): string =>
      `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: x\nLicense: ${license}\n`;

    const start = (cache: string, args: readonly string[] = []): Promise<Replica> =>
      startReplica({
        args: [
          ...['--cache-dir', join(folder, cache), '--log-level', 'warn', '--insecure-no-auth'],
          ...['--db-path', servedDatabase(folder, 8), '--scanners', 'vuln', ...args],
        ],
      });
    const bodyFor = (repository: string, digest: string, scanTypes: object) => ({
      registry: { url: `http://${registry.host}`, authorization: ROBOT },
      artifact: { repository, digest, mime_type: MANIFEST },
      scanTypes,
    });

    test('five types are told of one scan, in which every layer is pulled once', SLOW, async () => {
      await using replica = await start('five');
      const asked = bodyFor('team/everything', made.digest, {
        [TYPES.vulnerability]: null,
        [TYPES.bom]: { format: 'cyclonedx', allowGNU: 'false' },
        [TYPES.filesystem]: { forbid: ['**/*.bak'], require: ['app/missing'] },
        [TYPES.license]: { deny: ['GPL-3.0'] },
        [TYPES.secret]: {},
      });
      const { scanId } = await submitComposite(replica, asked);
      const { entries, scanProgress } = await compositeReport(replica, scanId);
      expect(scanProgress).toBe('completed');
      const reports = Object.fromEntries(
        Object.entries(entries).map(([type, { report }]) => [type, report]),
      ) as Record<string, Record<string, unknown>>;
      expect(reports[TYPES.vulnerability]).toMatchObject({
        severity: 'High',
        vulnerabilities: [{ package: 'own-0' }, { package: 'shared-0' }],
      });
      expect(reports[TYPES.bom]).toMatchObject({
        media_type: 'application/vnd.cyclonedx+json',
        vendor_attributes: { policy: { allowGNU: false, violations: [{ name: 'own-0' }] } },
        sbom: { bomFormat: 'CycloneDX' },
      });
      const { components } = reports[TYPES.bom]?.['sbom'] as { components: { name: string }[] };
      expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(['own-0', 'shared-0']));
      const { findings, passed } = reports[TYPES.filesystem] as { findings: object[]; passed: boolean };
      expect(passed).toBe(false);
      expect(findings).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ check: 'setuid', path: 'usr/local/bin/rooted', mode: '4755', uid: 0 }),
          expect.objectContaining({ check: 'world-writable', path: 'srv/open.txt', mode: '0666' }),
          expect.objectContaining({ check: 'forbidden-path', path: 'app/forbidden.bak' }),
          expect.objectContaining({ check: 'missing-path', path: 'app/missing' }),
          expect.objectContaining({ check: 'root-user' }),
        ]),
      );
      expect(reports[TYPES.license]?.['licenses']).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ license: 'GPL-3.0-or-later', verdict: 'denied' }),
          expect.objectContaining({ license: 'MIT', verdict: 'allowed' }),
        ]),
      );
      expect(reports[TYPES.secret]?.['findings']).toMatchObject([
        { ruleId: 'aws-access-key-id', source: 'files', path: 'app/.npmrc' },
      ]);
      expect(JSON.stringify(entries)).not.toContain(MADE_UP_KEY);
      const metrics = await (await replica.get('/metrics')).text();
      expect(metricIn(metrics, 'drydock_layers_total{result="read"}')).toBe(2);
      expect(metricIn(metrics, 'drydock_scan_components_total{result="completed"}')).toBe(5);
      // What was looked for once is known for the next one, and what only the server itself looks for is not mixed up.
      const again = await submitComposite(replica, {
        ...asked,
        scanTypes: { [TYPES.vulnerability]: {}, [TYPES.secret]: { sources: ['env'] } },
      });
      const told = await compositeReport(replica, again.scanId);
      expect(told.entries[TYPES.secret]?.report).toMatchObject({ findings: [] });
      expect(told.entries[TYPES.vulnerability]?.report).toMatchObject({ severity: 'High' });
    });

    test('what somebody wants of paths is told to nobody else', SLOW, async () => {
      await using replica = await start('paths');
      const wanted = { [TYPES.filesystem]: { forbid: ['**/of-a-secret-project*'] } };
      const { scanId } = await submitComposite(replica, bodyFor('team/everything', made.digest, wanted));
      expect((await compositeReport(replica, scanId)).scanProgress).toBe('completed');
      // Nobody could judge the image again by rules of one asker, either.
      expect((await replica.get(`/api/reports/${made.digest}`)).status).toBe(404);
      const usual = { [TYPES.vulnerability]: null };
      const other = await submitComposite(replica, bodyFor('team/everything', made.digest, usual));
      expect((await compositeReport(replica, other.scanId)).scanProgress).toBe('completed');
      await submitComposite(replica, bodyFor('team/everything', made.digest, wanted));
      const told = await replica.get(`/api/reports/${made.digest}`);
      expect(told.status).toBe(200);
      expect(await told.text()).not.toContain('path:');
    });

    test('a report that was known is kept anew for whoever was told of it', SLOW, async () => {
      await using replica = await start('kept', ['--report-ttl', '4s']);
      const ask = async () => {
        const asked = bodyFor('team/everything', made.digest, { [TYPES.secret]: null });
        const { scanId } = await submitComposite(replica, asked);
        await compositeReport(replica, scanId);
        await new Promise((done) => setTimeout(done, 2500));
        return await compositeReport(replica, scanId);
      };
      await ask();
      expect((await ask()).entries[TYPES.secret]).toMatchObject({ cached: true, report: { findings: [{}] } });
    });

    test(`${QUEUED} scans that are queued survive kill -9`, SLOW, async () => {
      const ids: string[] = [];
      const types = { [TYPES.vulnerability]: {}, [TYPES.sbom]: {}, [TYPES.license]: {} };
      {
        await using idle = await start('killed', ['--concurrency', '0']);
        for (let first = 0; first < QUEUED; first += 20) {
          const some = Array.from({ length: Math.min(20, QUEUED - first) }, (_, i) => {
            const { digest } = queued[(first + i) % queued.length] as Descriptor;
            return submitComposite(idle, bodyFor('team/queued', digest, types));
          });
          ids.push(...(await Promise.all(some)).map(({ scanId }) => scanId));
        }
        await idle.kill();
      }
      expect(new Set(ids).size).toBe(QUEUED);
      await using busy = await start('killed', ['--concurrency', '4', '--per-registry', '4']);
      await new Promise((done) => setTimeout(done, 1000));
      await busy.kill();
      await using last = await start('killed', ['--concurrency', '8', '--per-registry', '8']);
      const states = new Map<string, number>();
      for (const id of ids) {
        const { scanProgress, entries } = await compositeReport(last, id, 240);
        states.set(scanProgress, (states.get(scanProgress) ?? 0) + 1);
        expect(Object.keys(entries)).toEqual(Object.keys(types));
      }
      expect([...states]).toEqual([['completed', QUEUED]]);
      expect(last.stderr()).not.toContain('correct-horse');
    });

    test(
      'parts that other scanners do survive kill -9 too: each is begun once, and read once',
      SLOW,
      async () => {
        let isReady = false;
        const reads = new Map<string, number>();
        const model = modelStyle({ name: 'Other' });
        await using adapter = await startAdapter({
          ...model,
          report(asked, id) {
            if (!isReady) return { status: 302, headers: { 'refresh-after': '1' } };
            reads.set(id, (reads.get(id) ?? 0) + 1);
            // As some do: a report is there once.
            return reads.get(id) === 1 ? (model.report(asked, id), model.report(asked, id)) : { status: 404 };
          },
        });
        const args = ['--concurrency', '2'];
        const first = await start('others', args);
        const registered = await fetch(`${first.url}/api/v2/registrations`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'other', url: adapter.url }),
        });
        expect(registered.status).toBe(201);
        const scanTypes = {
          [TYPES.vulnerability]: { scanner: 'other' },
          [TYPES.sbom]: { scanner: 'drydock' },
        };
        const ids: string[] = [];
        for (const { digest } of queued.slice(0, 3))
          ids.push((await submitComposite(first, bodyFor('team/queued', digest, scanTypes))).scanId);
        const begun = (): number => adapter.lines().filter((line) => line === 'POST /api/v1/scan').length;
        for (let tries = 0; begun() < 3 && tries < 200; tries++)
          await new Promise((done) => setTimeout(done, 50));
        await new Promise((done) => setTimeout(done, 500));
        await first.kill();
        isReady = true;
        await using second = await start('others', args);
        for (const id of ids) {
          const { entries } = await compositeReport(second, id);
          expect(entries[TYPES.vulnerability]).toMatchObject({
            scanProgress: 'completed',
            scanner: 'other',
            report: { vulnerabilities: [{ id: 'CVE-2026-0001' }] },
          });
          expect(entries[TYPES.sbom]).toMatchObject({ scanProgress: 'completed', scanner: 'drydock' });
        }
        expect(begun()).toBe(3);
        expect([...reads.values()]).toEqual([1, 1, 1]);
        // Equal scans are told of what is known, once the registry has let their askers read the artifact.
        const [{ digest }] = queued as [Descriptor];
        const again = await submitComposite(second, bodyFor('team/queued', digest, scanTypes));
        const { entries } = await compositeReport(second, again.scanId);
        expect(entries[TYPES.vulnerability]).toMatchObject({ scanProgress: 'completed', cached: true });
        const wrong = bodyFor('team/queued', digest, { [TYPES.vulnerability]: { scanner: 'other' } });
        const robot = `Basic ${Buffer.from('bob:battery-staple').toString('base64')}`;
        const refused = await submitComposite(second, {
          ...wrong,
          registry: { ...wrong.registry, authorization: robot },
        });
        const denied = await compositeReport(second, refused.scanId);
        expect(denied.entries[TYPES.vulnerability]?.error?.code).toBe('REGISTRY_AUTH');
        expect(begun()).toBe(3);
      },
    );

    test.skipIf(!hasRedis)('servers and workers share them in Redis (needs redis-server)', SLOW, async () => {
      const redis = await startRedis();
      const model = modelStyle({ name: 'Other' });
      const adapter = await startAdapter(model);
      const common = [
        ...[
          '--store',
          `redis://127.0.0.1:${redis.port}`,
          '--log-level',
          'warn',
          '--allow-registry',
          '127.0.0.1:*',
        ],
        ...['--allow-scanner', '127.0.0.1:*', '--db-path', servedDatabase(folder, 8)],
      ];
      const options = (name: string, ...args: string[]) => ({
        args: ['--cache-dir', join(folder, name), ...common, ...args],
        env: { DRYDOCK_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') },
      });
      const idle = ['--insecure-no-auth', '--concurrency', '0'];
      const [one, two] = [
        await startReplica(options('one', ...idle)),
        await startReplica(options('two', ...idle)),
      ];
      let worker = await startWorker(options('worker'));
      try {
        await fetch(`${one.url}/api/v2/registrations`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'other', url: adapter.url }),
        });
        const scanTypes = { [TYPES.vulnerability]: { scanner: 'other' }, [TYPES.secret]: {} };
        const [{ digest }, { digest: second }] = queued as [Descriptor, Descriptor];
        const { scanId } = await submitComposite(one, bodyFor('team/queued', digest, scanTypes));
        expect((await compositeReport(two, scanId)).entries).toMatchObject({
          [TYPES.vulnerability]: { scanner: 'other', report: { vulnerabilities: [{ id: 'CVE-2026-0001' }] } },
          [TYPES.secret]: { scanner: 'drydock', report: { findings: [] } },
        });
        // A worker that dies is replaced, wherever it was.
        await worker.kill();
        const { scanId: other } = await submitComposite(two, bodyFor('team/queued', second, scanTypes));
        worker = await startWorker(options('worker2'));
        expect((await compositeReport(one, other)).scanProgress).toBe('completed');
      } finally {
        for (const each of [worker, one, two]) await each.kill();
        await adapter[Symbol.asyncDispose]();
        await redis.kill();
      }
    });

    describe.skipIf(!images || !database)(
      'of real contents (needs DRYDOCK_TEST_IMAGES and ../shared)',
      () => {
        test.each(layouts(/^debian12-(web|node-app|java)$/))('%s, in five types', SLOW, async (name) => {
          const layout = join(images ?? '', name);
          const { manifests } = JSON.parse(
            (await import('node:fs')).readFileSync(join(layout, 'index.json'), 'utf8'),
          ) as { manifests: Descriptor[] };
          const [image] = manifests as [Descriptor];
          const target = { origin: `http://${registry.host}`, repository: `real/${name}`, login: LOGIN };
          await pushLayout(layout, image, 'v1', target);
          await using replica = await startReplica({
            args: [
              ...['--cache-dir', join(folder, name), '--log-level', 'warn', '--insecure-no-auth'],
              ...['--db-path', database?.folder ?? ''],
            ],
          });
          const types = [TYPES.vulnerability, TYPES.bom, TYPES.filesystem, TYPES.license, TYPES.secret];
          const scanTypes = Object.fromEntries(types.map((type) => [type, null]));
          const { scanId } = await submitComposite(replica, bodyFor(`real/${name}`, image.digest, scanTypes));
          const { entries } = await compositeReport(replica, scanId, 240);
          expect(Object.values(entries).map(({ scanProgress }) => scanProgress)).toEqual(
            types.map(() => 'completed'),
          );
          const { vulnerabilities } = entries[TYPES.vulnerability]?.report as { vulnerabilities: unknown[] };
          expect(vulnerabilities.length).toBeGreaterThan(10);
          const { licenses } = entries[TYPES.license]?.report as { licenses: { packages: unknown[] }[] };
          expect(licenses.length).toBeGreaterThan(5);
          const { findings } = entries[TYPES.filesystem]?.report as { findings: unknown[] };
          expect(findings.length).toBeGreaterThan(0);
          const { layers } = (await (
            await fetch(`http://${registry.host}/v2/real/${name}/manifests/${image.digest}`, {
              headers: { authorization: ROBOT, accept: MANIFEST },
            })
          ).json()) as { layers: unknown[] };
          const read = metricIn(
            await (await replica.get('/metrics')).text(),
            'drydock_layers_total{result="read"}',
          );
          expect(read).toBe(layers.length);
        });
      },
    );
  },
);
