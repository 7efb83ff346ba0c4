import { randomBytes } from 'node:crypto';

/** Crockford's alphabet: in the order of its values, and without letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LENGTH = 10;
const RANDOM_BYTES = 10;
const SHAPE = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/**
 * An id that sorts by time and cannot be guessed: 48 bits of time, 80 random ones.
 *
 * @see https://github.com/ulid/spec
 */
export function newSortableId(atMs: number, random: Uint8Array = randomBytes(RANDOM_BYTES)): string {
  let time = '';
  for (let rest = Math.floor(atMs); time.length < TIME_LENGTH; rest = Math.floor(rest / 32))
    time = `${ALPHABET[rest % 32]}${time}`;
  let bits = 0n;
  for (const byte of random) bits = (bits << 8n) | BigInt(byte);
  let tail = '';
  for (; tail.length < 16; bits >>= 5n) tail = `${ALPHABET[Number(bits & 31n)]}${tail}`;
  return time + tail;
}

/** Milliseconds since 1970; undefined for what is not such an id. */
export function timeOfId(id: string): number | undefined {
  if (!SHAPE.test(id)) return undefined;
  let time = 0;
  for (const letter of id.slice(0, TIME_LENGTH)) time = time * 32 + ALPHABET.indexOf(letter);
  return time;
}
