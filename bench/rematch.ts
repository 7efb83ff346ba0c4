/**
 * node scripts/bench.mjs rematch IMAGES OLD NEW [COUNT]
 *
 * A step from one database to the next, with COUNT (10,000) images known. IMAGES holds OCI layouts, which are scanned;
 * from their inventories the others are made, each without some packages and with some versions changed. OLD and NEW are
 * archives of databases. Prints how many images were matched again, how long that took beside matching all of them, and
 * whether the result is the same.
 */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { notices } from '../src/base/channels.ts';
import { sha256Of } from '../src/base/digest.ts';
import { DrydockError } from '../src/base/errors.ts';
import { loadConfig } from '../src/config/load.ts';
import { toCatalogEntry } from '../src/crawler/catalog-entry.ts';
import type { Inventory } from '../src/model/analysis.ts';
import type { Image } from '../src/model/image.ts';
import type { Package } from '../src/model/package.ts';
import type { Report } from '../src/model/report.ts';
import { openLayout } from '../src/oci/layout/layout.ts';
import { assess } from '../src/scan/assess.ts';
import { currentKey, scanImage } from '../src/scan/scan-image.ts';
import { openImageRecords } from '../src/store/catalog/image-records.ts';
import { openReports } from '../src/store/reports.ts';
import { bringReportsUpToDate } from '../src/wiring/serve/rematching.ts';
import { openWorks } from '../src/wiring/serve/works.ts';

const [imagesArgument, oldArchive, newArchive, countArgument = '10000'] = process.argv.slice(2);
if (!imagesArgument || !oldArchive || !newArchive) {
  console.error('usage: node scripts/bench.mjs rematch IMAGES OLD NEW [COUNT]');
  process.exit(2);
}
const COUNT = Number(countArgument);
const { signal } = new AbortController();

/** The registry that all images are said to be from: whoever asked it anything would be seen, in whichever thread. */
let connections = 0;
const registry = createServer((socket) => {
  connections++;
  socket.destroy();
}).listen(0, '127.0.0.1');
await once(registry, 'listening');
const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;

