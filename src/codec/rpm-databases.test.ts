import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeBerkeleyDb, writeHeader, writeNdb } from '../../test/fixtures/rpm-database-writer.ts';
import { readBerkeleyDb } from './berkeley-db.ts';
import { CodecError } from './codec-error.ts';
import { readNdb } from './ndb.ts';
import { parseRpmHeader, RPM_TAG } from './rpm-header.ts';

type Read = (file: Uint8Array) => Generator<Uint8Array | CodecError>;

const VALUES = ['one', 'two'].map((text) => Buffer.from(text.repeat(20))).concat(Buffer.alloc(20_000, 7));

const texts = (items: Iterable<Uint8Array | CodecError>): string[] =>
  [...items].map((item) =>
    item instanceof CodecError ? item.message : Buffer.from(item).toString('latin1'),
  );
const expected = texts(VALUES);

describe('Berkeley DB', () => {
  test.each([
    ['little', 512],
    ['big', 4096],
    ['big', 65_536],
    ['little', 32_768],
  ] as const)('values on pages and in chains, %s-endian, pages of %i bytes', (order, pageBytes) => {
    expect(texts(readBerkeleyDb(writeBerkeleyDb(VALUES, order, pageBytes)))).toEqual(expected);
  });

  const inner = (file: Buffer, kind: number): number => {
    for (let page = 4096; page < file.length; page += 4096) if (file[page + 25] === kind) return page;
    return -1;
  };

  test('a chain in a circle is damage, the rest is read', () => {
    const file = writeBerkeleyDb(VALUES, 'little');
    const overflow = inner(file, 7);
    file.writeUInt32LE(overflow / 4096, overflow + 16);
    expect(texts(readBerkeleyDb(file))).toEqual([
      ...expected.slice(0, 2),
      'a Berkeley DB overflow chain that runs in a circle',
    ]);
  });

  test('a chain that is cut is damage', () => {
    const file = writeBerkeleyDb(VALUES, 'big');
    expect(texts(readBerkeleyDb(file.subarray(0, file.length - 4096))).at(-1)).toMatch(/chain that is cut/);
  });

  test('an item of an unknown kind is damage', () => {
    const file = writeBerkeleyDb(VALUES, 'little');
    const page = inner(file, 13);
    const item = page + file.readUInt16LE(page + 26 + 2 * 3);
    file[item] = 77;
    expect(texts(readBerkeleyDb(file))).toEqual([
      'a Berkeley DB item of a kind that rpm does not write',
      ...expected.slice(1),
    ]);
  });

  test('items that share bytes give no more than the page holds', () => {
    const file = Buffer.alloc(2 * 4096);
    file.writeUInt32LE(0x61561, 12);
    file.writeUInt32LE(4096, 20);
    file.writeUInt32LE(1, 32);
    file[4096 + 25] = 13;
    file.writeUInt16LE(800, 4096 + 20);
    for (let i = 0; i < 800; i++) file.writeUInt16LE(i % 2 ? 2000 : 4096, 4096 + 26 + 2 * i);
    file[4096 + 2000] = 1;
    expect([...readBerkeleyDb(file)].length).toBe(2);
  });

  test.each([
    ['encrypted', 24],
    ['with page checksums', 26],
  ])('a file that is %s is refused', (_, at) => {
    const file = writeBerkeleyDb(VALUES, 'little');
    file[at] = 1;
    expect(() => texts(readBerkeleyDb(file))).toThrow(CodecError);
  });
});

describe('ndb', () => {
  test('packages in order of their slots', () => {
    expect(texts(readNdb(writeNdb(VALUES)))).toEqual(expected);
  });

  test('a wrong checksum is said, and the package kept', () => {
    const file = writeNdb(VALUES);
    const at = file.indexOf('one') + 1;
    file[at] = 0x4e;
    expect(texts(readNdb(file))).toEqual([
      'an ndb package with a wrong checksum',
      'oNe' + 'one'.repeat(19),
      ...expected.slice(1),
    ]);
  });

  test('a package whose frame is damaged is left out, the rest is read', () => {
    const file = writeNdb(VALUES);
    file[4096] = 0;
    expect(texts(readNdb(file))).toEqual(['an ndb package whose frame is damaged', ...expected.slice(1)]);
    const cut = writeNdb(VALUES);
    expect(texts(readNdb(cut.subarray(0, cut.length - 1))).at(-1)).toMatch(/beyond the file/);
  });

  test('slots that share a package give no more than the file holds', () => {
    const file = writeNdb([Buffer.alloc(20_000)]);
    for (let slot = 48; slot < 4096; slot += 16) file.copy(file, slot, 32, 48);
    expect([...readNdb(file)]).toHaveLength(2);
  });
});

