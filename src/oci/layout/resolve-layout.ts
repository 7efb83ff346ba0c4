import type { Signal } from '../../base/signal.ts';
import type { Image, Platform } from '../../model/image.ts';
import { toImage } from '../load-image.ts';
import { resolveImage, type ImageNaming } from '../resolve-image.ts';
import { searchIndex } from '../search-index.ts';
import { readerOf, type OciFiles } from './oci-files.ts';
import { readIndex, selectEntries, type Selection } from './select-entry.ts';

/** An image of a layout, chosen but not yet resolved for a platform. */
export type ResolveChosen = (platform: Platform | undefined, options: Signal) => Promise<Image>;

/**
 * Finds what is meant in the index of a layout.
 * @throws DrydockError LAYOUT_INVALID, IMAGE_NOT_FOUND, SOURCE_AMBIGUOUS
 */
export async function chooseFromLayout(
  files: OciFiles,
  select: Selection,
  name: string,
): Promise<ResolveChosen> {
  const { manifests, repoTags } = selectEntries(await readIndex(files, name), select, name);
  const reader = readerOf(files, name);
  const naming: ImageNaming = { name, repoTags };
  const [first, ...others] = manifests;
  // A digest may name a manifest that the index does not list, such as one inside a nested index.
  const root = first ?? (select.digest === undefined ? undefined : { digest: select.digest });
  return async (platform, options) => {
    if (root !== undefined && others.length === 0) {
      return await resolveImage(await reader.manifest(root, options), platform, reader, naming, options);
    }
    // Entries that share a tag, or have none, are the platforms of one image.
    const loaded = await searchIndex({ kind: 'index', manifests }, platform, reader, name, options);
    return toImage(loaded, naming);
  };
}
