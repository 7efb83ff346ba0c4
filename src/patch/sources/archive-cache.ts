import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notices } from '../../base/channels.ts';
import { hasErrno, messageOf } from '../../base/errors.ts';
import { makeFolder } from '../../base/make-folder.ts';
import type { DateMemory } from './release-age.ts';

/** Keeps what was fetched. Nothing of it is believed because it lies there: all is verified when it is read again. */
export interface ArchiveCache {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, value: Uint8Array): Promise<unknown>;
}

/** Files below a folder, which is made when needed. Who cannot write there does without. */
export function openFolderCache(folder: string): ArchiveCache {
  const pathOf = (key: string): string => join(folder, createHash('sha256').update(key).digest('hex'));
  let isTold = false;
  return {
    async get(key) {
      try {
        return await readFile(pathOf(key));
      } catch (error) {
        if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
        throw error;
      }
    },
    async put(key, value) {
      const path = pathOf(key);
      const fresh = `${path}.${randomUUID()}`;
      try {
        await makeFolder(folder);
        await writeFile(fresh, value, { mode: 0o600 });
        await rename(fresh, path);
      } catch (error) {
        if (!hasErrno(error, ...UNWRITABLE)) throw error;
        if (!isTold) tellUnwritable(folder, error);
        isTold = true;
      } finally {
        await rm(fresh, { force: true }).catch(() => undefined); // it was never made
      }
    },
  };
}

const UNWRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST', 'ENOENT'];

function tellUnwritable(folder: string, error: unknown): void {
  const message = `archives and their dates are not remembered, as ${folder} cannot be written: ${messageOf(error)}`;
  notices.publish({ code: 'CACHE_UNWRITABLE', message });
}

/** Dates kept beside what was fetched. */
export function datesIn(cache: ArchiveCache): DateMemory {
  return {
    async get(key) {
      const found = await cache.get(`date ${key}`);
      return found && Buffer.from(found).toString('utf8');
    },
    async put(key, date) {
      await cache.put(`date ${key}`, Buffer.from(date));
    },
  };
}

/** What has this SHA-256, or undefined where it is not there or no longer what it was. */
export async function cachedContent(
  cache: ArchiveCache | undefined,
  sha256: string,
): Promise<Uint8Array | undefined> {
  const found = await cache?.get(`content ${sha256}`);
  return found && sha256HexOf(found) === sha256 ? found : undefined;
}

export async function rememberContent(cache: ArchiveCache | undefined, content: Uint8Array): Promise<void> {
  await cache?.put(`content ${sha256HexOf(content)}`, content);
}

export function sha256HexOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
