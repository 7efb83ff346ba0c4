import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import type { ScanRequests } from '../../scan/requests/scan-requests.ts';
import type { ReportCache } from '../../store/reports.ts';
import type { ForeignType } from '../composite/capabilities.ts';

/** Everything behind the door for Harbor, and how it may be set. */
export interface HarborParts {
  readonly version: string;
  readonly requests: Pick<ScanRequests, 'submit' | 'find' | 'cancel'>;
  readonly reports: Pick<ReportCache, 'find'>;
  /** The databases in use. */
  readonly databases: () => Promise<readonly AdvisoryDbVersion[]>;
  /** What other scanners make, which is told to who asks for all of it. */
  readonly foreignTypes?: () => Promise<readonly ForeignType[]>;
  /** In front of `/api/v1`; default nothing. */
  readonly basePath?: string;
  /** Of a scan, from its begin on: the credentials that came with it are not good for long. Default 25 minutes. */
  readonly scanSeconds?: number;
  /** So long an answer waits for stores and for its turn at most. Default 2000: Harbor hangs up after 5 s. */
  readonly waitMs?: number;
  /** Reports that are written at one time. Default 4. */
  readonly reportsAtOnce?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export const DEFAULT_WAIT_MS = 2000;
