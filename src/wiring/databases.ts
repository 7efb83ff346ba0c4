import {
  enrichmentSource,
  EPSS_URL,
  KEV_URL,
  type EnrichmentSource,
} from '../advisories/enrichment/source.ts';
import { javaDbSource, type JavaDbSource } from '../advisories/java-db/source.ts';
import { mergedSource } from '../advisories/merged-source.ts';
import { osvSource, type OsvSource } from '../advisories/osv/source.ts';
import type { AdvisorySource } from '../advisories/source.ts';
import { trivyDbSource, type TrivyDbSource } from '../advisories/trivy-db/source.ts';
import { useDirectory, type UsedDirectory } from '../advisories/trivy-db/use-directory.ts';
import type { RegistryClient } from '../oci/registry/registry.ts';
import { lazily } from './lazily.ts';
import { openPlainTransport, openRegistryClient } from './registry-client.ts';
import type { Run } from './run.ts';

/** Every database that the settings name, and what scans judge by. */
export interface Databases extends AsyncDisposable {
  /** All advisories, the first of the databases that are named counting most. */
  readonly advisories: AdvisorySource;
  /** Trivy's: the one that is used, and our own copy of the published one. Absent when it is not named. */
  readonly trivy?: { readonly used: TrivyDbSource | UsedDirectory; readonly own: TrivyDbSource };
  readonly osv?: OsvSource;
  readonly java?: JavaDbSource;
  readonly enrichment?: EnrichmentSource;
}

/** @param registry asked for when a database is to be fetched from one; without it one is opened for that */
export function openDatabases(run: Run, registry?: () => Promise<RegistryClient>): Databases {
  const { config } = run.loaded;
  const repositories = [...config.dbRepository, ...config.javaDbRepository];
  const hosts = new Set(repositories.map((source) => source.split('/')[0] ?? ''));
  // A login for one registry is not shown to a list of them.
  const own = lazily(() => openRegistryClient(run, hosts.size === 1 ? [...hosts] : []));
  const plain = lazily(() => openPlainTransport(run));
  const common = { root: config.cacheDir, offline: config.offline };
  const published = { ...common, registry: registry ?? own.get };
  const fetched = { ...common, transport: plain.get };

  const trivy = config.db.includes('trivy') || config.dbPath !== undefined ? openTrivy() : undefined;
  const osv = config.db.includes('osv') ? osvSource({ ...fetched, sources: config.osvSource }) : undefined;
  const java = config.db.includes('java')
    ? javaDbSource({ ...published, sources: config.javaDbRepository })
    : undefined;
  const enrichment =
    config.db.includes('kev') || config.db.includes('epss')
      ? enrichmentSource(enrichmentOptions())
      : undefined;

  function openTrivy(): NonNullable<Databases['trivy']> {
    const source = trivyDbSource({ ...published, sources: config.dbRepository });
    return { own: source, used: config.dbPath === undefined ? source : useDirectory(config.dbPath) };
  }

  function enrichmentOptions(): Parameters<typeof enrichmentSource>[0] {
    return {
      ...fetched,
      ...(config.db.includes('kev') && { kev: config.kevSource ?? KEV_URL }),
      ...(config.db.includes('epss') && { epss: config.epssSource ?? EPSS_URL }),
    };
  }

  const byName: Readonly<Record<string, AdvisorySource | undefined>> = { trivy: trivy?.used, osv };
  // A directory that is named is used whatever else is.
  const order = config.db.includes('trivy') || !trivy ? config.db : ['trivy', ...config.db];
  return {
    advisories: mergedSource(order.flatMap((name) => byName[name] ?? [])),
    ...(trivy && { trivy }),
    ...(osv && { osv }),
    ...(java && { java }),
    ...(enrichment && { enrichment }),
    async [Symbol.asyncDispose]() {
      await own.close();
      await plain.close();
    },
  };
}
