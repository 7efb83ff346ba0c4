import { StreamError } from '../stream-error.ts';
import {
  BLOCK_BYTES,
  isZeroBlock,
  parseHeader,
  paxOwner,
  paxSize,
  paxTime,
  type RawHeader,
  type TarDevice,
} from './header.ts';
import { normalisePath } from './path.ts';
import { parsePax, xattrsOf, type PaxRecords } from './pax.ts';
import {
  expand,
  gnuRealBytes,
  gnuRuns,
  leadingRuns,
  paxRealBytes,
  paxRuns,
  type SparseMap,
  type SparseRun,
} from './sparse.ts';

export type EntryKind = 'file' | 'hardlink' | 'symlink' | 'directory' | 'other';

export interface TarEntry {
  /** Below the root; see {@link normalisePath}. */
  readonly path: string;
  readonly kind: EntryKind;
  /** Size of the file as unpacked, holes counted. */
  readonly sizeBytes: number;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970. */
  readonly mtime?: number;
  /** Of special files, which are of the kind `other`. */
  readonly device?: TarDevice;
  /** It has holes, so that its size says nothing of what is stored. */
  readonly isSparse?: true;
  /** As written; only for links. */
  readonly linkTarget?: string;
  /** Extended attributes by name (`security.capability`), where there are any. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

export interface TarVisitor {
  /** Called for each entry in order. For a file, `whole` (or true) asks for its content, `pieces` for it bit by bit. */
  entry(entry: TarEntry): boolean | 'whole' | 'pieces';
  /** The content asked for. Valid until it returns. */
  content(entry: TarEntry, content: Uint8Array): void;
  /**
   * A piece of what was asked for in pieces, valid until it returns; it may be memory shared with other threads.
   * False when the rest is not wanted.
   */
  piece?(entry: TarEntry, piece: Uint8Array): boolean;
  /** The last piece has been brought, or what was left is not wanted. */
  pieceEnd?(entry: TarEntry): void;
  /** A name that would leave the root, or that cannot be one. */
  refused?(name: string): void;
}

/** Extended headers (PAX records, long names) beyond this are refused, as Go's and libarchive's readers do. */
const MAX_EXTENDED_BYTES = 8 << 20;
const MAX_SPARSE_BLOCKS = 5000;
/** Files up to this size share one buffer, one after another. */
const REUSED_BYTES = 4 << 20;

const decoder = new TextDecoder();
const NO_RECORDS: PaxRecords = new Map();

/** Reads a tar archive pushed to it in pieces of any size. Holds at most one wanted file. */
export interface TarWalker {
  push(piece: Uint8Array): void;
  /** @throws StreamError when the archive stops inside an entry */
  end(): void;
}

type Body =
  | { readonly kind: 'skip' }
  | { readonly kind: 'file'; readonly entry: TarEntry; readonly sparse?: SparseMap | 'leading' }
  | { readonly kind: 'pieces'; readonly entry: TarEntry }
  | { readonly kind: RawHeader['kind'] };

/**
 * @throws StreamError (from `push`) on damaged headers
 * @see POSIX.1-2017 pax; GNU tar manual, "Storing Sparse Files"
 */
