import type { Signal } from '../base/signal.ts';
import { DrydockError } from '../base/errors.ts';
import type { Digest, Image, ImageConfig, ImageReference, Layer, Platform } from '../model/image.ts';
import { checkBytes } from './checked-bytes.ts';
import { createdByOf, MAX_CONFIG_BYTES, parseImageConfig } from './image-config.ts';
import type { ImageManifest } from './manifest.ts';
import { isImageConfigType, whyLayerIsSkipped } from './media-types.ts';
import { normalise } from './platform.ts';
import { quoted } from './quoted.ts';

/** Gives the documents of an image, from wherever it lies. */
export interface ManifestReader {
  manifest(
    descriptor: { digest: Digest; sizeBytes?: number; mediaType?: string },
    options: Signal,
  ): Promise<{ bytes: Uint8Array; mediaType: string; digest: Digest }>;
  /** @param maxBytes more is refused before it is read */
  blob(
    descriptor: { digest: Digest; sizeBytes?: number },
    maxBytes: number,
    options: Signal,
  ): Promise<Uint8Array>;
}

/** Under which names an image is known. */
export interface ImageNaming {
  readonly name: string;
  readonly reference?: ImageReference;
  readonly repoTags: readonly string[];
  readonly repoDigestOf?: (manifestDigest: Digest) => readonly string[];
}

/** A manifest for one platform together with its configuration. */
export interface LoadedImage {
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly platform: Platform;
}

/**
 * Reads the configuration that makes a manifest an image.
 * @throws DrydockError MANIFEST_UNSUPPORTED for artifacts and attestations, IMAGE_CONFIG_INVALID, and the reader's
 */
export async function loadImage(
  manifest: ImageManifest,
  digest: Digest,
  reader: ManifestReader,
  name: string,
  options: Signal,
): Promise<LoadedImage> {
  if (!isImageConfigType(manifest.config.mediaType)) {
    refuseArtifact(manifest.artifactType ?? manifest.config.mediaType, name);
  }
  const of = `the configuration of ${name}`;
  if (manifest.config.sizeBytes > MAX_CONFIG_BYTES) {
    throw new DrydockError('MANIFEST_TOO_LARGE', `${of} is larger than ${MAX_CONFIG_BYTES} bytes`);
  }
  const bytes = await reader.blob(manifest.config, MAX_CONFIG_BYTES, options);
  checkBytes(bytes, manifest.config, of);
  const config = parseImageConfig(bytes, manifest.layers.length, of);
  if (config.os === 'unknown' && config.architecture === 'unknown') refuseArtifact('attestation', name);
  return { digest, manifest, config, platform: platformOf(config) };
}

/** The platform a configuration states; Linux where it states no system. */
export function platformOf(config: ImageConfig): Platform {
  return normalise({
    os: config.os === '' ? 'linux' : config.os,
    architecture: config.architecture === '' ? 'unknown' : config.architecture,
    ...(config.variant !== undefined && { variant: config.variant }),
  });
}

export function toImage(loaded: LoadedImage, naming: ImageNaming): Image {
  return {
    name: naming.name,
    kind: 'image',
    ...(naming.reference && { reference: naming.reference }),
    digest: loaded.digest,
    configDigest: loaded.manifest.config.digest,
    platform: loaded.platform,
    config: loaded.config,
    layers: layersOf(loaded),
    repoTags: naming.repoTags,
    repoDigests: naming.repoDigestOf?.(loaded.digest) ?? [],
  };
}

function layersOf({ manifest, config }: LoadedImage): Layer[] {
  const createdBy = createdByOf(config.history, manifest.layers.length);
  return manifest.layers.flatMap((layer, i) => {
    const diffId = config.rootfs.diff_ids[i];
    if (diffId === undefined) return []; // cannot be: parseImageConfig has counted them
    const [step, skipped] = [createdBy[i], whyLayerIsSkipped(layer.mediaType)];
    return {
      digest: layer.digest,
      diffId,
      mediaType: layer.mediaType,
      sizeBytes: layer.sizeBytes,
      ...(step !== undefined && { createdBy: step }),
      ...(skipped !== undefined && { skipped }),
    };
  });
}

function refuseArtifact(type: string, name: string): never {
  throw new DrydockError(
    'MANIFEST_UNSUPPORTED',
    `${name} is an artifact of type ${quoted(type)}, not an image`,
  );
}
