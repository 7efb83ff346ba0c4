import type { Digest, ImageReference } from '../../model/image.ts';
import { formatReference } from '../reference.ts';
import { resolveImage } from '../resolve-image.ts';
import type { ImageSource } from '../source.ts';
import type { RegistryClient } from './registry.ts';

/**
 * An image in a registry. Its layers are pulled as they are read; the client stays the caller's to close.
 * @param name what the user asked for
 */
export function registryImageSource(
  client: RegistryClient,
  reference: ImageReference,
  name: string,
): ImageSource {
  const { registry, repository, tag } = reference;
  const at = (digest: Digest): ImageReference => ({ registry, repository, digest });
  return {
    async resolve(platform, options) {
      const root = await client.fetchManifest(reference, options);
      const naming = {
        name,
        reference,
        repoTags: tag === undefined ? [] : [formatReference({ registry, repository, tag })],
        // As `docker pull` records it: the digest that leads to the image on every platform.
        repoDigestOf: () => [formatReference(at(root.digest))],
      };
      const reader = {
        manifest: ({ digest }: { digest: Digest }, o: typeof options) => client.fetchManifest(at(digest), o),
        blob: (blob: { digest: Digest; sizeBytes?: number }, maxBytes: number, o: typeof options) =>
          client.readBlob(reference, blob, maxBytes, o),
      };
      return resolveImage(root, platform, reader, naming, options);
    },
    async openLayer(_image, layer, options) {
      return { kind: 'stream', chunks: client.openBlob(reference, layer, options) };
    },
    async [Symbol.asyncDispose]() {
      // the client is not ours
    },
  };
}
