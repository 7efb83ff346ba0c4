import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { WrittenTable } from '../../codec/sorted-table/table-writer.ts';
import type { Transport } from '../../oci/registry/transport.ts';
import { onDisk, replaceFile, writeDurably } from '../trivy-db/durable-file.ts';
import {
  currentDatabase,
  install,
  noteChecked,
  prune,
  type InstalledDatabase,
} from '../trivy-db/installation.ts';
import { isDue, METADATA_FILE } from '../trivy-db/metadata.ts';
import { formatOrigin, ORIGIN_FILE } from '../trivy-db/origin.ts';
import { readPart } from '../trivy-db/trivy-db.ts';
import { openWorkDirectory, workName } from '../trivy-db/work-directory.ts';
import { fetchFile } from './fetch-file.ts';
import { directoryNameOf, type Input } from './input.ts';
import { formatTableMetadata, parseTableMetadata, type TableFacts, type TableMetadata } from './metadata.ts';
import { openTable, walkTable } from './open-table.ts';

/** A kind of table: how it is made of its input. */
export interface TableKind {
  /** As messages call it. */
  readonly title: string;
  /** A server is not asked sooner again. */
  readonly restMs: number;
  /** Of what is fetched. */
  readonly maxBytes: number;
  /** Changes whenever the same input makes another table. */
  readonly revision: number;
  /** Tells one state of a path from another. @throws DrydockError SOURCE_NOT_FOUND */
  stampOf(path: string, options: Signal): Promise<string>;
  /** Makes the file `table` in a directory of the input at a path. @throws DrydockError */
  build(path: string, directory: string, options: Signal & { readonly name: string }): Promise<BuiltTable>;
}

export interface BuiltTable {
  readonly written: WrittenTable;
  readonly facts: TableFacts;
}

export interface BringTableOptions extends Signal {
  /** Where the tables of this input lie. */
  readonly root: string;
  readonly kind: TableKind;
  readonly transport: () => Promise<Transport>;
  readonly offline: boolean;
  readonly force: boolean;
  readonly now: () => Date;
}

export interface DescribedTable {
  readonly database: InstalledDatabase;
  readonly metadata: TableMetadata;
}

/** The table in use; undefined when there is none. @throws DrydockError DATABASE_CORRUPT */
export async function currentTable(root: string): Promise<DescribedTable | undefined> {
  const database = await currentDatabase(root);
  if (!database) return undefined;
  const metadata = parseTableMetadata(await readPart(database.directory, METADATA_FILE));
  return { database, metadata };
}

/**
 * Makes the table of an input the one in use, unless it is already. Nothing changes before it is complete.
 *
 * @throws DrydockError DATABASE_UNAVAILABLE, DATABASE_CORRUPT, DATABASE_UNSUPPORTED, DATABASE_LIMIT, SOURCE_NOT_FOUND,
 * CACHE_UNWRITABLE
 */
export async function bringTable(input: Input, options: BringTableOptions): Promise<DescribedTable> {
  const { root, kind, now, force } = options;
  const current = await usableTable(input, options);
  if (
    current &&
    input.kind === 'url' &&
    !force &&
    !isDue({ ...current.metadata, isSample: false }, now(), kind.restMs)
  )
    return current;
  if (input.kind === 'url' && options.offline) {
    if (current) return current;
    throw new DrydockError('DATABASE_UNAVAILABLE', `${input.name} is not here, and no network may be used`);
  }
  const brought =
    input.kind === 'url' ? await fromUrl(input, current, options) : await fromPath(input, current, options);
  await prune(root, now());
  return brought;
}

/** What was made of something else, or in another way, or cannot be read, is made anew. */
async function usableTable(
  input: Input,
  { root, kind, force, signal }: BringTableOptions,
): Promise<DescribedTable | undefined> {
  try {
    const current = await currentTable(root);
    if (current?.metadata.revision !== kind.revision || current.metadata.input !== directoryNameOf(input))
      return undefined;
    const { table, close } = await openTable(current.database.directory);
    try {
      // Opening tells a cut file; only an explicit wish is worth reading all of it.
      if (force) await walkTable(table, { signal });
    } finally {
      close();
    }
    return current;
  } catch (error) {
    if (!(error instanceof DrydockError)) throw error;
    return undefined;
  }
}

async function fromUrl(
  input: Extract<Input, { kind: 'url' }>,
  current: DescribedTable | undefined,
  options: BringTableOptions,
): Promise<DescribedTable> {
  const { root, kind, signal } = options;
  await using work = await onDisk(root, () => openWorkDirectory(root));
  const path = join(work.path, 'input');
  const etag = current?.metadata.etag;
  const transport = await options.transport();
  const fetched = await onDisk(root, () =>
    fetchFile(input.url, path, {
      transport,
      maxBytes: kind.maxBytes,
      signal,
      ...(etag !== undefined && { etag }),
    }),
  );
  if (!fetched && current) return await checked(current, options);
  const mark = fetched?.etag === undefined ? {} : { etag: fetched.etag };
  return await build(input, path, work.path, mark, options);
}

async function fromPath(
  input: Extract<Input, { kind: 'path' }>,
  current: DescribedTable | undefined,
  options: BringTableOptions,
): Promise<DescribedTable> {
  const { root, kind, force, signal } = options;
  const stamp = await kind.stampOf(input.path, { signal });
  if (current?.metadata.stamp === stamp && !force) return await checked(current, options);
  await using work = await onDisk(root, () => openWorkDirectory(root));
  return await build(input, input.path, work.path, { stamp }, options);
}

async function checked(current: DescribedTable, { root, now }: BringTableOptions): Promise<DescribedTable> {
  await noteChecked(root, current.database, now());
  return current;
}

async function build(
  input: Input,
  path: string,
  directory: string,
  mark: Pick<TableMetadata, 'etag' | 'stamp'>,
  { root, kind, now, signal }: BringTableOptions,
): Promise<DescribedTable> {
  const { name } = input;
  const { written, facts } = await onDisk(root, () => kind.build(path, directory, { signal, name }));
  const { digest, sizeBytes } = written;
  const at = now().toISOString();
  const made = { revision: kind.revision, input: directoryNameOf(input), downloadedAt: at };
  const metadata: TableMetadata = { ...facts, ...mark, ...made };
  const content = formatTableMetadata(metadata);
  await onDisk(root, async () => {
    await rm(join(directory, 'input'), { force: true });
    await writeDurably(join(directory, METADATA_FILE), content);
    const origin = { digest, source: name, installedAt: at, sizeBytes, fileDigest: digest };
    await writeDurably(join(directory, ORIGIN_FILE), formatOrigin(origin));
  });
  signal.throwIfAborted();
  const database = await install(root, directory, digest, (installed) => isSound(installed, { signal }));
  // The same table may have come of another input, whose mark is not the one to compare with.
  await onDisk(root, () =>
    replaceFile(join(root, workName()), join(database.directory, METADATA_FILE), content),
  );
  return { database, metadata };
}

async function isSound({ directory }: InstalledDatabase, options: Signal): Promise<boolean> {
  try {
    const { table, close } = await openTable(directory);
    try {
      await walkTable(table, options);
    } finally {
      close();
    }
    return true;
  } catch (error) {
    if (!(error instanceof DrydockError)) throw error;
    return false;
  }
}
