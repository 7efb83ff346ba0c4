import type { Digest } from './image.ts';
import type { ScanKey } from './report.ts';

/** Somebody waits for `interactive` work; `background` work waits for nobody. */
export type JobPriority = 'interactive' | 'background';

/** A pointer to a record, never the record: it holds no credential and no finding. */
export interface Job {
  readonly id: string;
  readonly kind: 'scan' | 'patch' | 'crawl' | 'component';
  readonly priority: JobPriority;
  /** Jobs of one lane (a registry's host) share a limit of how many run at once. */
  readonly lane: string;
  /** While a job of that key waits, another one is not taken. */
  readonly dedupeKey?: string;
}

/** `queued → running → completed | failed`, `queued | running → cancelled`; the last three never change again. */
export type ScanState = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';

/** What can be looked for in an image, packages aside. */
export type LookedFor = 'vulnerability' | 'secret' | 'license' | 'misconfiguration';

/** What somebody asked for. Credentials are kept apart, encrypted, and only as long as the scan is open. */
export interface ScanRequest {
  /** As the asker named it. */
  readonly image: string;
  /** As in `linux/arm64/v8`. */
  readonly platform?: string;
  readonly priority: JobPriority;
  /** Scan again even if a report is known. */
  readonly force?: boolean;
  /** The registry is to be spoken to without TLS; logins of the server's own are not shown to it then. */
  readonly plainHttp?: boolean;
  /** Media type of the manifest, as the asker named it. Only told again. */
  readonly manifestType?: string;
  /** What the report must speak of, whatever the server looks for by itself. Absent: what the server looks for. */
  readonly lookFor?: readonly LookedFor[];
  /** Patterns of paths that the report is to name where they are, each as a misconfiguration whose rule is called `path:PATTERN`. */
  readonly watchPaths?: readonly string[];
  /** By which way it came: `api`, `harbor`, … One of a few words, for metrics. */
  readonly source?: string;
  /** Name of the caller who asked, and who alone (with administrators) sees it. */
  readonly requestedBy: string;
}

/** A scan that was accepted: all that is known of it, by its id. */
export interface ScanRecord {
  readonly schema: 1;
  readonly id: string;
  readonly request: ScanRequest;
  readonly state: ScanState;
  /** How often it was begun. */
  readonly attempts: number;
  /** RFC 3339, UTC, as all times here. */
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** When it is tried again, after something that may pass. */
  readonly retryAt?: string;
  /** Why it failed, or why the last attempt did; a code of `base/errors.ts`. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  /** Of the platform's manifest, once it is known. */
  readonly digest?: Digest;
  /** Where the report lies, once it is made. */
  readonly report?: ScanKey;
  /** The report was known already. */
  readonly cached?: boolean;
}
