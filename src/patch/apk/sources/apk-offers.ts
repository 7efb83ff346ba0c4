import { messageOf } from '../../../base/errors.ts';
import type { Signal } from '../../../base/signal.ts';
import type { UsedIndex } from '../../../model/patch.ts';
import type { Offered } from '../../plan/planned.ts';
import type { RootView } from '../../root/root-view.ts';
import { splitLogin } from '../../sources/addresses.ts';
import { unavailable } from '../../sources/archive-client.ts';
import { maySkip, openClient, type ArchiveAccess, type ArchiveOptions } from '../../sources/archives.ts';
import type { FetchPackage } from '../../sources/fetch-packages.ts';
import { untrusted } from '../../sources/signed-text.ts';
import { isApk } from '../archive/open-apk.ts';
import { readApkConfiguration, type ApkConfiguration } from './image-configuration.ts';
import type { IndexRecord } from './index-records.ts';
import { loadApkIndex, type IndexContext, type VerifiedIndex } from './load-index.ts';
import { allRepositories, withoutRepositories } from './repositories.ts';
import { openApkKeys } from './verify-signature.ts';

/** A package with the repository that offers it. */
export interface ApkOffer extends Offered, Pick<IndexRecord, 'depends' | 'provides' | 'installIf'> {
  readonly tag?: string;
}

export interface ApkOffers {
  readonly offers: readonly ApkOffer[];
  readonly indexes: readonly UsedIndex[];
  readonly notes: readonly string[];
}

export interface ApkOffersRequest extends Signal {
  readonly configuration: ApkConfiguration;
  readonly architecture: string;
  /** Names of packages. */
  readonly wanted: ReadonlySet<string>;
  readonly options: ArchiveOptions;
  readonly access: ArchiveAccess;
}

/**
 * Verifies the indexes of all repositories and reads what they offer of the wanted names.
 *
 * @throws DrydockError ARCHIVE_UNTRUSTED, ARCHIVE_ROLLED_BACK, ARCHIVE_UNAVAILABLE, ARCHIVE_LIMIT; CONFIG_INVALID
 */
export async function loadApkOffers(request: ApkOffersRequest): Promise<ApkOffers> {
  const { configuration, architecture, wanted, options, access, signal } = request;
  const notes = new Set<string>();
  const note = (text: string): void => void notes.add(text);
  const repositories = allRepositories(configuration.repositories, options);
  const { client, addresses } = openClient(repositories, { logins: [] }, options, access);
  const context: IndexContext = {
    client,
    addresses,
    cache: access.cache,
    dates: access.dates,
    keys: openApkKeys(configuration.keys, options.keyrings ?? [], note),
    frozen: new Map(options.frozen?.map(({ url, sha256 }) => [url, sha256])),
  };
  const loaded: VerifiedIndex[] = [];
  const failures: Error[] = [];
  for (const repository of repositories) {
    try {
      loaded.push(await loadApkIndex(repository, architecture, wanted, context, { signal }));
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error instanceof Error ? error : new Error(String(error)));
      if (!maySkip(error, options)) throw error;
      note(`${splitLogin(repository.uri).url.href} is not used: ${messageOf(error)}`);
    }
  }
  if (loaded.length === 0) throw failures[0] ?? withoutRepositories();
  return {
    offers: loaded.flatMap((index) => index.records.map((record) => toOffer(record, index, architecture))),
    indexes: loaded.map(({ used }) => used).sort((a, b) => (a.url < b.url ? -1 : 1)),
    notes: [...notes],
  };
}

function toOffer(record: IndexRecord, { base, repository }: VerifiedIndex, architecture: string): ApkOffer {
  const { name, version, origin, identity, sizeBytes, depends, provides, installIf } = record;
  const folder = ['', 'noarch'].includes(record.architecture) ? architecture : record.architecture;
  return {
    name,
    version,
    architecture: record.architecture,
    source: { name: origin, version },
    url: new URL(`${folder}/${name}-${version}.apk`, base).href,
    sizeBytes,
    identity,
    depends,
    provides,
    installIf,
    ...(repository.tag !== undefined && { tag: repository.tag }),
  };
}

/**
 * Gets packages that a plan names, by the ways that the plan was made with, and checks them.
 *
 * @throws DrydockError CONFIG_INVALID, what the view throws
 */
export async function openApkFetcher(
  root: RootView,
  options: ArchiveOptions,
  access: ArchiveAccess,
  { signal }: Signal,
): Promise<FetchPackage> {
  const configuration = await readApkConfiguration(root, { signal });
  const repositories = allRepositories(configuration.repositories, options);
  const { client } = openClient(repositories, { logins: [] }, options, access);
  return async ({ url: address, sizeBytes, identity }, fetching) => {
    if (identity === undefined) throw untrusted(address, 'the index names no sum of it');
    const key = `apk ${identity}`;
    const kept = await access.cache?.get(key);
    if (kept?.length === sizeBytes && (await isApk(kept, identity))) return kept;
    const url = new URL(address);
    const fetched = await client.fetch(url, { maxBytes: sizeBytes, signal: fetching.signal });
    if (fetched.kind !== 'content') throw unavailable(url, 'it is not there');
    const { content } = fetched;
    if (content.length !== sizeBytes || !(await isApk(content, identity))) {
      throw untrusted(url.href, 'it is not the file that the signed index names');
    }
    await access.cache?.put(key, content);
    return content;
  };
}
