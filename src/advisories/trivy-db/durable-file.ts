import { open, rename } from 'node:fs/promises';
import { DrydockError, hasErrno, messageOf } from '../../base/errors.ts';

/** Replaces a file at once: whoever reads it sees the old content or the new, even after a power cut. */
export async function replaceFile(temporary: string, path: string, content: string): Promise<void> {
  await writeDurably(temporary, content);
  await rename(temporary, path);
}

export async function writeDurably(path: string, content: string): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the names in a directory last. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Windows and some network file systems cannot, and need not.
    if (!hasErrno(error, 'EPERM', 'EISDIR', 'EINVAL', 'EACCES', 'EBADF', 'ENOTSUP')) throw error;
  }
}

/** What failed on the disk, as our own error. */
export async function onDisk<T>(root: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    const isOfDisk =
      !(cause instanceof DrydockError) &&
      hasErrno(
        cause,
        'EACCES',
        'EPERM',
        'EROFS',
        'ENOSPC',
        'EDQUOT',
        'ENOTDIR',
        'EEXIST',
        'EFBIG',
        'EIO',
        'EMFILE',
        'ENOENT',
      );
    if (!isOfDisk) throw cause;
    throw new DrydockError(
      'CACHE_UNWRITABLE',
      `the advisory database cannot be written under ${root}: ${messageOf(cause)}`,
      {
        hint: 'Choose another place with --cache-dir, or make room there.',
        cause,
      },
    );
  }
}
