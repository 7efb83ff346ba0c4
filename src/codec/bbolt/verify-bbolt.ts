import { setImmediate } from 'node:timers/promises';
import type { Signal } from '../../base/signal.ts';
import { MAX_DEPTH, rootOf, rootPageOf } from './bbolt.ts';
import {
  childAt,
  damaged,
  FREELIST,
  HEADER_BYTES,
  isBucketAt,
  keyAt,
  readU64,
  valueAt,
  type Node,
} from './node.ts';
import { openPages, type Pages, type ReadAt } from './pages.ts';

export interface VerifiedBbolt {
  readonly pages: number;
  readonly buckets: number;
  readonly values: number;
}

export interface VerifyOptions extends Signal {
  /** Called for each value with the names of the buckets above it and its own key. */
  readonly onValue?: (path: readonly string[], key: string, value: Buffer) => void;
}

/** Nodes are looked at once, so there is no use in keeping more than the way down to them. */
const CACHE_BYTES = 1 << 20;
const MAX_NESTING = 16;
/** Other work is let in this often. */
const NODES_AT_ONCE = 2_048;

interface Verification {
  readonly pages: Pages;
  /** A bit for each page. */
  readonly seen: Uint8Array;
  readonly options: VerifyOptions;
  nodes: number;
  buckets: number;
  values: number;
}

/** Keys of a subtree lie between these; the upper end is not among them. */
interface KeyRange {
  readonly from?: Buffer | undefined;
  readonly below?: Buffer | undefined;
}

/**
 * Walks every page that is in use: numbers in range, none in use twice, keys in order, marks right. Content is not
 * looked into. Reads the file once, with little memory.
 *
 * @throws DrydockError DATABASE_CORRUPT, DATABASE_LIMIT
 */
export async function verifyBbolt(
  read: ReadAt,
  sizeBytes: number,
  options: VerifyOptions,
): Promise<VerifiedBbolt> {
  const pages = openPages(read, sizeBytes, CACHE_BYTES);
  const seen = new Uint8Array(Math.ceil(pages.pageCount / 8));
  const verification: Verification = { pages, seen, options, nodes: 0, buckets: 0, values: 0 };
  checkFreelist(verification);
  await verifyTree(takePage(pages.rootPage, verification), {}, [], 0, verification);
  return { pages: pages.pageCount, buckets: verification.buckets, values: verification.values };
}

/** The node of a page that nothing else may lead to. */
function takePage(page: number, verification: Verification): Node {
  const node = verification.pages.node(page);
  markRun(page, node.bytes.length, verification);
  return node;
}

function markRun(page: number, sizeBytes: number, { pages, seen }: Verification): void {
  for (let i = 0; i < sizeBytes / pages.pageSize; i++) mark(page + i, seen);
}

function mark(page: number, seen: Uint8Array): void {
  const byte = seen[page >> 3] ?? 0;
  const bit = 1 << (page & 7);
  if ((byte & bit) !== 0) damaged(`page ${page} is used twice`);
  seen[page >> 3] = byte | bit;
}

/** A page that is in use and free at once is a sign that the file was written to while it was copied. */
function checkFreelist(verification: Verification): void {
  const { pages, seen } = verification;
  if (pages.freelistPage === undefined) return;
  const bytes = pages.raw(pages.freelistPage);
  if (bytes.readUInt16LE(8) !== FREELIST) damaged('its list of free pages is none');
  markRun(pages.freelistPage, bytes.length, verification);
  const short = bytes.readUInt16LE(10);
  // This many says that the real count stands in the first place of the list.
  const isLong = short === 0xffff;
  const first = HEADER_BYTES + (isLong ? 8 : 0);
  const count = isLong ? readU64(bytes, HEADER_BYTES, 'the number of free pages') : short;
  if (first + count * 8 > bytes.length) damaged('its list of free pages is cut');
  for (let i = 0; i < count; i++) {
    const page = readU64(bytes, first + i * 8, 'the number of a free page');
    if (page < 2 || page >= pages.pageCount) damaged('a free page that is not there');
    mark(page, seen);
  }
}

async function verifyTree(
  node: Node,
  range: KeyRange,
  path: readonly string[],
  depth: number,
  verification: Verification,
): Promise<void> {
  if (depth > MAX_DEPTH) damaged('its tree is too deep');
  if (++verification.nodes % NODES_AT_ONCE === 0) {
    await setImmediate();
    verification.options.signal.throwIfAborted();
  }
  checkOrder(node, range);
  if (node.isLeaf) return await verifyLeaf(node, path, verification);
  for (let i = 0; i < node.count; i++) {
    const child = takePage(childAt(node, i), verification);
    const below = i + 1 < node.count ? keyAt(node, i + 1) : range.below;
    await verifyTree(child, { from: keyAt(node, i), below }, path, depth + 1, verification);
  }
}

async function verifyLeaf(node: Node, path: readonly string[], verification: Verification): Promise<void> {
  const { onValue } = verification.options;
  for (let i = 0; i < node.count; i++) {
    const value = valueAt(node, i);
    if (!isBucketAt(node, i)) {
      verification.values++;
      onValue?.(path, keyAt(node, i).toString(), value);
      continue;
    }
    verification.buckets++;
    if (path.length >= MAX_NESTING) damaged('its buckets are nested too deep');
    const page = rootPageOf(value);
    const root = page === undefined ? rootOf(verification.pages, value) : takePage(page, verification);
    await verifyTree(root, {}, [...path, keyAt(node, i).toString()], 0, verification);
  }
}

function checkOrder(node: Node, { from, below }: KeyRange): void {
  let last: Buffer | undefined;
  for (let i = 0; i < node.count; i++) {
    const key = keyAt(node, i);
    if (last ? last.compare(key) >= 0 : from && from.compare(key) > 0) damaged('its keys are out of order');
    last = key;
  }
  if (last && below && last.compare(below) >= 0) damaged('its keys are out of order');
}
