import type { Disposal } from '../../base/disposal.ts';
import { openCarriedReports, type CarriedReports } from '../../crawler/carried-reports.ts';
import type { Catalog } from '../../store/catalog/catalog.ts';
import { openStoreCatalog } from '../../store/catalog/store-catalog.ts';
import { openReports } from '../../store/reports.ts';
import type { Databases } from '../database-set.ts';
import { openDatabases } from '../databases.ts';
import type { Run } from '../run.ts';
import { openSharedStore, type SharedStore } from './shared-store.ts';

/** What is known of images, and what they are judged by. */
export interface KnownImages {
  readonly store: SharedStore;
  readonly catalog: Catalog;
  readonly databases: Databases;
  readonly reports: CarriedReports;
}

/** @param disposal closes them @throws DrydockError CONFIG_INVALID */
export async function openKnownImages(run: Run, disposal: Disposal): Promise<KnownImages> {
  const { config } = run.loaded;
  const store = disposal.use(await openSharedStore(config));
  const catalog = disposal.use(openStoreCatalog(store.catalog));
  const databases = disposal.use(await openDatabases(run, undefined, { keepsArchives: true }));
  const kept = openReports(store.cache, config.reportTtl);
  const reports = openCarriedReports({ reports: kept, catalog, store: store.cache });
  return { store, catalog, databases, reports };
}
