import type { AdvisoryStatus } from '../model/advisory.ts';

/** What can be done: a fix that is there says more than what the source last wrote. */
export function statusOf(stated: AdvisoryStatus, fixedVersion: string | undefined): AdvisoryStatus {
  if (fixedVersion !== undefined) return 'fixed';
  return stated === 'unknown' ? 'affected' : stated;
}
