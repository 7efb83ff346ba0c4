import type { RegisteredScanners } from '../../scan/scanners/registered-scanners.ts';
import type { ScannerDirectory } from '../../scan/scanners/scanner-directory.ts';

/** Everything behind the door where scanners are registered. */
export interface ScannersParts {
  readonly version: string;
  readonly directory: ScannerDirectory;
  readonly scanners: Pick<RegisteredScanners, 'state' | 'stateNow'>;
  /** In front of `/api/v2`; default nothing. */
  readonly basePath?: string;
}
