import { algorithmOf, hexOf, sha256Of } from '../../../base/digest.ts';
import { DrydockError } from '../../../base/errors.ts';
import type { Signal } from '../../../base/signal.ts';
import type { Digest, ImageReference } from '../../../model/image.ts';
import { isObject, listOf, parseJsonObject } from '../../json.ts';
import { OCI_INDEX } from '../../media-types.ts';
import { fetchManifest, type RegistryParts } from '../manifests.ts';
import { pushManifest, type ManifestToPush } from './push-manifest.ts';
import type { PushParts } from './push-parts.ts';

/** A manifest that speaks of another one. */
export interface ReferrerToPush extends ManifestToPush {
  readonly subject: Digest;
  readonly artifactType: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const MAX_REFERRERS = 1000;
/** Others may write the same index; who finds that he was overwritten writes again. */
const MAX_ROUNDS = 5;

/**
 * Puts a referrer. Where the registry does not keep referrers itself, the index that takes their place is brought up to
 * date, under a tag made of the subject's digest.
 *
 * @throws DrydockError REGISTRY_BUSY when others write that index all the time
 * @see OCI Distribution Spec 1.1, "Pushing Manifests with Subject", "Referrers Tag Schema"
 */
export async function pushReferrer(
  parts: PushParts & RegistryParts,
  { registry, repository }: ImageReference,
  referrer: ReferrerToPush,
  options: Signal,
): Promise<void> {
  const { keepsReferrers } = await pushManifest(parts, { registry, repository }, referrer, options);
  if (keepsReferrers) return;
  const reference = { registry, repository, tag: referrersTag(referrer.subject) };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const known = await knownReferrers(parts, reference, options);
    if (known.some((entry) => isObject(entry) && entry['digest'] === referrer.digest)) return;
    const kept = known.slice(-(MAX_REFERRERS - 1));
    await pushManifest(parts, reference, indexOf([...kept, descriptorOf(referrer)]), options);
  }
  throw new DrydockError(
    'REGISTRY_BUSY',
    `the referrers of ${referrer.subject} in ${registry} are changed by others all the time`,
  );
}

/** `sha256-<hex>` @see OCI Distribution Spec 1.1, "Referrers Tag Schema" */
export function referrersTag(subject: Digest): string {
  return `${algorithmOf(subject).slice(0, 32)}-${hexOf(subject).slice(0, 64)}`;
}

async function knownReferrers(
  parts: RegistryParts,
  reference: ImageReference,
  options: Signal,
): Promise<readonly unknown[]> {
  const document = { code: 'REGISTRY_PROTOCOL', of: `index of referrers ${reference.tag ?? ''}` } as const;
  try {
    const { bytes } = await fetchManifest(parts, reference, options);
    return listOf(parseJsonObject(bytes, document)['manifests'], 'manifests', document);
  } catch (error) {
    if (error instanceof DrydockError && error.code === 'IMAGE_NOT_FOUND') return [];
    throw error;
  }
}

function descriptorOf({ bytes, mediaType, digest, artifactType, annotations }: ReferrerToPush): object {
  return { mediaType, digest, size: bytes.length, artifactType, annotations };
}

function indexOf(manifests: readonly unknown[]): ManifestToPush {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  return { bytes, mediaType: OCI_INDEX, digest: sha256Of(bytes) };
}
