import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest } from '../../model/image.ts';
import { openByteStream, type ByteStream } from '../../oci/archive/byte-stream.ts';
import { decompressed } from '../../oci/archive/decompress.ts';
import { walkMembers, type Member } from '../../oci/archive/tar-members.ts';
import { asDatabaseError } from './artifact.ts';
import { onDisk } from './durable-file.ts';
import { MAX_METADATA_BYTES, METADATA_FILE } from './metadata.ts';
import type { PublishedAs } from './database-kind.ts';

/** Real ones have about 1 GiB. */
const MAX_DATABASE_BYTES = 8 * 2 ** 30;
/** All that an archive may unpack to. */
const MAX_UNPACKED_BYTES = MAX_DATABASE_BYTES + (64 << 20);

export interface UnpackedArchive {
  readonly sizeBytes: number;
  readonly fileDigest: Digest;
  readonly metadata: Uint8Array;
}

/**
 * Unpacks the database of an archive (tar, as it is or compressed) into a directory and returns `metadata.json`. Reads
 * the archive to its end in one go; nothing but the file itself is held or written.
 *
 * @throws DrydockError DATABASE_CORRUPT, DATABASE_LIMIT, CACHE_UNWRITABLE, and what `chunks` throws
 */
export async function unpackArchive(
  chunks: AsyncIterable<Uint8Array>,
  directory: string,
  name: string,
  { signal, kind }: Signal & { readonly kind: PublishedAs },
): Promise<UnpackedArchive> {
  const source = chunks[Symbol.asyncIterator]();
  const stream = openByteStream(limited(decompressed(undrained(source), name), name), signal);
  try {
    const unpacked = await unpackMembers(stream, directory, name, kind.file);
    // What lies behind the end of the archive has a part in its digest.
    for await (const _ of stream.pieces(Infinity));
    while ((await source.next()).done !== true);
    return unpacked;
  } catch (error) {
    throw asDatabaseError(error, name);
  } finally {
    await stream.close();
    await source.return?.();
  }
}

/** Lets a decoder that is content with what it has read go without closing the source. */
async function* undrained(source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const result = await source.next();
    if (result.done === true) return;
    yield result.value;
  }
}

async function* limited(pieces: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const piece of pieces) {
    total += piece.length;
    if (total > MAX_UNPACKED_BYTES) tooLarge(name, MAX_UNPACKED_BYTES);
    yield piece;
  }
}

async function unpackMembers(
  stream: ByteStream,
  directory: string,
  name: string,
  databaseFile: string,
): Promise<UnpackedArchive> {
  let database: { sizeBytes: number; fileDigest: Digest } | undefined;
  let metadata: Uint8Array | undefined;
  await walkMembers(stream, name, async (member) => {
    const wanted = member.kind === 'file' ? baseName(member) : '';
    if (wanted === METADATA_FILE) {
      if (metadata) twice(name, wanted);
      if (member.sizeBytes > MAX_METADATA_BYTES) tooLarge(`${wanted} of ${name}`, MAX_METADATA_BYTES);
      metadata = Uint8Array.from(await stream.take(member.sizeBytes));
    } else if (wanted === databaseFile) {
      if (database) twice(name, wanted);
      if (member.sizeBytes > MAX_DATABASE_BYTES) tooLarge(`${wanted} of ${name}`, MAX_DATABASE_BYTES);
      database = await onDisk(directory, () => writeMember(stream, member, join(directory, databaseFile)));
    }
  });
  if (!database || !metadata) {
    const missing = database ? METADATA_FILE : databaseFile;
    throw new DrydockError('DATABASE_CORRUPT', `${name} holds no ${missing}, so it is no advisory database`);
  }
  return { ...database, metadata };
}

/** Archives made by hand may have a directory around the files. */
function baseName({ path }: Member): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function writeMember(
  stream: ByteStream,
  { sizeBytes }: Member,
  path: string,
): Promise<{ sizeBytes: number; fileDigest: Digest }> {
  const hash = createHash('sha256');
  const handle = await open(path, 'wx');
  try {
    for await (const piece of stream.pieces(sizeBytes)) {
      hash.update(piece);
      for (let at = 0; at < piece.length;) at += (await handle.write(piece, at)).bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { sizeBytes, fileDigest: `sha256:${hash.digest('hex')}` as Digest };
}

function twice(name: string, file: string): never {
  throw new DrydockError('DATABASE_CORRUPT', `${name} holds ${file} twice`);
}

function tooLarge(what: string, limit: number): never {
  throw new DrydockError('DATABASE_LIMIT', `${what} has more than ${limit} bytes unpacked`);
}
