import type { Signal } from '../../base/signal.ts';
import { OCI_MANIFEST } from '../../oci/media-types.ts';
import { openLayoutWriter, type LayoutEntry } from '../../oci/layout/write/layout-writer.ts';
import { bytesAtOnce, type Referrer } from './referrer.ts';
import type { Publication } from './publication.ts';

export interface LayoutTarget {
  readonly directory: string;
  readonly tag?: string;
}

/**
 * Puts an image into an OCI layout directory, which is made where there is none. The tag is written last, so that a
 * layout never names an image that is not all there.
 *
 * @throws DrydockError OUTPUT_UNWRITABLE, LAYOUT_INVALID, BLOB_SIZE_MISMATCH, BLOB_DIGEST_MISMATCH, and what reading the
 *   base throws
 */
export async function publishToLayout(
  publication: Publication,
  referrers: readonly Referrer[],
  { directory, tag }: LayoutTarget,
  options: Signal,
): Promise<{ writtenBytes: number }> {
  const writer = await openLayoutWriter(directory);
  let writtenBytes = 0;
  const put = async (
    blob: { digest: LayoutEntry['digest']; sizeBytes: number },
    open: () => AsyncIterable<Uint8Array>,
  ) => {
    if (await writer.blob(blob, open, options)) writtenBytes += blob.sizeBytes;
  };
  for (const { document, blobs } of publication.manifests) {
    for (const blob of blobs) await put(blob, () => blob.open(0));
    await put({ digest: document.digest, sizeBytes: document.bytes.length }, () =>
      bytesAtOnce(document.bytes),
    );
  }
  for (const referrer of referrers) {
    for (const blob of referrer.blobs) await put(blob, () => blob.open(0));
    const { digest, bytes, artifactType, annotations } = referrer.manifest;
    await put({ digest, sizeBytes: bytes.length }, () => bytesAtOnce(bytes));
    await writer.list(
      { mediaType: OCI_MANIFEST, digest, size: bytes.length, artifactType, annotations },
      undefined,
      options,
    );
  }
  const { mediaType, digest, bytes } = publication.root;
  await writer.list({ mediaType, digest, size: bytes.length }, tag, options);
  return { writtenBytes };
}
