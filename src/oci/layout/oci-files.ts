import { algorithmOf, hexOf } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Digest } from '../../model/image.ts';
import { checkBytes, checkSize, type Expected } from '../checked-bytes.ts';
import { MAX_MANIFEST_BYTES } from '../manifest.ts';
import type { ManifestReader } from '../resolve-image.ts';

/** One stored file of a layout. */
export interface StoredFile {
  readonly sizeBytes: number;
  read(): Promise<Uint8Array>;
}

/**
 * The files of an OCI image layout by their names in it, be it a directory or an archive.
 * @see OCI Image Spec 1.1, "Image Layout"
 */
export interface OciFiles {
  find(name: string): Promise<StoredFile | undefined>;
}

/** Safe as a path, since a {@link Digest} is nothing but an algorithm and hex digits. */
export function blobName(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

/** Reads manifests and configurations from a layout, each checked against its digest. */
export function readerOf(files: OciFiles, name: string): ManifestReader {
  const read = async (expected: Expected, maxBytes: number): Promise<Uint8Array> => {
    const file = await files.find(blobName(expected.digest));
    if (!file) throw blobNotFound(expected.digest, name);
    checkSize(file.sizeBytes, expected, 'blob');
    if (file.sizeBytes > maxBytes) {
      throw new DrydockError(
        'MANIFEST_TOO_LARGE',
        `blob ${expected.digest} is larger than ${maxBytes} bytes`,
      );
    }
    return checkBytes(await file.read(), expected, 'blob');
  };
  return {
    async manifest(descriptor) {
      const bytes = await read(descriptor, MAX_MANIFEST_BYTES);
      return { bytes, mediaType: descriptor.mediaType ?? '', digest: descriptor.digest };
    },
    blob: read,
  };
}

export function blobNotFound(digest: string, name: string): DrydockError {
  return new DrydockError('BLOB_NOT_FOUND', `${name} lacks the blob ${digest}`, {
    hint: 'The copy is incomplete, or holds only some platforms: copy it again, or choose one with --platform.',
  });
}
