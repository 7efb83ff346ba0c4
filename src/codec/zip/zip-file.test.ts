import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeZip, type ZipFile as Written } from '../../../test/fixtures/zip-writer.ts';
import { CodecError } from '../codec-error.ts';
import { openZipFile, type ZipFile } from './zip-file.ts';

function open(archive: Buffer, maxEntries = 1000): ZipFile {
  const read = (into: Uint8Array, position: number): number =>
    position >= archive.length ? 0 : archive.copy(into, 0, position, position + Math.min(into.length, 777));
  return openZipFile(read, archive.length, { maxEntries });
}

function contents(zip: ZipFile): (readonly [string, string])[] {
  return Array.from(
    zip.entries(),
    (entry) => [entry.name, Buffer.from(zip.read(entry, 5 << 20)).toString()] as const,
  );
}

const files: readonly Written[] = [
  { name: 'a.json', content: '{"a":1}' },
  { name: 'b/c.json', content: 'x'.repeat(2_000_000) },
  { name: 'd', content: 'stored', method: 'stored' },
  { name: 'e', content: '', descriptor: 'signed' },
];
const expected = files.map(({ name, content }) => [name, content]);

describe('an archive on the disk', () => {
  test.each([
    ['plain', {}],
    ['behind a script', { prepended: '#!/bin/sh\n' }],
    ['with a comment', { comment: 'PK\u0005\u0006 not the end' }],
    ['of 64 bits', { zip64: true }],
    ['of 64 bits behind a script', { zip64: true, prepended: 'x'.repeat(100) }],
  ])('is read: %s', (_, options) => expect(contents(open(writeZip(files, options)))).toEqual(expected));

  test('longer entries and more of them than allowed are refused', () => {
    const archive = writeZip(files);
    const zip = open(archive);
    const [, long] = [...zip.entries()];
    expect(() => long && zip.read(long, 1_999_999)).toThrow('more than 1999999 bytes');
    expect(() => [...open(archive, 3).entries()]).toThrow('more than 3 files');
    expect(contents(open(writeZip([])))).toEqual([]);
  });

  test('a damaged one gives an error of its kind, and ends', () => {
    const archive = writeZip(files.filter(({ name }) => name !== 'b/c.json'));
    const damage = fc.oneof(
      fc.record({ at: fc.nat(archive.length - 1), bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }) }),
      fc.record({ cut: fc.nat(archive.length) }),
    );
    fc.assert(
      fc.property(damage, (how) => {
        const broken = 'cut' in how ? archive.subarray(0, how.cut) : Buffer.from(archive);
        if ('at' in how) broken.set(how.bytes.subarray(0, archive.length - how.at), how.at);
        try {
          for (const file of contents(open(broken))) {
            if (expected.some(([name]) => name === file[0])) expect(expected).toContainEqual(file);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
