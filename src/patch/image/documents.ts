import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DrydockError, hasErrno } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, ImageReference } from '../../model/image.ts';
import { blobNotFound, readerOf, type OciFiles } from '../../oci/layout/oci-files.ts';
import { readIndex, selectEntries, type Selection } from '../../oci/layout/select-entry.ts';
import type { RegistryClient } from '../../oci/registry/registry.ts';
import type { ManifestReader } from '../../oci/resolve-image.ts';

/** A manifest, index or configuration as it is stored. */
export interface StoredDocument {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly digest: Digest;
}

/** The documents of an image, in their very bytes. */
export interface ImageDocuments extends ManifestReader {
  /**
   * What the name of the image leads to: its manifest, or an index of several.
   * @throws DrydockError as the source of the image
   */
  root(options: Signal): Promise<StoredDocument>;
}

/** @param reference as it was asked for; its tag is looked up when the root is read */
export function registryDocuments(client: RegistryClient, reference: ImageReference): ImageDocuments {
  const { registry, repository } = reference;
  return {
    root: (options) => client.fetchManifest(reference, options),
    manifest: ({ digest }, options) => client.fetchManifest({ registry, repository, digest }, options),
    blob: (blob, maxBytes, options) => client.readBlob(reference, blob, maxBytes, options),
  };
}

/**
 * @param imageDigest of the manifest that was chosen, for an index.json that lists several under one name
 * @throws DrydockError from `root`: LAYOUT_INVALID, IMAGE_NOT_FOUND, SOURCE_AMBIGUOUS, BLOB_NOT_FOUND
 */
export function layoutDocuments(
  directory: string,
  select: Selection,
  name: string,
  imageDigest: Digest,
): ImageDocuments {
  const files = filesIn(resolve(directory));
  const reader = readerOf(files, name);
  return {
    ...reader,
    async root(options) {
      const { manifests } = selectEntries(await readIndex(files, name), select, name);
      const [first, ...others] = manifests;
      const lone = first !== undefined && others.length === 0 ? first : undefined;
      const chosen = lone ?? { digest: select.digest ?? imageDigest };
      if (!lone && others.length > 0 && !manifests.some(({ digest }) => digest === imageDigest)) {
        throw blobNotFound(imageDigest, `index.json of ${name}`);
      }
      return await reader.manifest(chosen, options);
    },
  };
}

function filesIn(root: string): OciFiles {
  return {
    async find(name) {
      const path = join(root, name);
      const status = await stat(path).catch((cause: unknown) => {
        if (hasErrno(cause, 'ENOENT', 'ENOTDIR')) return undefined;
        throw new DrydockError('LAYOUT_INVALID', `${path} cannot be read`, { cause });
      });
      if (!status) return undefined;
      // Reading a pipe or a device would wait or go on for ever.
      if (!status.isFile()) throw new DrydockError('LAYOUT_INVALID', `${path} is not a regular file`);
      return { sizeBytes: status.size, read: () => readFile(path) };
    },
  };
}
