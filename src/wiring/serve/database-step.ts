import { join } from 'node:path';
import { diffVersions, NO_CHANGE } from '../../advisories/diff/database-diff.ts';
import { compareInstalled } from '../../advisories/diff/trivy-db-diff.ts';
import { SOURCE_ID } from '../../advisories/trivy-db/trivy-db.ts';
import type { Signal } from '../../base/signal.ts';
import type { Config } from '../../config/schema.ts';
import type { DatabaseStep } from '../../crawler/rematch.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import { databasesText } from '../../scan/scan-image.ts';

/** The databases that all reports were last brought to, and those that are in use now. */
export interface DatabaseStates {
  readonly told: readonly AdvisoryDbVersion[];
  readonly current: readonly AdvisoryDbVersion[];
}

/** What changed between two states of the databases that are installed here. */
export async function stepBetween(
  { told, current }: DatabaseStates,
  { cacheDir }: Config,
  { signal }: Signal,
): Promise<DatabaseStep> {
  const [before, after] = [databasesText(told), databasesText(current)];
  const comparers = new Map([[SOURCE_ID, compareInstalled(join(cacheDir, SOURCE_ID))]]);
  const diff = before === after ? NO_CHANGE : await diffVersions(told, current, comparers, { signal });
  return { before, after, diff };
}
