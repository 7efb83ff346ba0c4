import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { notices } from '../base/channels.ts';
import { hasErrno, messageOf } from '../base/errors.ts';
import { frame, unframe } from './frame.ts';
import type { Store } from './store.ts';

export interface FileStoreOptions {
  /** The store is kept below about this size by dropping what was used longest ago. */
  readonly maxBytes?: number;
  readonly now?: () => number;
}

export interface FileStore extends Store {
  status(): Promise<{ readonly entries: number; readonly bytes: number }>;
  clear(): Promise<void>;
}

export const DEFAULT_MAX_BYTES = 4 * 2 ** 30;
/** A file's time of use is noted at most this often, so that reading stays reading. */
const TOUCH_AFTER_MS = 3_600_000;
/** Looking for what to drop costs a walk over all files: it is done once in this many bytes written. */
const EVICT_EVERY_BYTES = 64 << 20;
/** A temporary file that is older has lost its writer. */
const STALE_TEMPORARY_MS = 3_600_000;
/** After a drop there is room for a while. */
const KEEP_SHARE = 0.8;

interface Found {
  readonly path: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/**
 * Keeps values as files below a directory, which many processes may share and any of which may be killed at any
 * moment: a value is written beside its place and renamed into it, and a damaged one is as good as absent.
 * Where nothing can be written (a full disk, a read-only directory) it forgets, says so once, and never fails.
 */
export function openFileStore(directory: string, options: FileStoreOptions = {}): FileStore {
  const { maxBytes = DEFAULT_MAX_BYTES, now = Date.now } = options;
  let writtenBytes = 0;
  let isTold = false;

  /** Two levels, so that no directory grows beyond what file systems like. */
  function pathOf(key: string): string {
    const hex = createHash('sha256').update(key).digest('hex');
    return join(directory, hex.slice(0, 2), hex.slice(2));
  }

  async function read(path: string, key: string): Promise<Uint8Array | undefined> {
    const bytes = await readFile(path).catch(() => undefined);
    if (!bytes) return undefined;
    const entry = unframe(bytes);
    if (entry?.key === key && entry.expiresAt > now()) return entry.value;
    if (!entry || entry.expiresAt <= now()) await rm(path, { force: true }).catch(() => undefined);
    return undefined;
  }

  async function touch(path: string): Promise<void> {
    try {
      const { mtimeMs } = await stat(path);
      if (now() - mtimeMs > TOUCH_AFTER_MS) await utimes(path, now() / 1000, now() / 1000);
    } catch {
      // dropped meanwhile, or not ours to touch: the value is there all the same
    }
  }

  async function write(path: string, content: Uint8Array, ifAbsent: boolean): Promise<boolean> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = join(dirname(path), `.${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
    try {
      await writeWhole(temporary, content);
      if (!ifAbsent) {
        await rename(temporary, path);
        return true;
      }
      // A link is made by one writer only; rename would let the last one win.
      await link(temporary, path);
      return true;
    } catch (error) {
      if (ifAbsent && hasErrno(error, 'EEXIST')) return false;
      throw error;
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  function tell(error: unknown): void {
    if (isTold) return;
    isTold = true;
    const message = `results are not remembered, as ${directory} cannot be written: ${messageOf(error)}`;
    notices.publish({ code: 'CACHE_UNWRITABLE', message });
  }

  async function evict(): Promise<void> {
    const files = await list(directory);
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes <= maxBytes) return;
    files.sort((a, b) => a.usedAt - b.usedAt);
    for (const file of files) {
      if (bytes <= maxBytes * KEEP_SHARE) return;
      await rm(file.path, { force: true });
      bytes -= file.bytes;
    }
  }

  async function noteWritten(bytes: number): Promise<void> {
    writtenBytes += bytes;
    const isDue = writtenBytes >= Math.min(EVICT_EVERY_BYTES, maxBytes / 4);
    if (!isDue) return;
    writtenBytes = 0;
    await evict();
  }

  return {
    async get(key) {
      const path = pathOf(key);
      const value = await read(path, key);
      if (value) await touch(path);
      return value;
    },
    async put(key, value, { ttlSeconds = Infinity, ifAbsent = false } = {}) {
      const path = pathOf(key);
      const content = frame({ key, value, expiresAt: now() + ttlSeconds * 1000 });
      try {
        // Reading removes what has expired or is damaged, so that the link below finds the place free.
        if (ifAbsent && (await read(path, key))) return false;
        const isWritten = await write(path, content, ifAbsent);
        if (isWritten) await noteWritten(content.length);
        return isWritten;
      } catch (error) {
        tell(error);
        return false;
      }
    },
    async delete(key) {
      await rm(pathOf(key), { force: true }).catch(tell);
    },
    async *keys(prefix) {
      for (const { path } of await list(directory)) {
        const entry = unframe(await readFile(path).catch(() => Buffer.alloc(0)));
        if (entry?.key.startsWith(prefix) && entry.expiresAt > now()) yield entry.key;
      }
    },
    async status() {
      const files = await list(directory);
      return { entries: files.length, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
    },
    async clear() {
      for (const folder of folders(directory)) await rm(folder, { recursive: true, force: true });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(), // nothing stays open
  };
}

async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

/** Only directories of our own making, whatever else may lie beside them. */
function folders(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /^[0-9a-f]{2}$/.test(name))
      .map((name) => join(directory, name));
  } catch {
    return []; // nothing was ever written
  }
}

/** All values, and on the way an end of temporary files that nobody writes any more. */
async function list(directory: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const folder of folders(directory)) {
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name);
      const info = await stat(path).catch(() => undefined);
      if (!info?.isFile()) continue;
      if (!name.startsWith('.')) found.push({ path, bytes: info.size, usedAt: info.mtimeMs });
      else if (Date.now() - info.mtimeMs > STALE_TEMPORARY_MS) await unlink(path).catch(() => undefined);
    }
  }
  return found;
}
