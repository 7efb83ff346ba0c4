import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeZip, type ZipFile, type ZipWriterOptions } from '../../../test/fixtures/zip-writer.ts';
import { CodecError } from '../codec-error.ts';
import { hasSyncInflate, openInflater } from './inflate.ts';
import { openZip, readZip } from './read-zip.ts';
import { openZipStream } from './zip-stream.ts';

const all = { wanted: () => true, maxEntryBytes: 1 << 20 };

function whole(archive: Uint8Array): [string, string][] {
  return readZip(archive, all).entries.map(({ name, content }) => [name, Buffer.from(content).toString()]);
}

/** What a reader in one direction gives, piece by piece, for what the directory names. */
function streamed(archive: Uint8Array, pieceBytes: number): [string, string][] {
  const met: { name: string; content: Buffer[]; isWhole: boolean; isListed: () => boolean }[] = [];
  const stream = openZipStream({
    wanted: () => true,
    open(header, position) {
      const one = {
        name: header.name,
        content: [] as Buffer[],
        isWhole: false,
        isListed: () => end.isListed(header, position),
      };
      met.push(one);
      return {
        write: (piece) => one.content.push(Buffer.from(piece)) < 100_000,
        end: (problem) => void (one.isWhole = problem === undefined),
      };
    },
  });
  for (let at = 0; at < archive.length; at += pieceBytes) stream.write(archive.subarray(at, at + pieceBytes));
  const end = stream.end();
  return met
    .filter((one) => one.isWhole && one.isListed())
    .map((one) => [one.name, Buffer.concat(one.content).toString()]);
}

const readable = 'a file of some length, '.repeat(400);
const inner = writeZip([{ name: 'x', content: 'within', method: 'stored' }]);

const archives: [string, ZipFile[], ZipWriterOptions][] = [
  ['deflated', [{ name: 'a', content: readable }], {}],
  ['stored', [{ name: 'a', content: readable, method: 'stored' }], {}],
  ['empty', [], {}],
  [
    'empty files',
    [
      { name: 'a/', content: '', method: 'stored' },
      { name: 'b', content: '' },
    ],
    {},
  ],
  [
    'sizes behind the content',
    [
      { name: 'a', content: readable, descriptor: 'signed' },
      { name: 'b', content: '', descriptor: 'signed', method: 'stored' },
      { name: 'c', content: readable, descriptor: 'bare' },
      { name: 'd', content: readable, descriptor: 'zip64' },
    ],
    {},
  ],
  [
    'an archive stored in it, with its size behind it',
    [
      { name: 'a', content: inner, descriptor: 'signed', method: 'stored' },
      { name: 'b', content: 'b' },
    ],
    {},
  ],
  ['bytes before it', [{ name: 'a', content: readable }], { prepended: '#!/bin/sh\nexec java -jar "$0"\n' }],
  ['64-bit offsets', [{ name: 'a', content: readable }], { zip64: true, prepended: 'moved' }],
  ['a comment', [{ name: 'a', content: 'b' }], { comment: 'PK\u0005\u0006 is not the end' }],
  [
    'one name twice',
    [
      { name: 'a', content: '1' },
      { name: 'a', content: '2' },
    ],
    {},
  ],
  [
    'leftovers',
    [
      { name: 'a', content: 'gone', isLeftover: true },
      { name: 'a', content: 'here' },
    ],
    {},
  ],
];

describe.each(archives)('a zip archive with %s', (_, files, options) => {
  const archive = writeZip(files, options);
  const expected = files
    .filter((file) => !file.isLeftover)
    .map((file) => [String(file.name), Buffer.from(file.content).toString()]);

  test('is read whole', () => {
    const files = expected.filter(([name]) => !name?.endsWith('/'));
    expect(whole(archive)).toEqual(files);
  });
  test.each([1, 7, 4096, 1 << 20])('is read in pieces of %i bytes', (pieceBytes) => {
    expect(streamed(archive, pieceBytes)).toEqual(expected);
  });
});

