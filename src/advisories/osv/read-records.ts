import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DrydockError, hasErrno, messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { CodecError } from '../../codec/codec-error.ts';
import { openZipFile } from '../../codec/zip/zip-file.ts';
import { MAX_RECORD_BYTES } from './parse-record.ts';

/** A record's bytes, which are valid until the next one is asked for; or why they cannot be had. */
export type RawRecord =
  { readonly name: string; readonly bytes: Uint8Array } | { readonly name: string; readonly problem: string };

const MAX_FILES = 4_000_000;
const MAX_DEPTH = 32;
const MAX_TOTAL_BYTES = 64 * 2 ** 30;
/** JSON of real archives is packed to a tenth; of distributions' records with their long lists, to less. */
const MAX_RATIO = 200;
const SMALL_BYTES = 256 << 20;

/**
 * Records of a directory (`*.json`, however deep), of a zip archive or of one file.
 *
 * @throws DrydockError SOURCE_NOT_FOUND, DATABASE_CORRUPT for an archive that is none, DATABASE_LIMIT
 */
export async function* readRecords(
  path: string,
  options: Signal & { readonly name: string },
): AsyncGenerator<RawRecord> {
  const status = await ofSource(path, () => stat(path));
  if (status.isDirectory()) yield* recordsOfDirectory(path, options);
  else if (await isJson(path)) yield await recordOfFile(path, path, status.size);
  else yield* recordsOfZip(path, options);
}

/** What tells one state of a file or a directory from another: names, sizes and times of all that would be read. */
export async function stampOf(path: string, { signal }: Signal): Promise<string> {
  const hash = createHash('sha256');
  const status = await ofSource(path, () => stat(path));
  if (!status.isDirectory()) return `${status.size}-${status.mtimeMs}-${status.ino}`;
  for await (const file of filesBelow(path, { signal })) {
    const { size, mtimeMs } = await ofSource(path, () => stat(join(path, file)));
    hash.update(`${file}\0${size}\0${mtimeMs}\0`);
  }
  return hash.digest('hex');
}

async function* recordsOfDirectory(path: string, options: Signal): AsyncGenerator<RawRecord> {
  for await (const file of filesBelow(path, options)) {
    const place = join(path, file);
    const { size } = await ofSource(path, () => stat(place));
    yield await recordOfFile(file, place, size);
  }
}

async function recordOfFile(name: string, path: string, sizeBytes: number): Promise<RawRecord> {
  if (sizeBytes > MAX_RECORD_BYTES) return { name, problem: `it has more than ${MAX_RECORD_BYTES} bytes` };
  return { name, bytes: await ofSource(path, () => readFile(path)) };
}

/** In an order of their own, so that nothing depends on the disk's; links are not followed. */
async function* filesBelow(root: string, { signal }: Signal): AsyncGenerator<string> {
  const open: { readonly path: string; readonly depth: number }[] = [{ path: '', depth: 0 }];
  let count = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const { path, depth } = next;
    const entries = await ofSource(root, () => readdir(join(root, path), { withFileTypes: true }));
    signal.throwIfAborted();
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const inside = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory() && depth < MAX_DEPTH) open.push({ path: inside, depth: depth + 1 });
      if (!entry.isFile() || !isRecordName(entry.name)) continue;
      if (++count > MAX_FILES) tooMany(root);
      yield inside;
    }
  }
}

async function* recordsOfZip(path: string, { name }: { readonly name: string }): AsyncGenerator<RawRecord> {
  const descriptor = await ofSource(path, async () => openSync(path, 'r'));
  try {
    const { size } = fstatSync(descriptor);
    const read = (into: Uint8Array, position: number): number =>
      readSync(descriptor, into, 0, into.length, position);
    const zip = openZipFile(read, size, { maxEntries: MAX_FILES });
    let packed = 0;
    let unpacked = 0;
    for (const entry of zip.entries()) {
      if (!isRecordName(entry.name)) continue;
      packed += entry.compressedBytes;
      // Entries that lie over each other would be read for ever.
      if (packed > size) throw new CodecError('a zip archive whose files take more room than it has');
      const record = recordOfEntry(entry.name, () => zip.read(entry, MAX_RECORD_BYTES));
      unpacked += 'bytes' in record ? record.bytes.length : 0;
      if (unpacked > Math.min(MAX_TOTAL_BYTES, SMALL_BYTES + size * MAX_RATIO)) {
        throw new DrydockError('DATABASE_LIMIT', `${name} unpacks to more than ${unpacked} bytes`);
      }
      yield record;
    }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new DrydockError('DATABASE_CORRUPT', `${name} is ${error.message}`, { cause: error });
  } finally {
    closeSync(descriptor);
  }
}

function recordOfEntry(name: string, read: () => Uint8Array): RawRecord {
  try {
    return { name, bytes: read() };
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return { name, problem: error.message };
  }
}

function isRecordName(name: string): boolean {
  return name.endsWith('.json');
}

async function isJson(path: string): Promise<boolean> {
  const first = Buffer.alloc(64);
  const descriptor = await ofSource(path, async () => openSync(path, 'r'));
  try {
    readSync(descriptor, first, 0, first.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return /^\uFEFF?\s*\{/.test(first.toString('utf8'));
}

/** What fails here is not the cache's fault. */
async function ofSource<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    if (cause instanceof DrydockError) throw cause;
    const problem = hasErrno(cause, 'ENOENT', 'ENOTDIR')
      ? 'does not exist'
      : `cannot be read: ${messageOf(cause)}`;
    throw new DrydockError('SOURCE_NOT_FOUND', `${path} ${problem}`, { cause });
  }
}

function tooMany(path: string): never {
  throw new DrydockError('DATABASE_LIMIT', `${path} holds more than ${MAX_FILES} files`);
}
