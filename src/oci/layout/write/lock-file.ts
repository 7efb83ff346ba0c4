import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { DrydockError, hasErrno } from '../../../base/errors.ts';
import { sleep } from '../../../base/retry.ts';
import type { Signal } from '../../../base/signal.ts';

/** Whoever holds it works for milliseconds; one so old is of a process that died. */
const STALE_MS = 30_000;
const WAIT_MS = 20;
const MAX_WAIT_MS = 60_000;

/**
 * Runs a task while a file is there that says so, one at a time over all processes.
 * @throws DrydockError OUTPUT_UNWRITABLE, and what the task throws
 */
export async function withLockFile<T>(path: string, task: () => Promise<T>, options: Signal): Promise<T> {
  await take(path, options);
  try {
    return await task();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string, options: Signal): Promise<void> {
  const until = Date.now() + MAX_WAIT_MS;
  while (!(await made(path))) {
    await removeStale(path);
    if (Date.now() > until)
      throw new DrydockError('OUTPUT_UNWRITABLE', `${path} stays locked by another process`);
    await sleep(WAIT_MS * (0.5 + Math.random()), options);
  }
}

async function made(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (cause) {
    if (hasErrno(cause, 'EEXIST')) return false;
    throw new DrydockError('OUTPUT_UNWRITABLE', `cannot write ${path}`, { cause });
  }
}

/** Renamed first, so that of several who find it stale only one takes it away. */
async function removeStale(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found || Date.now() - found.mtimeMs < STALE_MS) return;
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { force: true });
}
