import { inflateRawSync } from 'node:zlib';
import { StreamError } from '../../../codec/stream-error.ts';

export interface GzipMember {
  /** Of the member as it lies there, header and end included. */
  readonly length: number;
  readonly content: Buffer;
}

const MAGIC = [0x1f, 0x8b, 0x08];
const FIXED_HEADER = 10;
const TRAILER = 8;
const [HAS_HEADER_CRC, HAS_EXTRA, HAS_NAME, HAS_COMMENT] = [0x02, 0x04, 0x08, 0x10];

/**
 * The first member of gzip data and where it ends: what is signed, and what a sum is of, begins at the end of a member.
 *
 * @throws StreamError on damaged data and on more than `maxBytes`
 * @see RFC 1952
 */
export function firstMember(bytes: Uint8Array, maxBytes: number): GzipMember {
  const start = headerLength(bytes);
  const { content, consumed } = inflate(bytes.subarray(start), maxBytes);
  const length = start + consumed + TRAILER;
  if (length > bytes.length) throw new StreamError('truncated gzip data');
  const size = Buffer.from(bytes.buffer, bytes.byteOffset + length - 4, 4).readUInt32LE(0);
  if (size !== content.length % 2 ** 32) throw new StreamError('gzip data of another length than it says');
  return { length, content };
}

function headerLength(bytes: Uint8Array): number {
  if (!MAGIC.every((byte, at) => bytes[at] === byte)) throw new StreamError('not gzip data');
  const flags = bytes[3] ?? 0;
  let at = FIXED_HEADER;
  if ((flags & HAS_EXTRA) !== 0) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const flag of [HAS_NAME, HAS_COMMENT]) if ((flags & flag) !== 0) at = afterZero(bytes, at);
  if ((flags & HAS_HEADER_CRC) !== 0) at += 2;
  if (at + TRAILER > bytes.length) throw new StreamError('truncated gzip data');
  return at;
}

function afterZero(bytes: Uint8Array, from: number): number {
  const zero = bytes.indexOf(0, from);
  if (zero < 0) throw new StreamError('truncated gzip data');
  return zero + 1;
}

/** With `info` Node.js gives the stream too, which knows how much of the input it took. */
function inflate(bytes: Uint8Array, maxBytes: number): { content: Buffer; consumed: number } {
  let found: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    found = inflateRawSync(bytes, { info: true, maxOutputLength: maxBytes }) as unknown as typeof found;
  } catch (error) {
    if (error instanceof RangeError) throw new StreamError(`more than ${maxBytes} bytes`, { cause: error });
    throw new StreamError('damaged gzip data', { cause: error });
  }
  return { content: found.buffer, consumed: found.engine.bytesWritten };
}
