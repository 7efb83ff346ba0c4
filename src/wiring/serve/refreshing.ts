import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { diffVersions, NO_CHANGE } from '../../advisories/diff/database-diff.ts';
import { compareInstalled } from '../../advisories/diff/trivy-db-diff.ts';
import type { PublishedSource } from '../../advisories/trivy-db/published-source.ts';
import { keptArchive } from '../../advisories/trivy-db/kept-archive.ts';
import { SOURCE_ID } from '../../advisories/trivy-db/trivy-db.ts';
import { databaseSwapped, notices } from '../../base/channels.ts';
import { messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { CarriedReports } from '../../crawler/carried-reports.ts';
import { keepFresh, type RefreshedSource, type RefreshParts } from '../../crawler/refresh-advisories.ts';
import { rematch } from '../../crawler/rematch.ts';
import { openSharedArchives } from '../../crawler/shared-archive.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import { currentDatabases, databasesText } from '../../scan/scan-image.ts';
import type { Catalog } from '../../store/catalog/catalog.ts';
import { openImageRecords } from '../../store/catalog/image-records.ts';
import { openInventories } from '../../store/inventories.ts';
import { decode, encode } from '../../store/encode.ts';
import type { Databases } from '../database-set.ts';
import type { Run } from '../run.ts';
import type { ImageScans } from './image-scans.ts';
import type { SharedStore } from './shared-store.ts';

export interface RefreshingParts {
  readonly run: Run;
  readonly databases: Databases;
  readonly store: SharedStore;
  readonly catalog: Catalog;
  readonly reports: CarriedReports;
  readonly scans: ImageScans;
}

/** How often it is looked whether others have brought a database. */
const LOOK_MS = 15_000;

/** Keeps the databases fresh, and reports in step with them, until it is called off. */
export async function keepDatabasesFresh(
  parts: RefreshingParts,
  { signal, lookMs = LOOK_MS }: Signal & { readonly lookMs?: number },
): Promise<void> {
  const { config } = parts.run.loaded;
  const step = oneAtATime(() => bringReportsUpToDate(parts, { signal }));
  const sources = config.dbPath === undefined ? sourcesOf(parts.databases) : [];
  const isFetching = config.dbUpdateInterval > 0 && !config.offline && !config.skipDbUpdate;
  // What another process, or this one before it ended, has left undone.
  const first = step();
  await Promise.all([
    first,
    ...(isFetching ? [] : [followOthers(parts, step, { signal, lookMs })]),
    ...(isFetching ? sources : []).map((source) =>
      keepFresh(refreshParts(source, parts, step), { intervalSeconds: config.dbUpdateInterval, signal }),
    ),
  ]);
}

/** Where nothing is fetched here, others bring databases, as `drydock db import` does. */
async function followOthers(
  { scans }: RefreshingParts,
  step: () => Promise<void>,
  { signal, lookMs }: Signal & { readonly lookMs: number },
): Promise<void> {
  const look = async (): Promise<string> =>
    databasesText(await currentDatabases(scans.parts).catch(() => []));
  for (let seen = await look(); !signal.aborted;) {
    await wait(lookMs, undefined, { signal, ref: false }).catch(() => undefined); // called off
    const now = await look();
    if (now !== seen && !signal.aborted) await step();
    seen = now;
  }
}

function refreshParts(
  source: RefreshedSource,
  { run, store }: RefreshingParts,
  onSwap: () => Promise<void>,
): RefreshParts {
  return {
    source,
    leases: store.leases,
    ...(store.isShared && { archives: openSharedArchives(store.cache) }),
    directory: run.loaded.config.cacheDir,
    async onSwap(_before, after) {
      databaseSwapped.publish({ source: source.id, digest: after.digest });
      await onSwap();
    },
  };
}

function sourcesOf({ trivy, osv, java, enrichment }: Databases): RefreshedSource[] {
  return [
    ...(trivy ? [published(trivy.own)] : []),
    ...(java ? [published(java)] : []),
    ...(osv ? [osv] : []),
    ...(enrichment
      ? [
          {
            id: 'enrichment',
            async current() {
              using opened = await enrichment.open();
              return opened.version;
            },
            async update(options: Signal) {
              await enrichment.update(options);
              using opened = await enrichment.open();
              return opened.version;
            },
          },
        ]
      : []),
  ];
}

function published<T>(source: PublishedSource<T>): RefreshedSource {
  return {
    id: source.id,
    current: () => source.current(),
    update: (options) => source.update(options),
    importFrom: (path, options) => source.importFrom(path, options),
    archive: async () => await keptArchive(await source.status()),
  };
}

/** Whoever asks while it runs has it run once more. */
function oneAtATime(act: () => Promise<void>): () => Promise<void> {
  let turn = Promise.resolve();
  let waiting: Promise<void> | undefined;
  return () => {
    waiting ??= turn.then(() => {
      waiting = undefined;
      turn = act().catch((error: unknown) => {
        notices.publish({
          code: 'REMATCH_FAILED',
          message: `reports could not be renewed: ${messageOf(error)}`,
        });
      });
      return turn;
    });
    return waiting;
  };
}

const STATE_KEY = 'databases/1/told';

/** Renews the reports of known images since the state of the databases that all of them were last brought to. */
async function bringReportsUpToDate(parts: RefreshingParts, { signal }: Signal): Promise<void> {
  const { run, store, catalog, reports, scans } = parts;
  const { config } = run.loaded;
  if (!config.rematch || !config.scanners.includes('vuln')) return;
  const versions = await currentDatabases(scans.parts).catch(() => undefined);
  if (!versions) return; // there is none yet
  const images = openImageRecords(store.cache);
  const after = databasesText(versions);
  await reports.announce(after, versions);
  const told = await readTold(store);
  // Another replica is ahead: its reports must not be made old again, and this one will follow.
  if (told && store.isShared && isOlder(versions, told)) return;
  if (told) {
    const before = databasesText(told);
    const comparers = new Map([[SOURCE_ID, compareInstalled(join(config.cacheDir, SOURCE_ID))]]);
    const diff = before === after ? NO_CHANGE : await diffVersions(told, versions, comparers, { signal });
    const done = await rematch(
      { before, after, diff },
      {
        catalog,
        findInventory: ({ identity, analyzers }) => openInventories(store.cache, analyzers).find(identity),
        assessInventory: async (image, inventory) => {
          const known = (await images.find(image.identity)) ?? (await reports.find(image.report))?.image;
          return known && (await scans.assess(known, inventory, image.analyzers));
        },
        leases: store.leases,
        now: () => new Date(),
        keepSeconds: config.catalogTtl,
      },
      { signal },
    );
    if (before !== after || done.rematched > 0) tellRematch(done);
  }
  const bytes = await encode(versions);
  if (bytes) await store.records.put(STATE_KEY, bytes);
}

function isOlder(versions: readonly AdvisoryDbVersion[], told: readonly AdvisoryDbVersion[]): boolean {
  const times = new Map(told.map(({ source, builtAt }) => [source, Date.parse(builtAt)]));
  return versions.some(({ source, builtAt }) => Date.parse(builtAt) < (times.get(source) ?? -Infinity));
}

function tellRematch({ rematched, carried, skipped, failures }: Awaited<ReturnType<typeof rematch>>): void {
  const message = `a new database: ${rematched} images judged anew, ${carried} as before, ${skipped} when asked for`;
  notices.publish({ code: 'REMATCHED', message });
  const [first] = failures;
  if (first !== undefined)
    notices.publish({
      code: 'REMATCH_FAILED',
      message: `${failures.length} could not be judged anew, as: ${first}`,
    });
}

async function readTold({ records }: SharedStore): Promise<readonly AdvisoryDbVersion[] | undefined> {
  const bytes = await records.get(STATE_KEY);
  const value = bytes && (await decode(bytes));
  return Array.isArray(value) ? (value as AdvisoryDbVersion[]) : undefined;
}
