import { afterEach, describe, expect, test, vi } from 'vitest';
import { advisoryName, NO_CHANGE, unknownDiff, type DatabaseDiff } from '../advisories/diff/database-diff.ts';
import type { AdvisorySource, AdvisoryStore } from '../advisories/source.ts';
import { sha256Of } from '../base/digest.ts';
import { DrydockError } from '../base/errors.ts';
import { matchInventory } from '../match/match.ts';
import type { Advisory, AdvisoryDbVersion } from '../model/advisory.ts';
import type { Inventory } from '../model/analysis.ts';
import type { Digest, Image } from '../model/image.ts';
import type { Package } from '../model/package.ts';
import type { Report, ScanKey } from '../model/report.ts';
import { openStoreCatalog } from '../store/catalog/store-catalog.ts';
import type { Catalog, CatalogImage } from '../store/catalog/catalog.ts';
import { openInventories } from '../store/inventories.ts';
import { openMemoryLeases } from '../store/leases/memory-leases.ts';
import { openMemoryStore } from '../store/memory.ts';
import { openReports } from '../store/reports.ts';
import { openCarriedReports } from './carried-reports.ts';
import { toCatalogEntry } from './catalog-entry.ts';
import { rematch, sumOf, type DatabaseStep, type RematchParts } from './rematch.ts';
import { shareAdvisories } from './shared-advisories.ts';
import { SHARDS } from './shards.ts';

const { signal } = new AbortController();
const NOW = new Date('2026-11-21T12:00:00Z');
type Facts = Readonly<Record<string, readonly string[]>>;

