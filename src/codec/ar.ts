import { CodecError } from './codec-error.ts';

export interface ArMember {
  readonly name: string;
  /** A view into the archive. */
  readonly content: Uint8Array;
}

const MAGIC = '!<arch>\n';
const HEADER_BYTES = 60;
const HEADER_END = '`\n';

/**
 * The members of a common archive (`ar`), in order. Long names of GNU and BSD are not read: packages have none.
 *
 * @throws CodecError on what is no such archive, and on members that reach beyond it
 * @see deb(5); ar(5) of FreeBSD
 */
export function* arMembers(archive: Uint8Array): Generator<ArMember> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.length);
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new CodecError('no ar archive');
  let at = MAGIC.length;
  while (at < bytes.length) {
    if (at + HEADER_BYTES > bytes.length) throw new CodecError('ar archive that ends inside a header');
    if (bytes.toString('latin1', at + 58, at + HEADER_BYTES) !== HEADER_END)
      throw new CodecError('ar header without its end mark');
    const size = decimal(bytes.toString('latin1', at + 48, at + 58));
    const start = at + HEADER_BYTES;
    if (size === undefined || size > bytes.length - start)
      throw new CodecError('ar member with an impossible size');
    const name = bytes.toString('latin1', at, at + 16).trimEnd();
    yield {
      name: name.endsWith('/') ? name.slice(0, -1) : name,
      content: bytes.subarray(start, start + size),
    };
    at = start + size + (size % 2);
  }
}

function decimal(field: string): number | undefined {
  const digits = field.trimEnd();
  return /^\d{1,10}$/.test(digits) ? Number(digits) : undefined;
}
