import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../fixtures/docker-registry.ts';
import type { Descriptor } from '../fixtures/layout-writer.ts';
import { makePatchWorld, type PatchWorld } from '../fixtures/patch-world.ts';
import { drydock, type Run } from '../fixtures/program.ts';
import { pushLayout } from '../fixtures/push-layout.ts';
import { gzippedTar } from '../fixtures/tar-writer.ts';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
/** Of this machine, as images call it. */
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

let world: PatchWorld;
let registry: DockerRegistry;
let app: Descriptor;

interface Told {
  readonly patches: readonly {
    readonly engine: string;
    readonly verdict: string;
    readonly applied: readonly { readonly name: string; readonly to: string }[];
    readonly refused: readonly { readonly source: string; readonly detail: string }[];
    readonly notes: readonly string[];
    readonly remaining?: readonly { readonly id: string }[];
    readonly result?: { readonly digest: string };
  }[];
  readonly published?: { readonly name: string; readonly digest: string };
}

describe.skipIf(!hasDockerRegistry)('other engines (needs docker-registry)', () => {
  beforeAll(async () => {
    world = await makePatchWorld();
    registry = await startDockerRegistry();
    app = world.image(['libfixme1', 'fixme-bin', 'other'], { os: 'linux', architecture });
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    world[Symbol.dispose]();
  });
  beforeEach(() => {
    for (const name of ['argv', 'env', 'reports']) rmSync(in_(name), { recursive: true, force: true });
  });

  const in_ = (name: string): string => join(world.folder, name);
  const push = (repository: string, image: Descriptor, tag = 'v1'): Promise<void> =>
    pushLayout(world.images.folder, image, tag, { origin: `http://${registry.host}`, repository });
  const common = (): string[] => [
    'patch',
    '--quiet',
    ...['--db-path', world.database, '--archive-mirror', `deb.test/debian=file://${world.archive}`],
  ];

  /**
   * Stands in for copa: keeps how it was called, and lets this program patch the image in its place, which is told to
   * take the scripts that it does not know.
   */
  function double(script = 'patch'): string {
    const program = in_('copa');
    const own = [process.execPath, main, ...common(), '--maintainer-scripts', 'equal', '--no-referrers'];
    writeFileSync(
      program,
      `#!/bin/sh
out='${world.folder}'
printf '%s\\n' "$@" > $out/argv
env > $out/env
while [ $# -gt 0 ]; do case "$1" in --image) image=$2;; --tag) tag=$2;; --output) vex=$2;; --report) cp -r "$2" $out/reports;; esac; shift; done
patch() {
  DRYDOCK_CACHE_DIR=$out/cache ${own.map((word) => `'${word}'`).join(' ')} --push --tag "$tag" "$image" >&2
  case $? in 0|21) echo '{"statements":[]}' > "$vex"; echo 'patched by a double'; exit 0;; *) exit 1;; esac
}
${script}
`,
    );
    chmodSync(program, 0o755);
    return program;
  }

  function run(
    args: readonly string[],
    copa: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Run> {
    const known = { DRYDOCK_CACHE_DIR: in_('cache'), SOURCE_DATE_EPOCH: '', PATH: process.env['PATH'] ?? '' };
    return drydock([...common(), '--format', 'json', '--copa', copa, ...args], {
      env: { ...known, ...env },
      cwd: world.folder,
    });
  }
  const told = ({ stdout }: Run): Told => JSON.parse(stdout) as Told;
  const image = (repository: string): string => `${registry.host}/${repository}:v1`;

  test('copa is called with all that it needs, and its result is scanned', async () => {
    await push('team/app', app);
    const ended = await run(
      [
        ...['--engine', 'buildkit', '--push', '--buildkit', 'tcp://buildkit:1234', '--buildkit-ca', 'ca.pem'],
        ...['--buildkit-cert', 'cert.pem', '--buildkit-key', 'key.pem', '--timeout', '2m', image('team/app')],
      ],
      double(),
      { UNKNOWN: 'to others', DOCKER_HOST: 'unix:///run/docker.sock' },
    );
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    const [patch] = told(ended).patches;
    expect(patch).toMatchObject({ engine: 'buildkit', verdict: 'patched', refused: [], remaining: [] });
    expect(patch?.applied).toEqual(
      ['fixme-bin', 'libfixme1', 'other'].map((name) => ({ name, architecture: 'amd64', to: '1.0-2' })),
    );
    expect(told(ended).published).toMatchObject({
      name: `${registry.host}/team/app:v1-patched`,
      digest: patch?.result?.digest,
    });
    const argv = readFileSync(in_('argv'), 'utf8').trimEnd().split('\n');
    const at = (flag: string): string | undefined => argv[argv.indexOf(flag) + 1];
    expect(argv[0]).toBe('patch');
    expect(
      Object.fromEntries(['--image', '--tag', '--addr', '--timeout'].map((flag) => [flag, at(flag)])),
    ).toEqual({
      '--image': `${registry.host}/team/app@${app.digest}`,
      '--tag': 'v1-patched',
      '--addr': 'tcp://buildkit:1234',
      '--timeout': '120s',
    });
    // It runs in a folder of its own.
    expect([at('--cacert'), at('--cert'), at('--key')]).toEqual(
      ['ca.pem', 'cert.pem', 'key.pem'].map((name) => join(world.folder, name)),
    );
    expect(argv).toEqual(expect.arrayContaining(['--push', '--ignore-errors']));
    const report = JSON.parse(readFileSync(in_('reports'), 'utf8')) as { updates: { name: string }[] };
    expect(report).toMatchObject({
      apiVersion: 'v1alpha1',
      metadata: { os: { type: 'debian', version: '12' }, config: { arch: architecture } },
    });
    const environment = readFileSync(in_('env'), 'utf8');
    expect(environment).toContain('DOCKER_HOST=unix:///run/docker.sock');
    expect(environment).not.toContain('UNKNOWN');
    // Beside it is what is said of it.
    const tags = await fetch(`http://${registry.host}/v2/team/app/tags/list`);
    expect(((await tags.json()) as { tags: string[] }).tags).toHaveLength(3);
  });

  test('an index is given with a report for each platform', async () => {
    const arm = world.image(['other'], { os: 'linux', architecture: 'arm64' });
    await push('team/two', world.images.index([app, arm]));
    await run(['--engine', 'buildkit', '--push', '--platform', 'all', image('team/two')], double('exit 1'));
    expect(readdirSync(in_('reports')).sort()).toEqual(
      ['linux-arm64.json', `linux-${architecture}.json`].sort(),
    );
  });

  test('a plan runs nothing', async () => {
    await push('team/plan', app);
    const ended = await run(['--engine', 'buildkit', '--dry-run', image('team/plan')], double());
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(told(ended).patches[0]).toMatchObject({ engine: 'buildkit', verdict: 'patched' });
    expect(existsSync(in_('argv'))).toBe(false);
  });

  test.each([
    ['there is no copa', undefined, 'there is no program', 'ENGINE_UNAVAILABLE'],
    [
      'there is no BuildKit',
      `echo 'Error: failed to dial "tcp://x": connection refused' >&2; exit 1`,
      'copa finds no BuildKit',
      'ENGINE_UNAVAILABLE',
    ],
    ['copa fails', `echo 'Error: unsupported thing' >&2; exit 1`, 'unsupported thing', 'ENGINE_FAILED'],
    [
      'copa may not push',
      `echo 'Error: denied: no' >&2; exit 1`,
      'refuses the copa engine',
      'REGISTRY_DENIED',
    ],
  ])('%s: nothing is tagged, and it is said why', async (_, script, text, code) => {
    await push('team/fails', app);
    const program = script === undefined ? '/nowhere/copa' : double(script);
    const ended = await run(['--engine', 'buildkit', '--push', '--debug', image('team/fails')], program);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain(text);
    expect(ended.stderr).toContain(code);
    expect(ended.code).toBeGreaterThan(2);
    expect(ended.code).toBeLessThan(20);
    const tags = await fetch(`http://${registry.host}/v2/team/fails/tags/list`);
    expect(((await tags.json()) as { tags: string[] }).tags).toEqual(['v1']);
  });

  test('copa that finds nothing to update has refused', async () => {
    await push('team/idle', app);
    const ended = await run(['--engine', 'buildkit', '--push', image('team/idle')], double('exit 0'));
    expect(ended.code).toBe(22);
    expect(told(ended).patches[0]?.refused[0]).toMatchObject({ detail: 'copa found nothing to update' });
  });

  /** Puts a manifest of the registry under another tag, as if copa had made it, and claims that all is fixed. */
  function pushes(repository: string, from: string, to: string): string {
    const types = ['manifest', 'index'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`);
    const url = `http://${registry.host}/v2/${repository}/manifests`;
    return `'${process.execPath}' -e '
fetch("${url}/${from}", { headers: { accept: "${types.join(', ')}" } }).then(async (found) => {
  const headers = { "content-type": found.headers.get("content-type") };
  const done = await fetch("${url}/${to}", { method: "PUT", headers, body: await found.arrayBuffer() });
  process.exit(done.ok ? 0 : 1);
})' || exit 1
`;
  }
  const CLAIMS = `echo '{"statements":[{"status":"fixed","vulnerability":{"@id":"CVE-2026-1003"}}]}' > "$vex"; exit 0`;

  test('what copa says it fixed counts for nothing where the scan finds the same version', async () => {
    await push('team/idler', app);
    const vulnerability = {
      VulnerabilityID: 'CVE-2026-1003',
      PkgName: 'other',
      InstalledVersion: '1.0-1',
      FixedVersion: '1.0-2',
      Severity: 'MEDIUM',
    };
    const result = { Target: 'x', Class: 'os-pkgs', Type: 'debian', Vulnerabilities: [vulnerability] };
    // As other programs write it, it does not say of which architecture the package is.
    writeFileSync(
      in_('told.json'),
      JSON.stringify({ SchemaVersion: 2, ArtifactName: 'x', Results: [result] }),
    );
    const ended = await run(
      ['--engine', 'buildkit', '--push', '--report', in_('told.json'), image('team/idler')],
      double(pushes('team/idler', 'v1', 'v1-patched') + CLAIMS),
    );
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 22, stderr: '' });
    expect(told(ended).patches[0]).toMatchObject({ verdict: 'refused', applied: [] });
  });

  test('a tag that is moved meanwhile is told', async () => {
    await push('team/moving', app);
    await push('team/moving', world.image(['other'], { os: 'linux', architecture }), 'next');
    const move = pushes('team/moving', 'next', 'v1');
    const ended = await run(['--engine', 'buildkit', '--push', image('team/moving')], double(`${move}patch`));
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    expect(told(ended).patches[0]?.notes.join()).toMatch(/team\/moving:v1 is sha256:\S+ now, while sha256:/);
  });

  test('an index that copa leaves platforms out of is an error', async () => {
    const arm = world.image(['other'], { os: 'linux', architecture: 'arm64' });
    await push('team/fewer', world.images.index([app, arm]));
    await push('team/fewer', world.images.index([app]), 'one');
    const ended = await run(
      ['--engine', 'buildkit', '--push', '--platform', `linux/${architecture}`, image('team/fewer')],
      double(pushes('team/fewer', 'one', 'v1-patched') + CLAIMS),
    );
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain(`v1-patched without linux/arm64`);
    expect(ended.code).toBeLessThan(20);
  });

  test('copa takes no layouts, and makes none', async () => {
    world.images.tag(app, 'engines');
    const layout = `oci:${world.images.folder}:engines`;
    expect((await run(['--engine', 'buildkit', '--dry-run', layout], double())).code).toBe(8);
    await push('team/out', app);
    const to = await run(['--engine', 'buildkit', '--to', `oci:${in_('made')}`, image('team/out')], double());
    expect(to.code).toBe(2);
  });

  describe('with auto', () => {
    test('the embedded engine does what it can do', async () => {
      await push('team/auto', app);
      const ended = await run(['--engine', 'auto', '--push', image('team/auto')], double());
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(told(ended).patches[0]).toMatchObject({ engine: 'embedded', verdict: 'patched' });
      expect(existsSync(in_('argv'))).toBe(false);
    });

    test('copa does what the embedded engine refuses', async () => {
      await push('team/scripts', world.image(['other', 'scripted'], { os: 'linux', architecture }));
      const ended = await run(['--engine', 'auto', '--push', image('team/scripts')], double());
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(told(ended).patches[0]).toMatchObject({ engine: 'buildkit', verdict: 'patched', remaining: [] });
      expect(told(ended).patches[0]?.applied.map(({ name }) => name)).toEqual(['other', 'scripted']);
    });

    test('without copa there is what the embedded engine made, with a note', async () => {
      await push('team/half', world.image(['other', 'scripted'], { os: 'linux', architecture }));
      const ended = await run(['--engine', 'auto', '--push', image('team/half')], '/nowhere/copa');
      expect(ended).toMatchObject({ code: 21, stderr: '' });
      expect(told(ended).patches[0]).toMatchObject({ engine: 'embedded', verdict: 'partly' });
      expect(told(ended).patches[0]?.notes.join()).toContain('the engine buildkit cannot be used');
    });

    test('an image without dpkg is for copa, and without copa for nobody', async () => {
      const members = [{ path: 'etc/os-release', content: 'ID=fedora\nVERSION_ID="40"\n' }];
      await push('team/other', world.images.image([gzippedTar(members)], { os: 'linux', architecture }));
      const ended = await run(['--engine', 'auto', '--push', image('team/other')], '/nowhere/copa');
      expect(ended.code).toBe(20);
      expect(told(ended).patches[0]).toMatchObject({ engine: 'buildkit', verdict: 'nothing-to-do' });
    });
  });
});
