import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, ImageReference } from '../../model/image.ts';
import { parseReference } from '../../oci/reference.ts';
import { databaseLayer, type DatabaseArtifact } from './artifact.ts';
import type { PublishedAs } from './database-kind.ts';

/** What is asked of a registry. */
export interface DatabaseRegistry {
  fetchManifest(
    reference: ImageReference,
    options: Signal,
  ): Promise<{ readonly bytes: Uint8Array; readonly mediaType: string; readonly digest: Digest }>;
  openBlob(
    reference: ImageReference,
    blob: { readonly digest: Digest; readonly sizeBytes: number },
    options: Signal & { readonly offset?: number },
  ): AsyncIterable<Uint8Array>;
}

/**
 * The database under a name in a registry.
 * @param name `host/repository[:tag][@digest]`
 *
 * @throws DrydockError REFERENCE_INVALID, those of registries and manifests, DATABASE_UNSUPPORTED
 */
export async function registryArtifact(
  name: string,
  registry: DatabaseRegistry,
  kind: PublishedAs,
  options: Signal,
): Promise<DatabaseArtifact> {
  const reference = toReference(name, kind.tag);
  const { bytes, mediaType } = await registry.fetchManifest(reference, options);
  const layer = databaseLayer(bytes, mediaType, name, kind);
  return {
    digest: layer.digest,
    sizeBytes: layer.sizeBytes,
    open: (offset, { signal }) =>
      registry.openBlob(reference, layer, { signal, ...(offset > 0 && { offset }) }),
  };
}

function toReference(name: string, tag: string): ImageReference {
  const isTagged = name.includes('@') || name.slice(name.lastIndexOf('/') + 1).includes(':');
  const reference = parseReference(isTagged ? name : `${name}:${tag}`);
  if (reference.registry === 'docker.io' && !name.includes('/')) {
    throw new DrydockError(
      'REFERENCE_INVALID',
      `${JSON.stringify(name)} names neither a registry nor a file`,
      {
        hint: 'Write host/repository:tag, oci:DIRECTORY, or the path of an archive with a slash in it.',
      },
    );
  }
  return reference;
}
