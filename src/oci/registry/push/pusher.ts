import type { Signal } from '../../../base/signal.ts';
import type { Digest, ImageReference } from '../../../model/image.ts';
import type { RegistryParts } from '../manifests.ts';
import type { PushParts } from './push-parts.ts';
import { hasManifest, pushManifest, type ManifestToPush } from './push-manifest.ts';
import { pushReferrer, type ReferrerToPush } from './referrers.ts';
import { pushBlob, type BlobToPush, type PushedBlob } from './upload-blob.ts';

/** Writes to registries. Every method throws what reading from them throws, REGISTRY_DENIED above all. */
export interface RegistryPusher {
  pushBlob(reference: ImageReference, blob: BlobToPush, options: Signal): Promise<PushedBlob>;
  hasManifest(
    reference: ImageReference & { readonly digest: Digest },
    mediaType: string,
    options: Signal,
  ): Promise<boolean>;
  /** Under the tag of the reference, or under its own digest where there is none. */
  pushManifest(reference: ImageReference, manifest: ManifestToPush, options: Signal): Promise<void>;
  pushReferrer(reference: ImageReference, referrer: ReferrerToPush, options: Signal): Promise<void>;
}

export function openPusher(parts: PushParts & RegistryParts): RegistryPusher {
  return {
    pushBlob: (reference, blob, o) => pushBlob(parts, reference, blob, o),
    hasManifest: (reference, mediaType, o) => hasManifest(parts, reference, mediaType, o),
    async pushManifest(reference, manifest, o) {
      await pushManifest(parts, reference, manifest, o);
    },
    pushReferrer: (reference, referrer, o) => pushReferrer(parts, reference, referrer, o),
  };
}
