import { parseDigest } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Digest } from '../../model/image.ts';
import { parseJsonObject, type Document } from '../../oci/json.ts';

/** `origin.json`: our own record beside an installed database. */
export interface Origin {
  /** Of the archive that it came in. */
  readonly digest: Digest;
  /** Where it came from, as it was named. */
  readonly source: string;
  readonly installedAt: string;
  /** The unpacked file. */
  readonly sizeBytes: number;
  readonly fileDigest: Digest;
}

export const ORIGIN_FILE = 'origin.json';

export function formatOrigin(origin: Origin): string {
  return `${JSON.stringify({ schema: 1, ...origin }, undefined, 2)}\n`;
}

/** @throws DrydockError DATABASE_CORRUPT, DIGEST_INVALID */
export function parseOrigin(bytes: Uint8Array): Origin {
  const document: Document = { code: 'DATABASE_CORRUPT', of: `${ORIGIN_FILE} of the advisory database` };
  const { schema, digest, source, installedAt, sizeBytes, fileDigest } = parseJsonObject(bytes, document);
  const isSound =
    schema === 1 &&
    typeof source === 'string' &&
    typeof installedAt === 'string' &&
    !Number.isNaN(Date.parse(installedAt)) &&
    typeof sizeBytes === 'number' &&
    Number.isSafeInteger(sizeBytes);
  if (!isSound) throw new DrydockError('DATABASE_CORRUPT', `${document.of} is damaged`);
  return {
    digest: parseDigest(digest, document.of),
    source,
    installedAt,
    sizeBytes,
    fileDigest: parseDigest(fileDigest, document.of),
  };
}
