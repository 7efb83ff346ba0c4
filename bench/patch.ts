/**
 * node scripts/bench.mjs patch LAYOUT DATABASE
 *
 * How long a patch takes, and what it uploads, beside the same upgrade by unpacking, apt in a chroot, and packing again.
 * LAYOUT is an OCI layout of a Debian image with the tag `latest`; DATABASE a folder with trivy.db and metadata.json. Both
 * ways push to a registry on this machine that has the base already. Needs docker-registry, the archives of the image, and
 * for the other way root, umoci and skopeo. Times are medians; indexes and packages are in Drydock's cache, and apt's are
 * fetched as a build fetches them.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hasDockerRegistry, startDockerRegistry } from '../test/fixtures/docker-registry.ts';
import type { Descriptor } from '../test/fixtures/layout-writer.ts';
import { pushLayout } from '../test/fixtures/push-layout.ts';

const [layoutArgument, databaseArgument] = process.argv.slice(2);
if (!layoutArgument || !databaseArgument || !hasDockerRegistry) {
  console.error('usage: node scripts/bench.mjs patch LAYOUT DATABASE (needs docker-registry)');
  process.exit(2);
}
const layout = resolve(layoutArgument);
const database = resolve(databaseArgument);
const program = resolve('dist/main.js');
const ROUNDS = 3;
/** With what programs of packages want, mounted for as long as they run. */
const IN_ROOT = 'mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" && exec chroot "$0" sh -c "$1"';

interface Told {
  readonly patches: readonly {
    readonly found: number;
    readonly applied: readonly { readonly name: string; readonly to: string }[];
    readonly remaining: readonly object[];
    readonly result: { readonly digest: string; readonly layerBytes: number };
  }[];
  readonly published: { readonly uploadedBytes: number };
}

const work = mkdtempSync(join(tmpdir(), 'drydock-bench-patch-'));
const registry = await startDockerRegistry();
try {
  const [base] = (JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] })
    .manifests;
  if (!base) throw new Error('the layout is empty');
  await pushLayout(layout, base, 'base', { origin: `http://${registry.host}`, repository: 'bench' });
  const [cold, first] = timed(() => patchOnce('cold'));
  const times: number[] = [];
  let last = first;
  for (let round = 0; round < ROUNDS; round++) {
    const [ms, told] = timed(() => patchOnce(`round-${round}`));
    times.push(ms);
    last = told;
  }
  const [patch] = last.patches;
  if (!patch) throw new Error('nothing was patched');
  const { applied, result, found, remaining } = patch;
  console.log(`${found} vulnerabilities, ${applied.length} packages, ${remaining.length} left`);
  row('', 'time', 'layer', 'uploaded');
  row('drydock, empty cache', seconds(cold), megabytes(result.layerBytes), uploaded(first));
  row('drydock, warm cache', seconds(median(times)), megabytes(result.layerBytes), uploaded(last));
  console.log(`uploaded / layer: ${(first.published.uploadedBytes / result.layerBytes).toFixed(3)}`);
  otherWay(applied.map(({ name, to }) => `${name}=${to}`));
} finally {
  await registry[Symbol.asyncDispose]();
  rmSync(work, { recursive: true, force: true });
}

function patchOnce(tag: string): Told {
  const args = ['patch', '--quiet', '--format', 'json', '--timeout', '20m', '--db-path', database];
  const env = { ...process.env, DRYDOCK_CACHE_DIR: join(work, 'cache') };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, ...args, '--push', '--no-referrers', '--tag', tag, `${registry.host}/bench:base`],
    { env, encoding: 'utf8', maxBuffer: 64 << 20 },
  );
  if (status !== 0 && status !== 21) throw new Error(`drydock failed with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Told;
}

/** What a person would do by hand. */
function otherWay(packages: readonly string[]): void {
  const missing = ['umoci', 'skopeo', 'chroot'].filter((tool) => spawnSync('which', [tool]).status !== 0);
  if (process.getuid?.() !== 0 || missing.length > 0) {
    console.log(`by hand: not measured (needs root${missing.map((tool) => `, ${tool}`).join('')})`);
    return;
  }
  const [copy, bundle] = [join(work, 'layout'), join(work, 'bundle')];
  execFileSync('cp', ['-r', '-L', layout, copy]);
  const [unpacking] = timed(() => run('umoci', ['unpack', '--image', `${copy}:latest`, bundle]));
  const root = join(bundle, 'rootfs');
  const hadResolver = existsSync(join(root, 'etc/resolv.conf'));
  if (!hadResolver) copyFileSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  const apt = 'export DEBIAN_FRONTEND=noninteractive; apt-get -qq';
  const install = `${apt} update && ${apt} install -y --no-install-recommends --only-upgrade ${packages.join(' ')}`;
  const [installing] = timed(() =>
    run('unshare', [
      ...['-m', 'sh', '-c', IN_ROOT, root],
      `${install} && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin && apt-get clean`,
    ]),
  );
  if (!hadResolver) rmSync(join(root, 'etc/resolv.conf'));
  const [packing] = timed(() => run('umoci', ['repack', '--image', `${copy}:patched`, bundle]));
  const layer = lastLayer(copy, 'patched');
  const to = `docker://${registry.host}/bench:by-hand`;
  const [pushing] = timed(() =>
    run('skopeo', ['copy', '--insecure-policy', '--dest-tls-verify=false', `oci:${copy}:patched`, to]),
  );
  const all = unpacking + installing + packing + pushing;
  row('umoci, apt in a chroot, umoci, skopeo', seconds(all), megabytes(layer), '');
  console.log(
    `of that: unpack ${seconds(unpacking)}, apt ${seconds(installing)}, repack ${seconds(packing)}, push ${seconds(pushing)}`,
  );
}

function lastLayer(folder: string, tag: string): number {
  const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
  const { manifests } = read(join(folder, 'index.json')) as { manifests: Descriptor[] };
  const found = manifests.find(
    ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === tag,
  );
  const path = join(folder, 'blobs', ...(found?.digest ?? '').split(':'));
  return (read(path) as { layers: { size: number }[] }).layers.at(-1)?.size ?? 0;
}

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (status !== 0) throw new Error(`${command} failed: ${`${stdout}${stderr}`.slice(-2000)}`);
}

function timed<T>(work: () => T): [ms: number, value: T] {
  const start = performance.now();
  const value = work();
  return [performance.now() - start, value];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function row(...cells: readonly string[]): void {
  console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(40) : cell.padStart(12))).join(''));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function uploaded({ published }: Told): string {
  return megabytes(published.uploadedBytes);
}
