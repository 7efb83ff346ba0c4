import { MAX_DEPTH, rootOf, rootPageOf } from '../../codec/bbolt/bbolt.ts';
import {
  childAt,
  compareKeyAt,
  damaged,
  HEADER_BYTES,
  isBucketAt,
  keyAt,
  valueAt,
  type Node,
} from '../../codec/bbolt/node.ts';
import type { Pages } from '../../codec/bbolt/pages.ts';

/** A tree of keys in a file. */
export interface Tree {
  readonly pages: Pages;
  readonly root: Node;
}

/** One element of a leaf. */
export interface Spot {
  readonly leaf: Node;
  readonly index: number;
}

/** A key that one of two trees lacks, or whose values are not, or may not be, the same. */
export interface Difference {
  readonly key: Buffer;
  readonly before?: Spot;
  readonly after?: Spot;
}

/** Whoever walks is given the word this often. */
const STEPS_AT_ONCE = 2_048;
/** Where the number of the page, which means nothing, is past. */
const AFTER_PAGE_NUMBER = 8;
/** The first page of a bucket and its counter. */
const BUCKET_HEADER_BYTES = 16;

/**
 * Where two trees differ, in the order of their keys; `undefined` now and then, so that a long walk can be paused.
 * Buckets with pages of their own are told whether or not they differ. Leaves that are alike are passed over whole.
 */
export function* differences(
  before: Tree | undefined,
  after: Tree | undefined,
): Generator<Difference | undefined> {
  const left = openCursor(before);
  const right = openCursor(after);
  for (let steps = 1; left.leaf || right.leaf; steps++) {
    if (steps % STEPS_AT_ONCE === 0) yield undefined;
    if (left.leaf && right.leaf && isSameLeaf(left, right)) {
      left.passLeaf();
      right.passLeaf();
      continue;
    }
    const order = compareCursors(left, right);
    const difference = order === 0 ? differenceAt(left, right) : oneSided(order < 0 ? left : right, order);
    if (difference) yield difference;
    if (order <= 0) left.pass();
    if (order >= 0) right.pass();
  }
}

/**
 * The same pages, for one walk over all of them: a sound file has each page in one place, so that whoever comes by much
 * more often is being led in circles.
 */
export function forOneWalk(pages: Pages): Pages {
  const limit = 2 * pages.pageCount + MAX_DEPTH;
  let visited = 0;
  return {
    ...pages,
    node(page) {
      if (++visited > limit) damaged('its tree runs in circles');
      return pages.node(page);
    },
  };
}

/** The tree of a bucket at a place; undefined where there is none. */
export function treeAt(pages: Pages, spot: Spot | undefined): Tree | undefined {
  if (!spot || !isBucketAt(spot.leaf, spot.index)) return undefined;
  return { pages, root: rootOf(pages, valueAt(spot.leaf, spot.index)) };
}

export function isBucket(spot: Spot | undefined): boolean {
  return spot !== undefined && isBucketAt(spot.leaf, spot.index);
}

interface Cursor {
  leaf: Node | undefined;
  index: number;
  pass(): void;
  passLeaf(): void;
}

function openCursor(tree: Tree | undefined): Cursor {
  const path: { node: Node; index: number }[] = [];

  /** The first leaf with something in it, below a node or after it. */
  function settle(from: Node | undefined): void {
    let node = from;
    while (tree && node && !(node.isLeaf && node.count > 0)) {
      if (path.length > MAX_DEPTH) damaged('its tree is too deep');
      if (!node.isLeaf) path.push({ node, index: -1 });
      node = nextChild(tree.pages);
    }
    cursor.leaf = node;
    cursor.index = 0;
  }

  function nextChild(pages: Pages): Node | undefined {
    for (let top = path.at(-1); top; path.pop(), top = path.at(-1)) {
      if (++top.index < top.node.count) return pages.node(childAt(top.node, top.index));
    }
    return undefined;
  }

  const cursor: Cursor = {
    leaf: undefined,
    index: 0,
    pass() {
      if (cursor.leaf && ++cursor.index >= cursor.leaf.count) cursor.passLeaf();
    },
    passLeaf() {
      settle(tree && nextChild(tree.pages));
    },
  };
  settle(tree?.root);
  return cursor;
}

function isSameLeaf(a: Cursor, b: Cursor): boolean {
  if (a.index !== 0 || b.index !== 0 || !a.leaf || !b.leaf) return false;
  const [left, right] = [a.leaf.bytes, b.leaf.bytes];
  if (
    left.length !== right.length ||
    left.compare(right, AFTER_PAGE_NUMBER, undefined, AFTER_PAGE_NUMBER) !== 0
  )
    return false;
  // What a bucket's own pages hold is not told by their numbers.
  for (let i = 0; i < a.leaf.count; i++)
    if (isBucketAt(a.leaf, i) && rootPageOf(valueAt(a.leaf, i)) !== undefined) return false;
  return true;
}

/** What has ended comes after everything. */
function compareCursors(left: Cursor, right: Cursor): number {
  if (!left.leaf) return 1;
  if (!right.leaf) return -1;
  return compareKeyAt(left.leaf, left.index, keyAt(right.leaf, right.index));
}

function oneSided({ leaf, index }: Cursor, order: number): Difference | undefined {
  if (!leaf) return undefined;
  const spot = { leaf, index };
  return { key: keyAt(leaf, index), ...(order < 0 ? { before: spot } : { after: spot }) };
}

function differenceAt(left: Cursor, right: Cursor): Difference | undefined {
  if (!left.leaf || !right.leaf) return undefined;
  const before = { leaf: left.leaf, index: left.index };
  const after = { leaf: right.leaf, index: right.index };
  return isAlike(before, after) ? undefined : { key: keyAt(right.leaf, right.index), before, after };
}

function isAlike(before: Spot, after: Spot): boolean {
  const isBucketBefore = isBucket(before);
  if (isBucketBefore !== isBucket(after)) return false;
  const [left, right] = [valueAt(before.leaf, before.index), valueAt(after.leaf, after.index)];
  if (!isBucketBefore) return left.equals(right);
  const isSmall = rootPageOf(left) === undefined && rootPageOf(right) === undefined;
  const start = BUCKET_HEADER_BYTES + HEADER_BYTES;
  // The marks and the count stand in the header of the page within, of which only the number means nothing.
  return (
    isSmall &&
    left.length >= start &&
    left
      .subarray(BUCKET_HEADER_BYTES + AFTER_PAGE_NUMBER)
      .equals(right.subarray(BUCKET_HEADER_BYTES + AFTER_PAGE_NUMBER))
  );
}

/** Whether two buckets of values hold the same: asked of those that {@link differences} could not tell. */
export function holdsTheSame(before: Tree | undefined, after: Tree | undefined): boolean {
  for (const difference of differences(before, after)) if (difference) return false;
  return true;
}
