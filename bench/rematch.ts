/**
 * node scripts/bench.mjs rematch IMAGES OLD NEW [COUNT]
 *
 * A step from one database to the next, with COUNT (10,000) images known. IMAGES holds OCI layouts, which are scanned;
 * from their inventories the others are made, each without some packages and with some versions changed. OLD and NEW are
 * archives of databases. Prints how many images were matched again, how long that took beside matching all of them, and
 * whether the result is the same.
 */
import { subscribe } from 'node:diagnostics_channel';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { diffVersions } from '../src/advisories/diff/database-diff.ts';
import { compareInstalled } from '../src/advisories/diff/trivy-db-diff.ts';
import { trivyDbSource } from '../src/advisories/trivy-db/source.ts';
import { sha256Of } from '../src/base/digest.ts';
import { DrydockError } from '../src/base/errors.ts';
import { openCarriedReports } from '../src/crawler/carried-reports.ts';
import { toCatalogEntry } from '../src/crawler/catalog-entry.ts';
import { rematch } from '../src/crawler/rematch.ts';
import { shareAdvisories } from '../src/crawler/shared-advisories.ts';
import type { Inventory } from '../src/model/analysis.ts';
import type { Image } from '../src/model/image.ts';
import type { Package } from '../src/model/package.ts';
import type { Report, ScanKey } from '../src/model/report.ts';
import { openLayout } from '../src/oci/layout/layout.ts';
import { chooseAnalyzers } from '../src/scan/analyzers.ts';
import { assess, type AssessParts } from '../src/scan/assess.ts';
import { openLayerPool } from '../src/scan/layer-pool.ts';
import { scanImage } from '../src/scan/scan-image.ts';
import { openImageRecords } from '../src/store/catalog/image-records.ts';
import { openStoreCatalog } from '../src/store/catalog/store-catalog.ts';
import { openFileStore } from '../src/store/files.ts';
import { openInventories } from '../src/store/inventories.ts';
import { openLayerAnalyses } from '../src/store/layer-analyses.ts';
import { openMemoryStore } from '../src/store/memory.ts';
import { openReports } from '../src/store/reports.ts';

const [imagesArgument, oldArchive, newArchive, countArgument = '10000'] = process.argv.slice(2);
if (!imagesArgument || !oldArchive || !newArchive) {
  console.error('usage: node scripts/bench.mjs rematch IMAGES OLD NEW [COUNT]');
  process.exit(2);
}
const COUNT = Number(countArgument);
const { signal } = new AbortController();
const ENGINE = 'drydock/bench';
const OPTIONS = { vulnerabilities: true, severitySources: ['auto'] };
const NOW = new Date();

let connections = 0;
subscribe('net.client.socket', () => connections++);

