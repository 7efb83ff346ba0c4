import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DrydockError, hasErrno, messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest } from '../../model/image.ts';
import { openArchiveFile } from '../../oci/archive/archive-file.ts';
import { blobName, blobNotFound, readerOf, type OciFiles } from '../../oci/layout/oci-files.ts';
import { readIndex, selectEntries } from '../../oci/layout/select-entry.ts';
import { asDatabaseError, databaseLayer, type DatabaseArtifact } from './artifact.ts';
import type { PublishedAs } from './database-kind.ts';

const READ_BYTES = 1 << 20;

/** Part of a file on disk. */
interface Range {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** An OCI layout, as a directory or in an archive. */
interface Layout {
  readonly files: OciFiles;
  locate(name: string): Promise<Range | undefined>;
}

/**
 * The database in a file: an archive of the database and `metadata.json`, or an OCI layout of the published artifact,
 * itself as a directory or in an archive.
 * @param tag of the layout's entry; without one, the only entry or the one with the tag of the kind
 *
 * @throws DrydockError SOURCE_NOT_FOUND, DATABASE_UNSUPPORTED, DATABASE_CORRUPT, and those of layouts
 */
export async function fileArtifact(
  path: string,
  tag: string | undefined,
  kind: PublishedAs,
  options: Signal,
): Promise<DatabaseArtifact> {
  const status = await statusOf(path);
  if (status.isDirectory()) return await layoutArtifact(directoryLayout(path), path, tag, kind, options);
  const archive = await openArchiveFile(path, path).catch((error: unknown) => {
    throw asDatabaseError(error, path);
  });
  await using _ = archive;
  const isLayout = archive?.find('index.json') !== undefined;
  if (!archive || !isLayout) return await archiveArtifact(path, status.size, options);
  const layout: Layout = {
    files: {
      async find(name) {
        const range = archive.find(name);
        return range && { sizeBytes: range.length, read: () => archive.read(range) };
      },
    },
    async locate(name) {
      const range = archive.find(name);
      return range && { path, ...range };
    },
  };
  return await layoutArtifact(layout, path, tag, kind, options);
}

async function statusOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (cause) {
    const problem = hasErrno(cause, 'ENOENT', 'ENOTDIR') ? 'does not exist' : messageOf(cause);
    throw new DrydockError('SOURCE_NOT_FOUND', `${path} ${problem}`, { cause });
  }
}

/** Read twice: its digest has to be known first, so that a database that is here already is not unpacked again. */
async function archiveArtifact(
  path: string,
  sizeBytes: number,
  { signal }: Signal,
): Promise<DatabaseArtifact> {
  const hash = createHash('sha256');
  for await (const chunk of readRange({ path, offset: 0, length: sizeBytes }, 0, { signal }))
    hash.update(chunk);
  return {
    digest: `sha256:${hash.digest('hex')}` as Digest,
    sizeBytes,
    open: (offset, options) => readRange({ path, offset: 0, length: sizeBytes }, offset, options),
  };
}

async function layoutArtifact(
  layout: Layout,
  path: string,
  tag: string | undefined,
  kind: PublishedAs,
  options: Signal,
): Promise<DatabaseArtifact> {
  const index = await readIndex(layout.files, path);
  // A mirror of several versions has the one that can be read under the tag of its schema.
  const wanted = tag ?? (index.manifests.length > 1 ? kind.tag : undefined);
  const { manifests } = selectEntries(index, wanted === undefined ? {} : { tag: wanted }, path);
  const [entry, ...others] = manifests;
  if (!entry || others.length > 0) {
    throw new DrydockError('SOURCE_AMBIGUOUS', `${path} holds several artifacts`, {
      hint: `Choose one: oci:${path}:TAG.`,
    });
  }
  const manifest = await readerOf(layout.files, path).manifest(entry, options);
  const layer = databaseLayer(manifest.bytes, manifest.mediaType, path, kind);
  const range = await layout.locate(blobName(layer.digest));
  if (!range) throw blobNotFound(layer.digest, path);
  if (range.length !== layer.sizeBytes) {
    throw new DrydockError(
      'DATABASE_CORRUPT',
      `the advisory database in ${path} has ${range.length} bytes where its manifest says ${layer.sizeBytes}`,
    );
  }
  const { digest, sizeBytes } = layer;
  return { digest, sizeBytes, open: (offset, { signal }) => readRange(range, offset, { signal }) };
}

function directoryLayout(root: string): Layout {
  async function locate(name: string): Promise<Range | undefined> {
    const path = join(root, name);
    const status = await stat(path).catch((error: unknown) => {
      if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    });
    return status?.isFile() ? { path, offset: 0, length: status.size } : undefined;
  }
  return {
    locate,
    files: {
      async find(name) {
        const range = await locate(name);
        return range && { sizeBytes: range.length, read: () => readFile(range.path) };
      },
    },
  };
}

async function* readRange(range: Range, from: number, { signal }: Signal): AsyncGenerator<Uint8Array> {
  if (from >= range.length) return;
  const start = range.offset + from;
  const end = range.offset + range.length - 1;
  yield* createReadStream(range.path, {
    start,
    end,
    highWaterMark: READ_BYTES,
    signal,
  }) as AsyncIterable<Buffer>;
}
