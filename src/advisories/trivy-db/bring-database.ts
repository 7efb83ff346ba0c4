import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseProgress, notices } from '../../base/channels.ts';
import { algorithmOf, hexOf } from '../../base/digest.ts';
import { DrydockError, messageOf } from '../../base/errors.ts';
import { startPatience } from '../../base/retry.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest } from '../../model/image.ts';
import type { DatabaseArtifact } from './artifact.ts';
import type { DatabaseKind } from './database-kind.ts';
import { onDisk, writeDurably } from './durable-file.ts';
import {
  ARCHIVE_FILE,
  currentDatabase,
  install,
  noteChecked,
  prune,
  type InstalledDatabase,
} from './installation.ts';
import { METADATA_FILE, parseMetadata, withDownloadedAt } from './metadata.ts';
import { formatOrigin, ORIGIN_FILE } from './origin.ts';
import { openDatabaseFile } from './trivy-db.ts';
import { unpackArchive } from './unpack-archive.ts';
import { verifyInstalled } from './verify-installed.ts';
import { openWorkDirectory } from './work-directory.ts';

export interface BringOptions extends Signal {
  /** Where databases lie. */
  readonly root: string;
  /** The source's name, for messages. */
  readonly source: string;
  readonly kind: DatabaseKind;
  readonly now: () => Date;
  /** Look whether the file that is here is still as it was installed. */
  readonly force: boolean;
  /** Keep the archive beside what was in it, to hand it on as it came. */
  readonly keepsArchive?: boolean;
}

/**
 * Makes an artifact the database in use. What is here already is not fetched again. Nothing changes before all of it
 * has been received, compared with its digest and walked through.
 *
 * @throws DrydockError DATABASE_CORRUPT, DATABASE_UNSUPPORTED, DATABASE_LIMIT, CACHE_UNWRITABLE, and those of sources
 */
export async function bringDatabase(
  artifact: DatabaseArtifact,
  options: BringOptions,
): Promise<InstalledDatabase> {
  const { root, now } = options;
  const current = await currentDatabase(root);
  if (current && current.digest === artifact.digest && (await isUsable(current, options))) {
    await noteChecked(root, current, now());
    await prune(root, now());
    return current;
  }
  const brought = await fetchDatabase(artifact, options);
  await prune(root, now());
  return brought;
}

async function fetchDatabase(artifact: DatabaseArtifact, options: BringOptions): Promise<InstalledDatabase> {
  const { root, source, kind, now, signal } = options;
  await using work = await onDisk(root, () => openWorkDirectory(root));
  const received = receive(artifact, source, { signal });
  const chunks = options.keepsArchive
    ? copiedTo(join(work.path, ARCHIVE_FILE), received.chunks, root)
    : received.chunks;
  const { sizeBytes, fileDigest, metadata } = await unpackArchive(chunks, work.path, source, {
    signal,
    kind,
  });
  received.check();
  await checkDatabase(work.path, metadata, options);
  const digest = received.sha256();
  const at = now();
  await onDisk(root, async () => {
    await writeDurably(join(work.path, METADATA_FILE), withDownloadedAt(metadata, at));
    const origin = { digest, source, installedAt: at.toISOString(), sizeBytes, fileDigest };
    await writeDurably(join(work.path, ORIGIN_FILE), formatOrigin(origin));
  });
  signal.throwIfAborted();
  return await install(root, work.path, digest, ({ directory }) =>
    isSound(() => verifyInstalled(directory, kind, { signal })),
  );
}

/** Passes chunks on, and keeps them. */
async function* copiedTo(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  root: string,
): AsyncGenerator<Uint8Array> {
  const handle = await onDisk(root, () => open(path, 'wx'));
  try {
    for await (const chunk of chunks) {
      await onDisk(root, () => handle.writeFile(chunk));
      yield chunk;
    }
    await onDisk(root, () => handle.sync());
  } finally {
    await handle.close();
  }
}

/** Everything about the content that can be known to be wrong is known before it is used. */
async function checkDatabase(
  directory: string,
  metadata: Uint8Array,
  { source, kind, signal }: BringOptions,
): Promise<void> {
  parseMetadata(metadata, `metadata.json of ${source}`, kind.schema);
  const file = openDatabaseFile(join(directory, kind.file));
  try {
    await kind.verify(file, { signal });
  } finally {
    file.close();
  }
}

