import { DrydockError } from '../../base/errors.ts';

/**
 * A branch or leaf of a tree of keys: its header, a table of elements, then keys and values.
 * @see go.etcd.io/bbolt, internal/common/page.go
 */
export interface Node {
  /** The whole node from its header on: one page or several, or the part of a value that holds a small bucket. */
  readonly bytes: Buffer;
  readonly isLeaf: boolean;
  readonly count: number;
}

export const HEADER_BYTES = 16;
const ELEMENT_BYTES = 16;

const BRANCH = 0x01;
const LEAF = 0x02;
export const FREELIST = 0x10;
const BUCKET_ELEMENT = 0x01;

export function damaged(what: string): never {
  throw new DrydockError('DATABASE_CORRUPT', `the advisory database is damaged: ${what}`);
}

/** Page ids and the like are far below 2^53 in any file there can be. */
export function readU64(bytes: Buffer, at: number, what: string): number {
  const high = bytes.readUInt32LE(at + 4);
  if (high > 0x1f_ffff) damaged(`${what} is out of range`);
  return high * 0x1_0000_0000 + bytes.readUInt32LE(at);
}

/** @param bytes of at least a header */
export function parseNode(bytes: Buffer, of: string): Node {
  if (bytes.length < HEADER_BYTES) damaged(`${of} is too short`);
  const flags = bytes.readUInt16LE(8);
  if (flags !== BRANCH && flags !== LEAF) damaged(`${of} is neither branch nor leaf`);
  const count = bytes.readUInt16LE(10);
  if (HEADER_BYTES + count * ELEMENT_BYTES > bytes.length) damaged(`${of} has more elements than room`);
  if (flags === BRANCH && count === 0) damaged(`${of} is a branch without children`);
  return { bytes, isLeaf: flags === LEAF, count };
}

function element(index: number): number {
  return HEADER_BYTES + index * ELEMENT_BYTES;
}

/** Where the key of an element begins, which is checked to lie within the node together with its value. */
function keyStart(node: Node, index: number): number {
  const at = element(index);
  const { bytes } = node;
  const start = at + bytes.readUInt32LE(node.isLeaf ? at + 4 : at);
  const size = node.isLeaf
    ? bytes.readUInt32LE(at + 8) + bytes.readUInt32LE(at + 12)
    : bytes.readUInt32LE(at + 4);
  if (start + size > bytes.length) damaged('a key or value lies outside its page');
  return start;
}

function keySize(node: Node, index: number): number {
  return node.bytes.readUInt32LE(element(index) + (node.isLeaf ? 8 : 4));
}

export function keyAt(node: Node, index: number): Buffer {
  const start = keyStart(node, index);
  return node.bytes.subarray(start, start + keySize(node, index));
}

/** Of a leaf. */
export function valueAt(node: Node, index: number): Buffer {
  const start = keyStart(node, index) + keySize(node, index);
  return node.bytes.subarray(start, start + node.bytes.readUInt32LE(element(index) + 12));
}

/** Of a leaf: the value is a bucket. */
export function isBucketAt(node: Node, index: number): boolean {
  return (node.bytes.readUInt32LE(element(index)) & BUCKET_ELEMENT) !== 0;
}

/** Of a branch. */
export function childAt(node: Node, index: number): number {
  return readU64(node.bytes, element(index) + 8, 'the number of a page');
}

/** Byte order. */
export function compareKeyAt(node: Node, index: number, key: Uint8Array): number {
  const start = keyStart(node, index);
  const size = keySize(node, index);
  const { bytes } = node;
  const shared = Math.min(size, key.length);
  for (let i = 0; i < shared; i++) {
    const difference = (bytes[start + i] ?? 0) - (key[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return size - key.length;
}

/** The first element whose key is not less than this one; `count` when there is none. */
export function lowerBound(node: Node, key: Uint8Array): number {
  let low = 0;
  let high = node.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeyAt(node, middle, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of a branch: the child in which a key lies if it is there at all. */
export function childFor(node: Node, key: Uint8Array): number {
  const index = lowerBound(node, key);
  const isExact = index < node.count && compareKeyAt(node, index, key) === 0;
  return isExact || index === 0 ? index : index - 1;
}
