import { parseDigest } from '../base/digest.ts';
import type { ImageConfig, ImageHistory } from '../model/image.ts';
import { fault, isObject, listOf, parseJsonObject, textOf, type Document, type JsonObject } from './json.ts';

/** Real ones have a few KiB; history and labels of the largest known stay far below. */
export const MAX_CONFIG_BYTES = 8 << 20;
const MAX_WORD_CHARS = 100;

/**
 * Reads an OCI or Docker image configuration.
 * @param layerCount layers of the manifest, each of which needs its diffID
 *
 * @throws DrydockError IMAGE_CONFIG_INVALID, DIGEST_INVALID
 * @see OCI Image Spec 1.1, "Image Configuration"
 */
export function parseImageConfig(bytes: Uint8Array, layerCount: number, of: string): ImageConfig {
  const document: Document = { code: 'IMAGE_CONFIG_INVALID', of };
  const json = parseJsonObject(bytes, document);
  const rootfs = toRootfs(json['rootfs'], document);
  if (rootfs.diff_ids.length !== layerCount) {
    fault(document, `names ${rootfs.diff_ids.length} layers where the manifest has ${layerCount}`);
  }
  const variant = word(json, 'variant', document);
  return {
    architecture: word(json, 'architecture', document) ?? '',
    os: word(json, 'os', document) ?? '',
    ...(variant !== undefined && variant !== '' && { variant }),
    ...optionalTexts(json, ['created', 'author', 'docker_version']),
    config: isObject(json['config']) ? json['config'] : {},
    rootfs,
    history: listOf(json['history'], 'history', document).map(toHistory),
  };
}

/**
 * The command that made each layer: the history without its empty steps, in order. A history that is too short
 * leaves the last layers without one; one that is too long fits no layer for certain, so none gets any.
 */
export function createdByOf(history: readonly ImageHistory[], layerCount: number): (string | undefined)[] {
  const steps = history.filter((step) => step.empty_layer !== true);
  const known = steps.length > layerCount ? [] : steps;
  return Array.from({ length: layerCount }, (_, i) => known[i]?.created_by);
}

function toRootfs(value: unknown, document: Document): ImageConfig['rootfs'] {
  const rootfs = isObject(value) ? value : {};
  const diffIds = listOf(rootfs['diff_ids'], 'rootfs.diff_ids', document);
  return {
    type: textOf(rootfs['type']) ?? 'layers',
    diff_ids: diffIds.map((diffId, i) => parseDigest(diffId, `diffID ${i + 1} in ${document.of}`)),
  };
}

function toHistory(value: unknown): ImageHistory {
  if (!isObject(value)) return {};
  return {
    ...optionalTexts(value, ['created', 'created_by', 'author', 'comment']),
    ...(value['empty_layer'] === true && { empty_layer: true }),
  };
}

/** A short word of the platform; reports and comparisons rely on its being one. */
function word(json: JsonObject, field: string, document: Document): string | undefined {
  const value = json[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value.length > MAX_WORD_CHARS) fault(document, `has no sound ${field}`);
  return value;
}

function optionalTexts<K extends string>(json: JsonObject, fields: readonly K[]): Partial<Record<K, string>> {
  const texts: Partial<Record<K, string>> = {};
  for (const field of fields) {
    const value = json[field];
    if (typeof value === 'string') texts[field] = value;
  }
  return texts;
}
