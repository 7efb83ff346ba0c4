import {
  enrichmentSource,
  EPSS_URL,
  KEV_URL,
  type EnrichmentOptions,
} from '../advisories/enrichment/source.ts';
import { javaDbSource } from '../advisories/java-db/source.ts';
import { osvSource } from '../advisories/osv/source.ts';
import type { PublishedOptions } from '../advisories/trivy-db/published-source.ts';
import type { Config } from '../config/schema.ts';
import type { Databases } from './database-set.ts';

/** Those that are used only when they are named. */
export function openOtherDatabases(
  config: Config,
  published: Omit<PublishedOptions, 'sources'>,
  fetched: EnrichmentOptions,
): Pick<Databases, 'osv' | 'java' | 'enrichment'> {
  const has = (name: Config['db'][number]): boolean => config.db.includes(name);
  const enrichment = {
    ...fetched,
    ...(has('kev') && { kev: config.kevSource ?? KEV_URL }),
    ...(has('epss') && { epss: config.epssSource ?? EPSS_URL }),
  };
  return {
    ...(has('osv') && { osv: osvSource({ ...fetched, sources: config.osvSource }) }),
    ...(has('java') && { java: javaDbSource({ ...published, sources: config.javaDbRepository }) }),
    ...((has('kev') || has('epss')) && { enrichment: enrichmentSource(enrichment) }),
  };
}
