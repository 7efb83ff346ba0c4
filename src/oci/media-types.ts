import { quoted } from './quoted.ts';

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
export const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar';

/** What to ask a registry for: everything that may lead to an image. */
export const ACCEPTED_MANIFESTS: readonly string[] = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST];

const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+(?:json|prettyjws)$/;
const LAYER =
  /^application\/vnd\.(?:oci\.image\.layer\.v1|docker\.image\.rootfs\.diff)\.tar(?:[.+](?:gzip|zstd))?$/;
const FOREIGN =
  /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.v1|docker\.image\.rootfs\.foreign\.diff)\.tar/;

/** What servers and old tools say when they mean nothing by it. */
const UNSAID: ReadonlySet<string> = new Set([
  '',
  'application/json',
  'application/octet-stream',
  'binary/octet-stream',
  'text/plain',
  'text/html',
]);

/** Older pushes and some servers give image configurations these types, as Docker's own puller knows. */
const CONFIG: ReadonlySet<string> = new Set([
  OCI_CONFIG,
  DOCKER_CONFIG,
  '',
  'application/json',
  'application/octet-stream',
  'text/html',
]);

export type ManifestType = 'manifest' | 'index' | 'schema-1' | 'unsaid' | 'other';

/** The type without parameters and case, as a Content-Type may carry them. */
export function bareMediaType(text: string): string {
  const semicolon = text.indexOf(';');
  return (semicolon < 0 ? text : text.slice(0, semicolon)).trim().toLowerCase();
}

/** What kind of document a manifest media type promises. */
export function manifestTypeOf(mediaType: string): ManifestType {
  const bare = bareMediaType(mediaType);
  if (bare === OCI_MANIFEST || bare === DOCKER_MANIFEST) return 'manifest';
  if (bare === OCI_INDEX || bare === DOCKER_LIST) return 'index';
  if (SCHEMA_1.test(bare)) return 'schema-1';
  return UNSAID.has(bare) ? 'unsaid' : 'other';
}

export function isImageConfigType(mediaType: string): boolean {
  return CONFIG.has(bareMediaType(mediaType));
}

/** Why a layer of this type is not read, or undefined when it is. */
export function whyLayerIsSkipped(mediaType: string): string | undefined {
  const bare = bareMediaType(mediaType);
  if (LAYER.test(bare)) return undefined;
  if (bare.endsWith('+encrypted')) return 'unscanned: encrypted layer';
  if (FOREIGN.test(bare)) return 'unscanned: foreign (non-distributable) layer, not fetched';
  return `unscanned: media type ${bare === '' ? 'missing' : quoted(bare)}`;
}
