import { BLOCK_BYTES, isZeroBlock, parseHeader, paxSize, type RawHeader } from '../../codec/tar/header.ts';
import { linkTargetPath, normalisePath } from '../../codec/tar/path.ts';
import { parsePax, type PaxRecords } from '../../codec/tar/pax.ts';
import { StreamError } from '../../codec/stream-error.ts';
import { DrydockError } from '../../base/errors.ts';

const MAX_ENTRIES = 200_000;
const MAX_NAME_CHARS = 4096;
/** All names together, which are kept while an archive is open. */
const MAX_NAMES_CHARS = 64 << 20;
const MAX_EXTENDED_BYTES = 1 << 20;

/** The bytes of an archive in order; whether they can be sought in is nobody's business here. */
export interface ArchiveBytes {
  readonly position: number;
  /** The next bytes; fewer at the end only. Valid until the next call. */
  take(count: number): Promise<Uint8Array>;
  /** How many were passed over; fewer at the end only. */
  skip(count: number): Promise<number>;
}

/** One entry of an image archive, extended headers applied. */
export interface Member {
  /** Below the archive's root. */
  readonly path: string;
  readonly kind: 'file' | 'link' | 'other';
  readonly sizeBytes: number;
  /** For links of either sort: the path in the archive they lead to. */
  readonly leadsTo?: string;
}

interface Extended {
  records: PaxRecords;
  longName?: string;
  longLink?: string;
}

const NO_RECORDS: PaxRecords = new Map();
const decoder = new TextDecoder();

/**
 * Visits the entries of an archive. The visitor may read the member's bytes; what it leaves is passed over.
 *
 * @throws DrydockError ARCHIVE_INVALID, ARCHIVE_LIMIT
 */
export async function walkMembers(
  bytes: ArchiveBytes,
  name: string,
  visit: (member: Member) => Promise<void>,
): Promise<void> {
  let extended: Extended = { records: NO_RECORDS };
  let nameChars = 0;
  for (let entries = 0; ; entries++) {
    if (entries > MAX_ENTRIES) tooMuch(name, `more than ${MAX_ENTRIES} entries`);
    const header = await readHeader(bytes, name, entries === 0);
    if (!header) return;
    const size = bodyBytesOf(header, extended);
    const end = bytes.position + size;
    if (isExtension(header)) {
      extended = await readExtension(bytes, header, extended, name);
    } else {
      const member = toMember(header, extended, name);
      extended = { records: NO_RECORDS };
      nameChars += member ? member.path.length + (member.leadsTo?.length ?? 0) : 0;
      if (nameChars > MAX_NAMES_CHARS) tooMuch(name, 'more text in names than fits in memory');
      if (member) await visit(member);
    }
    await passOver(bytes, end, size, name);
  }
}

/** The next header, or undefined at the end, which the two blocks of zeros need not mark. */
async function readHeader(
  bytes: ArchiveBytes,
  name: string,
  isFirst: boolean,
): Promise<RawHeader | undefined> {
  const block = await bytes.take(BLOCK_BYTES);
  if (block.length === 0 && isFirst) invalid(name, 'is empty');
  if (block.length === 0) return undefined;
  if (block.length < BLOCK_BYTES) invalid(name, isFirst ? 'is not a tar archive' : 'is cut off');
  if (isZeroBlock(block)) return undefined;
  try {
    return parseHeader(Buffer.from(block.buffer, block.byteOffset, block.length));
  } catch (cause) {
    if (!(cause instanceof StreamError)) throw cause;
    return invalid(name, isFirst ? 'is not a tar archive' : `is damaged: ${cause.message}`);
  }
}

async function passOver(bytes: ArchiveBytes, end: number, size: number, name: string): Promise<void> {
  const left = end - bytes.position;
  if ((await bytes.skip(left)) < left) invalid(name, 'is cut off');
  await bytes.skip(-size & (BLOCK_BYTES - 1)); // some writers leave out the very last padding
}

function isExtension({ kind }: RawHeader): boolean {
  return kind === 'pax' || kind === 'pax-global' || kind === 'gnu-long-name' || kind === 'gnu-long-link';
}

async function readExtension(
  bytes: ArchiveBytes,
  header: RawHeader,
  extended: Extended,
  name: string,
): Promise<Extended> {
  // A global header could only give all entries one path or one size, which makes no sense here.
  if (header.kind === 'pax-global') return extended;
  if (header.bodyBytes > MAX_EXTENDED_BYTES) tooMuch(name, 'an extended header of absurd length');
  const body = await bytes.take(header.bodyBytes);
  if (body.length < header.bodyBytes) invalid(name, 'is cut off');
  if (header.kind === 'pax') return { ...extended, records: recordsOf(body, name) };
  const nul = body.indexOf(0);
  const text = decoder.decode(nul < 0 ? body : body.subarray(0, nul));
  return header.kind === 'gnu-long-name' ? { ...extended, longName: text } : { ...extended, longLink: text };
}

function recordsOf(body: Uint8Array, name: string): PaxRecords {
  try {
    return parsePax(body);
  } catch (cause) {
    if (!(cause instanceof StreamError)) throw cause;
    return invalid(name, `is damaged: ${cause.message}`);
  }
}

function bodyBytesOf(header: RawHeader, { records }: Extended): number {
  return header.kind === 'file' ? (paxSize(records, 'size') ?? header.bodyBytes) : header.bodyBytes;
}

/** Undefined for a name that would leave the archive, which nothing can refer to. */
function toMember(header: RawHeader, extended: Extended, name: string): Member | undefined {
  const { records } = extended;
  const written = records.get('path') ?? extended.longName ?? header.name;
  if (written.length > MAX_NAME_CHARS) tooMuch(name, `a name of more than ${MAX_NAME_CHARS} characters`);
  const path = normalisePath(written);
  // The blocks of a sparse entry's map would have to be read to find the next header.
  if (header.kind === 'sparse') invalid(name, 'holds sparse files, which image archives never do');
  if (path === undefined || path === '') return undefined;

  const target = records.get('linkpath') ?? extended.longLink ?? header.linkName;
  if (target.length > MAX_NAME_CHARS) tooMuch(name, `a link of more than ${MAX_NAME_CHARS} characters`);
  if (header.kind === 'symlink') {
    return { path, kind: 'link', sizeBytes: 0, leadsTo: linkTargetPath(path, target) };
  }
  const linked = header.kind === 'hardlink' ? normalisePath(target) : undefined;
  if (linked !== undefined) return { path, kind: 'link', sizeBytes: 0, leadsTo: linked };

  const isSparse = records.has('GNU.sparse.major') || records.has('GNU.sparse.map');
  const kind = header.kind === 'file' && !isSparse ? 'file' : 'other';
  return { path, kind, sizeBytes: bodyBytesOf(header, extended) };
}

export function invalid(name: string, problem: string, cause?: unknown): never {
  throw new DrydockError('ARCHIVE_INVALID', `${name} ${problem}`, { cause });
}

export function tooMuch(name: string, what: string): never {
  throw new DrydockError('ARCHIVE_LIMIT', `${name} has ${what}`);
}
