import { DrydockError } from '../../base/errors.ts';
import type { ScanRecord } from '../../model/job.ts';

export type ScanError = NonNullable<ScanRecord['error']>;

/** What follows from an error of a scan. */
export type Verdict =
  | { readonly kind: 'retry'; readonly delaySeconds: number; readonly error: ScanError }
  | { readonly kind: 'failed'; readonly error: ScanError }
  /** Failed by a mistake of ours, for people to look at. */
  | { readonly kind: 'dead'; readonly error: ScanError };

export interface Attempts {
  /** This one included. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** From 0 up to 1. */
  readonly random?: () => number;
}

const MAX_DELAY_SECONDS = 300;
/** What is wrong with us seldom goes away by itself. */
const MAX_BUG_ATTEMPTS = 3;

/** What time may mend is tried again, later and later; a mistake of ours a few times; the rest is over at once. */
export function judge(thrown: unknown, attempts: Attempts): Verdict {
  const error = toScanError(thrown);
  const kind = thrown instanceof DrydockError ? thrown.kind : 'bug';
  if (kind !== 'upstream' && kind !== 'bug') return { kind: 'failed', error };
  const { attempt, maxAttempts } = attempts;
  const most = kind === 'bug' ? Math.min(MAX_BUG_ATTEMPTS, maxAttempts) : maxAttempts;
  if (attempt < most) return { kind: 'retry', delaySeconds: delaySeconds(attempts), error };
  return { kind: kind === 'bug' ? 'dead' : 'failed', error };
}

/** What may be told. Messages of errors that are not ours may hold anything. */
function toScanError(thrown: unknown): ScanError {
  if (!(thrown instanceof DrydockError))
    return { code: 'INTERNAL', message: `the scan failed by a mistake of this program (${nameOf(thrown)})` };
  const { code, message, hint } = thrown;
  return { code, message, ...(hint !== undefined && { hint }) };
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name.slice(0, 60) : typeof thrown;
}

/** 2, 4, 8 … seconds, a quarter more or less. */
function delaySeconds({ attempt, random = Math.random }: Attempts): number {
  return Math.min(MAX_DELAY_SECONDS, 2 ** Math.min(attempt, 20)) * (0.75 + random() / 2);
}
