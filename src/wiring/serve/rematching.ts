import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { diffVersions, NO_CHANGE } from '../../advisories/diff/database-diff.ts';
import { compareInstalled } from '../../advisories/diff/trivy-db-diff.ts';
import { SOURCE_ID } from '../../advisories/trivy-db/trivy-db.ts';
import { notices } from '../../base/channels.ts';
import type { Signal } from '../../base/signal.ts';
import type { CarriedReports } from '../../crawler/carried-reports.ts';
import { rematch, sumOf, type DatabaseStep, type Rematched } from '../../crawler/rematch.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import { currentDatabases, databasesText } from '../../scan/scan-image.ts';
import type { Catalog } from '../../store/catalog/catalog.ts';
import { decode, encode } from '../../store/encode.ts';
import type { Run } from '../run.ts';
import type { ImageScans } from './image-scans.ts';
import { rematchParts } from './rematch-parts.ts';
import { rematchOnThread } from './rematch-thread.ts';
import type { SharedStore } from './shared-store.ts';

export interface RenewingParts {
  readonly run: Run;
  readonly store: SharedStore;
  readonly catalog: Catalog;
  readonly reports: CarriedReports;
  readonly scans: Pick<ImageScans, 'parts' | 'assess'>;
}

/** Each has a database open and keeps what it has read of it. */
const MAX_THREADS = 2;
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
    const before = databasesText(told);
    const comparers = new Map([[SOURCE_ID, compareInstalled(join(config.cacheDir, SOURCE_ID))]]);
    const diff = before === after ? NO_CHANGE : await diffVersions(told, versions, comparers, { signal });
    const done = await renew({ before, after, diff }, parts, { signal });
    if (before !== after || done.rematched > 0) tellRematch(done);
  }
  const bytes = await encode(versions);
  if (bytes) await store.records.put(STATE_KEY, bytes);
}

/**
 * On threads, so that nobody who asks meanwhile waits for it. Not where there is little to do, as after a start, nor
 * where other threads could not see the store.
 */
async function renew(
  step: DatabaseStep,
  { run, store, catalog, reports, scans }: RenewingParts,
  { signal }: Signal,
): Promise<Rematched> {
  const { loaded, version, rematchWorker } = run;
  const { config } = loaded;
  if (!rematchWorker || config.store === 'memory' || step.before === step.after) {
    const parts = rematchParts({ config, store, catalog, reports, assess: scans.assess });
    return await rematch(step, parts, { signal });
  }
  const failed = new AbortController();
  const threads = Array.from({ length: Math.min(MAX_THREADS, availableParallelism()) }, () =>
    rematchOnThread(
      rematchWorker,
      { loaded, version, step },
      { signal: AbortSignal.any([signal, failed.signal]) },
    ).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
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
