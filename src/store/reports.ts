import type { Report, ScanKey } from '../model/report.ts';
import { compactReport, expandReport } from './compact-report.ts';
import { decode, encode } from './encode.ts';
import type { Store } from './store.ts';

/** Reports by what they depend on, never by the name somebody used. */
export interface ReportCache {
  find(key: ScanKey): Promise<Report | undefined>;
  remember(key: ScanKey, report: Report): Promise<void>;
}

const DEFAULT_TTL_SECONDS = 72 * 3600;

/** @param store without one nothing is remembered */
export function openReports(store: Store | undefined, ttlSeconds = DEFAULT_TTL_SECONDS): ReportCache {
  return {
    async find(key) {
      const bytes = await store?.get(keyOf(key));
      return bytes && expandReport(await decode(bytes));
    },
    async remember(key, report) {
      const bytes = store && (await encode(compactReport(report)));
      if (bytes) await store.put(keyOf(key), bytes, { ttlSeconds });
    },
  };
}

/** A list in a fixed order, so that no part can be mistaken for another. */
function keyOf({ image, analyzers, advisoryDbs, options, engine }: ScanKey): string {
  return `report/2/${JSON.stringify([image, analyzers, advisoryDbs, options, engine])}`;
}
