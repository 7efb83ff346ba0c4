import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, ImageReference, Platform } from '../../model/image.ts';
import { openLayout } from '../../oci/layout/layout.ts';
import { locate, type Location } from '../../oci/locate.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { registryImageSource } from '../../oci/registry/registry-image.ts';
import type { WritableRegistry } from '../../oci/registry/registry.ts';
import type { ImageSource } from '../../oci/source.ts';
import { layoutDocuments, registryDocuments, type ImageDocuments } from '../../patch/image/documents.ts';
import { layoutBlobs, registryBlobs, type BaseBlobs } from '../../patch/publish/publication.ts';

/** The image that is to be patched, wherever it lies. */
export interface PatchTarget {
  readonly name: string;
  /** Of an image in a registry. */
  readonly reference?: ImageReference;
  readonly source: ImageSource;
  readonly blobs: BaseBlobs;
  /** @param image digest of the manifest that was chosen */
  documents(image: Digest): ImageDocuments;
}

/**
 * Of an image in a registry, all is read by the digest that its name leads to now: whoever moves the tag meanwhile shall
 * neither mix two images nor go unnoticed.
 *
 * @throws DrydockError PATCH_UNSUPPORTED, and what locating and opening throw
 */
export async function openPatchTarget(
  name: string,
  registry: () => Promise<WritableRegistry>,
  { signal }: Signal,
): Promise<PatchTarget> {
  const location = await locate(name);
  if (location.kind === 'registry') {
    const client = await registry();
    const { reference } = location;
    const digest = reference.digest ?? (await client.resolveDigest(reference, { signal }));
    const pinned = { ...reference, digest };
    return {
      name: location.name,
      reference,
      source: registryImageSource(client, pinned, location.name),
      blobs: registryBlobs(client, reference),
      documents: () => registryDocuments(client, pinned),
    };
  }
  if (location.kind !== 'layout') throw unsupported(location);
  const { path } = location;
  return {
    name: location.name,
    source: await openLayout(path, location, location.name),
    blobs: layoutBlobs(path),
    documents: (image) => layoutDocuments(path, location, location.name, image),
  };
}

function unsupported({ name, kind }: Location): DrydockError {
  return new DrydockError(
    'PATCH_UNSUPPORTED',
    `${name} cannot be patched: it is no image of its own (${kind})`,
    {
      hint: 'Copy the image to a registry or an OCI layout first, as with "skopeo copy".',
    },
  );
}

/**
 * The platforms to patch: those named, all that an index has, or the one that a scan would take.
 *
 * @throws DrydockError PLATFORM_INVALID, and what reading the index throws
 */
export async function platformsOf(
  asked: string | undefined,
  target: PatchTarget,
  { signal }: Signal,
): Promise<readonly (Platform | undefined)[]> {
  if (asked === undefined) return [undefined];
  if (asked !== 'all') return asked.split(',').map((text) => parsePlatform(text.trim()));
  const first = await target.source.resolve(undefined, { signal }).catch((error: unknown) => {
    // None of them may be this machine's.
    if (error instanceof DrydockError && error.code === 'PLATFORM_NOT_FOUND') return undefined;
    throw error;
  });
  const root = await target.documents(first?.digest ?? ('' as Digest)).root({ signal });
  const parsed = parseManifest(root.bytes, [root.mediaType], `the manifest of ${target.name}`);
  if (parsed.kind === 'manifest') return [undefined];
  return parsed.manifests.flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' && platform.architecture !== 'unknown' ? [platform] : [],
  );
}
