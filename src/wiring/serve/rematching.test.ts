import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { bundleWorker, type BundledWorker } from '../../../test/fixtures/bundled-worker.ts';
import { databaseArchive } from '../../../test/fixtures/trivy-db.ts';
import { notices } from '../../base/channels.ts';
import { sha256Of } from '../../base/digest.ts';
import { loadConfig, type Flags } from '../../config/load.ts';
import type { SettingName } from '../../config/schema.ts';
import { toCatalogEntry } from '../../crawler/catalog-entry.ts';
import type { Inventory } from '../../model/analysis.ts';
import type { Digest, Image } from '../../model/image.ts';
import type { Report } from '../../model/report.ts';
import { currentKey } from '../../scan/scan-image.ts';
import { openImageRecords } from '../../store/catalog/image-records.ts';
import { bringReportsUpToDate } from './rematching.ts';
import { openWorks, type Works } from './works.ts';

const { signal } = new AbortController();
const COUNT = 60;

let worker: BundledWorker;
beforeAll(async () => void (worker = await bundleWorker('wiring/serve/rematch-worker.ts')));
afterAll(() => worker.remove());

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'drydock-rematching-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const digestOf = (i: number): Digest => sha256Of(`image ${i}`);

const image = (i: number): Image => ({
  name: `registry.example/app:${i}`,
  kind: 'image',
  digest: digestOf(i),
  configDigest: sha256Of(`config ${i}`),
  platform: { os: 'linux', architecture: 'amd64' },
  config: { architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: [] }, history: [] },
  layers: [],
  repoTags: [],
  repoDigests: [],
});

/** Every second image has what the second database speaks of. */
const inventory = (i: number): Inventory => ({
  schema: 1,
  os: { family: 'debian', version: '12.1' },
  layerSizes: {},
  packages: ['zlib', ...(i % 2 === 0 ? ['openssl'] : [])].map((name) => ({
    ...{ type: 'deb', name, version: '1', source: { name, version: '1' }, licenses: [], paths: [] },
  })),
  findings: [],
  diagnostics: [],
});

/** @param ids of vulnerabilities of openssl */
async function bringDatabase(works: Works, day: number, ids: readonly string[]): Promise<void> {
  const path = join(folder, `db-${day}.tar.gz`);
  const openssl = Object.fromEntries(ids.map((id) => [id, { FixedVersion: '2' }]));
  const vulnerabilities = Object.fromEntries([...ids, 'CVE-9'].map((id) => [id, { Severity: 'HIGH' }]));
  const advisories = { 'debian 12': { openssl, zlib: { 'CVE-9': { FixedVersion: '2' } } } };
  writeFileSync(
    path,
    databaseArchive({ advisories, vulnerabilities }, { updatedAt: `2026-11-${day}T06:00:00Z` }),
  );
  await works.databases.trivy?.own.importFrom(path, { signal });
}

type Settings = Partial<Record<SettingName, readonly string[]>>;

async function openSite(rematchWorker?: URL, settings: Settings = {}): Promise<Works> {
  const flags = new Map(Object.entries({ cacheDir: [folder], ...settings })) as Flags;
  const loaded = await loadConfig(flags, { HOME: folder });
  const stdin = async function* (): AsyncGenerator<Uint8Array> {};
  const run = { loaded, version: '1.2.3', stdin, ...(rematchWorker && { rematchWorker }) };
  return await openWorks(run, 'worker');
}

/** A site where all images are known by the database of the 20th, and one of the 21st has come. */
async function openSiteWithNewDatabase(rematchWorker?: URL, settings: Settings = {}): Promise<Works> {
  const works = await openSite(rematchWorker, settings);
  const { scans, catalog } = works;
  await bringDatabase(works, 20, ['CVE-1']);
  await bringReportsUpToDate(works, { signal });
  for (let i = 0; i < COUNT; i++) {
    const scanned = await scans.assess(image(i), inventory(i), scans.parts.analyzers.fingerprint);
    if (!scanned) throw new Error('it was not judged');
    await scans.parts.inventories.remember(digestOf(i), inventory(i));
    await openImageRecords(works.store.cache).remember(digestOf(i), image(i));
    const asked = { name: image(i).name, at: new Date() };
    await catalog.note(toCatalogEntry(scanned.report, scanned.key, asked));
  }
  await bringDatabase(works, 21, ['CVE-1', 'CVE-2']);
  return works;
}

