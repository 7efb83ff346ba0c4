import { sha256Of } from '../base/digest.ts';
import type { AdvisoryDbVersion } from '../model/advisory.ts';
import type { ScanKey } from '../model/report.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import type { ReportCache } from '../store/reports.ts';
import type { Store } from '../store/store.ts';

/**
 * Reports, among them those that were made by an older database and are as good for a newer one: they are kept once,
 * and are told with the newer one's version. `scannedAt` stays the time at which they were made. Once such a report is
 * no longer kept, it is a miss, and is made again from the inventory.
 */
export interface CarriedReports extends ReportCache {
  /** Says what the databases are that keys will name by this text. */
  announce(advisoryDbs: string, versions: readonly AdvisoryDbVersion[]): Promise<void>;
}

const ANNOUNCED_SECONDS = 90 * 86_400;

/** @param parts store: where what was announced is kept */
export function openCarriedReports(parts: {
  readonly reports: ReportCache;
  readonly catalog: Pick<Catalog, 'find'>;
  readonly store: Store;
}): CarriedReports {
  const { reports, catalog, store } = parts;
  const keyOf = (advisoryDbs: string): string => `databases/1/${sha256Of(advisoryDbs)}`;

  async function announced(advisoryDbs: string): Promise<readonly AdvisoryDbVersion[] | undefined> {
    const bytes = await store.get(keyOf(advisoryDbs));
    return bytes && parseVersions(bytes);
  }

  return {
    async find(key) {
      const known = await reports.find(key);
      if (known) return known;
      const image = await catalog.find(key.image);
      if (image?.heldUnder === undefined || !isSameKey(image.report, key)) return undefined;
      const advisoryDbs = await announced(key.advisoryDbs);
      const held = advisoryDbs && (await reports.find({ ...key, advisoryDbs: image.heldUnder }));
      return held && { ...held, advisoryDbs };
    },
    remember: (key, report) => reports.remember(key, report),
    async announce(advisoryDbs, versions) {
      const bytes = Buffer.from(JSON.stringify(versions));
      await store.put(keyOf(advisoryDbs), bytes, { ttlSeconds: ANNOUNCED_SECONDS });
    },
  };
}

function isSameKey(a: ScanKey, b: ScanKey): boolean {
  return (
    a.image === b.image &&
    a.analyzers === b.analyzers &&
    a.advisoryDbs === b.advisoryDbs &&
    a.options === b.options &&
    a.engine === b.engine
  );
}

function parseVersions(bytes: Uint8Array): readonly AdvisoryDbVersion[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return Array.isArray(value) ? (value as AdvisoryDbVersion[]) : undefined;
  } catch {
    return undefined; // damage is a miss
  }
}
