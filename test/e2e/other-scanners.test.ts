import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compositeReport, submitComposite, TYPES } from '../fixtures/composite-client.ts';
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../fixtures/docker-registry.ts';
import type { Descriptor } from '../fixtures/layout-writer.ts';
import { startReplica, type Replica } from '../fixtures/replica.ts';
import { startAdapter, type AdapterServer } from '../fixtures/scanners/adapter-server.ts';
import { anchoreStyle, garbageStyle, modelStyle, sysdigStyle } from '../fixtures/scanners/vendors.ts';
import { pushImages, servedDatabase } from '../fixtures/served-images.ts';

/** `htpasswd -Bbn -C 4 bob correct-horse` */
const HTPASSWD = 'bob:$2y$04$kwPbG4lHeJuEy1bExuAc.OQxw36/yfRdrrpzbgUYscJiGJ/70kCRG\n';
const LOGIN = 'bob:correct-horse';
const ROBOT = `Basic ${Buffer.from(LOGIN).toString('base64')}`;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const SLOW = { timeout: 120_000 };

describe.skipIf(!hasDockerRegistry)('other scanners behind a server (needs docker-registry)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-others-'));
  let registry: DockerRegistry;
  let image: Descriptor;
  const adapters: AdapterServer[] = [];

  beforeAll(async () => {
    registry = await startDockerRegistry({ htpasswd: HTPASSWD });
    const pushed = await pushImages(registry.host, 1, { repository: 'team/app', login: LOGIN });
    const [first] = pushed.manifests.values();
    if (!first) throw new Error('nothing was pushed');
    image = first;
    // A program that shows that it was given the login, and only there where it should be.
    const command = join(folder, 'program');
    const report = {
      SchemaVersion: 2,
      Results: [{ Vulnerabilities: [{ VulnerabilityID: 'CVE-P', PkgName: 'p' }] }],
    };
    const auth = Buffer.from(LOGIN).toString('base64');
    writeFileSync(
      command,
      [
        '#!/bin/sh',
        'if [ "$1" = version ]; then echo "Version: 7.7.7"; exit 0; fi',
        `case "$* $(env)" in *correct-horse*|*${auth}*) echo "a login lies open" >&2; exit 4;; esac`,
        `grep -q '${auth}' "$DOCKER_CONFIG/config.json" || { echo "no login" >&2; exit 5; }`,
        `echo '${JSON.stringify(report)}'`,
      ].join('\n'),
    );
    chmodSync(command, 0o700);
    const scanners = [{ name: 'program', program: { like: 'trivy', command } }];
    writeFileSync(join(folder, 'scanners.yaml'), JSON.stringify({ scanners }));
  });
  afterAll(async () => {
    for (const adapter of adapters) await adapter[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (): Promise<Replica> =>
    startReplica({
      args: [
        ...['--cache-dir', join(folder, 'cache'), '--insecure-no-auth', '--log-level', 'info'],
        ...['--db-path', servedDatabase(folder, 1), '--scanners-file', join(folder, 'scanners.yaml')],
      ],
    });
  const asked = (scanTypes: object) => ({
    registry: { url: `http://${registry.host}`, authorization: ROBOT },
    artifact: { repository: 'team/app', digest: image.digest, mime_type: MANIFEST },
    scanTypes,
  });

  test(
    'each makes its report, one that fails harms no other, and nothing of them is told',
    SLOW,
    async () => {
      const styles = {
        sysdig: sysdigStyle({ looks: 0 }),
        anchore: anchoreStyle(),
        garbage: garbageStyle(),
        model: modelStyle(),
      };
      {
        await using replica = await start();
        for (const [name, style] of Object.entries(styles)) {
          const adapter = await startAdapter(style);
          adapters.push(adapter);
          const key = name === 'anchore' ? { auth: 'Bearer', access_credential: 'anchore-key' } : {};
          const answer = await fetch(`${replica.url}/api/v2/registrations`, {
            method: 'POST',
            body: JSON.stringify({ name, url: adapter.url, ...key }),
          });
          expect(answer.status).toBe(201);
        }
      }
      // Registered by one process, used by another.
      await using replica = await start();
      const ids = new Map<string, string>();
      for (const scanner of ['sysdig', 'anchore', 'garbage', 'program', 'drydock']) {
        const types = {
          [TYPES.vulnerability]: { scanner },
          [TYPES.sbom]: { scanner: 'model', format: 'spdx' },
        };
        ids.set(scanner, (await submitComposite(replica, asked(types))).scanId);
      }
      const told: string[] = [];
      for (const [scanner, id] of ids) {
        const { entries } = await compositeReport(replica, id);
        told.push(JSON.stringify(entries));
        expect(entries[TYPES.sbom]).toMatchObject({
          scanProgress: 'completed',
          scanner: 'model',
          report: { media_type: 'application/spdx+json' },
        });
        expect(entries[TYPES.vulnerability]).toMatchObject(
          scanner === 'garbage'
            ? { scanProgress: 'failed', error: { code: 'BACKEND_PROTOCOL' } }
            : { scanProgress: 'completed', scanner },
        );
      }
      const all = told.join() + replica.stdout() + replica.stderr();
      for (const secret of ['correct-horse', 'anchore-key', ...adapters.map(({ url }) => new URL(url).host)])
        expect(all).not.toContain(secret);
      expect(
        await replica.metric('drydock_scanner_requests_total{scanner="sysdig",step="report",result="ok"}'),
      ).toBe(1);
    },
  );

  test('two of them are compared by one request', SLOW, async () => {
    await using replica = await start();
    const { scanTypes: _, ...body } = asked({});
    const accepted = await fetch(`${replica.url}/api/v2/compare`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, scanners: ['drydock', 'program'] }),
    });
    expect(accepted.status).toBe(202);
    const at = new URL(accepted.headers.get('location') ?? '', `${replica.url}/api/v2/compare`);
    let answer = await fetch(at);
    for (let looks = 0; looks < 100 && answer.status === 202; looks++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      answer = await fetch(at);
    }
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      A: { Name: 'drydock' },
      B: { Name: 'program', Version: '7.7.7', Findings: 1 },
      OnlyB: [{ ID: 'CVE-P', Other: 'nothing' }],
    });
  });
});