const root = mkdtempSync(join(tmpdir(), 'drydock-rematch-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

// As `drydock serve` opens it, with embedded storage.
const run = {
  loaded: await loadConfig(new Map([['cacheDir', [root]]]), { HOME: root }),
  version: 'bench',
  rematchWorker: new URL('./rematch-worker.mjs', import.meta.url),
  stdin: () => process.stdin,
};
const works = await openWorks(run, 'worker');
const { store, catalog, reports, scans } = works;
const { parts, options } = scans;
const source = works.databases.trivy?.own;
if (!source) throw new Error('the settings name no database');
const records = openImageRecords(store.cache);

interface Subject {
  readonly image: Image;
  readonly inventory: Inventory;
}

/** What is really in the images, as far as they can be read. */
async function scanAll(): Promise<Subject[]> {
  const folder = resolve(imagesArgument ?? '');
  const subjects: Subject[] = [];
  for (const name of readdirSync(folder).sort()) {
    const kept: Inventory[] = [];
    const inventories = {
      find: () => Promise.resolve(undefined),
      remember: (_: unknown, inventory: Inventory) => Promise.resolve(void kept.push(inventory)),
    };
    try {
      const image = { kind: 'image' as const, source: await openLayout(join(folder, name), {}, name) };
      const using = { ...parts, inventories, reports: openReports(undefined) };
      const { report } = await scanImage(image, options, using, { signal });
      const [inventory] = kept;
      if (inventory && inventory.packages.length > 0) subjects.push({ image: report.image, inventory });
    } catch (error) {
      if (!(error instanceof DrydockError)) throw error;
    }
  }
  return subjects;
}

/** Another image of the same kind: about a tenth of the packages gone, a twentieth of other versions. */
function varied({ image, inventory }: Subject, seed: number): Subject {
  const packages = inventory.packages.flatMap((pkg, i) => {
    const chance = mixed(seed, i) % 100;
    return chance < 10 ? [] : [chance < 15 ? withOtherVersion(pkg, seed) : pkg];
  });
  const digest = sha256Of(`synthetic ${seed}`);
  return {
    image: { ...image, digest, name: `${host}/synthetic/${seed}` },
    inventory: { ...inventory, packages },
  };
}

function mixed(seed: number, i: number): number {
  let x = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(i + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  return (x ^ (x >>> 13)) >>> 0;
}

function withOtherVersion(pkg: Package, seed: number): Package {
  const change = (version: string): string =>
    version.replace(/[0-9]+(?=[^0-9]*$)/, (digits) => String((Number(digits) + 1 + (seed % 3)) % 1000));
  const changed = { ...pkg, version: change(pkg.version) };
  return pkg.source
    ? { ...changed, source: { ...pkg.source, version: change(pkg.source.version) } }
    : changed;
}

/** `cpu`: what it cost; on a machine with other work to do it is less than what it took. */
async function timed<T>(task: () => Promise<T>): Promise<readonly [result: T, seconds: number, cpu: number]> {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const result = await task();
  const { user, system } = process.cpuUsage(used);
  return [result, (performance.now() - start) / 1000, (user + system) / 1e6];
}

const before = await source.importFrom(resolve(oldArchive), { signal });
await bringReportsUpToDate(works, { signal });
const real = await scanAll();
const packages = real.reduce((sum, { inventory }) => sum + inventory.packages.length, 0);
console.log(`${real.length} real images with ${packages.toLocaleString('en')} packages`);

const known = (i: number): Subject => varied(real[i % real.length] as Subject, i);
const { fingerprint } = parts.analyzers;
const [, filling] = await timed(async () => {
  for (let i = 0; i < COUNT; i++) {
    const { image, inventory } = known(i);
    const scanned = await scans.assess(image, inventory, fingerprint);
    if (!scanned) throw new Error('it was not judged');
    await parts.inventories.remember(image.digest, inventory);
    await records.remember(image.digest, image);
    await catalog.note(toCatalogEntry(scanned.report, scanned.key, { name: image.name, at: new Date() }));
  }
});
console.log(
  `${COUNT.toLocaleString('en')} images judged by the database of ${before.builtAt.slice(0, 10)} and noted: ${filling.toFixed(1)} s`,
);

const after = await source.importFrom(resolve(newArchive), { signal });
notices.subscribe(({ code, message }) => console.log(`${code}: ${message}`));
const residentMb = (): number => Math.round(process.memoryUsage.rss() / 1e6);
const restingMb = residentMb();
let peakMb = restingMb;
const watching = setInterval(() => (peakMb = Math.max(peakMb, residentMb())), 50);
const late = monitorEventLoopDelay({ resolution: 5 });
late.enable();
const [, seconds, cpu] = await timed(() => bringReportsUpToDate(works, { signal }));
late.disable();
clearInterval(watching);
console.log(
  `from there to the database of ${after.builtAt.slice(0, 10)}: ${seconds.toFixed(2)} s, ${cpu.toFixed(2)} s of a processor; ${connections} connections to the registry`,
);
console.log(`resident memory: ${restingMb} MB before, ${peakMb} MB at most`);
const lateMs = (share: number): string => Math.max(0, late.percentile(share) / 1e6 - 5).toFixed(1);
console.log(
  `the thread that answers requests was late by p50 ${lateMs(50)} ms, p99 ${lateMs(99)} ms, at most ${lateMs(100)} ms`,
);

let differing = 0;
const [, everything] = await timed(async () => {
  for (let i = 0; i < COUNT; i++) {
    const { image } = known(i);
    const inventory = await parts.inventories.find(image.digest);
    if (!inventory) throw new Error('an inventory is gone');
    const report = await assess(image, inventory, options, parts);
    const key = await currentKey(image, options, parts);
    const told = await reports.find(key);
    const same = (r: Report | undefined): string => JSON.stringify({ ...r, scannedAt: '' });
    if (same(report) !== same(told)) differing++;
    const entry = toCatalogEntry(report, key);
    const noted = await catalog.find(key.image);
    if (JSON.stringify(noted?.bySeverity) !== JSON.stringify(entry.image.bySeverity)) differing++;
  }
});
console.log(`matching all of them, and comparing: ${everything.toFixed(1)} s, ${differing} differ`);
// Of that, only the judging counts: inventories read, matched, and reports kept.
const [, again, againCpu] = await timed(async () => {
  for (let i = 0; i < COUNT; i++) {
    const identity = sha256Of(`synthetic ${i}`);
    const [image, inventory] = [await records.find(identity), await parts.inventories.find(identity)];
    if (!image || !inventory) throw new Error('an image is gone');
    await scans.assess(image, inventory, fingerprint);
  }
});
console.log(
  `matching all of them again, one by one, takes ${again.toFixed(1)} s, ${againCpu.toFixed(1)} s of a processor: ${(againCpu / cpu).toFixed(1)} times as much`,
);
await works[Symbol.asyncDispose]();
registry.close();
if (differing > 0 || connections > 0) process.exitCode = 1;
