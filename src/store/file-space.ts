import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../base/errors.ts';
import { removeFile } from '../base/remove-file.ts';

/** A temporary file that is older has lost its writer. */
const STALE_TEMPORARY_MS = 3_600_000;
/** After a drop there is room for a while. */
const KEEP_SHARE = 0.8;

export interface StoredFile {
  readonly path: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/** All values, and on the way an end of temporary files that nobody writes any more. */
export async function listStoredFiles(directory: string): Promise<StoredFile[]> {
  const found: StoredFile[] = [];
  for (const folder of await listFolders(directory)) {
    const names = await readdir(folder).catch(() => []);
    const files = await Promise.all(names.map((name) => toStoredFile(folder, name)));
    for (const file of files) if (file) found.push(file);
  }
  return found;
}

/** Only directories of our own making, whatever else may lie beside them. */
export async function listFolders(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory);
    return names.filter((name) => /^[0-9a-f]{2}$/.test(name)).map((name) => join(directory, name));
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return []; // nothing was ever written
    throw error;
  }
}

/** Drops what was used longest ago when there is more than so many bytes. */
export async function dropOldest(directory: string, maxBytes: number): Promise<void> {
  const files = await listStoredFiles(directory);
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes <= maxBytes) return;
  files.sort((a, b) => a.usedAt - b.usedAt);
  for (const file of files) {
    if (bytes <= maxBytes * KEEP_SHARE) return;
    // One that cannot be removed must not keep the others.
    await removeFile(file.path).catch(() => undefined);
    bytes -= file.bytes;
  }
}

async function toStoredFile(folder: string, name: string): Promise<StoredFile | undefined> {
  const path = join(folder, name);
  const info = await stat(path).catch(() => undefined); // dropped meanwhile
  if (!info?.isFile()) return undefined;
  if (!name.startsWith('.')) return { path, bytes: info.size, usedAt: info.mtimeMs };
  if (Date.now() - info.mtimeMs > STALE_TEMPORARY_MS) await unlink(path).catch(() => undefined);
  return undefined;
}
