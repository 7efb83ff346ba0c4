import type { ReadAt } from '../bbolt/pages.ts';
import { CodecError } from '../codec-error.ts';
import { openFilePages, type FilePages } from './file-pages.ts';
import { parseRecord, varint, type SqliteValue } from './record.ts';

/** A value that is looked for; integers are those that a number holds exactly. */
export type SqliteKey = number | string | Uint8Array;

/** A database in a file of any size, asked by its indices only. */
export interface IndexedSqlite {
  /**
   * Entries of an index whose first columns have these values, in the order of the index; the last value of each is
   * the row id.
   *
   * @throws CodecError when there is no such index, or what is looked at is damaged
   */
  find(index: string, key: readonly SqliteKey[]): Generator<readonly SqliteValue[]>;
  /** A row by its id. @throws CodecError when there is no such table, or what is looked at is damaged */
  row(table: string, rowId: number): readonly SqliteValue[] | undefined;
}

const INTERIOR_INDEX = 2;
const INTERIOR_TABLE = 5;
const LEAF_INDEX = 10;
const LEAF_TABLE = 13;
const MAX_DEPTH = 20;
const MAX_SCHEMA_PAGES = 1_000;
/** Of one look-up; a sound one hardly needs ten. */
const MAX_PAGES = 100_000;
/** Far more than any column that is indexed holds. */
const MAX_PAYLOAD_BYTES = 1 << 20;
const DEFAULT_CACHE_BYTES = 8 << 20;

/**
 * Opens a database for look-ups by positioned reads. Of a file that nobody writes to: a log beside it is not read.
 *
 * @throws CodecError when it is no SQLite database
 * @see https://www.sqlite.org/fileformat2.html#b_tree_pages
 */
export function openIndexedSqlite(
  read: ReadAt,
  sizeBytes: number,
  options: { readonly cacheBytes?: number } = {},
): IndexedSqlite {
  const pages = openFilePages(read, sizeBytes, options.cacheBytes ?? DEFAULT_CACHE_BYTES);
  const roots = readSchema(pages);
  const rootOf = (type: string, name: string): number => {
    const root = roots.get(`${type} ${name}`);
    if (root === undefined) throw new CodecError(`an SQLite database without the ${type} ${name}`);
    return root;
  };
  return {
    *find(index, key) {
      yield* entriesBelow({ pages, left: MAX_PAGES }, rootOf('index', index), key.map(toComparable), 0);
    },
    row: (table, rowId) => rowBelow({ pages, left: MAX_PAGES }, rootOf('table', table), rowId),
  };
}

interface Walk {
  readonly pages: FilePages;
  /** How many more pages may be looked at. */
  left: number;
}

interface Node {
  readonly page: Buffer;
  readonly kind: number;
  readonly isLeaf: boolean;
  readonly cells: number;
  readonly pointers: number;
}

function openNode(walk: Walk, number: number, depth: number): Node {
  if (depth > MAX_DEPTH || --walk.left < 0) throw new CodecError('an SQLite tree that runs in a circle');
  const page = walk.pages.page(number);
  const header = number === 1 ? 100 : 0;
  const kind = page[header] ?? 0;
  const isLeaf = kind === LEAF_INDEX || kind === LEAF_TABLE;
  if (!isLeaf && kind !== INTERIOR_INDEX && kind !== INTERIOR_TABLE)
    throw new CodecError(`SQLite page ${number} is of no tree`);
  const cells = page.readUInt16BE(header + 3);
  const pointers = header + (isLeaf ? 8 : 12);
  if (pointers + 2 * cells > page.length) throw new CodecError(`SQLite page ${number} has too many cells`);
  return { page, kind, isLeaf, cells, pointers };
}

/** Where a cell begins; its pointer to a child comes first where there is one. */
function cellAt({ page, pointers }: Node, index: number): number {
  const at = page.readUInt16BE(pointers + 2 * index);
  if (at + 4 > page.length) throw new CodecError('an SQLite page that is cut');
  return at;
}

/** The child before a cell, or behind the last one. */
function childAt(node: Node, index: number): number {
  return node.page.readUInt32BE(index < node.cells ? cellAt(node, index) : node.pointers - 4);
}

