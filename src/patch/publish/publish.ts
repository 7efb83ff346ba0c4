import { sha256Of } from '../../base/digest.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, ImageReference } from '../../model/image.ts';
import type { WritableRegistry } from '../../oci/registry/registry.ts';
import type { ImageDocuments } from '../image/documents.ts';
import { patchedTree } from '../image/patched-index.ts';
import type { PatchedImage, PatchNote } from '../image/patched-image.ts';
import { publicationOf, type BaseBlobs } from './publication.ts';
import type { Referrer } from './referrer.ts';
import { publishToLayout, type LayoutTarget } from './to-layout.ts';
import { publishToRegistry } from './to-registry.ts';

/** Where a patched image goes. */
export type PublishTarget =
  | ({ readonly kind: 'layout' } & LayoutTarget)
  | {
      readonly kind: 'registry';
      readonly registry: WritableRegistry;
      readonly reference: ImageReference;
      /** Of an image in a registry: its tag must still lead where it led when it was read. */
      readonly source?: ImageReference;
      readonly overwriteSource?: boolean;
    };

export interface PublishRequest {
  /** One for each platform; others of the image stay as they are. */
  readonly patched: readonly PatchedImage[];
  /** Of the image that was asked for. */
  readonly name: string;
  readonly documents: ImageDocuments;
  readonly blobs: BaseBlobs;
  /** What is published beside it. */
  readonly referrers?: readonly Referrer[];
  readonly target: PublishTarget;
}

export interface PublishedPatch {
  /** What the name leads to now. */
  readonly digest: Digest;
  /** Only of what was not there yet. */
  readonly writtenBytes: number;
}

/**
 * Publishes patched images of one name: blobs first, the tag last.
 *
 * @param note what is said of the patch in an index around the images
 * @throws DrydockError USAGE_INVALID, SOURCE_MOVED, OUTPUT_UNWRITABLE, and what registries and documents throw
 */
export async function publish(
  { patched, name, documents, blobs, referrers = [], target }: PublishRequest,
  note: Pick<PatchNote, 'version' | 'packages'>,
  { signal }: Signal,
): Promise<PublishedPatch> {
  const source = await documents.root({ signal });
  const tree = await patchedTree(documents, patched, indexNote(patched, note), name, { signal });
  const publication = await publicationOf(tree, patched, documents, blobs, { signal });
  const { digest } = tree.root;
  if (target.kind === 'layout') {
    const { writtenBytes } = await publishToLayout(publication, referrers, target, { signal });
    return { digest, writtenBytes };
  }
  const { registry, reference, overwriteSource = false } = target;
  const from = target.source && { reference: target.source, digest: source.digest, registry };
  const { uploadedBytes } = await publishToRegistry(
    registry,
    publication,
    referrers,
    { reference, overwriteSource, ...(from && { source: from }) },
    { signal },
  );
  return { digest, writtenBytes: uploadedBytes };
}

function indexNote(
  patched: readonly PatchedImage[],
  { version, packages }: Pick<PatchNote, 'version' | 'packages'>,
): PatchNote {
  const created = patched.map(({ image }) => image.config.created ?? '').sort();
  const input = sha256Of(JSON.stringify(patched.map(({ manifest }) => manifest.digest)));
  return { created: created.at(-1) ?? '', version, input, packages };
}
