import type { Digest } from '../../model/image.ts';
import { createHash } from 'node:crypto';
import { DrydockError } from '../../base/errors.ts';
import { damagedPack, openByteReader, type ByteReader } from './byte-reader.ts';
import { openByteWriter, type ByteWriter } from './byte-writer.ts';
import type { CatalogImage } from './catalog.ts';

/**
 * Records about images: an image with all that is known of it, that it was removed, or that its report is as good for
 * other databases. All texts are in one list and records name them by number, since images of one distribution hold
 * the same packages: an image takes about 2 KB.
 */
export interface Pack {
  readonly bytes: Buffer;
  readonly records: readonly PackRecord[];
  readonly textCount: number;
  text(index: number): string;
}

export type PackRecord =
  | { readonly kind: 'image'; readonly identity: Digest; readonly body: number; readonly end: number }
  | { readonly kind: 'removed'; readonly identity: Digest }
  | { readonly kind: 'moved'; readonly identity: Digest; readonly from: string; readonly to: string };

/** A record as it is written; lists are of numbers of texts. */
export type WrittenRecord =
  | Exclude<PackRecord, { kind: 'image' }>
  | {
      readonly kind: 'image';
      readonly identity: Digest;
      readonly image: CatalogImage;
      readonly names: Uint32Array;
      readonly vulnerabilities: Uint32Array;
    };

const MAGIC = Buffer.from('DDCAT1');
const DIGEST_BYTES = 8;
const FIXED_BYTES = MAGIC.length + DIGEST_BYTES;
const KINDS = ['image', 'removed', 'moved'] as const;

/** Numbers texts in the order in which they come. */
export interface Texts {
  number(text: string): number;
  /** Several, in rising order of their numbers, each once. */
  numbers(texts: readonly string[]): Uint32Array;
  readonly all: readonly string[];
}

export function openTexts(): Texts {
  const known = new Map<string, number>();
  const all: string[] = [];
  function number(text: string): number {
    const found = known.get(text);
    if (found !== undefined) return found;
    known.set(text, all.length);
    return all.push(text) - 1;
  }
  return {
    all,
    number,
    numbers: (texts) => Uint32Array.from(new Set(texts.map(number))).sort(),
  };
}

export function writePack(records: readonly WrittenRecord[], texts: Texts): Buffer {
  const body = openByteWriter();
  body.number(records.length);
  for (const record of records) writeRecord(record, texts, body);
  const head = openByteWriter();
  const encoded = texts.all.map((text) => Buffer.from(text));
  head.number(encoded.length);
  for (const { length } of encoded) head.number(length);
  for (const text of encoded) head.bytes(text);
  head.bytes(body.done());
  const rest = head.done();
  return Buffer.concat([MAGIC, digestOf(rest), rest]);
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, DIGEST_BYTES);
}

function writeRecord(record: WrittenRecord, texts: Texts, to: ByteWriter): void {
  to.number(KINDS.indexOf(record.kind));
  to.number(texts.number(record.identity));
  if (record.kind === 'moved') {
    to.number(texts.number(record.from));
    to.number(texts.number(record.to));
  }
  if (record.kind !== 'image') return;
  const inner = openByteWriter();
  const header = Buffer.from(JSON.stringify(record.image));
  inner.number(header.length);
  inner.bytes(header);
  inner.rising(record.names);
  inner.rising(record.vulnerabilities);
  const bytes = inner.done();
  to.number(bytes.length);
  to.bytes(bytes);
}

/** Undefined for bytes that {@link writePack} did not write, or that were cut. */
export function readPack(bytes: Buffer): Pack | undefined {
  try {
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    const digest = bytes.subarray(MAGIC.length, FIXED_BYTES);
    if (!digest.equals(digestOf(bytes.subarray(FIXED_BYTES)))) return undefined;
    const reader = openByteReader(bytes, FIXED_BYTES, bytes.length);
    const starts = readTexts(reader);
    const text = (index: number): string => {
      const [start, end] = [starts[index], starts[index + 1]];
      if (start === undefined || end === undefined) throw damagedPack();
      return bytes.toString('utf8', start, end);
    };
    const records = Array.from({ length: reader.count() }, () => readRecord(reader, text));
    return { bytes, records, textCount: starts.length - 1, text };
  } catch (error) {
    if (error instanceof DrydockError) return undefined;
    throw error;
  }
}

/** Where each text begins, and where the last one ends. */
function readTexts(reader: ByteReader): Float64Array {
  const count = reader.count();
  const starts = new Float64Array(count + 1);
  let length = 0;
  for (let i = 0; i < count; i++) {
    starts[i] = length;
    length += reader.number();
  }
  starts[count] = length;
  const origin = reader.at;
  reader.skip(length);
  return starts.map((start) => start + origin);
}

function readRecord(reader: ByteReader, text: (index: number) => string): PackRecord {
  const kind = KINDS[reader.number()];
  const identity = text(reader.number()) as Digest;
  if (kind === 'removed') return { kind, identity };
  if (kind === 'moved') return { kind, identity, from: text(reader.number()), to: text(reader.number()) };
  if (kind !== 'image') throw damagedPack();
  const size = reader.number();
  const body = reader.at;
  reader.skip(size);
  return { kind, identity, body, end: body + size };
}

export type ImageRecord = Extract<PackRecord, { kind: 'image' }>;

/** What is known of the image but for its lists. */
export function imageOf({ bytes }: Pack, { body, end }: ImageRecord): CatalogImage {
  const reader = openByteReader(bytes, body, end);
  const size = reader.number();
  const start = reader.at;
  reader.skip(size);
  try {
    return JSON.parse(bytes.toString('utf8', start, start + size)) as CatalogImage;
  } catch {
    throw damagedPack();
  }
}

/** Numbers of its names or vulnerabilities. */
export function listOf(pack: Pack, record: ImageRecord, list: 'names' | 'vulnerabilities'): Uint32Array {
  const reader = listReader(pack, record);
  if (list === 'vulnerabilities') for (let i = reader.count(); i > 0; i--) reader.number();
  const numbers = new Uint32Array(reader.count());
  let last = 0;
  for (let i = 0; i < numbers.length; i++) numbers[i] = last += reader.number();
  return numbers;
}

/** At its names. */
function listReader({ bytes }: Pack, { body, end }: ImageRecord): ByteReader {
  const reader = openByteReader(bytes, body, end);
  reader.skip(reader.number());
  return reader;
}