/** Opening tells a cut file; only an explicit wish is worth reading all of it. */
async function isUsable(
  { directory }: InstalledDatabase,
  { force, kind, signal }: BringOptions,
): Promise<boolean> {
  return await isSound(async () => {
    if (force) await verifyInstalled(directory, kind, { signal });
    else await kind.probe(directory);
  });
}

async function isSound(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (!(error instanceof DrydockError)) throw error;
    return false;
  }
}

interface Received {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** @throws DrydockError DATABASE_CORRUPT when what came is not what was announced */
  check(): void;
  sha256(): Digest;
}

/** Of one place, so that a server that always cuts at the same one is not asked for ever. */
const PATIENCE = { maxRetries: 5, baseDelayMs: 500, maxDelayMs: 10_000, maxTotalMs: 60_000 };
const PUBLISH_BYTES = 256 << 10;

/** An artifact's bytes, hashed as they pass; a cut connection is taken up where it broke. */
function receive(artifact: DatabaseArtifact, source: string, options: Signal): Received {
  const sha256 = createHash('sha256');
  const other =
    algorithmOf(artifact.digest) === 'sha256' ? undefined : createHash(algorithmOf(artifact.digest));
  let receivedBytes = 0;
  let sha256Hex: string | undefined;
  const hexOfAll = (): string => (sha256Hex ??= sha256.digest('hex'));

  async function* chunks(): AsyncGenerator<Uint8Array> {
    let published = 0;
    try {
      for await (const chunk of resumed(artifact, source, options)) {
        receivedBytes += chunk.length;
        if (receivedBytes > artifact.sizeBytes) differs(source, 'more bytes than were announced');
        sha256.update(chunk);
        other?.update(chunk);
        if (receivedBytes - published >= PUBLISH_BYTES) {
          databaseProgress.publish({ source, receivedBytes, totalBytes: artifact.sizeBytes, done: false });
          published = receivedBytes;
        }
        yield chunk;
      }
    } finally {
      databaseProgress.publish({ source, receivedBytes, totalBytes: artifact.sizeBytes, done: true });
    }
  }

  return {
    chunks: chunks(),
    check() {
      if (receivedBytes !== artifact.sizeBytes)
        differs(source, `${receivedBytes} of ${artifact.sizeBytes} bytes`);
      const hex = other ? other.digest('hex') : hexOfAll();
      if (hex !== hexOf(artifact.digest)) differs(source, 'other content than its digest says');
    },
    sha256: () => `sha256:${hexOfAll()}` as Digest,
  };
}

function differs(source: string, what: string): never {
  throw new DrydockError('DATABASE_CORRUPT', `the advisory database from ${source} has ${what}`);
}

async function* resumed(
  artifact: DatabaseArtifact,
  source: string,
  options: Signal,
): AsyncGenerator<Uint8Array> {
  const patience = startPatience({
    ...PATIENCE,
    leastDelayMs: (error) => (error instanceof DrydockError && error.kind !== 'upstream' ? undefined : 0),
    onRetry: (error) =>
      notices.publish({
        code: 'DATABASE_RESUMED',
        message: `${source}: ${messageOf(error)}; trying to go on from there`,
      }),
  });
  let offset = 0;
  while (offset < artifact.sizeBytes) {
    const chunks = artifact.open(offset, options)[Symbol.asyncIterator]();
    try {
      for (;;) {
        // Only what the source throws is waited for: what the reader throws comes through `yield`.
        const result = await chunks.next().catch((error: unknown) => ({ failure: error }));
        if ('failure' in result) {
          await patience.afterFailure(result.failure, options);
          break;
        }
        if (result.done === true) {
          if (offset < artifact.sizeBytes) await patience.afterFailure(endedEarly(source), options);
          break;
        }
        offset += result.value.length;
        patience.onProgress();
        yield result.value;
      }
    } finally {
      await chunks.return?.();
    }
  }
}

function endedEarly(source: string): DrydockError {
  return new DrydockError('REGISTRY_FAILED', `${source} ended before the advisory database was complete`);
}
