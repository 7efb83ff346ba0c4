import { CodecError } from '../codec-error.ts';
import { openPages, type Pages } from './pages.ts';
import { parseRecord, varint, type SqliteValue } from './record.ts';

export interface SqliteRow {
  /** The value of a column declared `integer primary key`, which is null among the values. */
  readonly rowId: number;
  /** In order of the columns. */
  readonly values: readonly SqliteValue[];
}

export interface SqliteDatabase {
  /**
   * Rows in order of their row id, read as they are asked for. In place of what is damaged (one row, or a page with
   * all below it) stands an error, and reading goes on behind it.
   *
   * @throws CodecError when there is no such table
   */
  rows(table: string): Generator<SqliteRow | CodecError>;
}

const INTERIOR_TABLE = 5;
const LEAF_TABLE = 13;
/** SQLite's own trees are hardly five pages deep. */
const MAX_DEPTH = 20;
/** Larger than any real row of a package database. */
const MAX_PAYLOAD_BYTES = 64 << 20;
const MAX_SCHEMA_ROWS = 10_000;

/**
 * Reads tables of an SQLite database that lies in memory, with the content of the `-wal` file beside it if there is
 * one. No SQL, no writing, no file. Work and memory are linear in the size of the file, whatever it holds: each page
 * is used once, and the rows of a page are together no longer than the page.
 *
 * @throws CodecError when it is no database, or the log is none of its
 * @see https://www.sqlite.org/fileformat2.html
 */
export function openSqlite(file: Uint8Array, wal?: Uint8Array): SqliteDatabase {
  const pages = openPages(file, wal);
  return {
    *rows(table) {
      const root = rootPageOf(pages, table);
      if (root instanceof CodecError) throw root;
      yield* tableRows(pages, root);
    },
  };
}

/** sqlite_schema: type, name, tbl_name, rootpage, sql. */
function rootPageOf(pages: Pages, table: string): number | CodecError {
  let seen = 0;
  let damage: CodecError | undefined;
  for (const row of tableRows(pages, 1)) {
    if (++seen > MAX_SCHEMA_ROWS) break;
    if (row instanceof CodecError) {
      damage ??= row;
      continue;
    }
    const [type, name, , root] = row.values;
    if (type === 'table' && name === table && typeof root === 'number') return root;
  }
  return damage ?? new CodecError(`an SQLite database without a table ${table}`);
}

interface Tree {
  readonly pages: Pages;
  /** A page belongs to one place in the tree: this also ends trees that run in a circle. */
  readonly used: Set<number>;
}

function tableRows(pages: Pages, root: number): Generator<SqliteRow | CodecError> {
  return rowsBelow({ pages, used: new Set() }, root, 0);
}

function* rowsBelow(tree: Tree, number: number, depth: number): Generator<SqliteRow | CodecError> {
  const node = attempt(() => openNode(tree, number, depth));
  if (node instanceof CodecError) return void (yield node);
  let left = node.page.length;
  for (let index = 0; index < node.cells; index++) {
    const at = node.page.readUInt16BE(node.pointers + 2 * index);
    if (node.isLeaf) {
      const cell = attempt(() => readCell(tree, node.page, at, left));
      if (cell instanceof CodecError) {
        yield cell;
        continue;
      }
      left -= cell.localBytes;
      yield attempt(() => ({ rowId: cell.rowId, values: parseRecord(cell.payload, tree.pages.encoding) }));
    } else {
      const child = attempt(() => uint32(node.page, at));
      if (child instanceof CodecError) yield child;
      else yield* rowsBelow(tree, child, depth + 1);
    }
  }
  if (!node.isLeaf) yield* rowsBelow(tree, node.rightmost, depth + 1);
}

interface Node {
  readonly page: Buffer;
  readonly isLeaf: boolean;
  readonly cells: number;
  /** Where the pointers to the cells begin. */
  readonly pointers: number;
  /** The child behind the last cell, in a page that is no leaf. */
  readonly rightmost: number;
}

function openNode({ pages, used }: Tree, number: number, depth: number): Node {
  if (used.has(number) || depth > MAX_DEPTH) throw new CodecError('an SQLite tree that runs in a circle');
  used.add(number);
  const page = pages.page(number);
  const header = number === 1 ? 100 : 0;
  const kind = page[header];
  if (kind !== INTERIOR_TABLE && kind !== LEAF_TABLE)
    throw new CodecError(`SQLite page ${number} is of no table`);
  const isLeaf = kind === LEAF_TABLE;
  const cells = page.readUInt16BE(header + 3);
  const pointers = header + (isLeaf ? 8 : 12);
  if (pointers + 2 * cells > page.length) throw new CodecError(`SQLite page ${number} has too many cells`);
  return { page, isLeaf, cells, pointers, rightmost: isLeaf ? 0 : page.readUInt32BE(header + 8) };
}

interface Cell {
  readonly rowId: number;
  readonly payload: Buffer;
  /** How much of its page it takes. */
  readonly localBytes: number;
}

/** What did not fit on the cell's page is fetched from the overflow pages. */
function readCell(tree: Tree, page: Buffer, at: number, left: number): Cell {
  const size = varint(page, at);
  const rowId = varint(page, size.end);
  if (size.value > MAX_PAYLOAD_BYTES) throw new CodecError('an SQLite row that is too large');
  const local = localBytes(size.value, tree.pages.usableBytes);
  const start = rowId.end;
  if (start + local > page.length) throw new CodecError('an SQLite row that reaches beyond its page');
  const taken = start + local - at;
  if (taken > left) throw new CodecError('an SQLite page whose rows overlap');
  const head = page.subarray(start, start + local);
  const payload =
    local === size.value ? head : withOverflow(tree, head, uint32(page, start + local), size.value);
  return { rowId: rowId.value, payload, localBytes: taken };
}

/** How much of a payload lies on the leaf itself. */
function localBytes(payload: number, usable: number): number {
  const most = usable - 35;
  if (payload <= most) return payload;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((payload - least) % (usable - 4));
  return fitting <= most ? fitting : least;
}

/** The chain is followed to its end before there is room made for what it claims to hold. */
function withOverflow({ pages, used }: Tree, head: Buffer, first: number, length: number): Buffer {
  const pageBytes = pages.usableBytes - 4;
  const chain: number[] = [];
  let next = first;
  for (let left = length - head.length; left > 0; left -= pageBytes) {
    if (used.has(next)) throw new CodecError('an SQLite overflow chain that runs in a circle');
    used.add(next);
    chain.push(next);
    next = pages.nextOverflow(next);
  }
  const payload = Buffer.allocUnsafeSlow(length);
  head.copy(payload);
  chain.forEach((page, index) => pages.copyOverflow(page, payload, head.length + index * pageBytes));
  return payload;
}

function uint32(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw new CodecError('an SQLite page that is cut');
  return bytes.readUInt32BE(at);
}

function attempt<T>(read: () => T): T | CodecError {
  try {
    return read();
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
}
