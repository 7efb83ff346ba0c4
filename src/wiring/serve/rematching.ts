import { availableParallelism } from 'node:os';
import { notices } from '../../base/channels.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { CarriedReports } from '../../crawler/carried-reports.ts';
import { rematch, sumOf, type Rematched } from '../../crawler/rematch.ts';
import { SHARDS } from '../../crawler/shards.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import { currentDatabases, databasesText } from '../../scan/scan-image.ts';
import type { Catalog } from '../../store/catalog/catalog.ts';
import { decode, encode } from '../../store/encode.ts';
import type { Run } from '../run.ts';
import { stepBetween, type DatabaseStates } from './database-step.ts';
import type { ImageScans } from './image-scans.ts';
import { rematchParts } from './rematch-parts.ts';
import { rematchOnThread } from './rematch-thread.ts';
import type { SharedStore } from './shared-store.ts';

export interface RenewingParts {
  readonly run: Run;
  readonly store: SharedStore;
  readonly catalog: Catalog;
  readonly reports: CarriedReports;
  readonly scans: Pick<ImageScans, 'parts' | 'assess' | 'choices'>;
}

/** Each has a database open and keeps what it has read of it. */
const MAX_THREADS = 2;
/** Of the time to stop in; the rest is for what comes after the threads. */
const STOP_SHARE = 0.7;
const STATE_KEY = 'databases/1/told';

/** Renews the reports of known images since the state of the databases that all of them were last brought to. */
export async function bringReportsUpToDate(parts: RenewingParts, { signal }: Signal): Promise<void> {
  const { run, store, reports, scans } = parts;
  const { config } = run.loaded;
  if (!config.rematch || !config.scanners.includes('vuln')) return;
  const versions = await currentDatabases(scans.parts).catch(() => undefined);
  if (!versions) return; // there is none yet
  const after = databasesText(versions);
  await reports.announce(after, versions);
  const told = await readTold(store);
  // Another replica is ahead: its reports must not be made old again, and this one will follow.
  if (told && store.isShared && isOlder(versions, told)) return;
  if (told) {
    const done = await renew({ told, current: versions }, parts, { signal });
    if (databasesText(told) !== after || done.rematched > 0) tellRematch(done);
  }
  const bytes = await encode(versions);
  if (bytes) await store.records.put(STATE_KEY, bytes);
}

/**
 * On threads, so that nobody who asks meanwhile waits for it. Not where there is little to do, as after a start, nor
 * where other threads could not see the store.
 */
async function renew(states: DatabaseStates, parts: RenewingParts, { signal }: Signal): Promise<Rematched> {
  const { loaded, rematchWorker } = parts.run;
  const isSame = databasesText(states.told) === databasesText(states.current);
  if (!rematchWorker || loaded.config.store === 'memory' || isSame)
    return await renewHere(states, parts, { signal });
  try {
    return await renewOnThreads(rematchWorker, states, parts, { signal });
  } catch (error) {
    // Files that the settings name were read when this process began, and may not be there any more.
    if (!(error instanceof DrydockError && error.code === 'CONFIG_INVALID')) throw error;
    return await renewHere(states, parts, { signal });
  }
}

async function renewHere(
  states: DatabaseStates,
  { run, store, catalog, reports, scans }: RenewingParts,
  { signal }: Signal,
): Promise<Rematched> {
  const { config } = run.loaded;
  const step = await stepBetween(states, config, { signal });
  const parts = rematchParts({ config, store, catalog, reports, assess: scans.assess });
  return await rematch(step, parts, { signal });
}

async function renewOnThreads(
  script: URL,
  states: DatabaseStates,
  { run: { loaded, version }, scans }: RenewingParts,
  { signal }: Signal,
): Promise<Rematched> {
  const choices = await scans.choices();
  const failed = new AbortController();
  const options = {
    signal: AbortSignal.any([signal, failed.signal]),
    stopMs: loaded.config.shutdownGrace * 1000 * STOP_SHARE,
  };
  const count = Math.min(MAX_THREADS, availableParallelism());
  const threads = Array.from({ length: count }, async (_, number) => {
    const shards = SHARDS.filter((__, index) => index % count === number);
    try {
      return await rematchOnThread(script, { loaded, version, choices, states, shards }, options);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(threads);
  return sumOf(await Promise.all(threads));
}

function isOlder(versions: readonly AdvisoryDbVersion[], told: readonly AdvisoryDbVersion[]): boolean {
  const times = new Map(told.map(({ source, builtAt }) => [source, Date.parse(builtAt)]));
  return versions.some(({ source, builtAt }) => Date.parse(builtAt) < (times.get(source) ?? -Infinity));
}

function tellRematch({ rematched, carried, skipped, failures }: Rematched): void {
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
