import type { RematchParts } from '../../crawler/rematch.ts';
import type { ReportCache } from '../../store/reports.ts';
import type { Catalog } from '../../store/catalog/catalog.ts';
import { openImageRecords } from '../../store/catalog/image-records.ts';
import { openInventories } from '../../store/inventories.ts';
import type { Config } from '../../config/schema.ts';
import type { Judging } from './judging.ts';
import type { SharedStore } from './shared-store.ts';

export interface RematchingParts {
  readonly config: Config;
  readonly store: SharedStore;
  readonly catalog: Catalog;
  readonly reports: ReportCache;
  readonly assess: Judging['assess'];
}

/** What reports are renewed with, in whichever thread that is done. */
export function rematchParts({ config, store, catalog, reports, assess }: RematchingParts): RematchParts {
  const images = openImageRecords(store.cache);
  return {
    catalog,
    findInventory: ({ identity, analyzers }) => openInventories(store.cache, analyzers).find(identity),
    async assessInventory({ identity, report, analyzers }, inventory) {
      const known = (await images.find(identity)) ?? (await reports.find(report))?.image;
      return known && (await assess(known, inventory, analyzers));
    },
    leases: store.leases,
    now: () => new Date(),
    keepSeconds: config.catalogTtl,
  };
}
