import { shinglesOf } from './shingles.ts';

/** What is kept of a licence's text: hashes that can be looked for, not words that can be read. */
export interface Fingerprint {
  readonly id: string;
  /** How many different shingles the text has. */
  readonly shingles: number;
  /** The smallest of their hashes, or all of them: comparable between texts, as the choice depends on the hash alone. */
  readonly hashes: readonly number[];
}

/** Enough to tell versions of long licences apart; short ones are kept in full. */
const MAX_HASHES = 256;
const MAX_HASHES_IN_FULL = 420;

/** The owner's name and the like, whatever stands there in a copy. */
const PLACEHOLDERS = /<[^<>\n]{1,80}>|\[[a-z ]{3,40}\]|\{[a-z ]{3,40}\}|_{3,}/gi;

/** For making fingerprints out of the official texts; a scan only compares with those that were made. */
export function fingerprintOf(id: string, text: string): Fingerprint {
  const terms = text.split(/END OF (?:THE )?TERMS AND CONDITIONS/)[0] ?? text;
  const hashes = new Set(terms.split(PLACEHOLDERS).flatMap((part) => [...shinglesOf(part)]));
  const sorted = [...hashes].sort((a, b) => a - b);
  const kept = sorted.length <= MAX_HASHES_IN_FULL ? sorted : sorted.slice(0, MAX_HASHES);
  return { id, shingles: sorted.length, hashes: kept };
}

export function encodeFingerprint({ id, shingles, hashes }: Fingerprint): string {
  return `${id} ${shingles} ${Buffer.from(Uint32Array.from(hashes).buffer).toString('base64')}`;
}

export function decodeFingerprints(text: string): Fingerprint[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [id = '', shingles = '0', data = ''] = line.split(' ');
    // A copy of its own: the library may hand out memory at any offset.
    const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
    return { id, shingles: Number(shingles), hashes: [...new Uint32Array(bytes.buffer)] };
  });
}
