import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { hasErrno } from '../../base/errors.ts';
import { makeFolder } from '../../base/make-folder.ts';

/** A place of one process beside the databases, on the same file system. It is removed when disposed of. */
export interface WorkDirectory extends AsyncDisposable {
  readonly path: string;
}

const NAME = /^tmp-([0-9a-f]{8})-([0-9]+)-[0-9a-f]+$/;
const A_DAY_MS = 86_400_000;

/** @param root where databases lie; made when it is not there */
export async function openWorkDirectory(root: string): Promise<WorkDirectory> {
  await makeFolder(root);
  const path = join(root, workName());
  await mkdir(path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Removes what killed processes have left. */
export async function removeStaleWork(root: string, now: Date): Promise<void> {
  for (const name of await namesIn(root)) {
    if (!(await isStale(join(root, name), name, now))) continue;
    // Another process may be at it too, or lack the right; it is only about room on the disk.
    await rm(join(root, name), { recursive: true, force: true }).catch(() => {});
  }
}

export async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Tells whose it is: processes of other machines, or containers, cannot be asked whether they live. */
export function workName(): string {
  return `tmp-${hostMark()}-${process.pid}-${randomBytes(6).toString('hex')}`;
}

async function isStale(path: string, name: string, now: Date): Promise<boolean> {
  const match = NAME.exec(name);
  if (!match) return false;
  const pid = Number(match[2]);
  if (match[1] === hostMark() && pid !== process.pid && !isAlive(pid)) return true;
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && now.getTime() - status.mtimeMs > A_DAY_MS;
}

function hostMark(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasErrno(error, 'EPERM');
  }
}
