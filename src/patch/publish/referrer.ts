import { sha256Of } from '../../base/digest.ts';
import type { Digest } from '../../model/image.ts';
import { OCI_MANIFEST } from '../../oci/media-types.ts';
import type { ReferrerToPush } from '../../oci/registry/push/referrers.ts';
import type { BlobToPush } from '../../oci/registry/push/upload-blob.ts';
import { inMemory } from './publication.ts';

/** A document that speaks of an image, as it is stored beside it. */
export interface Referrer {
  readonly manifest: ReferrerToPush;
  readonly blobs: readonly BlobToPush[];
}

export interface ReferrerContent {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly artifactType: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The empty configuration of what is no image. @see OCI Image Spec 1.1, "Guidance for an Empty Descriptor" */
const EMPTY = { bytes: Buffer.from('{}'), mediaType: 'application/vnd.oci.empty.v1+json' } as const;

/** @param subject the manifest or index that it speaks of */
export function referrerTo(
  subject: { readonly mediaType: string; readonly digest: Digest; readonly bytes: Uint8Array },
  content: ReferrerContent,
): Referrer {
  const { artifactType, annotations } = content;
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType,
    config: descriptor(EMPTY),
    layers: [descriptor(content)],
    subject: descriptor(subject),
    annotations,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return {
    manifest: {
      bytes,
      mediaType: OCI_MANIFEST,
      digest: sha256Of(bytes),
      subject: subject.digest,
      artifactType,
      annotations,
    },
    blobs: [EMPTY, content].map((one) => inMemory({ bytes: one.bytes, digest: sha256Of(one.bytes) })),
  };
}

function descriptor({
  mediaType,
  bytes,
}: {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}): object {
  return { mediaType, digest: sha256Of(bytes), size: bytes.length };
}

export async function* bytesAtOnce(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
