import { createHash } from 'node:crypto';
import { isAbort } from '../../../base/errors.ts';
import { invalidArchive } from '../../embedded/archive/archive-error.ts';
import { decompressMember } from '../../embedded/archive/decompress-member.ts';
import { DEFAULT_LIMITS, type PackageLimits } from '../../embedded/archive/open-package.ts';
import { readTar, type PayloadEntry } from '../../embedded/archive/read-tar.ts';
import { firstMember } from './gzip-member.ts';
import { infoOf, parsePackageInfo, type PackageInfo } from './package-info.ts';
import { withoutSignature } from './signed-parts.ts';
import { StreamError } from '../../../codec/stream-error.ts';

/** Kinds of scripts, in the order in which apk's database has them. */
export const SCRIPT_KINDS = [
  'pre-install',
  'post-install',
  'pre-deinstall',
  'post-deinstall',
  'pre-upgrade',
  'post-upgrade',
  'trigger',
] as const;

export type ScriptKind = (typeof SCRIPT_KINDS)[number];

/** One thing that a package brings, with the sum by which apk knows it. */
export interface ApkEntry extends PayloadEntry {
  /** SHA-1, hexadecimal; of a link that of its target. Absent for folders. */
  readonly sha1?: string;
}

/** An `.apk`, read, verified and held in memory. */
export interface ApkFile {
  readonly info: PackageInfo;
  readonly scripts: ReadonlyMap<ScriptKind, Uint8Array>;
  readonly payload: readonly ApkEntry[];
  /** `Q1` and the SHA-1 of the control part, as the index names it. */
  readonly identity: string;
  readonly sizeBytes: number;
}

export interface OpenApkOptions {
  /** For messages. */
  readonly of: string;
  /** What the verified index says. */
  readonly identity: string;
  readonly signal: AbortSignal;
  readonly limits?: PackageLimits;
}

/**
 * Reads a package of format 2 and verifies the chain from the index to each file: the index names the control part, this
 * names the data part, and that names the sum of each file.
 *
 * @throws DrydockError PACKAGE_ARCHIVE_INVALID
 * @see apk-v2(5)
 */
export async function openApk(
  archive: Uint8Array,
  { of, identity, signal, limits = DEFAULT_LIMITS }: OpenApkOptions,
): Promise<ApkFile> {
  try {
    const { info, scripts, data } = await checkedParts(archive, identity, limits);
    const pieces = decompressMember(data, '.gz', { maxBytes: limits.maxPayloadBytes, signal });
    const payload = withSums(await readTar(pieces));
    return { info, scripts, payload, identity, sizeBytes: archive.length };
  } catch (error) {
    if (isAbort(error) || signal.aborted) throw error;
    throw invalidArchive(of, error instanceof Error ? error.message : 'it is damaged', error);
  }
}

interface CheckedParts extends Pick<ApkFile, 'info' | 'scripts'> {
  /** As it lies there. */
  readonly data: Uint8Array;
}

/** The control part is the one that was named, and names the data part. */
async function checkedParts(
  archive: Uint8Array,
  identity: string,
  { maxControlBytes }: PackageLimits,
): Promise<CheckedParts> {
  if (Buffer.from(archive.subarray(0, 3)).toString('latin1') === 'ADB') {
    throw new StreamError('it is of format 3, which is not supported');
  }
  const body = withoutSignature(archive);
  const control = firstMember(body, maxControlBytes);
  if (identityOf(body.subarray(0, control.length)) !== identity)
    throw new StreamError('it is not the package that the signed index names');
  const { info, scripts } = await readControl(control.content);
  const data = body.subarray(control.length);
  if (createHash('sha256').update(data).digest('hex') !== infoOf(info, 'datahash'))
    throw new StreamError('its data is not what its control part names');
  return { info, scripts, data };
}

/** Whether these are the bytes of the package that an index names, its signature apart. */
export async function isApk(archive: Uint8Array, identity: string): Promise<boolean> {
  try {
    await checkedParts(archive, identity, DEFAULT_LIMITS);
    return true;
  } catch (error) {
    if (error instanceof StreamError) return false;
    throw error;
  }
}

/** How apk names a package: by its control part. */
export function identityOf(control: Uint8Array): string {
  return `Q1${createHash('sha1').update(control).digest('base64')}`;
}

async function readControl(content: Buffer): Promise<Pick<ApkFile, 'info' | 'scripts'>> {
  const scripts = new Map<ScriptKind, Uint8Array>();
  let info: PackageInfo | undefined;
  const entries = await readTar(once(content));
  for (const { path, content: value } of entries) {
    const kind = SCRIPT_KINDS.find((name) => path === `.${name}`);
    if (path === '.PKGINFO' && value) info = parsePackageInfo(Buffer.from(value).toString('utf8'));
    else if (kind && value) scripts.set(kind, value);
    else throw new StreamError(`its control part holds ${JSON.stringify(path.slice(0, 200))}`);
  }
  if (!info) throw new StreamError('it has no .PKGINFO');
  return { info, scripts };
}

/** Each file is what its own header says it is; links lead to what the package itself brought before. */
function withSums(entries: readonly PayloadEntry[]): ApkEntry[] {
  const sums = new Map<string, string>();
  const seen = new Set<string>();
  const folders = new Set(['']);
  return entries.flatMap((entry): ApkEntry[] => {
    const { path, type } = entry;
    if (isPassedOver(entry)) return [];
    if (seen.has(path)) throw new Error('it brings a path twice');
    seen.add(path);
    if (type === 'directory') {
      folders.add(path);
      return [entry];
    }
    // As for apk: triggers are told of the folders that a package names.
    if (!folders.has(path.slice(0, Math.max(0, path.lastIndexOf('/')))))
      throw new Error(`it brings ${JSON.stringify(path)} without its folder`);
    const sha1 = sumOf(entry, sums);
    if (entry.apkSha1 !== undefined && entry.apkSha1 !== sha1)
      throw new Error(`${JSON.stringify(path)} is not what its checksum says`);
    sums.set(path, sha1);
    return [{ ...entry, sha1 }];
  });
}

/** The root itself, what is of the package rather than for the image, and files that only keep a folder there. */
function isPassedOver({ path, type }: PayloadEntry): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return path === '' || path.startsWith('.') || (type !== 'directory' && /^\.keep_./.test(name));
}

function sumOf({ type, target, content }: PayloadEntry, sums: ReadonlyMap<string, string>): string {
  if (type !== 'hardlink') {
    return createHash('sha1')
      .update(type === 'symlink' ? (target ?? '') : (content ?? ''))
      .digest('hex');
  }
  const linked = sums.get(target ?? '');
  if (linked === undefined) throw new Error('a hard link leads out of the package');
  return linked;
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
