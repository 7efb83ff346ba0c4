import { headerOf, type HttpHeaders } from '../../../oci/registry/transport.ts';
import { parseRetryAfter } from '../../../oci/registry/retry-after.ts';

const [DEFAULT_SECONDS, MIN_SECONDS, MAX_SECONDS] = [5, 1, 120];

/** When to look again: what Harbor reads, else what others do, else as often as Harbor looks. */
export function pollSeconds(headers: HttpHeaders): number {
  const asked = secondsIn(headerOf(headers, 'refresh-after')) ?? secondsIn(headerOf(headers, 'retry-after'));
  return Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, asked ?? DEFAULT_SECONDS));
}

function secondsIn(text: string | undefined): number | undefined {
  const whole = /^\s*(-?\d{1,9})(?:\.\d{1,9})?\s*s?\s*$/.exec(text ?? '')?.[1];
  if (whole !== undefined) return Number(whole);
  const ms = parseRetryAfter(text, Date.now());
  return ms === undefined ? undefined : Math.ceil(ms / 1000);
}
