import { normalisePath } from '../../codec/tar/path.ts';
import { DrydockError } from '../../base/errors.ts';
import { answersTo } from '../image-names.ts';
import { fault, isObject, listOf, parseJson, textOf, type Document, type JsonObject } from '../json.ts';
import { MAX_LAYERS } from '../manifest.ts';
import { whyLayerIsSkipped } from '../media-types.ts';
import { listed, quoted } from '../quoted.ts';

const MAX_IMAGES = 1000;
const MAX_TAGS = 1000;
const MAX_NAME_CHARS = 1024;

/** One image of `docker save`, in its manifest.json. Paths are those of the archive. */
export interface DockerEntry {
  readonly config: string;
  readonly repoTags: readonly string[];
  readonly layers: readonly string[];
  /** Media types of layers that are known to come from elsewhere (foreign ones), by diffID. */
  readonly layerTypes: ReadonlyMap<string, string>;
}

/**
 * Reads manifest.json.
 * @throws DrydockError ARCHIVE_INVALID, ARCHIVE_LIMIT, IMAGE_TOO_MANY_LAYERS
 */
export function parseDockerManifest(bytes: Uint8Array, name: string): DockerEntry[] {
  const document: Document = { code: 'ARCHIVE_INVALID', of: `manifest.json of ${name}` };
  const json = parseJson(bytes, document);
  if (!Array.isArray(json)) fault(document, 'is not a list of images');
  if (json.length > MAX_IMAGES) {
    throw new DrydockError('ARCHIVE_LIMIT', `${document.of} lists more than ${MAX_IMAGES} images`);
  }
  return json.map((entry) =>
    isObject(entry) ? toEntry(entry, document) : fault(document, 'lists what is no image'),
  );
}

/**
 * The image meant by a tag, or the only one.
 * @throws DrydockError IMAGE_NOT_FOUND, SOURCE_AMBIGUOUS
 */
export function selectByTag(
  entries: readonly DockerEntry[],
  tag: string | undefined,
  name: string,
): DockerEntry {
  const there = listed(entries.flatMap(({ repoTags }) => repoTags).map(printable));
  const fitting = entries.filter(
    ({ repoTags }) => tag === undefined || repoTags.some((known) => answersTo(known, tag)),
  );
  const [first, second] = fitting;
  if (!first) {
    const what = tag === undefined ? 'holds no image' : `has no image tagged ${quoted(tag)}`;
    throw new DrydockError('IMAGE_NOT_FOUND', `${name} ${what}`, {
      hint: there === '' ? 'It has no tags at all.' : `It has: ${there}.`,
    });
  }
  if (second && fitting.some(({ config }) => config !== first.config)) {
    const tags = there === '' ? 'none has a tag' : there;
    throw new DrydockError('SOURCE_AMBIGUOUS', `${name} holds several images: ${tags}`, {
      hint: 'Choose one by its name or ID, as in docker-archive:FILE:REPOSITORY:TAG or docker-archive:-@sha256:ID.',
    });
  }
  return first;
}

function toEntry(entry: JsonObject, document: Document): DockerEntry {
  const layers = listOf(entry['Layers'], 'Layers', document);
  if (layers.length > MAX_LAYERS) {
    throw new DrydockError('IMAGE_TOO_MANY_LAYERS', `${document.of} has more than ${MAX_LAYERS} layers`);
  }
  const tags = listOf(entry['RepoTags'], 'RepoTags', document);
  if (tags.length > MAX_TAGS) throw new DrydockError('ARCHIVE_LIMIT', `${document.of} has too many tags`);
  return {
    config: toPath(entry['Config'], 'Config', document),
    repoTags: tags.filter((tag) => typeof tag === 'string' && tag.length <= MAX_NAME_CHARS) as string[],
    layers: layers.map((layer) => toPath(layer, 'Layers', document)),
    layerTypes: layerTypesOf(entry['LayerSources']),
  };
}

function toPath(value: unknown, field: string, document: Document): string {
  const path = typeof value === 'string' ? normalisePath(value) : undefined;
  return path === undefined || path === '' ? fault(document, `has no sound path in ${field}`) : path;
}

function layerTypesOf(sources: unknown): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  if (!isObject(sources)) return types;
  for (const [diffId, source] of Object.entries(sources)) {
    const type = isObject(source) ? textOf(source['mediaType']) : undefined;
    if (type !== undefined && whyLayerIsSkipped(type) !== undefined) types.set(diffId, type);
  }
  return types;
}

function printable(tag: string): string {
  return /^[\w./:@+-]{1,255}$/.test(tag) ? tag : quoted(tag);
}
