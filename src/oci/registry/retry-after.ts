/**
 * The wait that a `Retry-After` header asks for: seconds, or a date. Undefined for anything else, which some
 * registries do send.
 * @see RFC 9110, section 10.2.3
 */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  const value = text?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // Date.parse takes much for a date ("1.5", "-3"); a real one starts with the name of a day.
  if (value.length > 40 || !/^[A-Za-z]{3,9},? /.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
