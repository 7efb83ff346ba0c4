import type { Signal } from '../../base/signal.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';

/** Parameters of one scan type, as the asker gave them: strings, numbers, booleans and lists of strings. */
export type ScanParameters = Readonly<Record<string, unknown>>;

/** What a scanner is asked to do: one report of one type about one artifact. */
export interface ScanTask {
  /** Scheme, host and path, without user and query. */
  readonly registryUrl: string;
  readonly repository: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly tag?: string;
  /** Media type of the manifest, as the asker named it. */
  readonly manifestType?: string;
  /** For the registry; kept no longer than the task is open. */
  readonly credential?: RegistryCredential;
  /** Of the report, normalised: lower case, parameters sorted, one space after each semicolon. */
  readonly mediaType: string;
  /** Checked by whoever accepted the task. */
  readonly parameters: ScanParameters;
}

/** Who a scanner says it is: with it results are cached, so a change of any part means to scan anew. */
export interface ScannerIdentity {
  readonly name: string;
  readonly vendor: string;
  readonly version: string;
  /** RFC 3339, when it says so. */
  readonly databaseUpdatedAt?: string;
}

/** How far a task is. A task that failed is told by a {@link ScannerFailure}. */
export type TaskLook =
  | { readonly state: 'waiting'; readonly phase: 'queued' | 'running'; readonly afterSeconds: number }
  | {
      readonly state: 'completed';
      /** The report's own JSON text, in UTF-8. */
      readonly report: Uint8Array;
      readonly contentType: string;
    };

/**
 * Somebody who scans: another Harbor adapter, or a program. Two steps, so that whoever waits may die in between: the
 * handle is kept, and another process looks after it.
 */
export interface Scanner {
  /** Of its registration. */
  readonly id: string;
  /** @throws ScannerFailure */
  identity(options: Signal): Promise<ScannerIdentity>;
  /**
   * @returns by what the scanner knows the task; any text, and not always another one for another task
   * @throws ScannerFailure
   */
  begin(task: ScanTask, options: Signal): Promise<string>;
  /** May take long where the scanner knows no waiting, as programs. @throws ScannerFailure */
  look(handle: string, task: ScanTask, options: Signal): Promise<TaskLook>;
}

/** Codes that callers see; none tells of addresses or logins of a scanner. */
export type ScannerFailureCode =
  | 'REGISTRY_AUTH'
  | 'ARTIFACT_NOT_FOUND'
  | 'UNSUPPORTED_ARTIFACT'
  | 'SCAN_FAILED'
  | 'SCAN_TIMEOUT'
  | 'BACKEND_UNAVAILABLE'
  | 'BACKEND_PROTOCOL'
  | 'INVALID_PARAMETER'
  | 'NO_SCANNER'
  | 'UNKNOWN_MIME_TYPE'
  | 'ABORTED'
  | 'RESULT_EXPIRED';

/** A scan that came to nothing, in words that its asker may read. */
export class ScannerFailure extends Error {
  readonly code: ScannerFailureCode;
  /** Whether another try may go better. */
  readonly retryable: boolean;
  /** The scanner does not know the handle (any more): begin anew. */
  readonly isForgotten: boolean;

  constructor(
    code: ScannerFailureCode,
    message: string,
    options: ErrorOptions & { readonly retryable?: boolean; readonly isForgotten?: boolean } = {},
  ) {
    super(message, options);
    this.name = 'ScannerFailure';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.isForgotten = options.isForgotten ?? false;
  }
}
