import { createHash } from 'node:crypto';

/** A value as it lies in a file. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Milliseconds since 1970; `Infinity` for ever. */
  readonly expiresAt: number;
}

const MAGIC = Buffer.from('DRYDOCK1');
const DIGEST_BYTES = 32;
const FIXED_BYTES = MAGIC.length + DIGEST_BYTES + 8 + 4;

/** Magic, SHA-256 of all that follows, time of expiry (f64), length of the key (u32), key, value. */
export function frame({ key, value, expiresAt }: Entry): Buffer {
  const name = Buffer.from(key);
  const rest = Buffer.allocUnsafe(12 + name.length + value.length);
  rest.writeDoubleLE(expiresAt, 0);
  rest.writeUInt32LE(name.length, 8);
  rest.set(name, 12);
  rest.set(value, 12 + name.length);
  return Buffer.concat([MAGIC, createHash('sha256').update(rest).digest(), rest]);
}

/** Undefined for bytes that were not written whole by {@link frame}. */
export function unframe(bytes: Buffer): Entry | undefined {
  if (bytes.length < FIXED_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const rest = bytes.subarray(MAGIC.length + DIGEST_BYTES);
  const digest = bytes.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES);
  if (!createHash('sha256').update(rest).digest().equals(digest)) return undefined;
  const nameBytes = rest.readUInt32LE(8);
  if (12 + nameBytes > rest.length) return undefined;
  return {
    key: rest.toString('utf8', 12, 12 + nameBytes),
    value: rest.subarray(12 + nameBytes),
    expiresAt: rest.readDoubleLE(0),
  };
}

/** The name and the time of expiry at the beginning of a frame, unproved: for lists, where the values are not read. */
export function peekFrame(bytes: Buffer): Omit<Entry, 'value'> | undefined {
  if (bytes.length < FIXED_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const rest = bytes.subarray(MAGIC.length + DIGEST_BYTES);
  const nameBytes = rest.readUInt32LE(8);
  if (12 + nameBytes > rest.length) return undefined;
  return { key: rest.toString('utf8', 12, 12 + nameBytes), expiresAt: rest.readDoubleLE(0) };
}
