import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { toDigest } from '../../base/digest.ts';
import { hasErrno } from '../../base/errors.ts';
import type { Digest } from '../../model/image.ts';
import { ARCHIVE_FILE } from './installation.ts';
import type { PublishedStatus } from './published-source.ts';

/** The archive that a database came in. */
export interface KeptArchive {
  readonly path: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/**
 * The archive of an installed database, as it came; undefined when it was not kept, or is not compressed as published
 * ones are, having been brought by hand.
 */
export async function keptArchive(
  installed: Pick<PublishedStatus, 'directory' | 'version'> | undefined,
): Promise<KeptArchive | undefined> {
  const digest = toDigest(installed?.version.digest);
  if (!installed || !digest) return undefined;
  const path = join(installed.directory, ARCHIVE_FILE);
  try {
    await using file = await open(path, 'r');
    const head = Buffer.alloc(2);
    await file.read(head, 0, 2, 0);
    const { size } = await file.stat();
    return head.toString('hex') === '1f8b' ? { path, digest, sizeBytes: size } : undefined;
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
