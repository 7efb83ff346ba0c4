import type { Signal } from '../base/signal.ts';
import { DrydockError } from '../base/errors.ts';
import type { Platform } from '../model/image.ts';
import { checkBytes } from './checked-bytes.ts';
import { loadImage, type LoadedImage, type ManifestReader } from './load-image.ts';
import { parseManifest, type Descriptor, type ImageIndex, type Manifest } from './manifest.ts';
import { isImageConfigType, manifestTypeOf } from './media-types.ts';
import { formatPlatform, hostPlatform, normalise, platformRank } from './platform.ts';
import { listed } from './quoted.ts';

/** Two are normal (an index of one image each); nobody knows a use for more than three. */
const MAX_DEPTH = 8;
/** Manifests read while looking for the right one, over all levels. */
const MAX_FETCHES = 64;

interface Candidate {
  readonly descriptor: Descriptor;
  readonly platform: Platform;
  readonly loaded?: LoadedImage;
}

interface Search {
  readonly wanted: Platform | undefined;
  readonly reader: ManifestReader;
  readonly name: string;
  readonly options: Signal;
  readonly candidates: Candidate[];
  readonly seen: Set<string>;
  fetches: number;
  /** Why an entry could not be looked into; told when nothing else was found. */
  failure?: DrydockError;
}

/**
 * The image of an index (and the indexes in it) for a platform. Level by level, so that the common flat index
 * costs one manifest and one configuration.
 * @param wanted undefined means this machine's, and the only one there is where there is just one
 *
 * @throws DrydockError PLATFORM_NOT_FOUND, INDEX_TOO_DEEP, and those of manifests and configurations
 */
export async function searchIndex(
  root: ImageIndex,
  wanted: Platform | undefined,
  reader: ManifestReader,
  name: string,
  options: Signal,
): Promise<LoadedImage> {
  const search: Search = { wanted, reader, name, options, candidates: [], seen: new Set(), fetches: 0 };
  let level: readonly ImageIndex[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) tooDeep(search, `indexes nested deeper than ${MAX_DEPTH}`);
    const entries = level.flatMap((index) => index.manifests).filter(mayLeadToImage);
    const found = await searchEntries(entries, search);
    if (found) return await load(found, search);
    level = await readIndexes(entries, search);
  }
  return await load(onlyOne(search), search);
}

/** @throws DrydockError PLATFORM_NOT_FOUND with what there is instead */
export function platformNotFound(
  name: string,
  wanted: Platform | undefined,
  offered: readonly Platform[],
): DrydockError {
  const there = [...new Set(offered.map(formatPlatform))];
  const asked = formatPlatform(wanted ?? hostPlatform());
  const target = wanted ? asked : `this machine's platform ${asked}`;
  return new DrydockError(
    'PLATFORM_NOT_FOUND',
    `${name} has no image for ${target}; it has ${listed(there)}`,
    {
      hint: `Choose one with --platform, such as --platform ${there[0] ?? 'linux/amd64'}.`,
    },
  );
}

/** Attestations, signatures and other artifacts beside the images are not asked for. */
export function mayLeadToImage(entry: Descriptor): boolean {
  const type = manifestTypeOf(entry.mediaType);
  if (type !== 'manifest' && type !== 'index' && type !== 'schema-1') return false;
  if (entry.annotations.has('vnd.docker.reference.type')) return false;
  if (entry.artifactType !== undefined && !isImageConfigType(entry.artifactType)) return false;
  return entry.platform?.os !== 'unknown' || entry.platform.architecture !== 'unknown';
}

