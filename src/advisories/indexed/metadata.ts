import { parseJsonObject, type JsonObject } from '../../oci/json.ts';
import { parseMetadata, type TrivyDbMetadata } from '../trivy-db/metadata.ts';

/** What an input said of itself, and how much of it was taken. */
export interface TableFacts {
  /** When its newest part was made. */
  readonly updatedAt: string;
  /** Records or rows that are in the table. */
  readonly taken: number;
  /** Those that could not be read. */
  readonly refused: number;
}

/** `metadata.json` beside a table. */
export interface TableMetadata extends TableFacts {
  readonly revision: number;
  /** Names the input, so that its marks are never compared with another's. */
  readonly input: string;
  readonly downloadedAt?: string;
  /** Of a file that was fetched. */
  readonly etag?: string;
  /** Of a file or directory that was read where it is. */
  readonly stamp?: string;
}

const OF = { code: 'DATABASE_CORRUPT', of: 'metadata.json of an indexed database' } as const;
const SCHEMA = 1;

export function formatTableMetadata(metadata: TableMetadata): string {
  const { updatedAt, downloadedAt, taken, refused, revision, input, etag, stamp } = metadata;
  const fields = {
    Version: SCHEMA,
    UpdatedAt: updatedAt,
    DownloadedAt: downloadedAt,
    Revision: revision,
    Input: input,
    Taken: taken,
    Refused: refused,
    ETag: etag,
    Stamp: stamp,
  };
  return JSON.stringify(fields);
}

/** @throws DrydockError DATABASE_CORRUPT, DATABASE_UNSUPPORTED */
export function parseTableMetadata(bytes: Uint8Array): TableMetadata {
  const { updatedAt, downloadedAt }: TrivyDbMetadata = parseMetadata(bytes, OF.of, SCHEMA);
  const json = parseJsonObject(bytes, OF);
  const [etag, stamp] = [textIn(json, 'ETag'), textIn(json, 'Stamp')];
  return {
    updatedAt,
    ...(downloadedAt !== undefined && { downloadedAt }),
    revision: countIn(json, 'Revision'),
    input: textIn(json, 'Input') ?? '',
    taken: countIn(json, 'Taken'),
    refused: countIn(json, 'Refused'),
    ...(etag !== undefined && { etag }),
    ...(stamp !== undefined && { stamp }),
  };
}

function textIn(json: JsonObject, name: string): string | undefined {
  const value = json[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function countIn(json: JsonObject, name: string): number {
  const value = json[name];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}
