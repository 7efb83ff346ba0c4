import { DrydockError } from '../../base/errors.ts';

/** What was read was not written by us. Packs have a digest, so that damage by chance does not come this far. */
export function damagedPack(): DrydockError {
  return new DrydockError('INTERNAL', 'a record of the catalogue cannot be read');
}

/** Reads what a byte writer wrote. Every method throws DrydockError INTERNAL at the end of the bytes. */
export interface ByteReader {
  /** Where it is. */
  at: number;
  number(): number;
  /** A number of things, each of which takes at least one byte. */
  count(): number;
  skip(size: number): void;
}

/** Of numbers up to 2^53. */
const MAX_NUMBER_BYTES = 8;

export function openByteReader(bytes: Buffer, start: number, end: number): ByteReader {
  const reader: ByteReader = {
    at: start,
    number() {
      let value = 0;
      let scale = 1;
      for (let i = 0; i < MAX_NUMBER_BYTES; i++) {
        const byte = reader.at < end ? bytes[reader.at++] : undefined;
        if (byte === undefined) throw damagedPack();
        value += (byte & 0x7f) * scale;
        if (byte < 0x80) return value;
        scale *= 0x80;
      }
      throw damagedPack();
    },
    count() {
      const value = reader.number();
      if (value > end - reader.at) throw damagedPack();
      return value;
    },
    skip(size) {
      if (size > end - reader.at) throw damagedPack();
      reader.at += size;
    },
  };
  return reader;
}
