import { DrydockError } from '../base/errors.ts';
import type { Digest, Platform } from '../model/image.ts';
import { parseDigest } from '../base/digest.ts';
import { fault, isObject, listOf, parseJsonObject, textOf, type Document, type JsonObject } from './json.ts';
import { bareMediaType, manifestTypeOf } from './media-types.ts';
import { quoted } from './quoted.ts';

/** @see OCI Distribution Spec 1.1, "Pushing manifests": at least 4 MiB shall be taken, and nobody takes more. */
export const MAX_MANIFEST_BYTES = 4 << 20;
export const MAX_LAYERS = 1000;
const MAX_INDEX_ENTRIES = 1000;
const MAX_MEDIA_TYPE_CHARS = 255;
const MAX_PLATFORM_CHARS = 100;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly artifactType?: string;
  readonly platform?: Platform;
  readonly annotations: ReadonlyMap<string, string>;
}

export interface ImageManifest {
  readonly kind: 'manifest';
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
}

export type Manifest = ImageManifest | ImageIndex;

/**
 * Reads an OCI or Docker schema 2 manifest or index.
 * @param declared what descriptor and Content-Type called it; `''` where nobody did
 * @param of for messages, as in "the manifest of alpine:3"
 *
 * @throws DrydockError MANIFEST_INVALID, MANIFEST_UNSUPPORTED, MANIFEST_TOO_LARGE, DIGEST_INVALID,
 *   IMAGE_TOO_MANY_LAYERS
 */
export function parseManifest(bytes: Uint8Array, declared: readonly string[], of: string): Manifest {
  const document: Document = { code: 'MANIFEST_INVALID', of };
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new DrydockError('MANIFEST_TOO_LARGE', `${of} is larger than ${MAX_MANIFEST_BYTES} bytes`);
  }
  // Told by its name first: a signed schema 1 manifest need not even be one JSON document.
  for (const mediaType of declared) refuseUnsupported(mediaType, of);
  const json = parseJsonObject(bytes, document);
  return toManifest(json, declared, document);
}

/** As {@link parseManifest}, for JSON already parsed. */
export function toManifest(json: JsonObject, declared: readonly string[], document: Document): Manifest {
  checkSchemaVersion(json, document);
  const kind = kindOf(json, declared, document);
  return kind === 'index' ? toIndex(json, document) : toImageManifest(json, document);
}

function checkSchemaVersion(json: JsonObject, document: Document): void {
  const version = json['schemaVersion'];
  if (version === 1) refuseSchema1(document.of);
  if (version !== undefined && version !== 2) {
    throw new DrydockError('MANIFEST_UNSUPPORTED', `${document.of} is of an unknown schema version`);
  }
}

/** What all who name a type agree on; what it looks like when nobody does. */
function kindOf(json: JsonObject, declared: readonly string[], document: Document): Manifest['kind'] {
  const isIndex = json['manifests'] !== undefined;
  const isManifest = json['layers'] !== undefined || json['config'] !== undefined;
  // Two readers could take such a document for two different things (CVE-2021-41190).
  if (isIndex && isManifest) fault(document, 'is a manifest and an index at once');

  const body = json['mediaType'];
  if (body !== undefined && typeof body !== 'string') fault(document, 'has a media type that is no text');
  const named = [...declared, body ?? ''].filter((type) => manifestTypeOf(type) !== 'unsaid');
  for (const mediaType of named) refuseUnsupported(mediaType, document.of);
  const [first, ...others] = new Set(named.map(bareMediaType));
  if (first !== undefined && others.length > 0) {
    fault(document, `is called both ${quoted(first)} and ${quoted(others[0] ?? '')}`);
  }

  const said = first === undefined ? undefined : manifestTypeOf(first);
  if (said === 'index' && isManifest) fault(document, 'is called an index but is a manifest');
  if (said === 'manifest' && isIndex) fault(document, 'is called a manifest but is an index');
  if (said === 'index' || said === 'manifest') return said;
  if (!isIndex && !isManifest) fault(document, 'is neither a manifest nor an index');
  return isIndex ? 'index' : 'manifest';
}

