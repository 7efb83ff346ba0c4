import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Image, ImageConfig } from '../../model/image.ts';
import { MAX_CONFIG_BYTES, parseImageConfig } from '../../oci/image-config.ts';
import { parseJsonObject, type JsonObject } from '../../oci/json.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { bareMediaType, DOCKER_CONFIG, DOCKER_MANIFEST, OCI_MANIFEST } from '../../oci/media-types.ts';
import type { ImageDocuments } from './documents.ts';
import { elementTexts, hasTwice, memberText, withElements, withMember } from './json-text.ts';
import { earlierPatch, isPatchStep, type EarlierPatch, type Origin } from './patch-marks.ts';

/** What a patch is put upon: an image as it is stored, without the patch that it may have had. */
export interface BaseImage {
  /** To look into, plan for and scan. Its digest is that of the image which was asked for. */
  readonly image: Image;
  readonly origin: Origin;
  /** The patch that was taken off. */
  readonly earlier?: EarlierPatch;
  /** JSON. */
  readonly manifest: string;
  /** JSON. */
  readonly config: string;
  readonly mediaType: string;
  readonly isDocker: boolean;
}

const CHANGED_IN_MANIFEST = ['config', 'layers', 'annotations'];
const CHANGED_IN_CONFIG = ['created', 'history', 'rootfs'];

/**
 * Reads what an image is made of. Of an image that was patched before, the patch is taken off, so that there is never
 * more than one and the same packages give the same image again.
 *
 * @throws DrydockError MANIFEST_INVALID, IMAGE_CONFIG_INVALID, and what the documents throw
 */
export async function readBase(
  documents: ImageDocuments,
  image: Image,
  { signal }: Signal,
): Promise<BaseImage> {
  const of = `manifest of ${image.name}`;
  const stored = await documents.manifest({ digest: image.digest }, { signal });
  const parsed = parseManifest(stored.bytes, [stored.mediaType], of);
  if (parsed.kind === 'index') throw new DrydockError('MANIFEST_INVALID', `${of} is an index`);
  const configBytes = await documents.blob(parsed.config, MAX_CONFIG_BYTES, { signal });
  const manifestJson = parseJsonObject(stored.bytes, { code: 'MANIFEST_INVALID', of });
  const configJson = parseJsonObject(configBytes, {
    code: 'IMAGE_CONFIG_INVALID',
    of: `configuration of ${image.name}`,
  });
  const manifest = textOf(stored.bytes);
  const config = textOf(configBytes);
  refuseTwins(manifest, CHANGED_IN_MANIFEST, of);
  refuseTwins(config, CHANGED_IN_CONFIG, `configuration of ${image.name}`);
  const mediaType = mediaTypeOf(manifestJson, stored.mediaType, parsed.config.mediaType);
  const base = { image, manifest, config, mediaType, isDocker: mediaType === DOCKER_MANIFEST };
  const earlier = earlierPatch(manifestJson, configJson);
  if (!earlier) return { ...base, origin: originOf(image) };
  return { ...withoutPatch(base), origin: earlier.origin, earlier };
}

/** Named only where the name is good for others too: a path on this machine is not. */
function originOf({ digest, reference }: Image): Origin {
  if (reference?.tag === undefined) return { digest };
  return { digest, name: `${reference.registry}/${reference.repository}:${reference.tag}` };
}

/** A manifest that does not say what it is is of the kind of its configuration. */
function mediaTypeOf(manifest: JsonObject, stored: string, config: string): string {
  const said = manifest['mediaType'];
  const type = bareMediaType(typeof said === 'string' && said !== '' ? said : stored);
  if (type === OCI_MANIFEST || type === DOCKER_MANIFEST) return type;
  return bareMediaType(config) === DOCKER_CONFIG ? DOCKER_MANIFEST : OCI_MANIFEST;
}

/** Parsers differ in which of two equal keys they take, so that changing one would change nothing for some. */
function refuseTwins(object: string, keys: readonly string[], of: string): void {
  const twice = keys.find((key) => hasTwice(object, key));
  if (twice === undefined) return;
  throw new DrydockError('MANIFEST_INVALID', `the ${of} holds ${JSON.stringify(twice)} twice`);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function withoutPatch<T extends { image: Image; manifest: string; config: string }>(base: T): T {
  const { image } = base;
  const manifest = withMember(base.manifest, 'layers', withoutLast(memberText(base.manifest, 'layers')));
  const rootfs = memberText(base.config, 'rootfs') ?? '{}';
  const diffIds = withoutLast(memberText(rootfs, 'diff_ids'));
  let config = withMember(base.config, 'rootfs', withMember(rootfs, 'diff_ids', diffIds));
  const history = memberText(config, 'history');
  if (history?.startsWith('[')) config = withMember(config, 'history', withoutPatchStep(history));
  const layers = image.layers.slice(0, -1);
  return {
    ...base,
    manifest,
    config,
    image: { ...image, layers, config: parsedConfig(config, layers.length, image) },
  };
}

function withoutLast(array = '[]'): string {
  let left = elementTexts(array).length;
  return withElements(array, (element) => (--left === 0 ? undefined : element));
}

function withoutPatchStep(history: string): string {
  const steps = elementTexts(history);
  const last = steps.findLastIndex((step) => isPatchStep(JSON.parse(step)));
  let index = -1;
  return withElements(history, (step) => (++index === last ? undefined : step));
}

export function parsedConfig(config: string, layers: number, { name }: Image): ImageConfig {
  return parseImageConfig(Buffer.from(config), layers, `the configuration of ${name}`);
}