const root = mkdtempSync(join(tmpdir(), 'drydock-rematch-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
const choice = { subject: 'installed' as const, scanners: [] };
const analyzers = await chooseAnalyzers(choice);
const source = trivyDbSource({
  root,
  sources: [],
  registry: () => Promise.reject(new DrydockError('INTERNAL', 'a registry was asked')),
});
const advisories = shareAdvisories(source);
const parts: AssessParts = { analyzers, advisories, engine: ENGINE, now: () => NOW };

const store = openFileStore(join(root, 'store'), { maxBytes: 1e12 });
const catalog = openStoreCatalog(openFileStore(join(root, 'catalog'), { maxBytes: 1e12 }));
const inventories = openInventories(store, analyzers.fingerprint);
const records = openImageRecords(store);
const reports = openCarriedReports({ reports: openReports(store), catalog, store });

interface Subject {
  readonly image: Image;
  readonly inventory: Inventory;
}

/** What is really in the images, as far as they can be read. */
async function scanAll(): Promise<Subject[]> {
  const folder = resolve(imagesArgument ?? '');
  const pool = openLayerPool({ threads: 1, downloads: 1 });
  const subjects: Subject[] = [];
  for (const name of readdirSync(folder).sort()) {
    const kept: Inventory[] = [];
    const keeping = {
      find: () => Promise.resolve(undefined),
      remember: (_: unknown, inventory: Inventory) => Promise.resolve(void kept.push(inventory)),
    };
    try {
      const image = { kind: 'image' as const, source: await openLayout(join(folder, name), {}, name) };
      const memory = openMemoryStore();
      const { report } = await scanImage(
        image,
        OPTIONS,
        {
          ...parts,
          pool,
          layerAnalyses: openLayerAnalyses(memory, analyzers.fingerprint),
          inventories: keeping,
          reports: openReports(undefined),
        },
        { signal },
      );
      const [inventory] = kept;
      if (inventory && inventory.packages.length > 0) subjects.push({ image: report.image, inventory });
    } catch (error) {
      if (!(error instanceof DrydockError)) throw error;
    }
  }
  await pool[Symbol.asyncDispose]();
  return subjects;
}

/** Another image of the same kind: about a tenth of the packages gone, a twentieth of other versions. */
function varied({ image, inventory }: Subject, seed: number): Subject {
  const packages = inventory.packages.flatMap((pkg, i) => {
    const chance = mixed(seed, i) % 100;
    return chance < 10 ? [] : [chance < 15 ? withOtherVersion(pkg, seed) : pkg];
  });
  const digest = sha256Of(`synthetic ${seed}`);
  return { image: { ...image, digest, name: `synthetic/${seed}` }, inventory: { ...inventory, packages } };
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

async function judge({
  image,
  inventory,
}: Subject): Promise<{ readonly report: Report; readonly key: ScanKey }> {
  const report = await assess(image, inventory, OPTIONS, parts);
  const advisoryDbs = report.advisoryDbs.map((db) => `${db.source}@${db.digest}`).join(',');
  const key = {
    image: image.digest,
    analyzers: analyzers.fingerprint,
    advisoryDbs,
    options: '',
    engine: ENGINE,
  };
  return { report, key };
}

/** `cpu`: what it cost; on a machine with other work to do it is less than what it took. */
async function timed<T>(task: () => Promise<T>): Promise<readonly [result: T, seconds: number, cpu: number]> {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const result = await task();
  const { user, system } = process.cpuUsage(used);
  return [result, (performance.now() - start) / 1000, (user + system) / 1e6];
}

const before = await source.importFrom(resolve(oldArchive), { signal });
const real = await scanAll();
const packages = real.reduce((sum, { inventory }) => sum + inventory.packages.length, 0);
console.log(`${real.length} real images with ${packages.toLocaleString('en')} packages`);

const known = (i: number): Subject => varied(real[i % real.length] as Subject, i);
const [, filling] = await timed(async () => {
  for (let i = 0; i < COUNT; i++) {
    const subject = known(i);
    const { report, key } = await judge(subject);
    await inventories.remember(key.image, subject.inventory);
    await records.remember(key.image, subject.image);
    await reports.remember(key, report);
    await catalog.note(toCatalogEntry(report, key, { name: subject.image.name, at: NOW }));
  }
});
console.log(
  `${COUNT.toLocaleString('en')} images judged by the database of ${before.builtAt.slice(0, 10)} and noted: ${filling.toFixed(1)} s`,
);

const after = await source.importFrom(resolve(newArchive), { signal });
const connectionsBefore = connections;
const comparers = new Map([[source.id, compareInstalled(join(root, source.id))]]);
const [diff, diffing, diffingCpu] = await timed(() => diffVersions([before], [after], comparers, { signal }));
console.log(
  `${diff.changed.size} names and ${diff.vulnerabilities.size} vulnerabilities differ: found in ${diffing.toFixed(2)} s`,
);

const keyed = (version: typeof after): string => `${version.source}@${version.digest}`;
await reports.announce(keyed(after), [after]);
const [done, seconds, cpu] = await timed(() =>
  rematch(
    { before: keyed(before), after: keyed(after), diff },
    {
      catalog,
      now: () => NOW,
      findInventory: ({ identity }) => inventories.find(identity),
      async assessInventory({ identity }, inventory) {
        const image = await records.find(identity);
        const judged = image && (await judge({ image, inventory }));
        if (judged) await reports.remember(judged.key, judged.report);
        return judged;
      },
    },
    { signal },
  ),
);
const total = diffing + seconds;
console.log(
  `${done.rematched} of ${done.images} images matched again, ${done.carried} carried over: ${total.toFixed(2)} s in all, ${(cpu + diffingCpu).toFixed(2)} s of a processor`,
);
console.log(
  `${Math.round(COUNT / total).toLocaleString('en')} images/s, ${(done.rematched / seconds).toFixed(0)} of them matched again`,
);
console.log(
  `${connections - connectionsBefore} connections, ${done.skipped} skipped, ${done.failures.length} failures`,
);

let differing = 0;
const [, everything] = await timed(async () => {
  for (let i = 0; i < COUNT; i++) {
    const { image } = known(i);
    const inventory = await inventories.find(image.digest);
    if (!inventory) throw new Error('an inventory is gone');
    const { report, key } = await judge({ image, inventory });
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
    const [image, inventory] = [await records.find(identity), await inventories.find(identity)];
    if (!image || !inventory) throw new Error('an image is gone');
    const { report, key } = await judge({ image, inventory });
    await reports.remember(key, report);
  }
});
console.log(
  `matching all of them again takes ${again.toFixed(1)} s, ${againCpu.toFixed(1)} s of a processor: ${(againCpu / (cpu + diffingCpu)).toFixed(1)} times as much`,
);
await advisories[Symbol.asyncDispose]();