function refuseUnsupported(mediaType: string, of: string): void {
  const type = manifestTypeOf(mediaType);
  if (type === 'schema-1') refuseSchema1(of);
  if (type === 'other') {
    throw new DrydockError('MANIFEST_UNSUPPORTED', `${of} is of type ${quoted(mediaType)}, not an image`);
  }
}

function refuseSchema1(of: string): never {
  throw new DrydockError('MANIFEST_UNSUPPORTED', `${of} is a Docker schema 1 manifest, which is out of use`, {
    hint: 'Pull it with an old Docker and push it again with a current tool, which writes schema 2 or OCI.',
  });
}

function toIndex(json: JsonObject, document: Document): ImageIndex {
  const entries = listOf(json['manifests'], 'manifests', document);
  if (entries.length > MAX_INDEX_ENTRIES) {
    throw new DrydockError(
      'MANIFEST_TOO_LARGE',
      `${document.of} lists more than ${MAX_INDEX_ENTRIES} manifests`,
    );
  }
  return {
    kind: 'index',
    manifests: entries.map((entry, i) => toDescriptor(entry, `manifest ${i + 1}`, document)),
  };
}

function toImageManifest(json: JsonObject, document: Document): ImageManifest {
  const layers = listOf(json['layers'], 'layers', document);
  if (layers.length > MAX_LAYERS) {
    throw new DrydockError('IMAGE_TOO_MANY_LAYERS', `${document.of} has more than ${MAX_LAYERS} layers`);
  }
  const artifactType = mediaTypeOf(json['artifactType'], 'artifactType', document);
  return {
    kind: 'manifest',
    ...(artifactType !== undefined && { artifactType }),
    config: toDescriptor(json['config'], 'config', document),
    layers: layers.map((layer, i) => toDescriptor(layer, `layer ${i + 1}`, document)),
  };
}

function toDescriptor(value: unknown, field: string, document: Document): Descriptor {
  if (!isObject(value)) return fault(document, `has no descriptor for its ${field}`);
  const sizeBytes = value['size'];
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    return fault(document, `has no sound size for its ${field}`);
  }
  const artifactType = mediaTypeOf(value['artifactType'], field, document);
  const platform = toPlatform(value['platform']);
  return {
    mediaType: mediaTypeOf(value['mediaType'], field, document) ?? '',
    digest: parseDigest(value['digest'], `${field} in ${document.of}`),
    sizeBytes,
    ...(artifactType !== undefined && { artifactType }),
    ...(platform !== undefined && { platform }),
    annotations: annotationsOf(value['annotations']),
  };
}

function mediaTypeOf(value: unknown, field: string, document: Document): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.length <= MAX_MEDIA_TYPE_CHARS) return value;
  return fault(document, `has no sound media type for its ${field}`);
}

/** A platform that says too little is none: the configuration is asked instead. */
function toPlatform(value: unknown): Platform | undefined {
  if (!isObject(value)) return undefined;
  const field = (name: string): string | undefined => {
    const text = textOf(value[name]);
    return text !== undefined && text !== '' && text.length <= MAX_PLATFORM_CHARS ? text : undefined;
  };
  const [os, architecture, variant] = [field('os'), field('architecture'), field('variant')];
  const osVersion = field('os.version');
  if (os === undefined || architecture === undefined) return undefined;
  return {
    os,
    architecture,
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { osVersion }),
  };
}

function annotationsOf(value: unknown): ReadonlyMap<string, string> {
  const annotations = new Map<string, string>();
  if (!isObject(value)) return annotations;
  for (const [key, text] of Object.entries(value)) if (typeof text === 'string') annotations.set(key, text);
  return annotations;
}
