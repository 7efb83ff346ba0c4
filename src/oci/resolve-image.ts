import type { Signal } from '../base/signal.ts';
import type { Digest, Image, Platform } from '../model/image.ts';
import { checkBytes } from './checked-bytes.ts';
import { loadImage, toImage, type ImageNaming, type ManifestReader } from './load-image.ts';
import { parseManifest } from './manifest.ts';
import { platformRank } from './platform.ts';
import { platformNotFound, searchIndex } from './search-index.ts';

export type { ImageNaming, ManifestReader } from './load-image.ts';

/**
 * The image for a platform that a manifest or an index leads to. Every document is checked against its digest.
 * @param platform undefined means this machine's, and the only one there is where there is just one
 *
 * @throws DrydockError PLATFORM_NOT_FOUND, INDEX_TOO_DEEP, MANIFEST_INVALID, MANIFEST_UNSUPPORTED,
 *   MANIFEST_TOO_LARGE, IMAGE_CONFIG_INVALID, IMAGE_TOO_MANY_LAYERS, DIGEST_INVALID, BLOB_SIZE_MISMATCH,
 *   BLOB_DIGEST_MISMATCH, and those of the reader
 */
export async function resolveImage(
  root: { readonly bytes: Uint8Array; readonly mediaType: string; readonly digest: Digest },
  platform: Platform | undefined,
  reader: ManifestReader,
  naming: ImageNaming,
  options: Signal,
): Promise<Image> {
  const of = `manifest of ${naming.name}`;
  const manifest = parseManifest(checkBytes(root.bytes, root, of), [root.mediaType], of);
  if (manifest.kind === 'index') {
    return toImage(await searchIndex(manifest, platform, reader, naming.name, options), naming);
  }
  const loaded = await loadImage(manifest, root.digest, reader, naming.name, options);
  checkPlatform(loaded.platform, platform, naming.name);
  return toImage(loaded, naming);
}

/**
 * A single image is taken whatever its platform, unless another one was asked for.
 * @throws DrydockError PLATFORM_NOT_FOUND
 */
export function checkPlatform(offered: Platform, wanted: Platform | undefined, name: string): void {
  if (wanted === undefined || platformRank(wanted, offered) !== undefined) return;
  throw platformNotFound(name, wanted, [offered]);
}
