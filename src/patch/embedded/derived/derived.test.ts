import fc from 'fast-check';
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { CodecError } from '../../../codec/codec-error.ts';
import { parseSelection, updateSelection } from './ca-selection.ts';
import { parseLinkerCache } from './linker-cache.ts';
import { subjectHash } from './subject-hash.ts';

/** As Debian's own store names them. */
const HASHES: readonly [name: string, hash: string][] = [
  ['ISRG Root X1', '4042bcee'],
  ['GlobalSign Root R46', '002c0b4f'],
  ['Entrust Root Certification Authority - G2', '02265526'],
];

describe('subjectHash', () => {
  test.each(HASHES)('%s', (name, hash) => {
    const found = rootCertificates
      .map((pem) => new X509Certificate(pem))
      .find(({ subject }) => subject.split('\n').includes(`CN=${name}`));
    if (found) expect(subjectHash(found.raw)).toBe(hash);
  });

  test('damaged certificates never throw anything but CodecError', () => {
    const raw = new X509Certificate(rootCertificates[0] ?? '').raw;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 6 }),
        fc.nat(raw.length),
        (edits, length) => {
          const bytes = Buffer.from(raw.subarray(0, length));
          for (const [at, byte] of edits) if (at < bytes.length) bytes[at] = byte;
          try {
            subjectHash(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(CodecError);
          }
        },
      ),
    );
  });
});

test('new authorities are enabled, old ones disabled, and choices kept', () => {
  const before = parseSelection('# about\nm/kept.crt\n!m/refused.crt\nm/gone.crt\n');
  const after = updateSelection(before, ['m/fresh.crt', 'm/kept.crt', 'm/refused.crt']);
  expect(after.text).toBe('# about\nm/kept.crt\n!m/refused.crt\n!m/gone.crt\nm/fresh.crt\n');
  expect(after.enabled).toEqual(['m/kept.crt', 'm/fresh.crt']);
});

describe('parseLinkerCache', () => {
  const strings = Buffer.from('libx.so.1\0/usr/lib/libx.so.1\0');
  const cache = Buffer.alloc(48 + 24 + strings.length);
  cache.write('glibc-ld.so.cache1.1');
  cache.writeUInt32LE(1, 20);
  cache.writeUInt32LE(strings.length, 24);
  cache.writeUInt32LE(72, 52);
  cache.writeUInt32LE(82, 56);
  strings.copy(cache, 72);

  test('names and places', () =>
    expect([...(parseLinkerCache(cache) ?? [])]).toEqual([['libx.so.1', ['usr/lib/libx.so.1']]]));
  test('damaged ones are none', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(cache.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.nat(cache.length),
        (edits, length) => {
          const bytes = Buffer.from(cache.subarray(0, length));
          for (const [at, byte] of edits) if (at < bytes.length) bytes[at] = byte;
          parseLinkerCache(bytes);
        },
      ),
    );
  });
});
