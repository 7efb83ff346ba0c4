import { open, stat, type FileHandle } from 'node:fs/promises';
import { sniffCompression } from '../../codec/compression.ts';
import { DrydockError, hasErrno } from '../../base/errors.ts';
import { follow } from './links.ts';
import { invalid, walkMembers, type ArchiveBytes } from './tar-members.ts';

/** Covers a header and whatever small files follow it, without reading much of a layer in vain. */
const WINDOW_BYTES = 16 << 10;

/** Where a member's bytes lie in the archive. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** An uncompressed archive on disk whose entries are known. */
export interface ArchiveFile extends AsyncDisposable {
  find(path: string): Range | undefined;
  read(range: Range): Promise<Uint8Array>;
}

/**
 * Indexes an archive by its headers alone. Undefined when it cannot be sought in: compressed, or not a regular
 * file.
 *
 * @throws DrydockError SOURCE_NOT_FOUND, ARCHIVE_INVALID, ARCHIVE_LIMIT
 */
export async function openArchiveFile(path: string, name: string): Promise<ArchiveFile | undefined> {
  // Not opened at all unless regular: a named pipe's writer would lose its reader when we close it again.
  const status = await atPath(() => stat(path), name);
  if (!status.isFile()) return undefined;
  const handle = await atPath(() => open(path, 'r'), name);
  try {
    if (sniffCompression(await readAt(handle, 0, 4)) === 'none')
      return await indexOf(handle, status.size, name);
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

async function atPath<T>(look: () => Promise<T>, name: string): Promise<T> {
  try {
    return await look();
  } catch (cause) {
    const problem = hasErrno(cause, 'ENOENT', 'ENOTDIR') ? 'does not exist' : 'cannot be opened';
    throw new DrydockError('SOURCE_NOT_FOUND', `${name} ${problem}`, { cause });
  }
}

async function indexOf(handle: FileHandle, sizeBytes: number, name: string): Promise<ArchiveFile> {
  const files = new Map<string, Range>();
  const links = new Map<string, string>();
  const bytes = openSeekingBytes(handle, sizeBytes);
  await walkMembers(bytes, name, async ({ path, kind, sizeBytes: length, leadsTo }) => {
    // The last entry of a name is the one that counts, as when unpacking.
    files.delete(path);
    links.delete(path);
    if (kind === 'file') files.set(path, { offset: bytes.position, length });
    if (leadsTo !== undefined) links.set(path, leadsTo);
  });
  return {
    find: (path) => follow(path, files, links),
    async read({ offset, length }) {
      const read = await readAt(handle, offset, length);
      return read.length === length ? read : invalid(name, 'is cut off');
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

function openSeekingBytes(handle: FileHandle, sizeBytes: number): ArchiveBytes {
  let position = 0;
  let window = new Uint8Array(0);
  let windowStart = 0;
  return {
    get position() {
      return position;
    },
    async take(count) {
      const wanted = Math.min(count, sizeBytes - position);
      if (position < windowStart || position + wanted > windowStart + window.length) {
        window = await readAt(
          handle,
          position,
          Math.min(Math.max(wanted, WINDOW_BYTES), sizeBytes - position),
        );
        windowStart = position;
      }
      const taken = window.subarray(position - windowStart, position - windowStart + wanted);
      position += taken.length;
      return taken;
    },
    async skip(count) {
      const skipped = Math.min(count, sizeBytes - position);
      position += skipped;
      return skipped;
    },
  };
}

async function readAt(
  handle: FileHandle,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