/** The first cell for which `isBefore` does not hold. */
function lowerBound(cells: number, isBefore: (index: number) => boolean): number {
  let low = 0;
  for (let high = cells; low < high;) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @returns true when no further entries can fit */
function* entriesBelow(
  walk: Walk,
  number: number,
  key: readonly Comparable[],
  depth: number,
): Generator<readonly SqliteValue[], boolean> {
  const node = openNode(walk, number, depth);
  if (node.kind !== LEAF_INDEX && node.kind !== INTERIOR_INDEX)
    throw new CodecError(`SQLite page ${number} is of no index`);
  const valuesAt = (index: number): SqliteValue[] => readEntry(walk, node, index);
  const first = lowerBound(node.cells, (index) => compareKey(valuesAt(index), key) < 0);
  for (let index = first; index <= node.cells; index++) {
    if (!node.isLeaf && (yield* entriesBelow(walk, childAt(node, index), key, depth + 1))) return true;
    if (index === node.cells) return false;
    const values = valuesAt(index);
    if (compareKey(values, key) !== 0) return true;
    yield values;
  }
  return false;
}

function readEntry(walk: Walk, node: Node, index: number): SqliteValue[] {
  const at = cellAt(node, index) + (node.isLeaf ? 0 : 4);
  const size = varint(node.page, at);
  const { usableBytes } = walk.pages;
  return parseRecord(
    readPayload(walk, node.page, size, Math.floor(((usableBytes - 12) * 64) / 255) - 23),
    'utf8',
  );
}

function rowBelow(walk: Walk, root: number, rowId: number): SqliteValue[] | undefined {
  for (let number = root, depth = 0; ; depth++) {
    const node = openNode(walk, number, depth);
    if (node.kind !== LEAF_TABLE && node.kind !== INTERIOR_TABLE)
      throw new CodecError(`SQLite page ${number} is of no table`);
    const idAt = (index: number): number => rowIdAt(node, index);
    const index = lowerBound(node.cells, (cell) => idAt(cell) < rowId);
    if (!node.isLeaf) number = childAt(node, index);
    else if (index === node.cells || idAt(index) !== rowId) return undefined;
    else return readRow(walk, node, index);
  }
}

function rowIdAt(node: Node, index: number): number {
  const at = cellAt(node, index);
  return varint(node.page, node.isLeaf ? varint(node.page, at).end : at + 4).value;
}

function readRow(walk: Walk, { page, ...node }: Node, index: number): SqliteValue[] {
  const size = varint(page, cellAt({ page, ...node }, index));
  const rowId = varint(page, size.end);
  const start = { value: size.value, end: rowId.end };
  return parseRecord(readPayload(walk, page, start, walk.pages.usableBytes - 35), 'utf8');
}

/** What did not fit on the page is fetched from the overflow pages. */
function readPayload(
  walk: Walk,
  page: Buffer,
  { value: length, end: start }: { readonly value: number; readonly end: number },
  most: number,
): Buffer {
  if (length > MAX_PAYLOAD_BYTES) throw new CodecError('an SQLite row that is too large');
  const { usableBytes } = walk.pages;
  const local = length <= most ? length : localBytes(length, most, usableBytes);
  if (start + local > page.length) throw new CodecError('an SQLite row that reaches beyond its page');
  if (local === length) return page.subarray(start, start + length);
  const pieces = [page.subarray(start, start + local)];
  let next = start + local + 4 <= page.length ? page.readUInt32BE(start + local) : 0;
  for (let left = length - local; left > 0; left -= usableBytes - 4) {
    if (--walk.left < 0) throw new CodecError('an SQLite overflow chain that runs in a circle');
    const overflow = walk.pages.page(next);
    pieces.push(overflow.subarray(4, 4 + Math.min(left, usableBytes - 4)));
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(pieces);
}

function localBytes(length: number, most: number, usable: number): number {
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (usable - 4));
  return fitting <= most ? fitting : least;
}

/** A value with what decides first in the order of SQLite: nothing, numbers, texts, bytes. */
interface Comparable {
  readonly rank: number;
  readonly number: number;
  readonly bytes: Uint8Array;
}

const EMPTY = Buffer.alloc(0);

function toComparable(value: SqliteValue | Uint8Array): Comparable {
  if (value === null) return { rank: 0, number: 0, bytes: EMPTY };
  if (typeof value === 'number' || typeof value === 'bigint')
    return { rank: 1, number: Number(value), bytes: EMPTY };
  if (typeof value === 'string') return { rank: 2, number: 0, bytes: Buffer.from(value) };
  return { rank: 3, number: 0, bytes: value };
}

/** Only as many columns as the key has. */
function compareKey(values: readonly SqliteValue[], key: readonly Comparable[]): number {
  for (const [column, wanted] of key.entries()) {
    const found = toComparable(values[column] ?? null);
    const order =
      found.rank - wanted.rank || found.number - wanted.number || Buffer.compare(found.bytes, wanted.bytes);
    if (order !== 0) return order;
  }
  return 0;
}

/** sqlite_schema: type, name, tbl_name, rootpage, sql. */
function readSchema(pages: FilePages): ReadonlyMap<string, number> {
  const roots = new Map<string, number>();
  const walk: Walk = { pages, left: MAX_SCHEMA_PAGES };
  const read = (number: number, depth: number): void => {
    const node = openNode(walk, number, depth);
    for (let index = 0; index < node.cells; index++) {
      if (!node.isLeaf) read(childAt(node, index), depth + 1);
      else {
        const [type, name, , root] = readRow(walk, node, index);
        if (typeof type === 'string' && typeof name === 'string' && typeof root === 'number')
          roots.set(`${type} ${name}`, root);
      }
    }
    if (!node.isLeaf) read(childAt(node, node.cells), depth + 1);
  };
  read(1, 0);
  return roots;
}
