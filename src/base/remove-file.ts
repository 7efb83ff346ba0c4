import { unlink } from 'node:fs/promises';
import { hasErrno } from './errors.ts';

/** Removes a file, if there is one: in one call, where `rm` asks first what lies there. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
  }
}
