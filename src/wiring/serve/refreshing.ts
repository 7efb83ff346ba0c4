import { setTimeout as wait } from 'node:timers/promises';
import type { PublishedSource } from '../../advisories/trivy-db/published-source.ts';
import { keptArchive } from '../../advisories/trivy-db/kept-archive.ts';
import { databaseSwapped, notices } from '../../base/channels.ts';
import { messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { keepFresh, type RefreshedSource, type RefreshParts } from '../../crawler/refresh-advisories.ts';
import { secondsToNext } from '../../crawler/scheduler.ts';
import { openSharedArchives } from '../../crawler/shared-archive.ts';
import { currentDatabases, databasesText } from '../../scan/scan-image.ts';
import type { Databases } from '../database-set.ts';
import type { ImageScans } from './image-scans.ts';
import { bringReportsUpToDate, type RenewingParts } from './rematching.ts';

export interface RefreshingParts extends RenewingParts {
  readonly databases: Databases;
  readonly scans: ImageScans;
}

export interface RefreshingOptions {
  /** How often it is looked whether others have brought a database. */
  readonly lookMs?: number;
  /** After so many failures in a row, reports are renewed again after so long. */
  readonly retryMs?: (failures: number) => number;
}

const LOOK_MS = 15_000;
const MAX_RETRY_SECONDS = 3600;
const retryDelay = (failures: number): number =>
  secondsToNext(MAX_RETRY_SECONDS, failures, Math.random) * 1000;

/** Keeps the databases fresh, and reports in step with them, until it is called off. */
export async function keepDatabasesFresh(
  parts: RefreshingParts,
  { signal, lookMs = LOOK_MS, retryMs = retryDelay }: RefreshingOptions & Signal,
): Promise<void> {
  const { config } = parts.run.loaded;
  const step = oneAtATime(() => bringReportsUpToDate(parts, { signal }), { signal, retryMs });
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

/** Whoever asks while it runs has it run once more. What fails is told, and tried again after a while. */
function oneAtATime(
  act: () => Promise<void>,
  { signal, retryMs }: Signal & { readonly retryMs: (failures: number) => number },
): () => Promise<void> {
  let turn = Promise.resolve();
  let waiting: Promise<void> | undefined;
  let failures = 0;
  const fail = (error: unknown): void => {
    if (signal.aborted) return;
    const message = `reports could not be renewed: ${messageOf(error)}`;
    notices.publish({ code: 'REMATCH_FAILED', message });
    const pause = wait(retryMs(++failures), undefined, { signal, ref: false });
    void pause.then(step).catch(() => undefined); // called off
  };
  const step = (): Promise<void> => {
    waiting ??= turn.then(() => {
      waiting = undefined;
      turn = act().then(() => void (failures = 0), fail);
      return turn;
    });
    return waiting;
  };
  return step;
}
