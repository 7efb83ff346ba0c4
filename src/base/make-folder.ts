import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrno } from './errors.ts';

/**
 * Makes a folder and those above it, for their owner only. Node's own recursive way never ends where a file system
 * answers "not found" to the making of a folder, as `/proc` does.
 *
 * @throws the system's error
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const above = dirname(path);
    if (!hasErrno(error, 'ENOENT') || above === path) throw error;
    await makeFolder(above);
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
  }
}