describe('rpm headers', () => {
  const fields = {
    name: 'pkg',
    version: '1',
    epoch: 7,
    sigMd5: Buffer.alloc(16, 5),
    requires: ['a', 'x'.repeat(2000), 'b'],
  };

  test('values by tag', () => {
    const header = parseRpmHeader(writeHeader(fields));
    expect(header.text(RPM_TAG.name)).toBe('pkg');
    expect(header.text(RPM_TAG.release)).toBeUndefined();
    expect(header.number(RPM_TAG.epoch)).toBe(7);
    expect(header.bytes(RPM_TAG.sigMd5)).toEqual(fields.sigMd5);
    expect([...header.texts(RPM_TAG.requireName)]).toEqual(['a', 'b']);
    expect([...header.texts(RPM_TAG.provideName)]).toEqual([]);
  });

  test('the later of two values counts, and the first of many languages', () => {
    const more = [
      { tag: 1000, type: 6, count: 1, data: Buffer.from('later\0') },
      { tag: 1011, type: 9, count: 2, data: Buffer.from('english\0deutsch\0') },
    ];
    const header = parseRpmHeader(writeHeader(fields, more));
    expect(header.text(RPM_TAG.name)).toBe('later');
    expect(header.text(RPM_TAG.vendor)).toBe('english');
  });

  test.each([
    ['text without an end', { tag: 1011, type: 6, count: 1, data: Buffer.from('endless') }],
    ['a number for a text', { tag: 1011, type: 4, count: 1, data: Buffer.alloc(4) }],
    ['no text at all', { tag: 1011, type: 8, count: 0, data: Buffer.alloc(0) }],
  ])('%s is no value', (_, entry) => {
    expect(parseRpmHeader(writeHeader(fields, [entry])).text(RPM_TAG.vendor)).toBeUndefined();
  });

  test('a long text is cut', () => {
    expect(parseRpmHeader(writeHeader({ name: 'n'.repeat(1 << 20) })).text(RPM_TAG.name)).toHaveLength(4096);
  });

  test('more said than held is refused', () => {
    const blob = writeHeader(fields);
    expect(() => parseRpmHeader(blob.subarray(0, blob.length - 1))).toThrow(CodecError);
    expect(() => parseRpmHeader(Buffer.alloc(7))).toThrow(CodecError);
    expect(() => parseRpmHeader(Buffer.alloc(64, 0xff))).toThrow(CodecError);
  });

  test('any bytes give values or a CodecError', () => {
    const good = writeHeader(fields);
    const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 10 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), flips, (bytes, changes) => {
        const changed = Buffer.from(good);
        for (const [at, byte] of changes) changed[at] = byte;
        for (const blob of [bytes, changed]) drainHeader(blob);
      }),
    );
  });
});

function drainHeader(blob: Uint8Array): void {
  tolerant(() => {
    const header = parseRpmHeader(blob);
    for (const tag of Object.values(RPM_TAG)) {
      void [header.text(tag), [...header.texts(tag)], header.number(tag), header.bytes(tag)];
    }
  });
}

function tolerant(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
  }
}

describe.each<[string, Read, Buffer]>([
  ['Berkeley DB', readBerkeleyDb, writeBerkeleyDb(VALUES, 'little')],
  ['Berkeley DB, big-endian', readBerkeleyDb, writeBerkeleyDb(VALUES, 'big', 512)],
  ['ndb', readNdb, writeNdb(VALUES)],
])('%s files nobody should trust', (_, read, good) => {
  test('any bytes, and flipped and cut files, end in values or a CodecError', () => {
    const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 5000 }),
        flips,
        fc.nat(good.length),
        (bytes, changes, length) => {
          const changed = Buffer.from(good);
          for (const [at, byte] of changes) changed[at] = byte;
          const grafted = Buffer.concat([good.subarray(0, 64), bytes]);
          for (const file of [bytes, grafted, changed, changed.subarray(0, length)]) {
            tolerant(() => {
              for (const item of read(file)) void item;
            });
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
