import { createHash } from 'node:crypto';
import type { ApkEntry, ApkFile } from '../archive/open-apk.ts';
import { infoOf, wordsOf } from '../archive/package-info.ts';
import {
  FILE_MODE,
  FOLDER_MODE,
  type InstalledApk,
  type RecordedFile,
  type RecordedFolder,
  type RecordedMode,
} from './record.ts';

export interface RecordFacts {
  readonly file: ApkFile;
  /** As it was recorded, where the package itself is for all. */
  readonly architecture: string;
  readonly tag?: string;
  /** Of what it brings. */
  readonly folders: readonly RecordedFolder[];
}

/** The record of a package as apk writes it, without the empty line behind it. */
export function recordOf({ file, architecture, tag, folders }: RecordFacts): string {
  const { info, identity, sizeBytes } = file;
  const one = (letter: string, key: string): string[] => line(letter, infoOf(info, key));
  const many = (letter: string, key: string): string[] => line(letter, wordsOf(info, key).join(' '));
  const own = infoOf(info, 'arch');
  const number = (letter: string, key: string): string[] =>
    /^0*$/.test(infoOf(info, key)) ? [] : one(letter, key);
  return [
    `C:${identity}`,
    ...one('P', 'pkgname'),
    ...one('V', 'pkgver'),
    ...line('A', own === 'noarch' ? architecture : own),
    `S:${sizeBytes}`,
    `I:${infoOf(info, 'size') || '0'}`,
    // These three are written even where nothing is said.
    `T:${infoOf(info, 'pkgdesc')}`,
    `U:${infoOf(info, 'url')}`,
    `L:${infoOf(info, 'license')}`,
    ...one('o', 'origin'),
    ...one('m', 'maintainer'),
    ...number('t', 'builddate'),
    ...one('c', 'commit'),
    ...number('k', 'provider_priority'),
    ...many('D', 'depend'),
    ...many('p', 'provides'),
    ...many('i', 'install_if'),
    ...many('r', 'replaces'),
    ...number('q', 'replaces_priority'),
    ...line('s', tag ?? ''),
    ...folderLines(folders),
  ].join('\n');
}

function line(letter: string, value: string): string[] {
  return value === '' ? [] : [`${letter}:${value}`];
}

/** Folders with their files, as lines of a record. */
export function folderLines(folders: readonly RecordedFolder[]): string[] {
  return folders.flatMap((folder) => [
    `F:${folder.path}`,
    ...(isMode(folder, FOLDER_MODE) ? [] : [`M:${modeText(folder)}`]),
    ...folder.files.flatMap((file) => [
      `R:${file.name}`,
      ...(isMode(file, FILE_MODE) ? [] : [`a:${modeText(file)}`]),
      ...line('Z', file.checksum ?? ''),
    ]),
  ]);
}

function isMode(a: RecordedMode, b: RecordedMode): boolean {
  return a.uid === b.uid && a.gid === b.gid && a.mode === b.mode && a.xattrs === undefined;
}

function modeText({ uid, gid, mode, xattrs }: RecordedMode): string {
  return `${uid}:${gid}:${mode.toString(8)}${xattrs === undefined ? '' : `:${xattrs}`}`;
}

/** What a payload is recorded as: folders in the order of the archive, files in that within their folder. */
export function foldersOf(payload: readonly ApkEntry[]): RecordedFolder[] {
  const folders = new Map<string, RecordedFolder & { readonly files: RecordedFile[] }>();
  for (const entry of payload) {
    const { path, type, uid, gid, mode, sha1 } = entry;
    if (type === 'directory') {
      folders.set(path, { path, uid, gid, mode, files: folders.get(path)?.files ?? [] });
      continue;
    }
    const slash = path.lastIndexOf('/');
    const above = path.slice(0, Math.max(0, slash));
    const folder = folders.get(above) ?? { ...FOLDER_MODE, path: above, files: [] };
    folders.set(above, folder);
    folder.files.push({
      name: path.slice(slash + 1),
      uid,
      gid,
      mode,
      ...(sha1 !== undefined && { checksum: checksumText(sha1) }),
      ...(type !== 'symlink' && xattrsOf(entry)),
    });
  }
  return [...folders.values()];
}

/** Hexadecimal to what the database has. */
export function checksumText(sha1: string): string {
  return `Q1${Buffer.from(sha1, 'hex').toString('base64')}`;
}

/** Names and values in the order of names, each with its length before it. */
function xattrsOf({ xattrs }: ApkEntry): { readonly xattrs?: string } {
  if (!xattrs || xattrs.size === 0) return {};
  const hash = createHash('sha1');
  for (const [name, value] of [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const part of [Buffer.from(name), value]) hash.update(lengthOf(part)).update(part);
  return { xattrs: checksumText(hash.digest('hex')) };
}

function lengthOf({ length }: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}

/** Later versions of apk write packages in the order of their names, earlier ones in that of installation. */
export function isSorted(packages: readonly Pick<InstalledApk, 'name'>[]): boolean {
  return packages.every(({ name }, at) => at === 0 || (packages[at - 1]?.name ?? '') <= name);
}
