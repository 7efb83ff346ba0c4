import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { hasDockerRegistry, startDockerRegistry } from '../fixtures/docker-registry.ts';
import { always, guard, script, startFakeRegistry, type FakeRegistry } from '../fixtures/fake-registry.ts';
import { LayoutWriter, type Descriptor } from '../fixtures/layout-writer.ts';
import { drydock, type Run } from '../fixtures/program.ts';
import { pushLayout } from '../fixtures/push-layout.ts';
import { gzippedTar } from '../fixtures/tar-writer.ts';

const LOGIN = 'bob:correct-horse';
/** `htpasswd -Bbn -C 4 bob correct-horse` */
const HTPASSWD = 'bob:$2y$04$kwPbG4lHeJuEy1bExuAc.OQxw36/yfRdrrpzbgUYscJiGJ/70kCRG\n';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const sampleDb = fileURLToPath(new URL('../../examples/sample-db', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'drydock-e2e-scan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Large enough to come in many pieces. */
const layer = gzippedTar([
  { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
  { path: 'noise', content: randomBytes(3 << 20) },
  {
    path: 'var/lib/dpkg/status',
    content:
      'Package: libexpat1\nStatus: install ok installed\nArchitecture: amd64\nSource: expat\nVersion: 2.5.0-1\n\n',
  },
]);
const writer = new LayoutWriter(join(folder, 'layout'));
const amd64 = writer.image([layer]);
const arm64 = writer.image([gzippedTar([{ path: 'etc/alpine-release', content: '3.9.0\n' }])], {
  os: 'linux',
  architecture: 'arm64',
});
const index = writer.index([amd64, arm64]);
writer.tag(index, 'latest');

const blob = ({ digest }: Descriptor): Buffer =>
  readFileSync(join(writer.folder, 'blobs', 'sha256', digest.slice(7)));

function scan(image: string, args: readonly string[] = [], input = ''): Promise<Run> {
  const flags = ['--format', 'json', '--list-all-pkgs', '--no-cache', '--db-path', sampleDb];
  return drydock(['scan', ...flags, ...args, image], { input, env: { XDG_CACHE_HOME: folder } });
}

function packagesOf(run: Run): string[] {
  expect(run.code, run.stderr).toBe(0);
  const told = JSON.parse(run.stdout) as { Results?: { Packages?: { Name: string }[] }[] };
  return (told.Results ?? []).flatMap((result) => result.Packages ?? []).map((pkg) => pkg.Name);
}

describe.skipIf(!hasDockerRegistry)('scanning from a real registry (needs docker-registry)', () => {
  test('an image behind a password, and each platform of an index', async () => {
    await using registry = await startDockerRegistry({ htpasswd: HTPASSWD });
    const target = { origin: `http://${registry.host}`, repository: 'team/app', login: LOGIN };
    await pushLayout(writer.folder, index, 'two', target);
    const image = `${registry.host}/team/app:two`;
    const asBob = ['--username', 'bob', '--password-stdin'];

    const right = await scan(image, [...asBob, '--platform', 'linux/amd64'], 'correct-horse\n');
    expect(packagesOf(right)).toEqual(['libexpat1']);
    expect(right.stderr).toBe('');
    const other = await scan(image, [...asBob, '--platform', 'linux/arm64'], 'correct-horse\n');
    expect(JSON.parse(other.stdout)).toMatchObject({ Metadata: { OS: { Family: 'alpine' } } });
    const absent = await scan(image, [...asBob, '--platform', 'linux/s390x'], 'correct-horse\n');
    expect(absent).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/linux\/amd64.*linux\/arm64/s) as string,
    });

    for (const run of [await scan(image), await scan(image, asBob, 'battery-staple\n')]) {
      expect(run.code).toBe(4);
      expect(run.stderr).toMatch(/^drydock: /);
      expect(run.stderr + run.stdout).not.toMatch(/battery-staple|^\s+at /m);
    }
  });
});

describe('scanning from a registry with its moods', () => {
  function fill(registry: FakeRegistry): string {
    for (const descriptor of [amd64]) {
      const manifest = blob(descriptor).toString();
      const parsed = JSON.parse(manifest) as { config: Descriptor; layers: Descriptor[] };
      for (const part of [parsed.config, ...parsed.layers]) registry.blob(blob(part));
      registry.manifest('app', 'latest', manifest, MANIFEST);
    }
    return `${registry.host}/app:latest`;
  }
  const layerDigest =
    (JSON.parse(blob(amd64).toString()) as { layers: Descriptor[] }).layers[0]?.digest ?? '';

  test('a 429 and then success', async () => {
    await using registry = await startFakeRegistry();
    const image = fill(registry);
    registry.rules.unshift(script('/manifests/', { status: 429, headers: { 'retry-after': '0' } }));
    const run = await scan(image, ['--plain-http', registry.host]);
    expect(packagesOf(run)).toEqual(['libexpat1']);
  });

  test('a connection that is cut in the middle of a layer is taken up again', async () => {
    await using registry = await startFakeRegistry();
    const image = fill(registry);
    registry.rules.unshift(script(layerDigest, { body: layer, cutAfter: 1 << 20 }));
    const run = await scan(image, ['--plain-http', registry.host]);
    expect(packagesOf(run)).toEqual(['libexpat1']);
    const asked = registry.seen.filter(({ path }) => path.includes(layerDigest));
    expect(asked.at(-1)?.headers.range).toMatch(/^bytes=\d{5,}-/);
  });

  test('bytes that are not what the digest says are refused, and the layer is named', async () => {
    await using registry = await startFakeRegistry();
    const image = fill(registry);
    const bad = Buffer.from(layer);
    bad[bad.length - 2000] = (bad[bad.length - 2000] ?? 0) ^ 1;
    registry.rules.unshift(always(layerDigest, { body: bad }));
    const run = await scan(image, ['--plain-http', registry.host]);
    expect(run.code).toBe(6);
    expect(run.stderr).toContain(`layer 1 of 1 (${layerDigest})`);
    expect(run.stdout).toBe('');
  });

  test('a token from another host: asked there, with the password, and only there', async () => {
    await using tokens = await startFakeRegistry();
    await using registry = await startFakeRegistry();
    const image = fill(registry);
    tokens.rules.unshift(always('/token', { body: JSON.stringify({ token: 'granted' }) }));
    registry.rules.unshift(guard('Bearer granted', `Bearer realm="${tokens.origin}/token",service="s"`));
    const args = ['--plain-http', registry.host, '--username', 'bob', '--password-stdin'];
    const run = await scan(image, args, 'correct-horse\n');
    expect(packagesOf(run)).toEqual(['libexpat1']);
    expect(tokens.seen.at(-1)?.headers.authorization).toMatch(/^Basic /);
    expect(
      registry.seen
        .map(({ headers }) => headers.authorization ?? '')
        .filter((text) => text.startsWith('Basic')),
    ).toEqual([]);
  });
});
