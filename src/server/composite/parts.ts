import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import type { Composites } from '../../scan/composite/composites.ts';
import type { ComponentWork } from '../../store/component-work.ts';
import type { ReportCache } from '../../store/reports.ts';
import type { ForeignType } from './capabilities.ts';

/** Everything behind the door for scans of several types, and how it may be set. */
export interface CompositeParts {
  readonly version: string;
  readonly composites: Composites;
  /** Of Drydock's own scans. */
  readonly reports: Pick<ReportCache, 'find'>;
  /** Of other scanners. */
  readonly results: Pick<ComponentWork, 'findResult'>;
  /** The databases in use. */
  readonly databases: () => Promise<readonly AdvisoryDbVersion[]>;
  /** What other scanners make. */
  readonly foreignTypes?: () => Promise<readonly ForeignType[]>;
  /** In front of `/api/v2`; default nothing. */
  readonly basePath?: string;
  /** An accepted scan is told with 202 where nobody asks for anything else; default 200. */
  readonly answersAccepted?: boolean;
  /** How long a report is told after its scan. Default a day. */
  readonly resultSeconds?: number;
  /** So long an answer waits for the store of scans at most. Default 2000. */
  readonly waitMs?: number;
  /** So long it waits for a report, which may be large, and for its turn to be written. Default 15,000. */
  readonly reportWaitMs?: number;
  /** So long for a scan to be accepted: scanners may have to be asked what they make. Default 10,000. */
  readonly submitWaitMs?: number;
  /** Reports that are written at one time. Default 4. */
  readonly reportsAtOnce?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export const REPORT_WAIT_MS = 15_000;
export const SUBMIT_WAIT_MS = 10_000;
export const RESULT_SECONDS = 24 * 3600;
