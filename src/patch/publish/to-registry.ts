import { DrydockError } from '../../base/errors.ts';
import { limitTo } from '../../base/limit.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, ImageReference } from '../../model/image.ts';
import { formatReference } from '../../oci/reference.ts';
import type { WritableRegistry } from '../../oci/registry/registry.ts';
import type { BlobToPush, PushedBlob } from '../../oci/registry/push/upload-blob.ts';
import type { Publication, PublishedManifest } from './publication.ts';
import type { Referrer } from './referrer.ts';

export interface RegistryTarget {
  /** Without a tag the image is found by its digest only. */
  readonly reference: ImageReference;
  /** What was patched, and what its tag led to then: it must still be so when the new tag is written. */
  readonly source?: {
    readonly reference: ImageReference;
    readonly digest: Digest;
    readonly registry: SourceRegistry;
  };
  /** The tag of the source may be moved to the patched image. */
  readonly overwriteSource?: boolean;
}

export type SourceRegistry = Pick<WritableRegistry, 'resolveDigest'>;

export interface PublishedToRegistry {
  readonly reference: ImageReference & { readonly digest: Digest };
  readonly blobs: Readonly<Record<PushedBlob, number>>;
  readonly uploadedBytes: number;
}

const BLOBS_AT_ONCE = 3;

/**
 * Pushes an image: blobs, then what names them, then what speaks of it, and the tag at the very end. Whatever fails
 * before leaves no more than what no name leads to.
 *
 * @throws DrydockError USAGE_INVALID where the tag would replace the source's unasked, SOURCE_MOVED, and what the
 *   registries throw
 */
export async function publishToRegistry(
  registry: WritableRegistry,
  publication: Publication,
  referrers: readonly Referrer[],
  target: RegistryTarget,
  { signal }: Signal,
): Promise<PublishedToRegistry> {
  refuseToReplace(target);
  const place = { registry: target.reference.registry, repository: target.reference.repository };
  const counts = { present: 0, mounted: 0, uploaded: 0 };
  let uploadedBytes = 0;
  for (const manifest of publication.manifests) {
    if (manifest.isUnchanged && (await isThere(manifest))) continue;
    await pushBlobs(manifest.blobs, publication.at);
    await registry.push.pushManifest(place, manifest.document, { signal });
  }
  // Some registries keep referrers behind a tag, which would stay.
  if (referrers.length > 0) await checkSource(target, signal);
  for (const { manifest, blobs } of referrers) {
    await pushBlobs(blobs, undefined);
    await registry.push.pushReferrer(place, manifest, { signal });
  }
  await checkSource(target, signal);
  const { root } = publication;
  if (target.reference.tag !== undefined) {
    await registry.push.pushManifest({ ...place, tag: target.reference.tag }, root, { signal });
  }
  const { tag } = target.reference;
  return {
    reference: { ...place, ...(tag !== undefined && { tag }), digest: root.digest },
    blobs: counts,
    uploadedBytes,
  };

  function isThere({ document: { digest, mediaType } }: PublishedManifest): Promise<boolean> {
    return registry.push.hasManifest({ ...place, digest }, mediaType, { signal });
  }

  async function pushBlobs(blobs: readonly BlobToPush[], at: Publication['at']): Promise<void> {
    // The first failure ends the others: nobody shall wait for the upload of what will not be used.
    const failing = new AbortController();
    const either = AbortSignal.any([signal, failing.signal]);
    const limiter = limitTo(BLOBS_AT_ONCE);
    const distinct = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
    const pushed = distinct.map((blob) =>
      limiter
        .run(() => pushOne(mountable(blob, at, place), either), { signal: either })
        .catch((error: unknown) => {
          failing.abort(error);
          throw error;
        }),
    );
    const outcomes = await Promise.allSettled(pushed);
    signal.throwIfAborted();
    if (failing.signal.aborted) throw failing.signal.reason;
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async function pushOne(blob: BlobToPush, either: AbortSignal): Promise<void> {
    const how = await registry.push.pushBlob(place, blob, { signal: either });
    counts[how]++;
    if (how === 'uploaded') uploadedBytes += blob.sizeBytes;
  }
}

/** A blob of another repository of the same registry need not travel. */
function mountable(blob: BlobToPush, at: Publication['at'], target: ImageReference): BlobToPush {
  const isNear = at?.registry === target.registry && at.repository !== target.repository;
  return isNear ? { ...blob, mountFrom: at.repository } : blob;
}

/** @throws DrydockError USAGE_INVALID where the tag would replace the source's unasked */
export function refuseToReplace({ reference, source, overwriteSource = false }: RegistryTarget): void {
  const from = source?.reference;
  const isSame =
    from?.registry === reference.registry &&
    from.repository === reference.repository &&
    reference.tag !== undefined &&
    from.tag === reference.tag;
  if (!isSame || overwriteSource) return;
  throw new DrydockError('USAGE_INVALID', `the patched image would replace ${formatReference(reference)}`, {
    hint: 'Give it another tag, or allow that the tag of the source is overwritten.',
  });
}

/**
 * Somebody may have pushed a newer image meanwhile, which the patched one would hide.
 *
 * @throws DrydockError SOURCE_MOVED
 */
export async function checkSource(
  { source }: Pick<RegistryTarget, 'source'>,
  signal: AbortSignal,
): Promise<void> {
  const moved = source && (await movedSource(source, signal));
  if (moved === undefined) return;
  throw new DrydockError('SOURCE_MOVED', `${moved}; nothing was tagged`, { hint: 'Patch the image again.' });
}

/** Where the tag of the source leads by now, for people; undefined where it is as it was. */
export async function movedSource(
  { reference, registry: client, digest }: NonNullable<RegistryTarget['source']>,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Who named a digest wants that one, wherever the tag leads by now.
  if (reference.tag === undefined || reference.digest !== undefined) return undefined;
  const { registry, repository, tag } = reference;
  const now = await client.resolveDigest({ registry, repository, tag }, { signal });
  const name = formatReference({ registry, repository, tag });
  return now === digest ? undefined : `${name} is ${now} now, while ${digest} was patched`;
}
