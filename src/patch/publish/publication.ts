import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, Image, Layer } from '../../model/image.ts';
import { blobName } from '../../oci/layout/oci-files.ts';
import { parseManifest, type Descriptor } from '../../oci/manifest.ts';
import type { RegistryClient } from '../../oci/registry/registry.ts';
import type { BlobToPush } from '../../oci/registry/push/upload-blob.ts';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { ImageReference } from '../../model/image.ts';
import type { ImageDocuments, StoredDocument } from '../image/documents.ts';
import type { PatchedTree } from '../image/patched-index.ts';
import type { PatchedImage } from '../image/patched-image.ts';

/** Where blobs of the base are read from. */
export interface BaseBlobs {
  open(
    blob: { readonly digest: Digest; readonly sizeBytes: number },
    offset: number,
    options: Signal,
  ): AsyncIterable<Uint8Array>;
  /** The repository that has them, where they are in a registry. */
  readonly at?: { readonly registry: string; readonly repository: string };
}

/** A manifest with the blobs that it names. */
export interface PublishedManifest {
  readonly document: StoredDocument;
  readonly blobs: readonly BlobToPush[];
  /** It is as it was, so that where it already is nothing of it needs to be looked at. */
  readonly isUnchanged: boolean;
}

/** All that has to be somewhere for the root to be whole there. */
export interface Publication {
  /** Those that others name come first. */
  readonly manifests: readonly PublishedManifest[];
  readonly root: StoredDocument;
  readonly at?: BaseBlobs['at'];
}

export function registryBlobs(client: RegistryClient, reference: ImageReference): BaseBlobs {
  const { registry, repository } = reference;
  return {
    open: (blob, offset, { signal }) => client.openBlob(reference, blob, { signal, offset }),
    at: { registry, repository },
  };
}

export function layoutBlobs(directory: string): BaseBlobs {
  return {
    open: ({ digest, sizeBytes }, offset) =>
      sizeBytes === offset
        ? nothing()
        : createReadStream(join(directory, blobName(digest)), { start: offset }),
  };
}

/**
 * What is to be published: the patched images, the indexes around them, and of those indexes the children that were not
 * patched. Children that the base itself lacks are left out, as a partial copy of an image has them.
 *
 * @throws DrydockError what the documents throw, but for BLOB_NOT_FOUND of unpatched children
 */
export async function publicationOf(
  tree: PatchedTree,
  patched: readonly PatchedImage[],
  documents: ImageDocuments,
  blobs: BaseBlobs,
  options: Signal,
): Promise<Publication> {
  const own = new Map(patched.map((one) => [one.manifest.digest, one]));
  const inner = new Map([...tree.inner, tree.root].map((document) => [document.digest, document]));
  const found = new Map<Digest, PublishedManifest>();
  await visit({ digest: tree.root.digest });
  return { manifests: [...found.values()], root: tree.root, ...(blobs.at && { at: blobs.at }) };

  async function visit({ digest, mediaType }: { digest: Digest; mediaType?: string }): Promise<void> {
    if (found.has(digest)) return;
    const image = own.get(digest);
    if (image) {
      found.set(digest, ofImage(image, blobs, options));
      return;
    }
    const ours = inner.get(digest);
    const document = ours ?? (await known({ digest, ...(mediaType !== undefined && { mediaType }) }));
    if (!document) return;
    const parsed = parseManifest(document.bytes, [document.mediaType], `manifest ${digest}`);
    const children = parsed.kind === 'index' ? parsed.manifests : [];
    for (const child of children) await visit(child);
    const named = parsed.kind === 'index' ? [] : [parsed.config, ...parsed.layers].filter(isStored);
    found.set(digest, {
      document,
      blobs: named.map((blob) => ofBase(blob, blobs, options)),
      isUnchanged: ours === undefined,
    });
  }

  async function known(descriptor: {
    digest: Digest;
    mediaType?: string;
  }): Promise<StoredDocument | undefined> {
    try {
      const stored = await documents.manifest(descriptor, options);
      return { ...stored, mediaType: stored.mediaType || (descriptor.mediaType ?? '') };
    } catch (error) {
      const isMissing =
        error instanceof DrydockError &&
        (error.code === 'BLOB_NOT_FOUND' || error.code === 'IMAGE_NOT_FOUND');
      if (isMissing) return undefined;
      throw error;
    }
  }
}

/** What may not be distributed lies elsewhere, and is not ours to copy. */
function isStored({ mediaType }: Descriptor): boolean {
  return !/nondistributable|\.foreign\./.test(mediaType);
}

function ofImage(patched: PatchedImage, blobs: BaseBlobs, options: Signal): PublishedManifest {
  const { manifest, config, layer, image } = patched;
  const layers = image.layers.map((one) =>
    one.digest === layer.digest
      ? { digest: layer.digest, sizeBytes: layer.sizeBytes, open: (offset: number) => layer.open(offset) }
      : ofBase(one, blobs, options),
  );
  return { document: manifest, blobs: [...layers, inMemory(config)], isUnchanged: false };
}

function ofBase(
  { digest, sizeBytes }: Pick<Layer, 'digest' | 'sizeBytes'>,
  blobs: BaseBlobs,
  options: Signal,
): BlobToPush {
  return { digest, sizeBytes, open: (offset) => blobs.open({ digest, sizeBytes }, offset, options) };
}

export function inMemory({ digest, bytes }: Pick<StoredDocument, 'digest' | 'bytes'>): BlobToPush {
  return {
    digest,
    sizeBytes: bytes.length,
    async *open(offset) {
      if (offset < bytes.length) yield bytes.subarray(offset);
    },
  };
}

/** The patched images as they will be found there. */
export function imagesAt(
  patched: readonly PatchedImage[],
  { registry, repository, tag }: ImageReference,
): Image[] {
  const reference = { registry, repository, ...(tag !== undefined && { tag }) };
  return patched.map(({ image }) => ({ ...image, reference }));
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // it has been read to its end
}