/** Names of Debian 12 with their vulnerabilities, none of which is fixed. */
function database(day: string, facts: Facts): AdvisoryStore {
  return {
    version: versionOf(day),
    covers: () => true,
    find: ({ ecosystem, name }) => (ecosystem === 'Debian:12' ? (facts[name] ?? []) : []).map(toAdvisory),
    knowsBuild: () => true,
    vulnerability: () => undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
const toAdvisory = (id: string): Advisory => ({ id, vendorIds: [], affected: [{}], status: 'affected' });
const versionOf = (day: string): AdvisoryDbVersion => ({
  source: 'test',
  digest: day,
  builtAt: `2026-11-${day}`,
});
const keyed = (day: string): string => `test@${day}`;

const OLD: Facts = { openssl: ['CVE-1'], zlib: ['CVE-2'] };
const NEW: Facts = { openssl: ['CVE-1', 'CVE-3'], zlib: ['CVE-2'] };
const DIFF: DatabaseDiff = {
  changed: new Set([advisoryName('Debian:12', 'openssl')]),
  vulnerabilities: new Set(['CVE-3']),
};
const STEP: DatabaseStep = { before: keyed('20'), after: keyed('21'), diff: DIFF };

const image = (digest: Digest): Image => ({
  name: 'x',
  kind: 'image',
  digest,
  configDigest: digest,
  platform: { os: 'linux', architecture: 'amd64' },
  config: {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  },
  layers: [],
  repoTags: [],
  repoDigests: [],
});
const inventory = (names: readonly string[]): Inventory => ({
  schema: 1,
  os: { family: 'debian', version: '12.1' },
  layerSizes: {},
  packages: names.map((name): Package => ({ type: 'deb', name, version: '1', licenses: [], paths: ['p'] })),
  findings: [],
  diagnostics: [],
});

function judge(identity: Digest, subject: Inventory, store: AdvisoryStore): { report: Report; key: ScanKey } {
  const { findings, diagnostics } = matchInventory(subject, store, { severitySources: ['auto'], now: NOW });
  const report: Report = {
    schema: 1,
    image: image(identity),
    scannedAt: NOW.toISOString(),
    engine: 'test',
    advisoryDbs: [store.version],
    ...(subject.os && { os: subject.os }),
    layerSizes: {},
    packages: subject.packages,
    findings,
    diagnostics,
  };
  const advisoryDbs = keyed(store.version.digest);
  return { report, key: { image: identity, analyzers: 'a', advisoryDbs, options: '', engine: 'test' } };
}

/** Images with one, the other, both or neither of two packages, judged by the old database. */
async function filled(count: number) {
  const store = openMemoryStore();
  const catalog = openStoreCatalog(store);
  const inventories = openInventories(store, 'a');
  const reports = openCarriedReports({ reports: openReports(store), catalog, store });
  const subjects = new Map<Digest, Inventory>();
  for (let i = 0; i < count; i++) {
    const subject = inventory([...(i % 2 ? ['openssl'] : []), ...(i % 3 ? ['zlib'] : []), `own-${i}`]);
    const { report, key } = judge(sha256Of(`${i}`), subject, database('20', OLD));
    subjects.set(key.image, subject);
    await inventories.remember(key.image, subject);
    await reports.remember(key, report);
    await catalog.note(toCatalogEntry(report, key, { name: `image-${i}`, at: NOW }));
  }
  await reports.announce(keyed('21'), [versionOf('21')]);
  const judged: Digest[] = [];
  const parts: RematchParts = {
    catalog,
    now: () => NOW,
    findInventory: ({ identity }) => inventories.find(identity),
    async assessInventory({ identity }, subject) {
      judged.push(identity);
      const assessed = judge(identity, subject, database('21', NEW));
      await reports.remember(assessed.key, assessed.report);
      return assessed;
    },
  };
  const newKey = (identity: Digest): ScanKey => judge(identity, inventory([]), database('21', NEW)).key;
  return { store, catalog, inventories, reports, subjects, parts, judged, newKey };
}

async function allOf(catalog: Catalog): Promise<CatalogImage[]> {
  const all: CatalogImage[] = [];
  for await (const image of catalog.images()) all.push(image);
  return all;
}

describe('a step to a new database', () => {
  test('matches again what changed, and all is as if everything had been', async () => {
    const { catalog, reports, subjects, parts, newKey } = await filled(200);
    const done = await rematch(STEP, parts, { signal });
    expect(done).toMatchObject({
      images: 200,
      rematched: 100,
      carried: 100,
      done: 0,
      skipped: 0,
      failures: [],
    });
    for (const [identity, subject] of subjects) {
      const fresh = judge(identity, subject, database('21', NEW));
      expect(await reports.find(newKey(identity))).toEqual(fresh.report);
      const expected = toCatalogEntry(fresh.report, fresh.key).image;
      const { names, heldUnder: _, askedAt, ...noted } = (await catalog.find(identity)) as CatalogImage;
      expect(names).toHaveLength(1);
      expect(askedAt).toBe(NOW.toISOString());
      expect({ ...noted, names: [] }).toEqual(expected);
    }
    const again = await rematch(STEP, parts, { signal });
    expect(again).toMatchObject({ images: 200, rematched: 0, carried: 0, done: 200 });
  });

  test('finds by the details of a vulnerability', async () => {
    const { parts } = await filled(60);
    const diff = { changed: new Set<string>(), vulnerabilities: new Set(['CVE-2']) };
    const done = await rematch({ ...STEP, diff }, parts, { signal });
    expect(done).toMatchObject({ rematched: 40, carried: 20 });
  });

  test('matches all again where nobody can say what changed, or which database came before', async () => {
    const { parts } = await filled(20);
    expect(await rematch({ ...STEP, diff: unknownDiff('x') }, parts, { signal })).toMatchObject({
      rematched: 20,
    });
    const other = await filled(20);
    const step = { ...STEP, before: keyed('19') };
    expect(await rematch(step, other.parts, { signal })).toMatchObject({ rematched: 20, carried: 0 });
  });

  test('of the same databases, only what was judged by others is judged anew', async () => {
    const { parts, catalog } = await filled(20);
    await rematch(STEP, parts, { signal });
    // By a replica that still had the old one.
    const late = judge(sha256Of('late'), inventory(['openssl']), database('20', OLD));
    await catalog.note(toCatalogEntry(late.report, late.key, { name: 'late', at: NOW }));
    const known = { ...parts, findInventory: () => Promise.resolve(inventory(['openssl'])) };
    const same: DatabaseStep = { before: keyed('21'), after: keyed('21'), diff: NO_CHANGE };
    expect(await rematch(same, known, { signal })).toMatchObject({ rematched: 1, carried: 0, done: 20 });
    expect((await catalog.find(sha256Of('late')))?.report.advisoryDbs).toBe(keyed('21'));
  });

  test('an end of life in between is a reason too', async () => {
    const { parts } = await filled(10);
    const later = { ...parts, now: () => new Date('2040-01-01') };
    expect(await rematch(STEP, later, { signal })).toMatchObject({ rematched: 10, carried: 0 });
  });

  test('goes on where it was interrupted', async () => {
    const { parts, judged } = await filled(200);
    const stop = new AbortController();
    const pause = async (): Promise<void> => {
      if (judged.length >= 30) stop.abort();
    };
    await expect(rematch(STEP, parts, { signal: stop.signal, pause })).rejects.toThrow();
    const first = judged.length;
    const done = await rematch(STEP, parts, { signal });
    expect(done.failures).toEqual([]);
    expect(done.done).toBeGreaterThan(0);
    expect(judged.length - first).toBeLessThanOrEqual(100);
    expect(new Set(judged).size).toBe(100);
  });

  test('is shared among replicas, each image once', async () => {
    const { parts, judged } = await filled(300);
    const leases = openMemoryLeases();
    const replicas = [1, 2, 3].map(() => rematch(STEP, { ...parts, leases }, { signal, lookMs: 5 }));
    const all = await Promise.all(replicas);
    expect(all.reduce((sum, { rematched }) => sum + rematched, 0)).toBe(150);
    expect(judged).toHaveLength(150);
  });

  test('does what a replica has begun that died over it', async () => {
    const { parts, judged } = await filled(100);
    const leases = openMemoryLeases();
    const name = `rematch/${sha256Of(STEP.after)}/0`;
    const dead = await leases.take(name, { ttlSeconds: 60 });
    expect(dead).toBeDefined();
    const renewing = rematch(STEP, { ...parts, leases }, { signal, lookMs: 5 });
    await vi.waitFor(() => expect(judged.length).toBeGreaterThan(30), { timeout: 20_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(judged.length).toBeLessThan(50);
    await dead?.[Symbol.asyncDispose]();
    expect(await renewing).toMatchObject({ images: 100, rematched: 50, carried: 50 });
  });

  test('looks at the parts that it is given, each once', async () => {
    const { parts, judged } = await filled(100);
    const halves = [0, 1].map((half) => SHARDS.filter((_, index) => index % 2 === half));
    const done = await Promise.all(halves.map((shards) => rematch(STEP, parts, { signal, shards })));
    expect(sumOf(done)).toMatchObject({ images: 100, rematched: 50, carried: 50, done: 0 });
    expect(new Set(judged).size).toBe(50);
  });

  test('forgets what nobody has asked for in a long time', async () => {
    const { parts, catalog } = await filled(20);
    const [kept] = await allOf(catalog);
    if (!kept) throw new Error('nothing is known');
    const later = new Date(NOW.getTime() + 80_000);
    const { report, key } = judge(kept.identity, inventory(['openssl']), database('20', OLD));
    await catalog.note(toCatalogEntry(report, key, { name: 'again', at: later }));
    const keeping = { ...parts, keepSeconds: 90, now: () => new Date(NOW.getTime() + 100_000) };
    expect(await rematch(STEP, keeping, { signal })).toMatchObject({ images: 20, forgotten: 19 });
    expect((await allOf(catalog)).map(({ identity }) => identity)).toEqual([kept.identity]);
    expect(await rematch(STEP, keeping, { signal })).toMatchObject({ images: 1, forgotten: 0 });
  });

  test('an image that cannot be judged does not keep the others from it', async () => {
    const { parts } = await filled(20);
    const broken: RematchParts = {
      ...parts,
      assessInventory(of, subject) {
        if (of.names[0] === 'image-1') throw new DrydockError('INTERNAL', 'planted');
        return of.names[0] === 'image-3' ? Promise.resolve(undefined) : parts.assessInventory(of, subject);
      },
    };
    const done = await rematch(STEP, broken, { signal });
    expect(done).toMatchObject({ rematched: 8, skipped: 1 });
    expect(done.failures[0]).toContain('planted');
  });

  test('what was carried is a miss once its report is gone', async () => {
    const { parts, reports, store, newKey } = await filled(4);
    await rematch(STEP, parts, { signal });
    expect(await reports.find(newKey(sha256Of('0')))).toBeDefined();
    for await (const key of store.keys('report/')) await store.delete(key);
    expect(await reports.find(newKey(sha256Of('0')))).toBeUndefined();
    expect(await reports.find({ ...newKey(sha256Of('0')), options: 'other' })).toBeUndefined();
  });
});

describe('a shared database', () => {
  afterEach(() => void vi.useRealTimers());

  function swapping() {
    let day = '20';
    const closed: string[] = [];
    const source: AdvisorySource = {
      id: 'test',
      update: () => Promise.resolve(versionOf(day)),
      current: () => Promise.resolve(versionOf(day)),
      open() {
        const opened = database(day, day === '20' ? OLD : NEW);
        return Promise.resolve({
          ...opened,
          [Symbol.asyncDispose]: () => Promise.resolve(void closed.push(opened.version.digest)),
        });
      },
    };
    return { source, closed, swap: () => (day = '21') };
  }
  const found = (store: AdvisoryStore): number =>
    store.find({ ecosystem: 'Debian:12', name: 'openssl' }).length;

  test('is swapped without pulling it from under those who use it', async () => {
    const { source, closed, swap } = swapping();
    const shared = shareAdvisories(source);
    const [a, b] = await Promise.all([shared.open(), shared.open()]);
    swap();
    const c = await shared.open();
    expect([found(a), found(b), found(c)]).toEqual([1, 1, 2]);
    await a[Symbol.asyncDispose]();
    await a[Symbol.asyncDispose]();
    expect(closed).toEqual([]);
    await b[Symbol.asyncDispose]();
    expect(closed).toEqual(['20']);
    await c[Symbol.asyncDispose]();
    expect(closed).toEqual(['20']);
    await shared[Symbol.asyncDispose]();
    expect(closed).toEqual(['20', '21']);
  });

  test('works out once what several images need, and answers as before', async () => {
    const { source } = swapping();
    const shared = shareAdvisories(source);
    const subject = inventory(['openssl', 'zlib']);
    const expected = judge(sha256Of('x'), subject, database('20', OLD)).report;
    for (let i = 0; i < 3; i++) {
      await using store = await shared.open();
      expect(judge(sha256Of('x'), subject, store).report).toEqual(expected);
    }
  });

  test('that cannot be opened is an error for who asked, and may be there the next time', async () => {
    const { source } = swapping();
    let isBroken = true;
    const shared = shareAdvisories({
      ...source,
      open: () => (isBroken ? Promise.reject(new DrydockError('DATABASE_CORRUPT', 'x')) : source.open()),
    });
    await expect(shared.open()).rejects.toThrow('x');
    isBroken = false;
    expect(found(await shared.open())).toBe(1);
  });
});
