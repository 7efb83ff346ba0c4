import type { ScanRecord, ScanRequest } from '../model/job.ts';

/** What was asked for. */
export interface NewScan {
  readonly schema: 1;
  readonly id: string;
  readonly request: ScanRequest;
  readonly createdAt: string;
  readonly hasCredential: boolean;
}

/** How far it is. */
export type BegunScan = Pick<ScanRecord, 'schema' | 'attempts' | 'startedAt' | 'retryAt' | 'error'> & {
  readonly state: 'queued' | 'running';
};

/** How it ended. */
export type EndedScan = Omit<ScanRecord, 'id' | 'request' | 'createdAt' | 'retryAt' | 'state'> & {
  readonly state: 'completed' | 'failed' | 'cancelled';
};

/** Far more than any request is allowed to hold. */
const MAX_BYTES = 1 << 20;

export function toScanBytes(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** Undefined for what was not written by {@link toScanBytes} in this version. */
export function parseScan<T extends { readonly schema: 1 }>(bytes: Uint8Array): T | undefined {
  if (bytes.length > MAX_BYTES) return undefined;
  try {
    const value = JSON.parse(Buffer.from(bytes).toString()) as Partial<T> | null;
    return value?.schema === 1 ? (value as T) : undefined;
  } catch {
    return undefined; // damage is a miss
  }
}
