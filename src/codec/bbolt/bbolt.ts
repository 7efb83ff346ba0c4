import {
  childAt,
  childFor,
  compareKeyAt,
  damaged,
  HEADER_BYTES,
  isBucketAt,
  keyAt,
  lowerBound,
  parseNode,
  readU64,
  valueAt,
  type Node,
} from './node.ts';
import { openPages, type Pages, type ReadAt } from './pages.ts';

/** A value, or a bucket of further entries. The bytes are valid as long as they are held. */
export type BboltEntry =
  | { readonly key: Buffer; readonly value: Buffer; readonly bucket?: never }
  | { readonly key: Buffer; readonly value?: never; readonly bucket: BboltBucket };

export interface BboltBucket {
  /** Undefined for a key that is not there or is a bucket. */
  get(key: string): Buffer | undefined;
  /** Undefined for a key that is not there or is a value. */
  bucket(key: string): BboltBucket | undefined;
  /** In byte order of the keys; with a prefix, only those that start with it. */
  entries(prefix?: string): Generator<BboltEntry>;
}

export interface Bbolt {
  readonly root: BboltBucket;
  /** The header in force: differs when the content does. */
  readonly meta: Uint8Array;
}

/** No tree of 2^48 entries is deeper. */
export const MAX_DEPTH = 32;
/** Its first page and a counter; the page itself follows where the bucket is small. */
const BUCKET_HEADER_BYTES = 16;
const DEFAULT_CACHE_BYTES = 32 << 20;

/**
 * Reads a bbolt file in place, a page at a time, without taking its lock: for files that nobody writes to.
 * Only what is looked at is checked; `verifyBbolt` looks at all of it.
 * @param options cacheBytes: pages are kept up to this size
 *
 * @throws DrydockError DATABASE_CORRUPT, DATABASE_LIMIT; from each method too
 */
export function openBbolt(
  read: ReadAt,
  sizeBytes: number,
  options: { readonly cacheBytes?: number } = {},
): Bbolt {
  const pages = openPages(read, sizeBytes, options.cacheBytes ?? DEFAULT_CACHE_BYTES);
  return { root: bucketAt(pages, () => pages.node(pages.rootPage)), meta: pages.meta };
}

/** The page on which the tree of a bucket begins; undefined for a small one, which lies in the value itself. */
export function rootPageOf(value: Buffer): number | undefined {
  if (value.length < BUCKET_HEADER_BYTES) damaged('a bucket without a header');
  return readU64(value, 0, 'the number of a page') || undefined;
}

/** Where the tree of a bucket begins. */
export function rootOf(pages: Pages, value: Buffer): Node {
  const page = rootPageOf(value);
  if (page !== undefined) return pages.node(page);
  if (value.length < BUCKET_HEADER_BYTES + HEADER_BYTES) damaged('a small bucket without a page');
  const node = parseNode(value.subarray(BUCKET_HEADER_BYTES), 'a small bucket');
  if (!node.isLeaf) damaged('a small bucket that is no leaf');
  return node;
}

function bucketAt(pages: Pages, root: () => Node): BboltBucket {
  function find(key: string): { readonly leaf: Node; readonly index: number } | undefined {
    const wanted = Buffer.from(key);
    let node = root();
    for (let depth = 0; !node.isLeaf; depth++) {
      if (depth === MAX_DEPTH) damaged('its tree is too deep');
      node = pages.node(childAt(node, childFor(node, wanted)));
    }
    const index = lowerBound(node, wanted);
    if (index === node.count || compareKeyAt(node, index, wanted) !== 0) return undefined;
    return { leaf: node, index };
  }

  return {
    get(key) {
      const found = find(key);
      return found && !isBucketAt(found.leaf, found.index) ? valueAt(found.leaf, found.index) : undefined;
    },
    bucket(key) {
      const found = find(key);
      if (!found || !isBucketAt(found.leaf, found.index)) return undefined;
      const value = valueAt(found.leaf, found.index);
      return bucketAt(pages, () => rootOf(pages, value));
    },
    *entries(prefix = '') {
      const start = Buffer.from(prefix);
      for (const { leaf, index } of walk(pages, root(), start)) {
        const key = keyAt(leaf, index);
        if (!startsWith(key, start)) return;
        const value = valueAt(leaf, index);
        if (isBucketAt(leaf, index)) yield { key, bucket: bucketAt(pages, () => rootOf(pages, value)) };
        else yield { key, value };
      }
    },
  };
}

/** The elements of a tree's leaves from a key on. */
function* walk(pages: Pages, root: Node, from: Buffer): Generator<{ leaf: Node; index: number }> {
  const path: { node: Node; index: number }[] = [];
  let node = root;
  let start: Buffer | undefined = from;
  // A sound tree has each page once; a cycle, or a page under several parents, would have us walk for ever.
  for (let visited = 0; ; visited++) {
    if (path.length > MAX_DEPTH || visited > pages.pageCount) damaged('its tree runs in circles');
    if (!node.isLeaf) {
      const index = start ? childFor(node, start) : 0;
      path.push({ node, index });
      node = pages.node(childAt(node, index));
      continue;
    }
    for (let index = start ? lowerBound(node, start) : 0; index < node.count; index++)
      yield { leaf: node, index };
    start = undefined;
    const next = nextChild(path);
    if (next === undefined) return;
    node = pages.node(next);
  }
}

function nextChild(path: { node: Node; index: number }[]): number | undefined {
  for (let top = path.at(-1); top; path.pop(), top = path.at(-1)) {
    if (++top.index < top.node.count) return childAt(top.node, top.index);
  }
  return undefined;
}

function startsWith(key: Buffer, prefix: Buffer): boolean {
  return key.length >= prefix.length && key.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}
