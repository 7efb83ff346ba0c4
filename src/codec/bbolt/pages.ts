import { DrydockError } from '../../base/errors.ts';
import { damaged, HEADER_BYTES, parseNode, readU64, type Node } from './node.ts';

/** Reads bytes at a position, as `fs.readSync` does: how many came, 0 at the end. */
export type ReadAt = (into: Uint8Array, position: number) => number;

export interface Pages {
  readonly pageSize: number;
  /** Pages in use and free ones; a number from here on is of no page. */
  readonly pageCount: number;
  readonly rootPage: number;
  /** Undefined when the file does not keep a list of free pages. */
  readonly freelistPage: number | undefined;
  /** The chosen meta page, by which one state of the file is known from another. */
  readonly meta: Uint8Array;
  node(page: number): Node;
  /** Uncached, whatever the page holds. */
  raw(page: number): Buffer;
}

const MAGIC = 0xed0c_daed;
const VERSION = 2;
const META_BYTES = 64;
const MIN_PAGE_BYTES = 512;
const MAX_PAGE_BYTES = 1 << 20;
/** A node of several pages holds one large value; real ones are of some 100 KiB. */
const MAX_NODE_BYTES = 64 << 20;
const NO_FREELIST = 0xffff_ffff_ffff_ffffn;

interface Meta {
  readonly pageSize: number;
  readonly root: number;
  readonly freelist: number | undefined;
  readonly pageCount: number;
  readonly transaction: bigint;
  readonly bytes: Buffer;
}

/**
 * Finds the newer of the two meta pages that is whole.
 * @param cacheBytes nodes are kept up to this size altogether
 *
 * @throws DrydockError DATABASE_CORRUPT
 */
export function openPages(read: ReadAt, sizeBytes: number, cacheBytes: number): Pages {
  const meta = chooseMeta(read, sizeBytes);
  const { pageSize, pageCount } = meta;
  if (pageCount * pageSize > sizeBytes) damaged(`it has ${sizeBytes} of ${pageCount * pageSize} bytes`);

  function raw(page: number): Buffer {
    if (page < 2 || page >= pageCount) damaged('it refers to a page that is not there');
    const first = readExactly(read, pageSize, page * pageSize);
    if (readU64(first, 0, 'the number of a page') !== page) damaged(`page ${page} is marked as another one`);
    const overflow = first.readUInt32LE(12);
    if (overflow === 0) return first;
    if (page + overflow >= pageCount) damaged(`page ${page} reaches beyond the end`);
    const size = (overflow + 1) * pageSize;
    if (size > MAX_NODE_BYTES) {
      throw new DrydockError(
        'DATABASE_LIMIT',
        `page ${page} of the advisory database has more than ${MAX_NODE_BYTES} bytes`,
      );
    }
    return readExactly(read, size, page * pageSize);
  }

  const cached = cacheNodes((page) => parseNode(raw(page), `page ${page}`), cacheBytes);
  return {
    pageSize,
    pageCount,
    rootPage: meta.root,
    freelistPage: meta.freelist,
    meta: meta.bytes,
    node: cached,
    raw,
  };
}

/**
 * Keeps nodes in two generations: what is asked for again while it is in the older one moves to the younger. Nearly as
 * good as keeping the last used ones, at the price of one look-up.
 */
function cacheNodes(load: (page: number) => Node, maxBytes: number): (page: number) => Node {
  let young = new Map<number, Node>();
  let old = new Map<number, Node>();
  let youngBytes = 0;
  return (page) => {
    const hit = young.get(page);
    if (hit) return hit;
    const node = old.get(page) ?? load(page);
    if (youngBytes + node.bytes.length > maxBytes / 2) {
      old = young;
      young = new Map();
      youngBytes = 0;
    }
    young.set(page, node);
    youngBytes += node.bytes.length;
    return node;
  };
}

function chooseMeta(read: ReadAt, sizeBytes: number): Meta {
  const first = readMeta(read, 0, sizeBytes);
  const second = first ? readMeta(read, first.pageSize, sizeBytes) : findSecondMeta(read, sizeBytes);
  const valid = [first, second].flatMap((meta) => meta ?? []);
  valid.sort((a, b) => (a.transaction < b.transaction ? 1 : -1));
  return valid[0] ?? damaged('neither of its two headers is whole');
}

/** Without the first, the page size is unknown. */
function findSecondMeta(read: ReadAt, sizeBytes: number): Meta | undefined {
  for (let pageSize = MIN_PAGE_BYTES; pageSize <= MAX_PAGE_BYTES; pageSize *= 2) {
    const meta = readMeta(read, pageSize, sizeBytes);
    if (meta?.pageSize === pageSize) return meta;
  }
  return undefined;
}

function readMeta(read: ReadAt, position: number, sizeBytes: number): Meta | undefined {
  if (position + HEADER_BYTES + META_BYTES > sizeBytes) return undefined;
  const bytes = readExactly(read, META_BYTES, position + HEADER_BYTES);
  if (bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt32LE(4) !== VERSION) return undefined;
  if (bytes.readBigUInt64LE(56) !== fnv1a(bytes.subarray(0, 56))) return undefined;
  const pageSize = bytes.readUInt32LE(8);
  const isPowerOfTwo = (pageSize & (pageSize - 1)) === 0;
  if (!isPowerOfTwo || pageSize < MIN_PAGE_BYTES || pageSize > MAX_PAGE_BYTES) return undefined;
  const freelist = bytes.readBigUInt64LE(32);
  return {
    pageSize,
    root: readU64(bytes, 16, 'the number of the first page'),
    freelist: freelist === NO_FREELIST ? undefined : readU64(bytes, 32, 'the number of a page'),
    pageCount: readU64(bytes, 40, 'the number of pages'),
    transaction: bytes.readBigUInt64LE(48),
    bytes,
  };
}

/** 64 bit, of 56 bytes twice per file: its slowness does not show. */
function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100_0000_01b3n);
  return hash;
}

function readExactly(read: ReadAt, size: number, position: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let filled = 0; filled < size;) {
    const count = read(filled === 0 ? bytes : bytes.subarray(filled), position + filled);
    if (count <= 0) damaged('it ends too early');
    filled += count;
  }
  return bytes;
}
