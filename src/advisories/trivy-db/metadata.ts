import { DrydockError } from '../../base/errors.ts';
import { parseJsonObject, type Document } from '../../oci/json.ts';

/** `metadata.json` beside the database. */
export interface TrivyDbMetadata {
  readonly updatedAt: string;
  readonly nextUpdateAt?: string;
  /** When it came here, or was last found to be the newest. */
  readonly downloadedAt?: string;
  /** Not real data. */
  readonly isSample: boolean;
}

export const METADATA_FILE = 'metadata.json';
export const MAX_METADATA_BYTES = 1 << 20;

/** Of advisory databases. */
const SCHEMA_VERSION = 2;
const AN_HOUR_MS = 3_600_000;

/** @throws DrydockError DATABASE_CORRUPT, DATABASE_UNSUPPORTED */
export function parseMetadata(
  bytes: Uint8Array,
  of = 'metadata.json of the advisory database',
  schema = SCHEMA_VERSION,
): TrivyDbMetadata {
  const document: Document = { code: 'DATABASE_CORRUPT', of };
  const json = parseJsonObject(bytes, document);
  if (json['Version'] !== schema) {
    const shown = JSON.stringify(json['Version'] ?? null).slice(0, 20);
    throw new DrydockError(
      'DATABASE_UNSUPPORTED',
      `${of} names schema ${shown}, and only ${schema} can be read`,
      {
        hint: `Use a database with the tag ${schema}, or a newer version of this program.`,
      },
    );
  }
  const updatedAt = timeOf(json['UpdatedAt']);
  if (updatedAt === undefined)
    throw new DrydockError('DATABASE_CORRUPT', `${of} does not say when it was built`);
  const nextUpdateAt = timeOf(json['NextUpdate']);
  const downloadedAt = timeOf(json['DownloadedAt']);
  return {
    updatedAt,
    ...(nextUpdateAt !== undefined && { nextUpdateAt }),
    ...(downloadedAt !== undefined && { downloadedAt }),
    isSample: json['Sample'] === true,
  };
}

/** The same file with another `DownloadedAt`. Fields that we do not know are kept. */
export function withDownloadedAt(bytes: Uint8Array, at: Date): string {
  const json = parseJsonObject(bytes, { code: 'DATABASE_CORRUPT', of: METADATA_FILE });
  return JSON.stringify({ ...json, DownloadedAt: at.toISOString() });
}

/** True when a newer one is expected, and we have not asked within the last hour, or what else is told. */
export function isDue(
  { nextUpdateAt, downloadedAt }: TrivyDbMetadata,
  now: Date,
  restMs = AN_HOUR_MS,
): boolean {
  if (downloadedAt === undefined) return true;
  const sinceCheckMs = now.getTime() - Date.parse(downloadedAt);
  // A time to come is that of a clock gone wrong, and would keep us from ever asking.
  if (sinceCheckMs < -AN_HOUR_MS) return true;
  return sinceCheckMs >= restMs && (nextUpdateAt === undefined || now.getTime() >= Date.parse(nextUpdateAt));
}

/** Go's zero time stands for none. */
function timeOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 40 || value.startsWith('0001-')) return undefined;
  return Number.isNaN(Date.parse(value)) ? undefined : value;
}