export function openTarWalker(visitor: TarVisitor): TarWalker {
  const header = Buffer.alloc(BLOCK_BYTES);
  let headerFill = 0;
  let body: Body = { kind: 'skip' };
  let bodyLeft = 0;
  let padding = 0;
  let captured: Uint8Array | undefined;
  let capturedFill = 0;
  let reused = new Uint8Array(0);
  let zeroBlocks = 0;
  let over = false;

  let globalRecords = NO_RECORDS;
  let records = NO_RECORDS;
  let longName: string | undefined;
  let longLink: string | undefined;
  let sparseHeader: { raw: RawHeader; runs: SparseRun[]; realBytes: number; blocks: number } | undefined;

  function push(bytes: Uint8Array): void {
    const piece = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (at < piece.length && !over) {
      if (bodyLeft > 0) at = takeBody(piece, at);
      else if (padding > 0) {
        const skipped = Math.min(padding, piece.length - at);
        padding -= skipped;
        at += skipped;
      } else at = takeHeader(piece, at);
    }
  }

  function takeBody(piece: Buffer, at: number): number {
    const length = Math.min(bodyLeft, piece.length - at);
    if (captured) {
      // A file that lies whole in this piece is handed on without a copy, unless other threads write to it.
      if (capturedFill === 0 && length === bodyLeft && !(piece.buffer instanceof SharedArrayBuffer)) {
        captured = piece.subarray(at, at + length);
      } else {
        if (captured.length === 0) captured = room(bodyLeft);
        captured.set(piece.subarray(at, at + length), capturedFill);
      }
      capturedFill += length;
    }
    bodyLeft -= length;
    if (body.kind === 'pieces' && visitor.piece?.(body.entry, piece.subarray(at, at + length)) === false)
      finishPieces(body.entry);
    if (bodyLeft === 0) finishBody();
    return at + length;
  }

  /** Fresh memory for each file would stay in use until it is collected. */
  function room(bytes: number): Uint8Array {
    if (bytes > REUSED_BYTES) return new Uint8Array(bytes);
    if (reused.length < bytes) reused = new Uint8Array(Math.max(bytes, 2 * reused.length));
    return reused;
  }

  function finishPieces(entry: TarEntry): void {
    body = { kind: 'skip' };
    visitor.pieceEnd?.(entry);
  }

  function takeHeader(piece: Buffer, at: number): number {
    if (headerFill === 0 && piece.length - at >= BLOCK_BYTES) {
      takeBlock(piece, at);
      return at + BLOCK_BYTES;
    }
    const length = Math.min(BLOCK_BYTES - headerFill, piece.length - at);
    header.set(piece.subarray(at, at + length), headerFill);
    headerFill += length;
    if (headerFill === BLOCK_BYTES) {
      headerFill = 0;
      takeBlock(header, 0);
    }
    return at + length;
  }

  function takeBlock(bytes: Buffer, at: number): void {
    if (sparseHeader) return takeSparseBlock(bytes.subarray(at, at + BLOCK_BYTES), sparseHeader);
    if (isZeroBlock(bytes, at)) {
      over = ++zeroBlocks === 2;
      return;
    }
    zeroBlocks = 0;
    const raw = parseHeader(bytes, at);
    if (raw.kind !== 'sparse') return startEntry(raw);
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    const runs = gnuRuns(block, 386, 4);
    const realBytes = gnuRealBytes(block);
    if (block[482] === 1) sparseHeader = { raw, runs, realBytes, blocks: 0 };
    else startEntry(raw, { realBytes, runs });
  }

  function takeSparseBlock(block: Uint8Array, pending: NonNullable<typeof sparseHeader>): void {
    pending.runs.push(...gnuRuns(block, 0, 21));
    if (++pending.blocks > MAX_SPARSE_BLOCKS) throw new StreamError('tar sparse entry with too many parts');
    if (block[504] === 1) return;
    sparseHeader = undefined;
    startEntry(pending.raw, pending);
  }

  function startEntry(raw: RawHeader, gnuSparse?: SparseMap): void {
    const size = isExtended(raw.kind) ? raw.bodyBytes : sizeOf(raw);
    bodyLeft = size;
    padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
    capturedFill = 0;
    captured = undefined;
    if (isExtended(raw.kind)) {
      if (size > MAX_EXTENDED_BYTES) throw new StreamError('tar extended header of more than 8 MiB');
      body = { kind: raw.kind };
      captured = new Uint8Array(0);
    } else startMember(raw, size, gnuSparse);
    if (bodyLeft === 0) finishBody();
  }

  /** A PAX size replaces the header's, but only where a body can follow at all. */
  function sizeOf(raw: RawHeader): number {
    const hasBody = raw.kind === 'file' || raw.kind === 'sparse' || raw.kind === 'other';
    return hasBody ? (paxSize(records, 'size') ?? raw.bodyBytes) : 0;
  }

  function startMember(raw: RawHeader, storedBytes: number, gnuSparse: SparseMap | undefined): void {
    const name =
      records.get('GNU.sparse.name') ??
      records.get('path') ??
      longName ??
      globalRecords.get('path') ??
      raw.name;
    const link = records.get('linkpath') ?? longLink ?? raw.linkName;
    const sparse = gnuSparse ?? sparseOf(records);
    const sizeBytes = sparse === undefined ? storedBytes : realBytesOf(sparse, records);
    const own = records;
    records = NO_RECORDS;
    longName = longLink = undefined;

    body = { kind: 'skip' };
    const path = normalisePath(name);
    if (path === undefined) return visitor.refused?.(name);
    const kind = kindOf(raw, name);
    const isLink = kind === 'hardlink' || kind === 'symlink';
    const entry: Writable<TarEntry> = { path, kind, sizeBytes, mode: raw.mode };
    if (sparse) entry.isSparse = true;
    if (isLink) entry.linkTarget = link;
    addAttributes(entry, raw, own);
    const wish = visitor.entry(entry);
    if (kind === 'file' && wish === 'pieces' && sparse === undefined) body = { kind: 'pieces', entry };
    else if (kind === 'file' && wish) {
      // The visitor accepted the real size; what is stored must not be larger than that and a map.
      if (storedBytes > sizeBytes + MAX_EXTENDED_BYTES)
        throw new StreamError('tar sparse entry beyond its size');
      captured = new Uint8Array(0);
      body = { kind: 'file', entry, ...(sparse && { sparse }) };
    }
  }

  function finishBody(): void {
    const content = captured?.subarray(0, capturedFill) ?? new Uint8Array(0);
    const done = body;
    captured = undefined;
    body = { kind: 'skip' };
    if (done.kind === 'pax') records = parsePax(content);
    else if (done.kind === 'pax-global') globalRecords = parsePax(content);
    else if (done.kind === 'gnu-long-name') longName = untilNul(content);
    else if (done.kind === 'gnu-long-link') longLink = untilNul(content);
    else if (done.kind === 'pieces') visitor.pieceEnd?.(done.entry);
    else if ('entry' in done) visitor.content(done.entry, unsparse(done.entry, done.sparse, content));
  }

  return {
    push,
    end() {
      if (!over && (bodyLeft > 0 || headerFill > 0 || sparseHeader)) {
        throw new StreamError('unexpected end of the tar archive inside an entry');
      }
    },
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Set one by one: objects spread for each entry of a layer cost more than reading its header. */
function addAttributes(entry: Writable<TarEntry>, raw: RawHeader, records: PaxRecords): void {
  const hasRecords = records.size > 0;
  const uid = (hasRecords ? paxOwner(records, 'uid') : undefined) ?? raw.uid;
  const gid = (hasRecords ? paxOwner(records, 'gid') : undefined) ?? raw.gid;
  if (uid !== undefined) entry.uid = uid;
  if (gid !== undefined) entry.gid = gid;
  entry.mtime = (hasRecords ? paxTime(records) : undefined) ?? raw.mtime;
  if (raw.device) entry.device = raw.device;
  const xattrs = hasRecords ? xattrsOf(records) : undefined;
  if (xattrs) entry.xattrs = xattrs;
}

function isExtended(kind: RawHeader['kind']): boolean {
  return kind === 'pax' || kind === 'pax-global' || kind === 'gnu-long-name' || kind === 'gnu-long-link';
}

function kindOf(raw: RawHeader, name: string): EntryKind {
  if (raw.kind === 'hardlink' || raw.kind === 'symlink' || raw.kind === 'directory') return raw.kind;
  if (raw.kind !== 'file' && raw.kind !== 'sparse') return 'other';
  // Before ustar a directory was a file whose name ends with a slash.
  return name.endsWith('/') ? 'directory' : 'file';
}

function sparseOf(records: PaxRecords): SparseMap | 'leading' | undefined {
  if (records.get('GNU.sparse.major') === '1') return 'leading';
  const runs = paxRuns(records);
  return runs && { realBytes: paxRealBytes(records) ?? 0, runs };
}

function realBytesOf(sparse: SparseMap | 'leading', records: PaxRecords): number {
  return sparse === 'leading' ? (paxRealBytes(records) ?? 0) : sparse.realBytes;
}

/** `entry.sizeBytes` is the real size and was accepted by the visitor, so it may be allocated. */
function unsparse(
  entry: TarEntry,
  sparse: SparseMap | 'leading' | undefined,
  stored: Uint8Array,
): Uint8Array {
  if (sparse === undefined) return stored;
  if (sparse !== 'leading') return expand(sparse, stored);
  const { runs, dataOffset } = leadingRuns(stored);
  return expand({ realBytes: entry.sizeBytes, runs }, stored.subarray(dataOffset));
}

function untilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
