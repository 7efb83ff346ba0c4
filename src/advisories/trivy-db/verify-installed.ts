import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { hexOf } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { verifyBbolt } from '../../codec/bbolt/verify-bbolt.ts';
import type { DatabaseKind, VerifiedDatabase } from './database-kind.ts';
import { parseObject } from './json-value.ts';
import { METADATA_FILE, parseMetadata } from './metadata.ts';
import { ORIGIN_FILE, parseOrigin } from './origin.ts';
import { openDatabaseFile, readPart, type DatabaseFile } from './trivy-db.ts';

const READ_BYTES = 1 << 20;

/**
 * Reads an installed database whole: its digest, its structure, every record.
 * @throws DrydockError DATABASE_MISSING, DATABASE_CORRUPT, DATABASE_UNSUPPORTED
 */
export async function verifyInstalled(
  directory: string,
  kind: DatabaseKind,
  options: Signal,
): Promise<VerifiedDatabase> {
  const origin = parseOrigin(await readPart(directory, ORIGIN_FILE));
  const file = openDatabaseFile(join(directory, kind.file));
  try {
    const hex = await hashOf(file, options);
    if (file.sizeBytes !== origin.sizeBytes || hex !== hexOf(origin.fileDigest)) {
      throw new DrydockError('DATABASE_CORRUPT', 'the advisory database is not as it was installed', {
        hint: 'Run "drydock db update --force" to fetch it anew.',
      });
    }
  } finally {
    file.close();
  }
  return { ...(await verifyDatabase(directory, kind, options)), isAsInstalled: true };
}

/** As {@link verifyInstalled}, for a directory of others, where only structure and records can be checked. */
export async function verifyDatabase(
  directory: string,
  kind: DatabaseKind,
  options: Signal,
): Promise<VerifiedDatabase> {
  parseMetadata(await readPart(directory, METADATA_FILE), undefined, kind.schema);
  const file = openDatabaseFile(join(directory, kind.file));
  try {
    return await kind.verify(file, options);
  } finally {
    file.close();
  }
}

/** Walks all of an advisory database: its structure, and that each record is what it must be. */
export async function verifyRecords(file: DatabaseFile, options: Signal): Promise<VerifiedDatabase> {
  let vulnerabilities = 0;
  let advisories = 0;
  const onValue = (path: readonly string[], key: string, value: Uint8Array): void => {
    const [top, second] = path;
    if (top === 'vulnerability') vulnerabilities++;
    else if (top !== 'data-source' && top !== 'Red Hat CPE' && second !== undefined) advisories++;
    if (top !== 'Red Hat CPE') parseObject(value, `${key} of ${second ?? top}`);
  };
  await verifyBbolt(file.read, file.sizeBytes, { ...options, onValue });
  return { sizeBytes: file.sizeBytes, vulnerabilities, advisories };
}

async function hashOf(file: DatabaseFile, { signal }: Signal): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let position = 0; ;) {
    const count = file.read(buffer, position);
    if (count === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, count));
    position += count;
    if (position % (16 * READ_BYTES) < count) await setImmediate();
    signal.throwIfAborted();
  }
}
