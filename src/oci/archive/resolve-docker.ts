import { parseDigest, sha256Of } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Digest, Image, Layer, Platform } from '../../model/image.ts';
import { createdByOf, MAX_CONFIG_BYTES, parseImageConfig } from '../image-config.ts';
import { blobNotFound } from '../layout/oci-files.ts';
import type { Selection } from '../layout/select-entry.ts';
import { platformOf } from '../load-image.ts';
import { whyLayerIsSkipped } from '../media-types.ts';
import { checkPlatform } from '../resolve-image.ts';
import { parseDockerManifest, selectByTag, type DockerEntry } from './docker-manifest.ts';
import { invalid } from './tar-members.ts';

const MAX_MANIFEST_BYTES = 8 << 20;

/** What is known of a layer that lies in a Docker archive. */
export type DockerLayer = Pick<Layer, 'digest' | 'mediaType' | 'sizeBytes' | 'digestUnknown'>;

/** The content of a Docker archive, at rest or already read. */
export interface DockerFiles {
  /** @throws DrydockError MANIFEST_TOO_LARGE, ARCHIVE_LIMIT */
  document(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  layer(path: string, diffId: Digest): Promise<DockerLayer | undefined>;
}

/**
 * The image of a `docker save` archive. It has no manifest, so the image is known by its configuration's digest.
 *
 * @throws DrydockError ARCHIVE_INVALID, IMAGE_NOT_FOUND, SOURCE_AMBIGUOUS, PLATFORM_NOT_FOUND, BLOB_NOT_FOUND,
 *   BLOB_DIGEST_MISMATCH, IMAGE_CONFIG_INVALID
 */
export async function resolveDocker(
  files: DockerFiles,
  select: Selection,
  platform: Platform | undefined,
  name: string,
): Promise<Image> {
  const manifest = await files.document('manifest.json', MAX_MANIFEST_BYTES);
  if (!manifest) return invalid(name, 'has no manifest.json, so it is no Docker archive');
  const { entry, bytes } = await selectEntry(parseDockerManifest(manifest, name), files, select, name);
  const config = parseImageConfig(bytes, entry.layers.length, `the configuration ${entry.config} of ${name}`);
  const offered = platformOf(config);
  checkPlatform(offered, platform, name);
  const digest = sha256Of(bytes);
  const createdBy = createdByOf(config.history, entry.layers.length);
  const layers: Layer[] = [];
  for (const [i, path] of entry.layers.entries()) {
    const diffId = parseDigest(config.rootfs.diff_ids[i], `diffID ${i + 1} of ${name}`);
    const step = createdBy[i];
    const layer = await describeLayer(entry, path, diffId, files, name);
    layers.push({ ...layer, diffId, ...(step !== undefined && { createdBy: step }) });
  }
  return {
    name,
    kind: 'image',
    digest,
    configDigest: digest,
    platform: offered,
    config,
    layers,
    repoTags: entry.repoTags,
    repoDigests: [],
  };
}

async function describeLayer(
  entry: DockerEntry,
  path: string,
  diffId: Digest,
  files: DockerFiles,
  name: string,
): Promise<Omit<Layer, 'diffId'>> {
  const layer = await files.layer(path, diffId);
  if (layer) return layer;
  const mediaType = entry.layerTypes.get(diffId);
  const skipped = mediaType === undefined ? undefined : whyLayerIsSkipped(mediaType);
  if (mediaType === undefined || skipped === undefined) throw blobNotFound(path, name);
  return { digest: diffId, mediaType, sizeBytes: 0, skipped };
}

async function selectEntry(
  entries: readonly DockerEntry[],
  files: DockerFiles,
  select: Selection,
  name: string,
): Promise<{ entry: DockerEntry; bytes: Uint8Array }> {
  if (select.digest === undefined) {
    const entry = selectByTag(entries, select.tag, name);
    return { entry, bytes: await readConfig(entry, files, name) };
  }
  for (const entry of entries) {
    const bytes = await readConfig(entry, files, name);
    if (sha256Of(bytes) === select.digest) return { entry, bytes };
  }
  throw new DrydockError('IMAGE_NOT_FOUND', `${name} has no image with the ID ${select.digest}`, {
    hint: 'Images of a Docker archive are known by the digest of their configuration, the image ID.',
  });
}

async function readConfig(entry: DockerEntry, files: DockerFiles, name: string): Promise<Uint8Array> {
  const bytes = await files.document(entry.config, MAX_CONFIG_BYTES);
  if (!bytes) throw blobNotFound(entry.config, name);
  // Docker names it by its digest; other tools name it as they like.
  const hex = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(entry.config)?.[1];
  if (hex !== undefined && sha256Of(bytes) !== `sha256:${hex}`) {
    throw new DrydockError(
      'BLOB_DIGEST_MISMATCH',
      `${entry.config} of ${name} has other content than it says`,
    );
  }
  return bytes;
}
