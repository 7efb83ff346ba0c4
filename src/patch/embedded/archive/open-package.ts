import { isAbort } from '../../../base/errors.ts';
import { arMembers, type ArMember } from '../../../codec/ar.ts';
import { parseParagraph, type Paragraph } from '../database/paragraph.ts';
import { invalidArchive } from './archive-error.ts';
import { decompressMember, type MemberCompression } from './decompress-member.ts';
import { readTar, type PayloadEntry } from './read-tar.ts';

/** A package archive, read and held in memory. */
export interface PackageFile {
  readonly control: Paragraph;
  /** What stands beside `control` in its archive (`md5sums`, `postinst`, …), by name, in order. */
  readonly info: ReadonlyMap<string, PayloadEntry & { readonly content: Uint8Array }>;
  readonly payload: readonly PayloadEntry[];
}

export interface PackageLimits {
  /** Of the payload, decompressed. */
  readonly maxPayloadBytes: number;
  readonly maxControlBytes: number;
}

/** The largest payload of Debian 12's main archive has 3.5 GB, and is data of a game. */
export const DEFAULT_LIMITS: PackageLimits = { maxPayloadBytes: 2 ** 31 - 1, maxControlBytes: 64 << 20 };

/**
 * Reads a `.deb`.
 *
 * @param of for messages
 * @throws DrydockError PACKAGE_ARCHIVE_INVALID
 * @see deb(5)
 */
export async function openPackage(
  archive: Uint8Array,
  { of, signal, limits = DEFAULT_LIMITS }: { of: string; signal: AbortSignal; limits?: PackageLimits },
): Promise<PackageFile> {
  try {
    const { control, data } = membersOf(archive);
    const controlEntries = await read(control, { maxBytes: limits.maxControlBytes, signal });
    const payload = await read(data, { maxBytes: limits.maxPayloadBytes, signal });
    checkLinks(payload);
    return { ...toControl(controlEntries), payload };
  } catch (error) {
    if (isAbort(error) || signal.aborted) throw error;
    throw invalidArchive(of, error instanceof Error ? error.message : 'it is damaged', error);
  }
}

interface Member {
  readonly content: Uint8Array;
  readonly compression: MemberCompression;
}

/** Later members are ignored, as `dpkg-deb` does; unknown ones whose name starts with `_` may stand before `control`. */
function membersOf(archive: Uint8Array): { control: Member; data: Member } {
  const members = arMembers(archive);
  const next = (): ArMember => {
    const result: IteratorResult<ArMember, unknown> = members.next();
    if (result.done === true) throw new Error('a part of it is missing');
    return result.value;
  };
  const version = next();
  if (version.name !== 'debian-binary' || !/^2\.\d+\n/.test(textOf(version.content.subarray(0, 64))))
    throw new Error('it has another format than 2.x');
  let member = next();
  while (member.name.startsWith('_')) member = next();
  const control = toMember(member, 'control.tar');
  member = next();
  while (member.name.startsWith('_')) member = next();
  return { control, data: toMember(member, 'data.tar') };
}

function toMember({ name, content }: ArMember, wanted: string): Member {
  const compression = name.slice(wanted.length);
  if (!name.startsWith(wanted)) throw new Error(`${JSON.stringify(name)} stands where ${wanted} should`);
  if (compression !== '' && compression !== '.gz' && compression !== '.xz' && compression !== '.zst')
    throw new Error(`${JSON.stringify(name)} is compressed in a way that is not supported`);
  return { content, compression };
}

function read(
  { content, compression }: Member,
  limits: { maxBytes: number; signal: AbortSignal },
): Promise<PayloadEntry[]> {
  return readTar(decompressMember(content, compression, limits));
}

/** Hard links lead to what the package itself brought before. */
function checkLinks(payload: readonly PayloadEntry[]): void {
  const files = new Set<string>();
  const paths = new Set<string>();
  for (const { path, type, target } of payload) {
    if (type === 'hardlink' && !files.has(target ?? ''))
      throw new Error('a hard link leads out of the package');
    if (type === 'file' || type === 'hardlink') files.add(path);
    if (type !== 'directory' && paths.has(path)) throw new Error('it brings a path twice');
    paths.add(path);
  }
}

function toControl(entries: readonly PayloadEntry[]): Pick<PackageFile, 'control' | 'info'> {
  const info = new Map<string, PayloadEntry & { readonly content: Uint8Array }>();
  for (const entry of entries) {
    const { path, type, content } = entry;
    if (path === '' && type === 'directory') continue;
    if (type !== 'file' || content === undefined || path.includes('/'))
      throw new Error(`its control part holds ${JSON.stringify(path)}`);
    info.set(path, { ...entry, content });
  }
  const control = info.get('control');
  if (!control) throw new Error('it has no control file');
  info.delete('control');
  return { control: parseParagraph(textOf(control.content)), info };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
