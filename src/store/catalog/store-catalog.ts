import { algorithmOf, hexOf } from '../../base/digest.ts';
import type { Digest } from '../../model/image.ts';
import type { Store } from '../store.ts';
import { MAX_LOG, openBucketLog, type BucketLog } from './bucket-log.ts';
import type { Catalog, CatalogEntry, CatalogImage } from './catalog.ts';
import { liveImages, mergePacks, toImage, type LiveImage } from './live-images.ts';
import { listOf, openTexts, writePack, type Pack } from './pack.ts';

export interface StoreCatalogOptions {
  /** What was read is kept up to this size. */
  readonly cacheBytes?: number;
}

const PREFIX = 'catalog/1';
/** A power of two. More would be slower to walk when images are few, less when they are many. */
const BUCKETS = 64;
const BUCKETS_PER_BYTE = 256 / BUCKETS;
const DEFAULT_CACHE_BYTES = 64 << 20;

/**
 * A catalogue in a store: images by the first bits of their identity in 64 parts, each of which is read as a whole. Any
 * number of processes may write at once; of two who write of one image the last one counts. With files, use a folder
 * of its own, as what is dropped to make room is gone.
 */
export function openStoreCatalog(store: Store, options: StoreCatalogOptions = {}): Catalog {
  const { cacheBytes = DEFAULT_CACHE_BYTES } = options;
  const buckets = new Map<string, BucketLog>();
  const sizes = new Map<string, number>();
  const views = new WeakMap<object, ReadonlyMap<Digest, LiveImage>>();

  function bucketOf(name: string): BucketLog {
    const found = buckets.get(name) ?? openBucketLog(store, `${PREFIX}/${name}`);
    buckets.set(name, found);
    return found;
  }

  /** Keeps what was used last. */
  function makeRoom(name: string, bytes: number): void {
    sizes.delete(name);
    sizes.set(name, bytes);
    let total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const [oldest, size] of sizes) {
      if (total <= cacheBytes || oldest === name) break;
      buckets.get(oldest)?.drop();
      sizes.delete(oldest);
      total -= size;
    }
  }

  async function view(name: string): Promise<ReadonlyMap<Digest, LiveImage>> {
    const contents = await bucketOf(name).read();
    makeRoom(
      name,
      contents.packs.reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    const known = views.get(contents) ?? liveImages(contents.packs);
    views.set(contents, known);
    return known;
  }

  async function append(name: string, entry: Buffer): Promise<void> {
    const length = await bucketOf(name).append(entry);
    if (length >= MAX_LOG) await bucketOf(name).compact(mergePacks);
  }

  async function noteAll(entries: readonly CatalogEntry[]): Promise<void> {
    for (const [name, ofBucket] of grouped(entries, ({ image }) => image.identity))
      await append(name, packOf(ofBucket));
  }

  /** Of images that a predicate of their pack chooses. */
  async function* chosen(choose: Choose, after?: Digest): AsyncGenerator<CatalogImage> {
    for (const name of bucketNames(after)) {
      const chooseIn = new Map<Pack, (live: LiveImage) => boolean>();
      const found: LiveImage[] = [];
      for (const [identity, live] of await view(name)) {
        if (after !== undefined && identity <= after) continue;
        const isChosen = chooseIn.get(live.pack) ?? choose(live.pack);
        chooseIn.set(live.pack, isChosen);
        if (isChosen(live)) found.push(live);
      }
      found.sort(byIdentity);
      for (const live of found) yield toImage(live);
    }
  }

  return {
    noteAll,
    note: (entry) => noteAll([entry]),
    async carry(images, from, to) {
      for (const [name, ofBucket] of grouped(images, (identity) => identity)) {
        const records = ofBucket.map((identity) => ({ kind: 'moved' as const, identity, from, to }));
        const texts = openTexts();
        await append(name, writePack(records, texts));
      }
    },
    async find(identity) {
      const live = (await view(bucketName(identity))).get(identity);
      return live && toImage(live);
    },
    async byDigest(digest) {
      // A manifest's digest is the image's identity, so that one part tells; a configuration may have several manifests.
      const live = (await view(bucketName(digest))).get(digest);
      const direct = live && toImage(live);
      if (direct?.digest === digest) return [direct];
      const wanted = Buffer.from(digest);
      const images: CatalogImage[] = [];
      const mayHold: Choose =
        ({ bytes }) =>
        ({ record }) =>
          bytes.subarray(record.body, record.end).includes(wanted);
      for await (const image of chosen(mayHold))
        if (image.digest === digest || image.configDigest === digest) images.push(image);
      return images;
    },
    images: ({ after } = {}) => chosen(() => () => true, after),
    withVulnerability: (id) => chosen(holding(new Set([id]), 'vulnerabilities')),
    withVulnerabilities: (ids) => chosen(holding(ids, 'vulnerabilities')),
    withAdvisoryNames: (names) => chosen(holding(names, 'names')),
    async remove(identity) {
      await append(bucketName(identity), writePack([{ kind: 'removed', identity }], openTexts()));
    },
    async [Symbol.asyncDispose]() {
      for (const bucket of buckets.values()) bucket.drop();
      buckets.clear();
      sizes.clear();
    },
  };
}

type Choose = (pack: Pack) => (live: LiveImage) => boolean;

function holding(wanted: ReadonlySet<string>, list: 'names' | 'vulnerabilities'): Choose {
  return (pack) => {
    // A short question is faster asked of the bytes than of each text.
    const isWorthLooking = wanted.size > 4 || [...wanted].some((text) => pack.bytes.includes(text));
    if (!isWorthLooking) return () => false;
    const marks = new Uint8Array(pack.textCount);
    for (let i = 0; i < marks.length; i++) if (wanted.has(pack.text(i))) marks[i] = 1;
    if (!marks.includes(1)) return () => false;
    return ({ record }) => listOf(pack, record, list).some((number) => marks[number] === 1);
  };
}

function packOf(entries: readonly CatalogEntry[]): Buffer {
  const texts = openTexts();
  const records = entries.map(({ image, advisoryNames, vulnerabilities }) => ({
    kind: 'image' as const,
    identity: image.identity,
    image,
    names: texts.numbers(advisoryNames),
    vulnerabilities: texts.numbers(vulnerabilities),
  }));
  return writePack(records, texts);
}

function byIdentity(a: LiveImage, b: LiveImage): number {
  return a.record.identity < b.record.identity ? -1 : 1;
}

function grouped<T>(items: readonly T[], identityOf: (item: T) => Digest): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = bucketName(identityOf(item));
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}

/** In the order of identities; those that are no SHA-256, which are rare, are one part. */
const OTHER = 'other';

function bucketName(identity: Digest): string {
  if (algorithmOf(identity) !== 'sha256') return OTHER;
  return numbered(Math.floor(Number.parseInt(hexOf(identity).slice(0, 2), 16) / BUCKETS_PER_BYTE));
}

function numbered(bucket: number): string {
  return String(bucket).padStart(2, '0');
}

/** Those that may hold images after this one. */
function bucketNames(after: Digest | undefined): string[] {
  const all = [...Array.from({ length: BUCKETS }, (_, bucket) => numbered(bucket)), OTHER];
  return after === undefined ? all : all.slice(all.indexOf(bucketName(after)));
}
