import { inflateRawSync } from 'node:zlib';
import { CodecError } from '../codec-error.ts';
import { readDirectory } from './directory.ts';
import { DEFLATED, LOCAL_BYTES, LOCAL_SIGNATURE, localHeaderBytes, STORED, type ZipEntry } from './entry.ts';

/** An archive in memory. */
export interface Zip {
  /** In the order of the directory; a name may come more than once. */
  readonly entries: readonly ZipEntry[];
  /**
   * The bytes of an entry as they lie in the archive, a view.
   * @throws CodecError when they are not there
   */
  compressed(entry: ZipEntry): Uint8Array;
  /**
   * The content of an entry; that of a stored one is a view. Checksums are not compared: what runs the archive does
   * not compare them either.
   *
   * @throws CodecError when it is damaged, encrypted, packed in an unknown way or longer than `maxBytes`
   */
  read(entry: ZipEntry, maxBytes: number): Uint8Array;
}

/** @throws CodecError when it is no zip archive, is cut, or has more than 200,000 entries */
export function openZip(archive: Uint8Array): Zip {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const { entries, prependedBytes } = readDirectory(bytes);

  function compressed(entry: ZipEntry): Uint8Array {
    const header = entry.localOffset + prependedBytes;
    if (header + LOCAL_BYTES > bytes.length || bytes.readUInt32LE(header) !== LOCAL_SIGNATURE)
      throw new CodecError('a zip entry that is not where it should be');
    const start = header + localHeaderBytes(bytes, header);
    if (start + entry.compressedBytes > bytes.length) throw new CodecError('a zip entry that is cut');
    return bytes.subarray(start, start + entry.compressedBytes);
  }

  return {
    entries,
    compressed,
    read(entry, maxBytes) {
      checkReadable(entry);
      return unpack(entry.method, compressed(entry), maxBytes);
    },
  };
}

/** @throws CodecError for an entry that cannot be read */
export function checkReadable({ isEncrypted, method }: Pick<ZipEntry, 'isEncrypted' | 'method'>): void {
  if (isEncrypted) throw new CodecError('a zip entry that is encrypted');
  if (method !== STORED && method !== DEFLATED)
    throw new CodecError(`a zip entry packed by the unknown method ${method}`);
}

/** @throws CodecError when it is damaged or longer than `maxBytes` */
export function unpack(method: number, compressed: Uint8Array, maxBytes: number): Uint8Array {
  if (method === STORED) {
    if (compressed.length > maxBytes) tooLong(maxBytes);
    return compressed;
  }
  try {
    return inflateRawSync(compressed, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') tooLong(maxBytes);
    throw new CodecError('a zip entry whose deflated bytes are damaged');
  }
}

function tooLong(maxBytes: number): never {
  throw new CodecError(`a zip entry of more than ${maxBytes} bytes`);
}

export interface ReadZipOptions {
  wanted(name: string): boolean;
  /** Longer ones are told among the problems. */
  readonly maxEntryBytes: number;
  /** Of all wanted entries together; further ones are told among the problems. */
  readonly maxTotalBytes?: number;
}

export interface ZipContents {
  readonly entries: readonly { readonly name: string; readonly content: Uint8Array }[];
  /** What was wanted and could not be read. */
  readonly problems: readonly { readonly name: string; readonly message: string }[];
}

const MAX_TOTAL_BYTES = 64 << 20;
const MAX_PROBLEMS = 100;

/**
 * The wanted files of a zip archive in memory, in the order of its directory.
 *
 * @throws CodecError when it is no zip archive, is cut, or has more than 200,000 entries
 */
export function readZip(archive: Uint8Array, options: ReadZipOptions): ZipContents {
  const { maxEntryBytes, maxTotalBytes = MAX_TOTAL_BYTES } = options;
  const zip = openZip(archive);
  const entries: { name: string; content: Uint8Array }[] = [];
  const problems: { name: string; message: string }[] = [];
  let left = maxTotalBytes;
  for (const entry of zip.entries) {
    const { name } = entry;
    if (name.endsWith('/') || !options.wanted(name)) continue;
    try {
      const content = zip.read(entry, Math.min(maxEntryBytes, left));
      left -= content.length;
      entries.push({ name, content });
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      problems.push({ name, message: error.message });
      if (problems.length >= MAX_PROBLEMS) break;
    }
  }
  return { entries, problems };
}
