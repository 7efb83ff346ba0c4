import { createHash } from 'node:crypto';
import { CodecError } from '../../../codec/codec-error.ts';

const SEQUENCE = 0x30;
const SET = 0x31;
const UTF8_STRING = 0x0c;
/** UTF8, numeric-free string types that OpenSSL makes canonical: printable, T61, IA5, visible, universal, BMP. */
const STRINGS: ReadonlySet<number> = new Set([0x0c, 0x13, 0x14, 0x16, 0x1a, 0x1c, 0x1e]);

interface Element {
  readonly tag: number;
  /** With its header. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

/**
 * The name by which OpenSSL finds a certificate in a folder: eight hexadecimal digits.
 *
 * @param der of the certificate
 * @throws CodecError on what is no certificate
 * @see openssl-rehash(1); X509_NAME_hash(3)
 */
export function subjectHash(der: Uint8Array): string {
  const [certificate] = elements(Buffer.from(der.buffer, der.byteOffset, der.length));
  const [body] = elements(expect(certificate, SEQUENCE).content);
  const fields = elements(expect(body, SEQUENCE).content);
  // A version in front is optional; then come serial, algorithm, issuer, validity, subject.
  const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4];
  const names = elements(expect(subject, SEQUENCE).content).map(canonicalSet);
  const digest = createHash('sha1').update(Buffer.concat(names)).digest();
  return digest.readUInt32LE(0).toString(16).padStart(8, '0');
}

function canonicalSet(set: Element): Buffer {
  const attributes = elements(expect(set, SET).content).map((attribute) => {
    const [type, value] = elements(expect(attribute, SEQUENCE).content);
    if (!type || !value) throw new CodecError('certificate with an incomplete name');
    return encode(SEQUENCE, Buffer.concat([type.whole, canonicalValue(value)]));
  });
  // DER orders the members of a set by their bytes.
  return encode(SET, Buffer.concat(attributes.sort((a, b) => Buffer.compare(a, b))));
}

function canonicalValue({ tag, whole, content }: Element): Buffer {
  if (!STRINGS.has(tag)) return whole;
  const text = textOf(tag, content)
    .replace(/[\t\n\v\f\r ]+/g, ' ')
    .replace(/^ | $/g, '');
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return encode(UTF8_STRING, Buffer.from(lower, 'utf8'));
}

function textOf(tag: number, content: Buffer): string {
  if (tag === UTF8_STRING) return content.toString('utf8');
  if (tag === 0x1e)
    return Buffer.from(content.subarray(0, content.length & ~1))
      .swap16()
      .toString('utf16le');
  if (tag !== 0x1c) return content.toString('latin1');
  let text = '';
  for (let at = 0; at + 4 <= content.length; at += 4) {
    const point = content.readUInt32BE(at);
    text += String.fromCodePoint(point <= 0x10ffff ? point : 0xfffd);
  }
  return text;
}

function expect(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) throw new CodecError('no certificate');
  return element;
}

/** The elements that stand one after another in these bytes. */
function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    if (lengthBytes > 4 || at + 2 + lengthBytes > bytes.length)
      throw new CodecError('certificate with an impossible length');
    const length = lengthBytes === 0 ? (first < 0x80 ? first : 0) : bytes.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    if (length > bytes.length - start) throw new CodecError('certificate with an impossible length');
    found.push({
      tag,
      whole: bytes.subarray(at, start + length),
      content: bytes.subarray(start, start + length),
    });
    at = start + length;
  }
  return found;
}

function encode(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(length);
  const bare = size.subarray(size.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | bare.length]), bare, content]);
}
