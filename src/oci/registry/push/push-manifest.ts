import { algorithmOf, toDigest } from '../../../base/digest.ts';
import { DrydockError } from '../../../base/errors.ts';
import type { Signal } from '../../../base/signal.ts';
import type { Digest, ImageReference } from '../../../model/image.ts';
import { HttpFailure } from '../http-failure.ts';
import { discard, headerOf } from '../transport.ts';
import { manifestSubject, pushEndpoint, type PushParts } from './push-parts.ts';

export interface ManifestToPush {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly digest: Digest;
}

/** Whether a repository has a manifest already. */
export async function hasManifest(
  parts: PushParts,
  reference: ImageReference & { readonly digest: Digest },
  mediaType: string,
  options: Signal,
): Promise<boolean> {
  const endpoint = pushEndpoint(reference);
  const ask = async (): Promise<boolean> => {
    const path = `manifests/${reference.digest}`;
    try {
      const answer = await parts.exchange(
        endpoint,
        { method: 'HEAD', path, headers: { accept: mediaType } },
        options,
      );
      await discard(answer, options);
      return true;
    } catch (error) {
      if (error instanceof HttpFailure && (error.status === 404 || error.status === 405)) return false;
      throw error;
    }
  };
  return await parts.attempts.run(endpoint, manifestSubject(reference), ask, options);
}

/**
 * Puts a manifest under the tag of the reference, or under its digest where there is none.
 *
 * @returns whether the registry keeps referrers itself, for a manifest that has a subject
 * @throws DrydockError BLOB_DIGEST_MISMATCH where the registry says that it stored something else
 * @see OCI Distribution Spec 1.1, "Pushing Manifests"
 */
export async function pushManifest(
  parts: PushParts,
  reference: ImageReference,
  manifest: ManifestToPush,
  options: Signal,
): Promise<{ keepsReferrers: boolean }> {
  const { registry, repository, tag } = reference;
  const endpoint = pushEndpoint(reference);
  const target =
    tag === undefined ? { registry, repository, digest: manifest.digest } : { registry, repository, tag };
  const put = async (): Promise<{ stated: string | undefined; keepsReferrers: boolean }> => {
    const answer = await parts.exchange(
      endpoint,
      {
        method: 'PUT',
        path: `manifests/${encodeURIComponent(tag ?? '') || manifest.digest}`,
        headers: { 'content-type': manifest.mediaType },
        body: { sizeBytes: manifest.bytes.length, open: () => only(manifest.bytes) },
      },
      options,
    );
    await discard(answer, options);
    const { headers } = answer;
    return {
      stated: headerOf(headers, 'docker-content-digest'),
      keepsReferrers: headerOf(headers, 'oci-subject') !== undefined,
    };
  };
  const { stated, keepsReferrers } = await parts.attempts.run(
    endpoint,
    manifestSubject(target),
    put,
    options,
  );
  const digest = toDigest(stated?.trim());
  const isOther =
    digest !== undefined &&
    algorithmOf(digest) === algorithmOf(manifest.digest) &&
    digest !== manifest.digest;
  if (isOther) {
    throw new DrydockError(
      'BLOB_DIGEST_MISMATCH',
      `registry ${registry} stored manifest ${manifest.digest} as ${digest}`,
    );
  }
  return { keepsReferrers };
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
