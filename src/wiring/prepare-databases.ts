import { notices } from '../base/channels.ts';
import { messageOf } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import type { Config } from '../config/schema.ts';
import type { Databases } from './database-set.ts';

/** With a database at hand, asking for a newer one must not cost more than this. */
const UPDATE_PATIENCE_MS = 20_000;

/** Brings what is due, as far as the settings allow. */
export async function prepareDatabases(
  config: Config,
  databases: Databases,
  { signal }: Signal,
): Promise<void> {
  if (!config.scanners.includes('vuln') || config.skipDbUpdate || config.offline) return;
  const { trivy, osv, java, enrichment } = databases;
  const isTrivyOurs = trivy && config.dbPath === undefined;
  for (const source of [
    ...(isTrivyOurs ? [trivy.own] : []),
    ...(osv ? [osv] : []),
    ...(java ? [java] : []),
  ]) {
    const current = await source.current().catch(() => undefined); // an update mends what cannot be read
    await bring((options) => source.update(options), current?.builtAt, { signal });
  }
  if (!enrichment) return;
  const parts = await enrichment.status();
  const oldest = parts.map(({ updatedAt = '' }) => updatedAt).sort()[0];
  await bring((options) => enrichment.update(options), oldest || undefined, { signal });
}

/**
 * An old database is better than none, as long as it is said.
 *
 * @param builtAt of the one that is here; undefined when there is none
 */
async function bring(
  update: (options: Signal) => Promise<unknown>,
  builtAt: string | undefined,
  { signal }: Signal,
): Promise<void> {
  const isHere = builtAt !== undefined;
  const patience = isHere ? AbortSignal.any([signal, AbortSignal.timeout(UPDATE_PATIENCE_MS)]) : signal;
  try {
    await update({ signal: patience });
  } catch (error) {
    if (!isHere || signal.aborted) throw error;
    const reason = patience.aborted
      ? `no newer database came within ${UPDATE_PATIENCE_MS / 1000} s`
      : messageOf(error);
    notices.publish({
      code: 'DATABASE_NOT_UPDATED',
      message: `${reason}; the one of ${builtAt.slice(0, 10)} is used`,
    });
  }
}