/** The best of one level: first among those that state their platform, then among those that must be opened. */
async function searchEntries(entries: readonly Descriptor[], search: Search): Promise<Candidate | undefined> {
  const images = entries.filter((entry) => manifestTypeOf(entry.mediaType) !== 'index');
  const stated = images.flatMap((descriptor) =>
    descriptor.platform ? { descriptor, platform: normalise(descriptor.platform) } : [],
  );
  search.candidates.push(...stated);
  const best = bestOf(stated, search);
  if (best) return best;

  const opened: Candidate[] = [];
  for (const descriptor of images) {
    if (descriptor.platform || isRepeated(descriptor, search)) continue;
    const loaded = await tryToLoad(descriptor, search);
    if (loaded) opened.push({ descriptor, platform: loaded.platform, loaded });
  }
  search.candidates.push(...opened);
  return bestOf(opened, search);
}

function bestOf(candidates: readonly Candidate[], search: Search): Candidate | undefined {
  const wanted = search.wanted ?? hostPlatform();
  let best: { candidate: Candidate; rank: number } | undefined;
  for (const candidate of candidates) {
    const rank = platformRank(wanted, candidate.platform);
    if (rank !== undefined && (best === undefined || rank < best.rank)) best = { candidate, rank };
  }
  return best?.candidate;
}

/** Of an index of one image its platform need not be asked for. */
function onlyOne(search: Search): Candidate {
  const [first] = search.candidates;
  if (!first) {
    throw (
      search.failure ??
      new DrydockError('MANIFEST_UNSUPPORTED', `${search.name} is an index without an image`)
    );
  }
  const isOnly = search.candidates.every(({ descriptor }) => descriptor.digest === first.descriptor.digest);
  if (search.wanted === undefined && isOnly) return first;
  const offered = search.candidates.map(({ platform }) => platform);
  throw platformNotFound(search.name, search.wanted, offered);
}

async function readIndexes(entries: readonly Descriptor[], search: Search): Promise<ImageIndex[]> {
  const indexes: ImageIndex[] = [];
  for (const entry of entries) {
    if (manifestTypeOf(entry.mediaType) !== 'index' || isRepeated(entry, search)) continue;
    const manifest = await fetchManifest(entry, search);
    if (manifest.kind === 'index') indexes.push(manifest);
  }
  return indexes;
}

function isRepeated({ digest }: Descriptor, { seen }: Search): boolean {
  return seen.size === seen.add(digest).size;
}

/** An entry that is absent here (a partial copy) or no image after all is no reason to fail for another. */
async function tryToLoad(descriptor: Descriptor, search: Search): Promise<LoadedImage | undefined> {
  try {
    return await loadEntry(descriptor, search);
  } catch (error) {
    if (!(error instanceof DrydockError)) throw error;
    if (error.kind !== 'missing' && error.kind !== 'unsupported') throw error;
    search.failure ??= error;
    return undefined;
  }
}

/** The index decides on the platform: configurations of cross-built images are known to be wrong. */
async function load({ descriptor, platform, loaded }: Candidate, search: Search): Promise<LoadedImage> {
  return { ...(loaded ?? (await loadEntry(descriptor, search))), platform };
}

async function loadEntry(descriptor: Descriptor, search: Search): Promise<LoadedImage> {
  const manifest = await fetchManifest(descriptor, search);
  if (manifest.kind === 'index') {
    throw new DrydockError(
      'MANIFEST_INVALID',
      `${descriptor.digest} in ${search.name} is an index, not a manifest`,
    );
  }
  return await loadImage(manifest, descriptor.digest, search.reader, search.name, search.options);
}

async function fetchManifest(descriptor: Descriptor, search: Search): Promise<Manifest> {
  if (++search.fetches > MAX_FETCHES) tooDeep(search, `more than ${MAX_FETCHES} manifests to look into`);
  const { bytes, mediaType } = await search.reader.manifest(descriptor, search.options);
  const of = `manifest of ${search.name}`;
  checkBytes(bytes, descriptor, of);
  return parseManifest(bytes, [descriptor.mediaType, mediaType], `${of} ${descriptor.digest}`);
}

function tooDeep({ name }: Search, what: string): never {
  throw new DrydockError('INDEX_TOO_DEEP', `${name} has ${what}`, {
    hint: 'Name the image by the digest of its own manifest.',
  });
}
