import type { Signal } from '../../base/signal.ts';
import type { ScanRecord, ScanRequest, ScanState } from '../../model/job.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';

/** Scans that were asked for and are done by and by, by this process or another one. */
export interface ScanRequests {
  /**
   * Accepted means kept: the scan survives the end of any process.
   *
   * @throws DrydockError QUEUE_FULL, STORE_UNAVAILABLE, REFERENCE_INVALID
   */
  submit(request: ScanRequest, credential?: RegistryCredential): Promise<ScanRecord>;
  find(id: string): Promise<ScanRecord | undefined>;
  /** Newest first. */
  list(filter?: {
    readonly state?: ScanState;
    readonly requestedBy?: string;
    readonly limit?: number;
    /** An id: those older than it. */
    readonly before?: string;
  }): Promise<readonly ScanRecord[]>;
  /** Idempotent; a scan that is over stays as it is. @returns undefined when there is none */
  cancel(id: string): Promise<ScanRecord | undefined>;
  /** The record, now and after each change, until it is over. */
  watch(id: string, options: Signal): AsyncIterable<ScanRecord>;
}
