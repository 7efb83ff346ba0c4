import type { Digest, ImageReference } from '../../../model/image.ts';
import { formatReference } from '../../reference.ts';
import { upstreamOf, type Endpoint } from '../endpoint.ts';
import type { Subject } from '../explain.ts';
import type { RegistryParts } from '../manifests.ts';

/** What all writers to a registry share. Mirrors are never written to. */
export type PushParts = Pick<RegistryParts, 'exchange' | 'attempts'> & {
  readonly isPlainHttp: (url: URL) => boolean;
};

/** The registry itself, to be shown a token that allows to push. */
export function pushEndpoint(reference: ImageReference, mountFrom?: string): Endpoint {
  return { ...upstreamOf(reference), push: mountFrom === undefined ? {} : { mountFrom } };
}

export function blobSubject({ registry, repository }: ImageReference, digest: Digest): Subject {
  const to = formatReference({ registry, repository });
  return { of: `blob ${digest} to ${to}`, missing: 'IMAGE_NOT_FOUND', isPushed: true };
}

export function manifestSubject(reference: ImageReference): Subject {
  return { of: `manifest of ${formatReference(reference)}`, missing: 'BLOB_NOT_FOUND', isPushed: true };
}
