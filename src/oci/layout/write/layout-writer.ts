import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { algorithmOf, hexOf } from '../../../base/digest.ts';
import { DrydockError, hasErrno } from '../../../base/errors.ts';
import type { Signal } from '../../../base/signal.ts';
import type { Digest } from '../../../model/image.ts';
import { isObject, parseJsonObject, type JsonObject } from '../../json.ts';
import { MAX_MANIFEST_BYTES } from '../../manifest.ts';
import { OCI_INDEX } from '../../media-types.ts';
import { blobName } from '../oci-files.ts';
import { withLockFile } from './lock-file.ts';

/** What an index.json says of an image that it holds. */
export interface LayoutEntry {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Readonly<Record<string, unknown>>;
}

/** Adds to an OCI image layout directory. What others write at the same time stays. */
export interface LayoutWriter {
  /** @returns false when it was there already */
  blob(
    blob: { readonly digest: Digest; readonly sizeBytes: number },
    open: () => AsyncIterable<Uint8Array>,
    options: Signal,
  ): Promise<boolean>;
  /** Lists an image, under a tag where there is one: whatever had that tag loses it. */
  list(entry: LayoutEntry, tag: string | undefined, options: Signal): Promise<void>;
}

const TAG = 'org.opencontainers.image.ref.name';

/**
 * Opens a directory as a layout, and makes it one where it is none.
 *
 * @throws DrydockError OUTPUT_UNWRITABLE, LAYOUT_INVALID; from `blob` also BLOB_DIGEST_MISMATCH and BLOB_SIZE_MISMATCH
 * @see OCI Image Spec 1.1, "Image Layout"
 */
export async function openLayoutWriter(directory: string): Promise<LayoutWriter> {
  const root = resolve(directory);
  await unwritable(root, async () => {
    await mkdir(join(root, 'blobs', 'sha256'), { recursive: true });
    if (!(await sizeOf(join(root, 'oci-layout')))) {
      await replace(join(root, 'oci-layout'), only(Buffer.from('{"imageLayoutVersion":"1.0.0"}')));
    }
  });
  return {
    async blob({ digest, sizeBytes }, content, { signal }) {
      const path = join(root, blobName(digest));
      // Blobs get their name when they are whole, so one of this name and size is this one.
      if ((await sizeOf(path)) === sizeBytes) return false;
      await unwritable(root, async () => {
        await mkdir(dirname(path), { recursive: true });
        await replace(path, checked(content(), digest, sizeBytes, signal));
      });
      return true;
    },
    async list(entry, tag, { signal }) {
      const path = join(root, 'index.json');
      await unwritable(root, () =>
        withLockFile(
          `${path}.lock`,
          async () => {
            const index = listedIn(await readIndexFile(path), entry, tag);
            await replace(path, only(Buffer.from(JSON.stringify(index))));
          },
          { signal },
        ),
      );
    },
  };
}

/** The index with the entry in it, everything else as it was. */
export function listedIn(index: JsonObject, entry: LayoutEntry, tag: string | undefined): JsonObject {
  const known: readonly unknown[] = Array.isArray(index['manifests']) ? index['manifests'] : [];
  const annotations = { ...entry.annotations, ...(tag !== undefined && { [TAG]: tag }) };
  const added = { ...entry, ...(Object.keys(annotations).length > 0 && { annotations }) };
  const isSame = (one: unknown): boolean =>
    isObject(one) && one['digest'] === entry.digest && tagOf(one) === tag;
  const others = known
    .filter((one) => !isSame(one))
    .map((one) => (tag !== undefined && tagOf(one) === tag ? untagged(one) : one));
  return {
    ...index,
    schemaVersion: 2,
    mediaType: index['mediaType'] ?? OCI_INDEX,
    manifests: [...others, added],
  };
}

function tagOf(entry: unknown): unknown {
  return isObject(entry) && isObject(entry['annotations']) ? entry['annotations'][TAG] : undefined;
}

function untagged(entry: unknown): unknown {
  if (!isObject(entry) || !isObject(entry['annotations'])) return entry;
  const annotations = Object.entries(entry['annotations']).filter(([key]) => key !== TAG);
  const others = Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'annotations'));
  return annotations.length === 0 ? others : { ...others, annotations: Object.fromEntries(annotations) };
}

async function readIndexFile(path: string): Promise<JsonObject> {
  const size = await sizeOf(path);
  if (size === undefined) return { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };
  if (size > MAX_MANIFEST_BYTES) {
    throw new DrydockError('LAYOUT_INVALID', `${path} is larger than ${MAX_MANIFEST_BYTES} bytes`);
  }
  const index = parseJsonObject(await readFile(path), { code: 'LAYOUT_INVALID', of: path });
  if (index['manifests'] !== undefined && !Array.isArray(index['manifests'])) {
    throw new DrydockError('LAYOUT_INVALID', `${path} has no list of manifests`);
  }
  return index;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const status = await stat(path);
    if (status.isFile()) return status.size;
  } catch (cause) {
    if (hasErrno(cause, 'ENOENT')) return undefined;
    throw cause;
  }
  throw new DrydockError('LAYOUT_INVALID', `${path} is not a regular file`);
}

/** Others see the old file or the new one, never a part; a crash leaves one of the two. */
async function replace(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const aside = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    const file = await open(aside, 'wx', 0o644);
    try {
      for await (const chunk of content) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  digest: Digest,
  sizeBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const hash = createHash(algorithmOf(digest));
  let bytes = 0;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > sizeBytes) break;
    hash.update(chunk);
    yield chunk;
  }
  if (bytes !== sizeBytes) {
    throw new DrydockError(
      'BLOB_SIZE_MISMATCH',
      `blob ${digest} has not the ${sizeBytes} bytes that it should have`,
    );
  }
  if (hash.digest('hex') !== hexOf(digest)) {
    throw new DrydockError('BLOB_DIGEST_MISMATCH', `blob ${digest} has other content than its digest says`);
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function unwritable<T>(root: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    const isOfFiles = hasErrno(
      cause,
      'EACCES',
      'EPERM',
      'EROFS',
      'ENOSPC',
      'EDQUOT',
      'ENOTDIR',
      'EEXIST',
      'EISDIR',
      'EIO',
    );
    if (!isOfFiles) throw cause;
    throw new DrydockError('OUTPUT_UNWRITABLE', `cannot write the OCI layout ${root}`, { cause });
  }
}
