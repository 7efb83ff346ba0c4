import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DrydockError, hasErrno, messageOf } from '../../base/errors.ts';

const MAX_FILE_BYTES = 64 << 20;
const MAX_TEXT_BYTES = 256 << 20;

/**
 * The text of a small file, which may be gzipped.
 * @throws DrydockError SOURCE_NOT_FOUND, DATABASE_CORRUPT, DATABASE_LIMIT
 */
export function readText(path: string, name: string): string {
  const bytes = readBytes(path, name);
  try {
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const text = isGzip ? gunzipSync(bytes, { maxOutputLength: MAX_TEXT_BYTES }) : bytes;
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch (error) {
    if (hasErrno(error, 'ERR_BUFFER_TOO_LARGE'))
      throw new DrydockError('DATABASE_LIMIT', `${name} has more than ${MAX_TEXT_BYTES} bytes unpacked`);
    throw new DrydockError('DATABASE_CORRUPT', `${name} is cut, or no text`);
  }
}

function readBytes(path: string, name: string): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const { size } = fstatSync(descriptor);
    if (size > MAX_FILE_BYTES)
      throw new DrydockError('DATABASE_LIMIT', `${name} has more than ${MAX_FILE_BYTES} bytes`);
    const bytes = Buffer.alloc(size);
    let length = 0;
    for (let count = -1; count !== 0 && length < size; length += count)
      count = readSync(descriptor, bytes, length, size - length, length);
    return bytes.subarray(0, length);
  } catch (cause) {
    if (cause instanceof DrydockError) throw cause;
    throw new DrydockError('SOURCE_NOT_FOUND', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
