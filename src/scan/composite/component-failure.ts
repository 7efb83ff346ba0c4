import { DrydockError, type ErrorCode } from '../../base/errors.ts';
import type { ComponentError } from '../../model/composite.ts';
import type { ScanRecord } from '../../model/job.ts';
import { ScannerFailure, type ScannerFailureCode } from '../scanners/scanner.ts';

const CODE_OF: Readonly<Partial<Record<string, ScannerFailureCode>>> = {
  REGISTRY_DENIED: 'REGISTRY_AUTH',
  CREDENTIALS_INVALID: 'REGISTRY_AUTH',
  CREDENTIAL_HELPER_FAILED: 'REGISTRY_AUTH',
  IMAGE_NOT_FOUND: 'ARTIFACT_NOT_FOUND',
  PLATFORM_NOT_FOUND: 'ARTIFACT_NOT_FOUND',
  MANIFEST_UNSUPPORTED: 'UNSUPPORTED_ARTIFACT',
  MANIFEST_INVALID: 'UNSUPPORTED_ARTIFACT',
  TIMED_OUT: 'SCAN_TIMEOUT',
  CANCELLED: 'ABORTED',
} satisfies Readonly<Partial<Record<ErrorCode, ScannerFailureCode>>>;

/** What may pass by itself. */
const PASSING: ReadonlySet<string> = new Set<ErrorCode>([
  'REGISTRY_UNREACHABLE',
  'REGISTRY_FAILED',
  'REGISTRY_BUSY',
  'DATABASE_UNAVAILABLE',
  'DATABASE_MISSING',
  'STORE_UNAVAILABLE',
  'TIMED_OUT',
]);

/** Why Drydock's own scan came to nothing. */
export function errorOfScan({ error }: ScanRecord): ComponentError {
  if (!error) return { code: 'SCAN_FAILED', message: 'the scan failed', retryable: false };
  const { code, message, hint } = error;
  return {
    code: CODE_OF[code] ?? 'SCAN_FAILED',
    message: hint === undefined ? message : `${message}. ${hint}`,
    retryable: PASSING.has(code),
  };
}

/** What may be told of anything that was thrown. Messages of errors that are not ours may hold anything. */
export function toComponentError(thrown: unknown): ComponentError {
  if (thrown instanceof ScannerFailure) {
    const { code, message, retryable } = thrown;
    return { code, message, retryable };
  }
  if (thrown instanceof DrydockError) {
    const { code, message, hint } = thrown;
    const told = hint === undefined ? message : `${message}. ${hint}`;
    return { code: CODE_OF[code] ?? 'SCAN_FAILED', message: told, retryable: PASSING.has(code) };
  }
  const message = 'the scan failed by a mistake of this program';
  return { code: 'SCAN_FAILED', message, retryable: false };
}

export const ABORTED: ComponentError = {
  code: 'ABORTED',
  message: 'the scan was called off',
  retryable: false,
};

/** How long a scan may take. */
export interface TimeLimits {
  /** From its begin to its end. */
  readonly scanSeconds: number;
  /** From its acceptance to its begin. */
  readonly queueSeconds: number;
}

export const DEFAULT_TIME_LIMITS: TimeLimits = {
  // Whoever waits for longer has given up.
  scanSeconds: 25 * 60,
  // Logins that came with a scan are kept no longer.
  queueSeconds: 3600,
};

/** Milliseconds since 1970. @param startedAt absent: it was not begun yet */
export function deadlineOf(
  { createdAt, startedAt }: { readonly createdAt: string; readonly startedAt?: string | undefined },
  { scanSeconds, queueSeconds }: TimeLimits,
): number {
  return startedAt === undefined
    ? Date.parse(createdAt) + queueSeconds * 1000
    : Date.parse(startedAt) + scanSeconds * 1000;
}

/** @param wasBegun and not done in time; else it was not begun in time */
export function timedOut(seconds: number, wasBegun: boolean): ComponentError {
  const what = wasBegun ? 'done' : 'begun';
  const message = `the scan was not ${what} within ${minutes(seconds)}`;
  return { code: 'SCAN_TIMEOUT', message, retryable: true };
}

function minutes(seconds: number): string {
  const count = Math.max(1, Math.round(seconds / 60));
  return count === 1 ? 'a minute' : `${count} minutes`;
}
