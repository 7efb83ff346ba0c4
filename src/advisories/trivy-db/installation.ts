import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf, toDigest } from '../../base/digest.ts';
import { DrydockError, hasErrno } from '../../base/errors.ts';
import type { Digest } from '../../model/image.ts';
import { parseJsonObject } from '../../oci/json.ts';
import { onDisk, replaceFile, syncDirectory } from './durable-file.ts';
import { METADATA_FILE, withDownloadedAt } from './metadata.ts';
import { ORIGIN_FILE, parseOrigin } from './origin.ts';
import { namesIn, removeStaleWork, workName } from './work-directory.ts';

/**
 * Databases under a root: `<sha256 of the archive>/{trivy.db,metadata.json,origin.json}`, each complete once it has
 * that name and never changed but for the time of the last check, and `current.json`, which says which one counts.
 * Several processes may use it at once: readers keep the one that they have opened, and of several updaters the last
 * to switch wins.
 */
export interface InstalledDatabase {
  readonly directory: string;
  readonly digest: Digest;
}

/** The archive that a database came in, where it was to be kept. */
export const ARCHIVE_FILE = 'archive';
const POINTER_FILE = 'current.json';
const DIRECTORY_NAME = /^[0-9a-f]{64}$/;
const KEPT = 2;
const AN_HOUR_MS = 3_600_000;

/** The database in use; undefined when there is none. */
export async function currentDatabase(root: string): Promise<InstalledDatabase | undefined> {
  // A lost or damaged pointer costs nothing, as the newest one is what it would say.
  return (await pointedDatabase(root)) ?? (await allInstalled(root))[0]?.database;
}

/** The one that the pointer names, if there is one and it is whole. */
export async function pointedDatabase(root: string): Promise<InstalledDatabase | undefined> {
  const digest = await readPointer(root);
  const pointed = digest && installed(root, digest);
  return pointed && (await installedAt(pointed)) !== undefined ? pointed : undefined;
}

/** Another one once another database may be in use; undefined where that cannot be told. */
export function markOfPointer(root: string): Promise<string | undefined> {
  return markOf(join(root, POINTER_FILE));
}

/** Another one once the database was checked or is gone; undefined where that cannot be told. */
export function markOfDatabase({ directory }: InstalledDatabase): Promise<string | undefined> {
  return markOf(join(directory, METADATA_FILE));
}

/** Files are replaced, never written to, so that each state of them is another file. */
async function markOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [ino, size, mtimeMs, ctimeMs].join('/');
  } catch {
    return undefined;
  }
}

/** Gives a complete directory its name and makes it the one in use. A sound database of that name stays as it is. */
export async function install(
  root: string,
  directory: string,
  digest: Digest,
  isSound: (installed: InstalledDatabase) => Promise<boolean>,
): Promise<InstalledDatabase> {
  const target = installed(root, digest);
  await onDisk(root, async () => {
    await syncDirectory(directory);
    if (!(await tryToRename(directory, target.directory)) && !(await isSound(target))) {
      await discard(root, target.directory);
      await rename(directory, target.directory);
    }
    await syncDirectory(root);
    await switchTo(root, digest);
  });
  return target;
}

export async function switchTo(root: string, digest: Digest): Promise<void> {
  const content = `${JSON.stringify({ schema: 1, digest })}\n`;
  await replaceFile(join(root, workName()), join(root, POINTER_FILE), content);
  await syncDirectory(root);
}

/** Notes that the database was found to be the newest one. */
export async function noteChecked(root: string, { directory }: InstalledDatabase, now: Date): Promise<void> {
  await onDisk(root, async () => {
    const path = join(directory, METADATA_FILE);
    const content = withDownloadedAt(await readFile(path), now);
    await replaceFile(join(root, workName()), path, content);
  });
}

/**
 * Removes databases that are no longer needed, and what killed processes have left. The newest two stay, and a third
 * while it is young, for those who have read the pointer but not yet opened what it points to.
 */
export async function prune(root: string, now: Date): Promise<void> {
  const all = await allInstalled(root);
  const current = await currentDatabase(root);
  const ordered = all.toSorted((a, b) => rank(a.database, current) - rank(b.database, current));
  for (const [index, { database, at }] of ordered.entries()) {
    const isYoung = now.getTime() - at < AN_HOUR_MS;
    if (index < KEPT || (index === KEPT && isYoung)) continue;
    // Room on the disk is all that is lost when it fails.
    await discard(root, database.directory).catch(() => {});
  }
  await removeStaleWork(root, now);
}

function rank(database: InstalledDatabase, current: InstalledDatabase | undefined): number {
  return database.digest === current?.digest ? 0 : 1;
}

/** Renamed first, so that half a database never bears the name of a whole one. */
async function discard(root: string, directory: string): Promise<void> {
  const doomed = join(root, workName());
  await rename(directory, doomed);
  await rm(doomed, { recursive: true, force: true });
}

/** False when there is one already. */
async function tryToRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) return false;
    throw error;
  }
}

function installed(root: string, digest: Digest): InstalledDatabase {
  return { directory: join(root, hexOf(digest)), digest };
}

async function readPointer(root: string): Promise<Digest | undefined> {
  try {
    const of = { code: 'DATABASE_CORRUPT', of: POINTER_FILE } as const;
    return toDigest(parseJsonObject(await readFile(join(root, POINTER_FILE)), of)['digest']);
  } catch (error) {
    if (error instanceof DrydockError || hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

interface Candidate {
  readonly database: InstalledDatabase;
  readonly at: number;
}

/** The newest first. */
async function allInstalled(root: string): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const name of await namesIn(root)) {
    const digest = DIRECTORY_NAME.test(name) ? toDigest(`sha256:${name}`) : undefined;
    const database = digest && installed(root, digest);
    const at = database && (await installedAt(database));
    if (database && at !== undefined) candidates.push({ database, at });
  }
  return candidates.toSorted((a, b) => b.at - a.at);
}

/** Undefined for a directory that is none of ours or not whole. */
async function installedAt({ directory }: InstalledDatabase): Promise<number | undefined> {
  try {
    return Date.parse(parseOrigin(await readFile(join(directory, ORIGIN_FILE))).installedAt);
  } catch (error) {
    if (error instanceof DrydockError || hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