async function reportOf({ scans, reports }: Works, i: number): Promise<Report | undefined> {
  return await reports.find(await currentKey(image(i), scans.options, scans.parts));
}

const idsIn = (report: Report | undefined): string[] =>
  (report?.findings ?? []).flatMap((finding) => (finding.kind === 'vulnerability' ? finding.id : [])).sort();

function listen(): string[] {
  const heard: string[] = [];
  const hear = ({ code, message }: { code: string; message: string }): void =>
    void heard.push(`${code}: ${message}`);
  notices.subscribe(hear);
  onTestFinished(() => notices.unsubscribe(hear));
  return heard;
}

const scriptThat = (does: string): URL => {
  const path = join(folder, 'script.mjs');
  writeFileSync(path, does);
  return pathToFileURL(path);
};

const RULES = 'rules: [{ id: ours, category: test, title: ours, severity: LOW, regex: "ours-[0-9]+" }]';

describe('after a new database', () => {
  test.each([
    ['on threads', () => worker.script],
    ['where there are none', () => undefined],
  ])('images with what changed are judged anew %s, others are as before', async (_where, script) => {
    await using works = await openSiteWithNewDatabase(script());
    const heard = listen();
    await bringReportsUpToDate(works, { signal });
    expect(heard).toEqual([
      `REMATCHED: a new database: ${COUNT / 2} images judged anew, ${COUNT / 2} as before, 0 when asked for`,
    ]);
    for (let i = 0; i < COUNT; i++) {
      const expected = i % 2 === 0 ? ['CVE-1', 'CVE-2', 'CVE-9'] : ['CVE-9'];
      expect(idsIn(await reportOf(works, i))).toEqual(expected);
    }
    await bringReportsUpToDate(works, { signal });
    expect(heard).toHaveLength(1);
  });

  test('what cannot be judged any more is told of once', async () => {
    await using works = await openSiteWithNewDatabase(worker.script);
    const { fingerprint } = works.scans.parts.analyzers;
    for (const i of [0, 2, 4, 6, 8])
      await works.store.cache.delete(`inventory/2/${digestOf(i)}/${fingerprint}`);
    const heard = listen();
    await bringReportsUpToDate(works, { signal });
    expect(heard[0]).toContain('25 images judged anew, 30 as before, 5 when asked for');
  });

  test.each([
    ['others', (path: string) => writeFileSync(path, RULES.replaceAll('ours', 'theirs'))],
    ['gone', (path: string) => rmSync(path)],
  ])(
    'what is looked for is what the server looks for, even when its files of rules are %s by now',
    async (_how, change) => {
      const path = join(folder, 'secrets.yaml');
      writeFileSync(path, RULES);
      const settings: Settings = { scanners: ['vuln', 'secret'], secretConfig: [path] };
      await using works = await openSiteWithNewDatabase(worker.script, settings);
      change(path);
      const heard = listen();
      await bringReportsUpToDate(works, { signal });
      expect(heard[0]).toContain('30 images judged anew, 30 as before, 0 when asked for');
    },
  );

  test.each([
    ['throws', 'throw new Error("no memory is left")', 'no memory is left'],
    ['ends early', '', 'it ended early'],
  ])('a thread that %s leaves the work to the next time', async (_how, script, why) => {
    {
      await using works = await openSiteWithNewDatabase(scriptThat(script));
      const failure = { code: 'INTERNAL', message: expect.stringContaining(why) as string };
      await expect(bringReportsUpToDate(works, { signal })).rejects.toMatchObject(failure);
      expect(await reportOf(works, 0)).toBeUndefined();
    }
    await using works = await openSite(worker.script);
    await bringReportsUpToDate(works, { signal });
    expect(idsIn(await reportOf(works, 0))).toEqual(['CVE-1', 'CVE-2', 'CVE-9']);
  });

  test('threads end when that is called off, willing or not', async () => {
    const deaf = `
      import { parentPort } from 'node:worker_threads';
      parentPort.postMessage({ kind: 'notice', notice: { code: 'BUSY', message: 'busy' } });
      for (;;);`;
    await using works = await openSiteWithNewDatabase(scriptThat(deaf), { shutdownGrace: ['1s'] });
    const heard = listen();
    const stop = new AbortController();
    const renewing = bringReportsUpToDate(works, { signal: stop.signal });
    const stopped = expect(renewing).rejects.toThrow('enough');
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort(new Error('enough'));
    await stopped;
  });
});
