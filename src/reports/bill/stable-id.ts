import { createHash } from 'node:crypto';

/**
 * A UUID of the texts given: the same for the same texts, on every machine. It has the form of version 8, for which
 * everybody chooses his own hash.
 *
 * @see RFC 9562, 5.8
 */
export function stableUuid(...parts: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
