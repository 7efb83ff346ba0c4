import { sha256Of } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Digest, Image, Layer } from '../../model/image.ts';
import { MAX_LAYERS, MAX_MANIFEST_BYTES } from '../../oci/manifest.ts';
import { DOCKER_LAYER } from '../../oci/media-types.ts';
import type { ImageSource } from '../../oci/source.ts';
import { parsedConfig, type BaseImage } from './base-image.ts';
import type { StoredDocument } from './documents.ts';
import { memberText, withElement, withMember } from './json-text.ts';
import type { WrittenLayer } from './layer.ts';
import { historyStep, MARKS, type Origin } from './patch-marks.ts';

/** What is said of a patch in the image itself. */
export interface PatchNote {
  /** RFC 3339; the same for the same inputs, so never the clock. */
  readonly created: string;
  /** Of the program. */
  readonly version: string;
  /** Stands for everything that the patch was made from. */
  readonly input?: string;
  readonly packages: readonly { readonly name: string; readonly to: string }[];
}

export interface PatchedImage {
  /** As it will be found when it is published. */
  readonly image: Image;
  readonly manifest: StoredDocument;
  readonly config: StoredDocument;
  readonly layer: WrittenLayer;
  readonly base: BaseImage;
}

const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const MAX_NAMED_PACKAGES = 200;

/**
 * The base with one layer more. Of its configuration only `created`, `history` and the layers change, of its manifest
 * the configuration, the layers and our annotations; all else stays as it is written there.
 *
 * @throws DrydockError IMAGE_TOO_MANY_LAYERS, MANIFEST_TOO_LARGE, IMAGE_CONFIG_INVALID
 */
export function patchedImage(base: BaseImage, layer: WrittenLayer, note: PatchNote): PatchedImage {
  if (base.image.layers.length >= MAX_LAYERS) {
    throw new DrydockError(
      'IMAGE_TOO_MANY_LAYERS',
      `${base.image.name} has ${MAX_LAYERS} layers, so that none can be added`,
    );
  }
  const added: Layer = {
    digest: layer.digest,
    diffId: layer.diffId,
    mediaType: base.isDocker ? `${DOCKER_LAYER}.gzip` : OCI_LAYER,
    sizeBytes: layer.sizeBytes,
  };
  const config = document(configText(base, layer.diffId, note), '');
  const manifest = document(manifestText(base, added, config, note), base.mediaType);
  if (manifest.bytes.length > MAX_MANIFEST_BYTES) {
    throw new DrydockError('MANIFEST_TOO_LARGE', `the patched manifest of ${base.image.name} is too large`);
  }
  const { repoTags: _tags, repoDigests: _digests, reference: _reference, ...image } = base.image;
  const layers = [...image.layers, added];
  return {
    image: {
      ...image,
      digest: manifest.digest,
      configDigest: config.digest,
      config: parsedConfig(new TextDecoder().decode(config.bytes), layers.length, base.image),
      layers,
      repoTags: [],
      repoDigests: [],
    },
    manifest,
    config,
    layer,
    base,
  };
}

/** The patched image before it is anywhere: its new layer is ours, the others are where the base is. */
export function patchedSource(patched: PatchedImage, source: ImageSource): ImageSource {
  return {
    isStreamed: true,
    resolve: () => Promise.resolve(patched.image),
    async openLayer(image, layer, options) {
      const isOurs = layer.digest === patched.layer.digest;
      if (isOurs) return { kind: 'stream', chunks: patched.layer.open() };
      return await source.openLayer(image, layer, options);
    },
    async [Symbol.asyncDispose]() {
      // the source is not ours
    },
  };
}

/** The annotations of a patched manifest or index. */
export function patchMarks(
  { digest, name }: Origin,
  note: PatchNote,
  layer: Digest | undefined,
): ReadonlyMap<string, string> {
  const marks: [string, string | undefined][] = [
    [MARKS.baseDigest, digest],
    [MARKS.baseName, name],
    [MARKS.created, note.created],
    [MARKS.version, note.version],
    [MARKS.input, note.input],
    [MARKS.packages, namedPackages(note)],
    [MARKS.layer, layer],
  ];
  return new Map(marks.filter((mark): mark is [string, string] => mark[1] !== undefined));
}

export function withAnnotations(document: string, marks: ReadonlyMap<string, string>): string {
  const known = memberText(document, 'annotations');
  let annotations = known?.startsWith('{') ? known : '{}';
  for (const [key, value] of marks) annotations = withMember(annotations, key, JSON.stringify(value));
  return withMember(document, 'annotations', annotations);
}

export function document(text: string, mediaType: string): StoredDocument {
  const bytes = Buffer.from(text);
  return { bytes, mediaType, digest: sha256Of(bytes) };
}

function configText({ config, origin }: BaseImage, diffId: Digest, note: PatchNote): string {
  const rootfs = memberText(config, 'rootfs') ?? '{"type":"layers"}';
  const diffIds = withElement(arrayOr(memberText(rootfs, 'diff_ids')), JSON.stringify(diffId));
  let text = withMember(config, 'created', JSON.stringify(note.created));
  text = withMember(text, 'rootfs', withMember(rootfs, 'diff_ids', diffIds));
  const history = memberText(text, 'history');
  // Where nobody kept a history, ours alone would be one of other layers.
  if (!history?.startsWith('[')) return text;
  const step = historyStep(origin, { ...note, packages: note.packages.length });
  return withMember(text, 'history', withElement(history, JSON.stringify(step)));
}

function manifestText(base: BaseImage, added: Layer, config: StoredDocument, note: PatchNote): string {
  const { mediaType, digest, sizeBytes: size } = added;
  const layers = arrayOr(memberText(base.manifest, 'layers'));
  let text = withMember(base.manifest, 'config', configDescriptor(base, config));
  text = withMember(text, 'layers', withElement(layers, JSON.stringify({ mediaType, digest, size })));
  // Docker's schema 2 knows no annotations.
  return base.isDocker ? text : withAnnotations(text, patchMarks(base.origin, note, digest));
}

function configDescriptor({ manifest }: BaseImage, { digest, bytes }: StoredDocument): string {
  let descriptor = memberText(manifest, 'config') ?? '{}';
  descriptor = withMember(descriptor, 'digest', JSON.stringify(digest));
  descriptor = withMember(descriptor, 'size', String(bytes.length));
  if (memberText(descriptor, 'data') === undefined) return descriptor;
  return withMember(descriptor, 'data', JSON.stringify(Buffer.from(bytes).toString('base64')));
}

function arrayOr(text: string | undefined): string {
  return text?.startsWith('[') ? text : '[]';
}

function namedPackages({ packages }: PatchNote): string {
  const named = packages.map(({ name, to }) => `${name}=${to}`).sort();
  const more = named.length - MAX_NAMED_PACKAGES;
  return named.slice(0, MAX_NAMED_PACKAGES).join(',') + (more > 0 ? `,+${more}` : '');
}
