import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, copyFile, open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { DrydockError, hasErrno, messageOf } from '../base/errors.ts';
import { systemReason } from '../config/system-reason.ts';
import type { TextStream } from './terminal.ts';

/** Where reports go. A file is there whole after `commit`, or not at all. */
export interface Output extends AsyncDisposable {
  write(pieces: Iterable<string>): Promise<void>;
  commit(): Promise<void>;
}

const BATCH_CHARS = 1 << 16;

/** @throws DrydockError OUTPUT_UNWRITABLE, before anything was done */
export async function openOutput(path: string | undefined, stdout: TextStream): Promise<Output> {
  if (path === undefined) return streamOutput(stdout);
  return (await isSpecialFile(path)) ? await specialOutput(path) : await fileOutput(path);
}

/** A slip of the hand must not cost anybody an image. */
export async function refuseToOverwrite(files: readonly string[], output: string | undefined): Promise<void> {
  const target = output === undefined ? undefined : await realpath(output).catch(() => undefined);
  if (target === undefined) return;
  for (const file of files) {
    if ((await realpath(file).catch(() => undefined)) !== target) continue;
    throw new DrydockError('USAGE_INVALID', `--output ${output} would overwrite the image that is scanned`);
  }
}

/** Whoever reads may have had enough (`| head`): the rest is dropped without a word. */
export function writeText(stream: TextStream, text: string): Promise<'written' | 'closed'> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (!error) return resolve('written');
      if (hasErrno(error, 'EPIPE', 'ERR_STREAM_DESTROYED')) return resolve('closed');
      reject(
        new DrydockError('OUTPUT_UNWRITABLE', `cannot write to standard output: ${messageOf(error)}`, {
          cause: error,
        }),
      );
    });
  });
}

function streamOutput(stdout: TextStream): Output {
  return {
    async write(pieces) {
      for (const batch of batches(pieces)) if ((await writeText(stdout, batch)) === 'closed') return;
    },
    commit: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A pipe or a device, like /dev/stdout: written to directly. */
async function specialOutput(path: string): Promise<Output> {
  const file = await openFile(path, path, 'w');
  return {
    write: (pieces) => writeBatches(file, path, pieces),
    commit: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function fileOutput(path: string): Promise<Output> {
  const target = await realpath(path).catch(() => path); // a link stays a link
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await openFile(temporary, path, 'wx');
  let isOpen = true;
  let isKept = false;
  const close = async (): Promise<void> => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  const remove = (): void => rmSync(temporary, { force: true });
  // For a second Ctrl-C, which ends the process at once.
  process.once('exit', remove);
  return {
    write: (pieces) => writeBatches(file, path, pieces),
    async commit() {
      await close();
      await moveInto(temporary, target).catch((cause: unknown) => {
        throw unwritable(path, cause);
      });
      isKept = true;
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', remove);
      await close();
      if (!isKept) remove();
    },
  };
}

/** A file that is a mount of its own, as containers have them, cannot be replaced but written to. */
async function moveInto(temporary: string, target: string): Promise<void> {
  const known = await stat(target).catch(() => undefined);
  if (known) await chmod(temporary, known.mode & 0o777);
  try {
    await rename(temporary, target);
  } catch (error) {
    if (!hasErrno(error, 'EBUSY', 'EXDEV')) throw error;
    await copyFile(temporary, target);
    await rm(temporary, { force: true });
  }
}

async function writeBatches(file: FileHandle, path: string, pieces: Iterable<string>): Promise<void> {
  try {
    for (const batch of batches(pieces)) await file.writeFile(batch);
  } catch (cause) {
    throw cause instanceof DrydockError ? cause : unwritable(path, cause);
  }
}

async function openFile(path: string, shown: string, flags: 'w' | 'wx'): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (cause) {
    throw unwritable(shown, cause);
  }
}

async function isSpecialFile(path: string): Promise<boolean> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) throw new DrydockError('OUTPUT_UNWRITABLE', `--output ${path} is a directory`);
    return !status.isFile();
  } catch (error) {
    if (error instanceof DrydockError) throw error;
    return false; // not there yet; opening it tells what is wrong
  }
}

function unwritable(path: string, cause: unknown): DrydockError {
  return new DrydockError('OUTPUT_UNWRITABLE', `cannot write --output ${path}: ${systemReason(cause)}`, {
    cause,
  });
}

/** Formats yield many small pieces; a write each would be slow. */
function* batches(pieces: Iterable<string>): Generator<string> {
  let batch = '';
  for (const piece of pieces) {
    batch += piece;
    if (batch.length < BATCH_CHARS) continue;
    yield batch;
    batch = '';
  }
  if (batch !== '') yield batch;
}
