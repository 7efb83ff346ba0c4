import { BLOCK_BYTES, isZeroBlock, number, parseHeader, type RawHeader } from '../../../codec/tar/header.ts';
import { normalisePath } from '../../../codec/tar/path.ts';
import { parsePax, xattrsOf, type PaxRecords } from '../../../codec/tar/pax.ts';
import { StreamError } from '../../../codec/stream-error.ts';

export type PayloadType = 'file' | 'hardlink' | 'symlink' | 'directory';

/** One thing that a package brings. */
export interface PayloadEntry {
  /** Below the root, as packed: links of the image on the way are not followed. `''` is the root. */
  readonly path: string;
  readonly type: PayloadType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Names, which count for more than the numbers where the image knows them. */
  readonly user: string;
  readonly group: string;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Of a symbolic link as written; of a hard link a path like `path`. */
  readonly target?: string;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
  /** Of files. */
  readonly content?: Uint8Array;
  /** The SHA-1 that packages of apk name in the header of a file or link, hexadecimal. */
  readonly apkSha1?: string;
}

const MAX_EXTENDED_BYTES = 1 << 20;
/** The largest packages of the archive hold about 120 000. */
const MAX_ENTRIES = 1_000_000;

const TYPES: Partial<Record<RawHeader['kind'], PayloadType>> = {
  file: 'file',
  hardlink: 'hardlink',
  symlink: 'symlink',
  directory: 'directory',
};

/**
 * Reads a package's tar whole. Device nodes, pipes, sparse files and names that leave the root are errors: no package
 * has them.
 *
 * @throws StreamError on anything that is not as it should be
 * @see deb(5), "FORMAT": v7, ustar and GNU long names; PAX records are read where they are harmless
 */
export async function readTar(pieces: AsyncIterable<Uint8Array>): Promise<PayloadEntry[]> {
  const source = openSource(pieces);
  try {
    return await readEntries(source);
  } finally {
    // A decoder that is left in the middle has to be given back.
    await source.close();
  }
}

async function readEntries(source: Source): Promise<PayloadEntry[]> {
  const entries: PayloadEntry[] = [];
  const pending: Pending = {};
  for (;;) {
    const block = await source.take(BLOCK_BYTES);
    if (!block) break;
    if (isZeroBlock(block)) {
      await source.drain();
      return entries;
    }
    const raw = parseHeader(block);
    const body = raw.bodyBytes === 0 ? new Uint8Array(0) : await bodyOf(source, raw);
    if (takeExtended(pending, raw, body)) continue;
    entries.push(toEntry(block, raw, body, pending));
    if (entries.length > MAX_ENTRIES) throw new StreamError('too many entries');
    pending.name = pending.link = pending.records = undefined;
  }
  return entries;
}

interface Pending {
  name?: string | undefined;
  link?: string | undefined;
  records?: PaxRecords | undefined;
}

interface Source {
  /** Exactly so many bytes, or undefined at the end. */
  take(bytes: number): Promise<Buffer | undefined>;
  /** Reads to the end, so that what is damaged there is seen. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

function openSource(pieces: AsyncIterable<Uint8Array>): Source {
  const iterator = pieces[Symbol.asyncIterator]();
  let piece: Buffer = Buffer.alloc(0);
  async function next(): Promise<boolean> {
    const result: IteratorResult<Uint8Array, unknown> = await iterator.next();
    if (result.done === true) return false;
    const { buffer, byteOffset, length } = result.value;
    piece = Buffer.from(buffer, byteOffset, length);
    return true;
  }
  async function take(bytes: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let missing = bytes;
    while (missing > 0) {
      if (piece.length === 0) {
        if (!(await next())) {
          if (missing === bytes) return undefined;
          throw new StreamError('the tar archive ends inside an entry');
        }
        continue;
      }
      // Copied: the piece's memory is used again for the next one.
      const part = Buffer.from(piece.subarray(0, missing));
      piece = piece.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts, bytes);
  }
  return {
    take,
    async drain() {
      while (await next());
    },
    async close() {
      await iterator.return?.();
    },
  };
}

/** Held in pieces as they come, so that a size that lies reserves no memory. */
async function bodyOf(source: Source, { kind, bodyBytes }: RawHeader): Promise<Buffer> {
  const isExtended = kind !== 'file' && kind !== 'sparse' && kind !== 'other';
  if (isExtended && bodyBytes > MAX_EXTENDED_BYTES) throw new StreamError('tar extended header too large');
  const body = await source.take(bodyBytes);
  const padding = (BLOCK_BYTES - (bodyBytes % BLOCK_BYTES)) % BLOCK_BYTES;
  const rest = padding === 0 ? body : await source.take(padding);
  if (!body || !rest) throw new StreamError('the tar archive ends inside an entry');
  return body;
}

/** True when the entry only says something of the next one. */
function takeExtended(pending: Pending, { kind }: RawHeader, body: Uint8Array): boolean {
  if (kind === 'gnu-long-name') pending.name = untilNul(body);
  else if (kind === 'gnu-long-link') pending.link = untilNul(body);
  else if (kind === 'pax') pending.records = parsePax(body);
  else if (kind === 'pax-global') return true;
  else return false;
  return true;
}

function toEntry(block: Buffer, raw: RawHeader, body: Uint8Array, pending: Pending): PayloadEntry {
  const { records } = pending;
  if (records?.has('size') || records?.has('GNU.sparse.major') || records?.has('GNU.sparse.map'))
    throw new StreamError('entry with a size of its own');
  const name = records?.get('path') ?? pending.name ?? raw.name;
  // Before ustar a directory was a file whose name ends with a slash.
  const type = raw.kind === 'file' && name.endsWith('/') ? 'directory' : TYPES[raw.kind];
  if (!type) throw new StreamError(`${JSON.stringify(name.slice(0, 200))} is neither file, folder nor link`);
  const path = soundPath(name);
  const link = records?.get('linkpath') ?? pending.link ?? raw.linkName;
  const xattrs = records && xattrsOf(records);
  const apkSha1 = records?.get('APK-TOOLS.checksum.SHA1');
  return {
    path,
    type,
    mode: raw.mode,
    uid: raw.uid ?? 0,
    gid: raw.gid ?? 0,
    user: textAt(block, 265, 32),
    group: textAt(block, 297, 32),
    mtime: Math.max(0, number(block, 136, 12) ?? 0),
    ...(type === 'symlink' && { target: soundTarget(link) }),
    ...(type === 'hardlink' && { target: soundPath(link) }),
    ...(xattrs && { xattrs }),
    ...(type === 'file' && { content: body }),
    ...(apkSha1 !== undefined && { apkSha1: apkSha1.toLowerCase() }),
  };
}

function soundPath(name: string): string {
  const path = name.startsWith('/') || /[\n\0]|(?:^|\/)\.wh\./.test(name) ? undefined : normalisePath(name);
  if (path === undefined)
    throw new StreamError(`the name ${JSON.stringify(name.slice(0, 200))} leaves the root`);
  return path;
}

function soundTarget(target: string): string {
  if (target === '' || target.length > 4095) throw new StreamError('a symbolic link that leads nowhere');
  return target;
}

function textAt(block: Buffer, offset: number, length: number): string {
  const text = block.toString('latin1', offset, offset + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function untilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.buffer, bytes.byteOffset, end < 0 ? bytes.length : end).toString('utf8');
}
