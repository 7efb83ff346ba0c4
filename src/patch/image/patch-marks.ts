import { toDigest } from '../../base/digest.ts';
import type { Digest } from '../../model/image.ts';
import { isObject, textOf, type JsonObject } from '../../oci/json.ts';

/** What a manifest is told that was patched, and what tells it from others later. */
export const MARKS = {
  baseDigest: 'org.opencontainers.image.base.digest',
  baseName: 'org.opencontainers.image.base.name',
  created: 'org.opencontainers.image.created',
  version: 'dev.drydock.patch.version',
  input: 'dev.drydock.patch.input',
  packages: 'dev.drydock.patch.packages',
  layer: 'dev.drydock.patch.layer',
} as const;

/** The image that was patched. */
export interface Origin {
  readonly digest: Digest;
  /** As it was asked for then. */
  readonly name?: string;
}

/** An earlier patch: its layer is the last one. */
export interface EarlierPatch {
  readonly origin: Origin;
  readonly version: string;
  /** What it was made from, as the caller told it then. */
  readonly input?: string;
}

const CREATED_BY = /^drydock patch \d{1,9} packages?$/;
const COMMENT = /^base (sha256:[0-9a-f]{64})(?: ([\x21-\x7e]{1,512}))?(?: by ([\x21-\x7e]{1,100}))?$/;
const MAX_TEXT = 1024;

/** What stands in the history of a patched image, which has to be enough where manifests have no annotations. */
export function historyStep(
  { digest, name }: Origin,
  { created, version, packages }: { created: string; version: string; packages: number },
): { created: string; created_by: string; comment: string } {
  const named = name !== undefined && /^[\x21-\x7e]{1,512}$/.test(name) ? ` ${name}` : '';
  return {
    created,
    created_by: `drydock patch ${packages} package${packages === 1 ? '' : 's'}`,
    comment: `base ${digest}${named} by ${version.replace(/[^\x21-\x7e]/g, '-')}`,
  };
}

export function isPatchStep(step: unknown): boolean {
  return isObject(step) && CREATED_BY.test(textOf(step['created_by']) ?? '');
}

/**
 * Whether the last layer of an image is a patch of ours. Annotations name that very layer, so that an image built upon a
 * patched one is not taken for it; without annotations the last step of the history must be ours.
 */
export function earlierPatch(manifest: JsonObject, config: JsonObject): EarlierPatch | undefined {
  return fromAnnotations(manifest) ?? fromHistory(manifest, config);
}

function fromAnnotations(manifest: JsonObject): EarlierPatch | undefined {
  const annotations = isObject(manifest['annotations']) ? manifest['annotations'] : {};
  const text = (key: string): string | undefined => {
    const value = Object.hasOwn(annotations, key) ? textOf(annotations[key]) : undefined;
    return value !== undefined && value.length <= MAX_TEXT ? value : undefined;
  };
  const [version, digest] = [text(MARKS.version), toDigest(text(MARKS.baseDigest))];
  const [name, input] = [text(MARKS.baseName), text(MARKS.input)];
  if (version === undefined || digest === undefined) return undefined;
  if (text(MARKS.layer) !== lastLayer(manifest)) return undefined;
  return {
    origin: { digest, ...(name !== undefined && { name }) },
    version,
    ...(input !== undefined && { input }),
  };
}

function lastLayer(manifest: JsonObject): unknown {
  const layers = Array.isArray(manifest['layers']) ? (manifest['layers'] as unknown[]) : [];
  const last = layers.at(-1);
  return isObject(last) && layers.length > 1 ? last['digest'] : null;
}

function fromHistory(manifest: JsonObject, config: JsonObject): EarlierPatch | undefined {
  const history = Array.isArray(config['history']) ? (config['history'] as unknown[]) : [];
  const last = history.at(-1);
  if (!isObject(last) || !isPatchStep(last) || lastLayer(manifest) === null) return undefined;
  const [, base, name, version = ''] = COMMENT.exec(textOf(last['comment']) ?? '') ?? [];
  const digest = toDigest(base);
  return digest && { origin: { digest, ...(name !== undefined && { name }) }, version };
}
