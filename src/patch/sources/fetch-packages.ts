import type { Signal } from '../../base/signal.ts';
import type { PackageArchive } from '../../model/patch.ts';
import type { RootView } from '../root/root-view.ts';
import { cachedContent, rememberContent, sha256HexOf } from './archive-cache.ts';
import { unavailable } from './archive-client.ts';
import { allSources, openClient, type ArchiveAccess, type ArchiveOptions } from './archives.ts';
import { readAptConfiguration } from './image-configuration.ts';
import { untrusted } from './signed-text.ts';

/** Gets the archive of a package, and checks it. @throws DrydockError ARCHIVE_UNTRUSTED, ARCHIVE_UNAVAILABLE */
export type FetchPackage = (archive: PackageArchive, options: Signal) => Promise<Uint8Array>;

/**
 * Gets packages that a plan names, by the ways and with the logins that the plan was made with.
 * @throws DrydockError CONFIG_INVALID, what the view throws
 */
export async function openPackageFetcher(
  root: RootView,
  options: ArchiveOptions,
  access: ArchiveAccess,
  { signal }: Signal,
): Promise<FetchPackage> {
  const configuration = await readAptConfiguration(root, { signal });
  const sources = allSources(configuration.sources, options);
  const { client } = openClient(sources, configuration, options, access);
  return async ({ url: address, sizeBytes, sha256 }, fetching) => {
    if (sha256 === undefined) throw untrusted(address, 'the index names no sum of it');
    const kept = await cachedContent(access.cache, sha256);
    if (kept) return kept;
    const url = new URL(address);
    const fetched = await client.fetch(url, { maxBytes: sizeBytes, signal: fetching.signal });
    if (fetched.kind !== 'content') throw unavailable(url, 'it is not there');
    const { content } = fetched;
    if (content.length !== sizeBytes || sha256HexOf(content) !== sha256) {
      throw untrusted(url.href, 'it is not the file that the signed index names');
    }
    await rememberContent(access.cache, content);
    return content;
  };
}
