import { createHash } from 'node:crypto';
import { rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { notices } from '../base/channels.ts';
import { DrydockError, messageOf } from '../base/errors.ts';
import { removeFile } from '../base/remove-file.ts';
import {
  MAX_ENTRY_BYTES,
  placeNew,
  readEntryFile,
  replaceFile,
  throughGate,
  writeBeside,
  type Found,
} from './entry-file.ts';
import { dropOldest, listFolders, listStoredFiles } from './file-space.ts';
import { frame } from './frame.ts';
import type { Store } from './store.ts';

export interface FileStoreOptions {
  /** The store is kept below about this size by dropping what was used longest ago. */
  readonly maxBytes?: number;
  /** Room is looked for once in so many bytes written. */
  readonly evictEveryBytes?: number;
  readonly now?: () => number;
  /** From 0 up to 1; decides when room is looked for. */
  readonly random?: () => number;
}

export interface FileStore extends Store {
  /** @throws DrydockError CACHE_UNWRITABLE */
  status(): Promise<{ readonly entries: number; readonly bytes: number }>;
  /** @throws DrydockError CACHE_UNWRITABLE */
  clear(): Promise<void>;
}

export const DEFAULT_MAX_BYTES = 4 * 2 ** 30;
/** A file's time of use is noted at most this often, so that reading stays reading. */
const TOUCH_AFTER_MS = 3_600_000;
/** Looking for what to drop costs a walk over all files: it is done once in this many bytes written. */
const EVICT_EVERY_BYTES = 64 << 20;
/** Others may write into a folder while it is being removed. */
const CLEAR_RETRIES = 5;

/**
 * Keeps values as files below a directory, which many processes may share and any of which may be killed at any
 * moment: a value is written beside its place and renamed into it, and a damaged one is as good as absent.
 * Where nothing can be written (a full disk, a read-only directory) it forgets, says so once, and never fails.
 */
export function openFileStore(directory: string, options: FileStoreOptions = {}): FileStore {
  const { maxBytes = DEFAULT_MAX_BYTES, now = Date.now, random = Math.random } = options;
  const { evictEveryBytes = Math.min(EVICT_EVERY_BYTES, maxBytes / 4) } = options;
  // Most processes write little and end. As each begins at another place of the interval, together they look for
  // room as often as one long process would.
  let bytesUntilEviction = random() * evictEveryBytes;
  let isTold = false;

  /** Two levels, so that no directory grows beyond what file systems like. */
  function pathOf(key: string): string {
    const hex = createHash('sha256').update(key).digest('hex');
    return join(directory, hex.slice(0, 2), hex.slice(2));
  }

  const isLive = (found: Found): found is Extract<Found, { kind: 'entry' }> =>
    found.kind === 'entry' && found.entry.expiresAt > now();

  async function removeDead(path: string, key: string): Promise<void> {
    await throughGate(path, async () => {
      if (!isLive(await readEntryFile(path, key))) await removeFile(path);
    });
  }

  async function replaceDead(path: string, key: string, temporary: string): Promise<boolean> {
    const isReplaced = await throughGate(path, async () => {
      const found = await readEntryFile(path, key);
      if (isLive(found)) return false;
      if (found.kind === 'absent') return await placeNew(temporary, path);
      await rename(temporary, path);
      return true;
    });
    return isReplaced ?? false;
  }

  async function writeNew(path: string, key: string, content: Uint8Array): Promise<boolean> {
    return await writeBeside(
      path,
      content,
      async (temporary) => (await placeNew(temporary, path)) || (await replaceDead(path, key, temporary)),
    );
  }

  async function write(path: string, key: string, content: Uint8Array, ifAbsent: boolean): Promise<boolean> {
    if (ifAbsent) return await writeNew(path, key, content);
    await replaceFile(path, content);
    return true;
  }

  function tell(error: unknown): void {
    if (isTold) return;
    isTold = true;
    const message = `results are not remembered, as ${directory} cannot be written: ${messageOf(error)}`;
    notices.publish({ code: 'CACHE_UNWRITABLE', message });
  }

  async function noteWritten(bytes: number): Promise<void> {
    bytesUntilEviction -= bytes;
    if (bytesUntilEviction > 0) return;
    bytesUntilEviction = evictEveryBytes;
    if (maxBytes < Infinity) await dropOldest(directory, maxBytes).catch(tell);
    else void dropExpired().catch(tell); // takes long, and nobody needs the room at once
  }

  /** What nobody asks for again would else stay for ever where nothing is dropped to make room. */
  async function dropExpired(): Promise<void> {
    for (const { path } of await listStoredFiles(directory)) {
      const found = await readEntryFile(path);
      if (found.kind === 'entry' && found.entry.expiresAt <= now()) await removeDead(path, found.entry.key);
    }
  }

  return {
    async get(key) {
      const path = pathOf(key);
      const found = await readEntryFile(path, key);
      if (found.kind === 'absent') return undefined;
      if (!isLive(found)) {
        await removeDead(path, key).catch(() => undefined); // it is a miss whether or not it can be removed
        return undefined;
      }
      if (now() - found.usedAt > TOUCH_AFTER_MS)
        await utimes(path, now() / 1000, now() / 1000).catch(() => undefined); // dropped meanwhile, or not ours
      return found.entry.value;
    },
    async put(key, value, { ttlSeconds = Infinity, ifAbsent = false } = {}) {
      const path = pathOf(key);
      const content = frame({ key, value, expiresAt: now() + ttlSeconds * 1000 });
      if (content.length > MAX_ENTRY_BYTES) return false;
      try {
        if (ifAbsent && isLive(await readEntryFile(path, key))) return false;
        const isWritten = await write(path, key, content, ifAbsent);
        if (isWritten) await noteWritten(content.length);
        return isWritten;
      } catch (error) {
        tell(error);
        return false;
      }
    },
    async delete(key) {
      await removeFile(pathOf(key)).catch(tell);
    },
    async *keys(prefix) {
      for (const { path } of await listStoredFiles(directory).catch(() => [])) {
        const found = await readEntryFile(path);
        if (isLive(found) && found.entry.key.startsWith(prefix)) yield found.entry.key;
      }
    },
    async status() {
      const files = await listStoredFiles(directory).catch((cause: unknown) => {
        const message = `the cache in ${directory} cannot be read: ${messageOf(cause)}`;
        throw new DrydockError('CACHE_UNWRITABLE', message, { cause });
      });
      return { entries: files.length, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
    },
    async clear() {
      try {
        for (const folder of await listFolders(directory))
          await rm(folder, { recursive: true, force: true, maxRetries: CLEAR_RETRIES });
      } catch (cause) {
        const message = `the cache in ${directory} cannot be cleared: ${messageOf(cause)}`;
        throw new DrydockError('CACHE_UNWRITABLE', message, { cause });
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(), // nothing stays open
  };
}
