import { mergedSource } from '../advisories/merged-source.ts';
import type { AdvisorySource } from '../advisories/source.ts';
import { trivyDbSource } from '../advisories/trivy-db/source.ts';
import { useDirectory } from '../advisories/trivy-db/use-directory.ts';
import type { RegistryClient } from '../oci/registry/registry.ts';
import type { Databases } from './database-set.ts';
import { lazily } from './lazily.ts';
import { openPlainTransport, openRegistryClient } from './registry-client.ts';
import type { Run } from './run.ts';

/**
 * @param registry asked for when a database is to be fetched from one; without it one is opened for that
 * @param keepsArchives databases are kept as they came, too, to hand them on to others
 */
export async function openDatabases(
  run: Run,
  registry?: () => Promise<RegistryClient>,
  { keepsArchives = false }: { readonly keepsArchives?: boolean } = {},
): Promise<Databases> {
  const { config } = run.loaded;
  const repositories = [...config.dbRepository, ...config.javaDbRepository];
  const hosts = new Set(repositories.map((source) => source.split('/')[0] ?? ''));
  // A login for one registry is not shown to a list of them.
  const own = lazily(() => openRegistryClient(run, hosts.size === 1 ? [...hosts] : []));
  const plain = lazily(() => openPlainTransport(run));
  const common = { root: config.cacheDir, offline: config.offline };
  const published = { ...common, registry: registry ?? own.get, keepsArchive: keepsArchives };
  const fetched = { ...common, transport: plain.get };

  const isTrivyAlone = config.db.every((name) => name === 'trivy');
  const others = isTrivyAlone ? undefined : await import('./other-databases.ts');
  const trivy = config.db.includes('trivy') || config.dbPath !== undefined ? openTrivy() : undefined;
  const { osv, java, enrichment } = others?.openOtherDatabases(config, published, fetched) ?? {};

  function openTrivy(): NonNullable<Databases['trivy']> {
    const source = trivyDbSource({ ...published, sources: config.dbRepository });
    return { own: source, used: config.dbPath === undefined ? source : useDirectory(config.dbPath) };
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