describe('zip archives', () => {
  test('names are UTF-8 whether said or not, and else of code page 437', () => {
    const archive = writeZip([
      { name: 'é', content: '', flags: 0x800 },
      { name: 'ü', content: '' },
      { name: Buffer.from([0x81, 0x2e, 0x61]), content: '' },
    ]);
    expect(whole(archive).map(([name]) => name)).toEqual(['é', 'ü', 'ü.a']);
  });
  test.each([
    [
      'longer than allowed',
      { name: 'a', content: Buffer.alloc(2 << 20) },
      'a zip entry of more than 1048576 bytes',
    ],
    ['encrypted', { name: 'a', content: 'x', flags: 1 }, 'a zip entry that is encrypted'],
  ])('what is %s is told', (_, file, message) => {
    const { entries, problems } = readZip(writeZip([file, { name: 'b', content: 'b' }]), all);
    expect(entries.map(({ name }) => name)).toEqual(['b']);
    expect(problems).toEqual([{ name: 'a', message }]);
  });
  test('what it claims to inflate to is not believed', () => {
    const archive = writeZip([{ name: 'a', content: Buffer.alloc(4 << 20), claimedBytes: 10 }]);
    expect(readZip(archive, all).problems).toHaveLength(1);
  });
  test('of all files together no more is inflated than allowed', () => {
    const files = Array.from({ length: 10 }, (_, index) => ({
      name: `${index}`,
      content: Buffer.alloc(1000),
    }));
    const { entries, problems } = readZip(writeZip(files), { ...all, maxTotalBytes: 3500 });
    expect([entries.length, problems.length]).toEqual([3, 7]);
  });
  test('entries that share their bytes count each', () => {
    const archive = writeZip([{ name: 'a', content: Buffer.alloc(100_000) }]);
    const start = archive.indexOf('PK\u0001\u0002');
    const entry = archive.subarray(start, archive.length - 22);
    const end = Buffer.from(archive.subarray(archive.length - 22));
    end.writeUInt32LE(entry.length * 50, 12);
    const shared = Buffer.concat([archive.subarray(0, start), ...Array<Buffer>(50).fill(entry), end]);
    const { entries } = readZip(shared, { ...all, maxTotalBytes: 1_000_000 });
    expect(entries).toHaveLength(10);
  });
  test('more files than any archive has are refused', () => {
    const archive = writeZip([{ name: '', content: '', method: 'stored' }]);
    const start = archive.indexOf('PK\u0001\u0002');
    const entry = archive.subarray(start, archive.length - 22);
    const end = Buffer.from(archive.subarray(archive.length - 22));
    end.writeUInt32LE(entry.length * 200_001, 12);
    const many = Buffer.concat([
      archive.subarray(0, start),
      Buffer.alloc(entry.length * 200_001, entry),
      end,
    ]);
    expect(() => openZip(many)).toThrow(CodecError);
  });
  test('a name that the directory does not give is not met', () => {
    const archive = writeZip([{ name: 'aa', content: 'x' }]);
    archive.write('bb', archive.indexOf('PK\u0001\u0002') + 46);
    expect(streamed(archive, 100)).toEqual([]);
  });
});

describe('hostile zip archives', () => {
  const sound = writeZip(
    archives.flatMap(([, files]) => files),
    { prepended: '#!' },
  );
  const damaged = fc
    .array(fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 20 })
    .chain((changes) => fc.nat(sound.length).map((length) => ({ changes, length })))
    .map(({ changes, length }) => {
      const bytes = Buffer.from(sound);
      for (const [at, value] of changes) bytes[at] = value;
      return length % 3 === 0 ? bytes.subarray(0, length) : bytes;
    });

  test('reading whole ends, with nothing but the one error', () => {
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        try {
          readZip(bytes, all);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
      { numRuns: 500 },
    );
  });
  test('reading in pieces never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(damaged, fc.uint8Array({ maxLength: 300 })),
        fc.integer({ min: 1, max: 5000 }),
        (bytes, pieceBytes) => void streamed(bytes, pieceBytes),
      ),
      { numRuns: 300 },
    );
  });
  test('marks without end are passed over in time that grows with their number', () => {
    for (const mark of ['PK\u0003\u0004', 'PK\u0001\u0002', 'PK', 'PK\u0005\u0006', 'PK\u0006\u0006']) {
      streamed(Buffer.alloc(4 << 20, mark), 65_536);
    }
  }, 10_000);
});

test('inflating step by step tells damage', () => {
  expect(hasSyncInflate()).toBe(true);
  const inflater = openInflater();
  expect(() => inflater.write(Buffer.alloc(100, 0xff), () => true)).toThrow(CodecError);
  inflater.close();
});
