import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, open as openWithCallback, read } from 'node:fs';
import { link, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { hasErrno } from '../base/errors.ts';
import { makeFolder } from '../base/make-folder.ts';
import { removeFile } from '../base/remove-file.ts';
import { unframe, type Entry } from './frame.ts';

/** More than any value that is written; a larger file is damage and is not read. */
export const MAX_ENTRY_BYTES = 256 << 20;
/** A folder can vanish under a writer, when another process clears the store. */
const MAX_FOLDER_TRIES = 3;
/** Who holds a gate does so for a few milliseconds; one this old was left by a process that was killed. */
const STALE_GATE_MS = 10_000;

/** What lies at a place. `dead`: damaged, or of another key. */
export type Found =
  | { readonly kind: 'absent' | 'dead' }
  | { readonly kind: 'entry'; readonly entry: Entry; readonly usedAt: number };

/**
 * A file that cannot be opened is as good as absent; one that is not whole is dead.
 *
 * Small files are read often, and each call that is handed to another thread costs more than what it asks for: only
 * those that may wait for a disk are, while an open file's size is known, and closing it writes nothing.
 *
 * @param key undefined takes an entry of any key
 */
export async function readEntryFile(path: string, key?: string): Promise<Found> {
  let file: number | undefined;
  try {
    file = await openFile(path, 'r');
    const { size, mtimeMs } = fstatSync(file);
    const entry = size > MAX_ENTRY_BYTES ? undefined : unframe(await readWhole(file, size));
    const isOurs = entry && (key === undefined || entry.key === key);
    return isOurs ? { kind: 'entry', entry, usedAt: mtimeMs } : { kind: 'dead' };
  } catch {
    return { kind: 'absent' }; // reading is only ever a chance to save work
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const openFile = promisify(openWithCallback);
const readFrom = promisify(read);

/** In one piece, as its size is known; of a file that is shorter by now, what there is. */
async function readWhole(file: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(size);
  const { bytesRead } = await readFrom(file, buffer, 0, size, 0);
  return buffer.subarray(0, bytesRead);
}

/** Writes beside the place and hands the finished file to `use`; whatever is left of it then is removed. */
export async function writeBeside<T>(
  path: string,
  content: Uint8Array,
  use: (temporary: string) => Promise<T>,
): Promise<T> {
  return await withFolder(dirname(path), async () => {
    const temporary = besides(path);
    try {
      await writeWhole(temporary, content);
      return await use(temporary);
    } finally {
      await removeFile(temporary).catch(() => undefined);
    }
  });
}

/** Puts a value at a place, whatever lies there. */
export async function replaceFile(path: string, content: Uint8Array): Promise<void> {
  await withFolder(dirname(path), async () => {
    const temporary = besides(path);
    try {
      await writeWhole(temporary, content);
      await rename(temporary, path);
    } catch (error) {
      await removeFile(temporary).catch(() => undefined);
      throw error;
    }
  });
}

/** Puts a finished file at a place that must be free: of several writers one wins, as a rename would not tell. */
export async function placeNew(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/**
 * Lets one process at a time change what lies dead at a place. Without it, one that has seen an expired entry could
 * remove the live one that another has put there meanwhile. Undefined when somebody else is at it.
 */
export async function throughGate<T>(path: string, act: () => Promise<T>): Promise<T | undefined> {
  const gate = join(dirname(path), `.${basename(path)}.gate`);
  if (!(await openGate(gate))) return undefined;
  try {
    return await act();
  } finally {
    await removeFile(gate).catch(() => undefined);
  }
}

async function openGate(gate: string): Promise<boolean> {
  if (await makeGate(gate)) return true;
  return (await removeStale(gate)) && (await makeGate(gate));
}

async function makeGate(gate: string): Promise<boolean> {
  try {
    await (await open(gate, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Moved aside first, so that of several who find it stale only one goes on. */
async function removeStale(gate: string): Promise<boolean> {
  const aside = `${gate}-${randomBytes(6).toString('hex')}.tmp`;
  try {
    if (!(await isStale(gate))) return false;
    await rename(gate, aside);
    const wasStale = await isStale(aside);
    await removeFile(aside);
    return wasStale;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    return Date.now() - (await file.stat()).mtimeMs > STALE_GATE_MS;
  } finally {
    await file.close();
  }
}

async function withFolder<T>(folder: string, act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      if (tries >= MAX_FOLDER_TRIES || !hasErrno(error, 'ENOENT')) throw error;
      await makeFolder(folder);
    }
  }
}

function besides(path: string): string {
  return join(dirname(path), `.${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
}

async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}
