import { DrydockError } from '../base/errors.ts';

/** One thing to leave out, and why. */
export interface IgnoreRule {
  readonly id: string;
  /** Only findings of this kind; absent means any. */
  readonly kind?: 'vulnerability' | 'misconfiguration' | 'secret' | 'license';
  /** Globs; only findings in such files. Empty means any. */
  readonly paths: readonly string[];
  /** Package URLs; only findings in such packages. Empty means any. */
  readonly purls: readonly string[];
  readonly statement?: string;
  /** Milliseconds since 1970: from then on the rule is without effect. */
  readonly expiresAt?: number;
}

export function ignoreFileError(name: string, problem: string, line?: number): DrydockError {
  const where = line === undefined ? '' : `, line ${line},`;
  return new DrydockError('IGNORE_FILE_INVALID', `the ignore file ${name}${where} ${problem}`);
}

/** A day means its start in UTC: the rule has no effect on that day any more. A full RFC 3339 time is taken as it is. */
export function parseExpiry(text: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  if (!match) return undefined;
  const [, day = '', time = 'T00:00:00Z'] = match;
  const midnight = new Date(`${day}T00:00:00Z`);
  // The platform takes the 30th of February for the 2nd of March.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined;
  const expiry = Date.parse(day + time);
  return Number.isNaN(expiry) ? undefined : expiry;
}
