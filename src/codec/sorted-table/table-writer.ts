import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import type { Digest } from '../../model/image.ts';
import {
  BLOCK_BYTES,
  ENTRY_HEADER_BYTES,
  FOOTER_BYTES,
  INDEX_HEADER_BYTES,
  MAGIC,
  PLACE_BYTES,
} from './layout.ts';

/** What was written. */
export interface WrittenTable {
  readonly entries: number;
  readonly sizeBytes: number;
  readonly digest: Digest;
}

/** Takes entries in order and makes the file of them. */
export interface TableWriter extends Disposable {
  /** The bytes are taken at once. */
  append(key: Uint8Array, value: Uint8Array): void;
  /** Writes what is left, and makes it last. */
  finish(): WrittenTable;
}

/** More makes the file a little smaller, and takes twice as long. */
const DEFLATE_LEVEL = 3;
const FLUSH_BYTES = 1 << 20;

/**
 * Makes a new file.
 * @throws the file system's errors, as all of its functions do
 */
export function openTableWriter(path: string): TableWriter {
  const output = openOutput(path);
  const index: Buffer[] = [];
  const places: number[] = [];
  let indexBytes = 0;
  let entries = 0;
  let block: Buffer[] = [];
  let blockBytes = 0;
  let firstKey: Buffer = Buffer.alloc(0);

  function closeBlock(): void {
    if (blockBytes === 0) return;
    const deflated = deflateRawSync(Buffer.concat(block, blockBytes), { level: DEFLATE_LEVEL });
    const record = Buffer.alloc(INDEX_HEADER_BYTES + firstKey.length);
    record.writeUIntBE(output.sizeBytes(), 0, 6);
    record.writeUInt32BE(deflated.length, 6);
    record.writeUInt32BE(blockBytes, 10);
    record.writeUInt32BE(crc32(deflated), 14);
    record.writeUInt16BE(firstKey.length, 18);
    firstKey.copy(record, INDEX_HEADER_BYTES);
    places.push(indexBytes);
    index.push(record);
    indexBytes += record.length;
    output.write(deflated);
    block = [];
    blockBytes = 0;
  }

  output.write(MAGIC);
  return {
    append(key, value) {
      const entry = Buffer.alloc(ENTRY_HEADER_BYTES + key.length + value.length);
      entry.writeUInt16BE(key.length, 0);
      entry.writeUInt32BE(value.length, 2);
      entry.set(key, ENTRY_HEADER_BYTES);
      entry.set(value, ENTRY_HEADER_BYTES + key.length);
      if (blockBytes === 0) firstKey = Buffer.from(key);
      block.push(entry);
      blockBytes += entry.length;
      entries++;
      if (blockBytes >= BLOCK_BYTES) closeBlock();
    },
    finish() {
      closeBlock();
      const all = Buffer.concat([...index, placesOf(places)], indexBytes + places.length * PLACE_BYTES);
      const footer = Buffer.alloc(FOOTER_BYTES);
      footer.writeUIntBE(output.sizeBytes(), 2, 6);
      footer.writeUInt32BE(all.length, 8);
      footer.writeUInt32BE(places.length, 12);
      footer.writeUIntBE(entries, 18, 6);
      footer.writeUInt32BE(crc32(all), 24);
      footer.writeUInt32BE(crc32(footer.subarray(0, 28)), 28);
      MAGIC.copy(footer, 32);
      output.write(all);
      output.write(footer);
      return { entries, ...output.finish() };
    },
    [Symbol.dispose]: () => output.close(),
  };
}

function placesOf(places: readonly number[]): Buffer {
  const bytes = Buffer.alloc(places.length * PLACE_BYTES);
  for (const [at, place] of places.entries()) bytes.writeUInt32BE(place, at * PLACE_BYTES);
  return bytes;
}

interface Output {
  sizeBytes(): number;
  write(bytes: Uint8Array): void;
  finish(): { readonly sizeBytes: number; readonly digest: Digest };
  close(): void;
}

function openOutput(path: string): Output {
  const hash = createHash('sha256');
  let descriptor: number | undefined = openSync(path, 'wx');
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let sizeBytes = 0;

  function flush(): void {
    if (descriptor === undefined) return;
    const bytes = Buffer.concat(pending, pendingBytes);
    hash.update(bytes);
    writeWhole(descriptor, bytes);
    pending = [];
    pendingBytes = 0;
  }

  function close(): void {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  }

  return {
    sizeBytes: () => sizeBytes,
    write(bytes) {
      pending.push(bytes);
      pendingBytes += bytes.length;
      sizeBytes += bytes.length;
      if (pendingBytes >= FLUSH_BYTES) flush();
    },
    finish() {
      flush();
      if (descriptor !== undefined) fsyncSync(descriptor);
      close();
      return { sizeBytes, digest: `sha256:${hash.digest('hex')}` as Digest };
    },
    close,
  };
}

export function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at);
}
