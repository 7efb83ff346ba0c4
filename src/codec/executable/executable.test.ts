import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  writeElf,
  writeFat,
  writeInlineBuildInfo,
  writeMachO,
  writePe,
  writePointedBuildInfo,
  type Part,
} from '../../../test/fixtures/executable-writer.ts';
import { CodecError } from '../codec-error.ts';
import { readGoBuildInfo, type GoBuildInfo } from '../go-buildinfo.ts';
import { openExecutableReading } from './executable-reader.ts';
import { bytesFromStart } from './file-bytes.ts';
import { openKeepingMemory } from './kept-file.ts';
import { parseExecutable } from './parse-executable.ts';

const MODULES = 'path\texample.com/a\nmod\texample.com/a\t(devel)\t\ndep\texample.com/b\tv1.2.3\th1:x=\n';

function infoIn(file: Buffer, pieceBytes = file.length): GoBuildInfo | undefined {
  const open = openExecutableReading(readGoBuildInfo);
  const reader = open(file.length);
  for (let at = 0; at < file.length; at += pieceBytes) {
    // Its own memory, which is gone when it was taken.
    const piece = Buffer.from(file.subarray(at, at + pieceBytes));
    const goesOn = reader.write(piece);
    piece.fill(0xee);
    if (!goesOn) break;
  }
  return reader.end();
}

const inline = (kind: Part['kind'] = 'data', name = '.data'): Part => ({
  name,
  kind,
  address: 0x20000,
  content: writeInlineBuildInfo('go1.26.0', MODULES),
});
const code: Part = { name: '.text', kind: 'code', address: 0x10000, content: Buffer.alloc(60_000, 0x90) };

describe('build information of Go', () => {
  const shapes = [true, false].flatMap((isWide) =>
    [true, false].map((isLittleEndian) => ({ isWide, isLittleEndian })),
  );
  const pointed = shapes.map((shape) => {
    const places = { data: 0x20000, texts: 0x30000 };
    const { data, texts } = writePointedBuildInfo('go1.13.15', MODULES, places, shape);
    const parts: Part[] = [
      goNote(shape.isLittleEndian),
      code,
      { name: '.rodata', kind: 'constants', address: places.texts, content: texts },
      { name: '.data', kind: 'data', address: places.data, content: data },
    ];
    return [`pointed, ELF ${JSON.stringify(shape)}`, writeElf(parts, shape), 'go1.13.15'] as const;
  });

  const files: readonly (readonly [string, Buffer, string])[] = [
    ...shapes.map(
      (shape) => [`ELF ${JSON.stringify(shape)}`, writeElf([code, inline()], shape), 'go1.26.0'] as const,
    ),
    ['ELF with a section', writeElf([goNote(true), code, inline('constants', '.go.buildinfo')]), 'go1.26.0'],
    ['PE', writePe([code, inline()]), 'go1.26.0'],
    ['Mach-O', writeMachO([code, inline()]), 'go1.26.0'],
    ['Mach-O, big-endian', writeMachO([code, inline('constants', '__go_buildinfo')], false), 'go1.26.0'],
    ['fat Mach-O', writeFat(writeMachO([code, inline()])), 'go1.26.0'],
    ...pointed,
  ];

  test.each(files)('%s, in pieces of any size', (_, file, goVersion) => {
    for (const pieceBytes of [file.length, 60_000, 33_000, 4096, 999, 16]) {
      const info = infoIn(file, pieceBytes);
      expect(info).toMatchObject({ goVersion, main: { path: 'example.com/a', version: '(devel)' } });
      expect(info?.dependencies).toEqual([{ path: 'example.com/b', version: 'v1.2.3' }]);
    }
  });

  test.each([80_000, 65_536 + 7, 100_003])(
    'is found behind %i bytes of large data, wherever pieces end',
    (gap) => {
      const big = Buffer.concat([Buffer.alloc(5 << 20, 1), Buffer.alloc(Math.ceil(gap / 16) * 16, 2)]);
      const content = Buffer.concat([
        big,
        writeInlineBuildInfo('go1.26.0', MODULES),
        Buffer.alloc(6 << 20, 3),
      ]);
      const file = writeElf([code, { ...inline(), content }]);
      for (const pieceBytes of [1 << 19, 65_535, 40_009])
        expect(infoIn(file, pieceBytes)?.goVersion).toBe('go1.26.0');
    },
  );

  test('out of line, it is none', () => {
    const content = Buffer.concat([Buffer.alloc(8), inline().content]);
    expect(infoIn(writeElf([{ ...inline(), content }]))).toBeUndefined();
  });

  test.each([
    ['cut short', inline().content.subarray(0, 20)],
    ['a length beyond the end', Buffer.concat([inline().content.subarray(0, 32), Buffer.alloc(20, 0xff)])],
    ['no Go version', writeInlineBuildInfo('\0\0', MODULES)],
    ['pointers to nowhere', Buffer.concat([inline().content.subarray(0, 14), Buffer.alloc(40, 8)])],
  ])('with %s it is said to be damaged', (_, content) => {
    expect(() => infoIn(writeElf([{ ...inline(), content }]))).toThrow(CodecError);
  });

  test('symbols are found by the end of their name', () => {
    for (const shape of shapes) {
      const symbols = [
        { name: 'main.version.str', address: 0x20000, sizeBytes: 5 },
        { name: 'main.main', address: 0x10000, sizeBytes: 7 },
      ];
      const file = writeElf([code, inline()], shape, symbols);
      const executable = parseExecutable(bytesFromStart(file));
      expect(executable?.symbols('.str')).toEqual([symbols[0]]);
    }
  });
});

function goNote(isLittleEndian: boolean): Part {
  const type = isLittleEndian ? [4, 0, 0, 0] : [0, 0, 0, 4];
  const content = Buffer.concat([Buffer.from(type), Buffer.from('Go\0\0')]);
  return { name: '.note', kind: 'constants', address: 0x1000, content };
}

describe('files that are no executables', () => {
  test.each([
    ['a script', Buffer.from('#!/bin/sh\nexit 0\n')],
    ['nothing', Buffer.alloc(0)],
    ['three bytes', Buffer.from('\x7fEL')],
    ['a Java class', Buffer.from('cafebabe0000003400ff', 'hex')],
    ['a magic alone', Buffer.from('\x7fELF')],
    ['an object file', writeElf([code]).fill(1, 16, 17)],
  ])('%s', (_, file) => {
    expect(infoIn(file)).toBeUndefined();
    expect(infoIn(file, 2)).toBeUndefined();
  });

  test('are refused by their first piece', () => {
    const reader = openExecutableReading(() => true)(10 << 20);
    expect(reader.write(Buffer.alloc(1 << 19, 0x23))).toBe(false);
    expect(reader.end()).toBeUndefined();
  });
});

test('whatever is changed in an executable, reading it ends well', () => {
  const seeds = [
    writeElf([code, inline()]),
    writeElf([code, inline()], { isWide: false, isLittleEndian: false }),
    writePe([code, inline()]),
    writeMachO([code, inline()]),
    writeFat(writeMachO([code, inline()])),
  ].map((file) => Buffer.concat([file.subarray(0, 900), file.subarray(60_000)]));
  const change = fc.record({ at: fc.nat(1300), value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff) });
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(change, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(1, 100, 1 << 20),
      (seed, changes, pieceBytes) => {
        const file = Buffer.from(seed);
        for (const { at, value } of changes) file[at % file.length] = value;
        try {
          infoIn(file, pieceBytes);
          parseExecutable(bytesFromStart(file))?.symbols('.str');
        } catch (error) {
          if (!(error instanceof CodecError)) throw error;
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('what was kept of a file is what it holds there', () => {
  const memory = openKeepingMemory(700);
  const stretch = fc.tuple(fc.nat(1100), fc.nat(400)).map(([from, size]) => ({ from, to: from + size }));
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 1000 }),
      fc.array(stretch, { maxLength: 5 }),
      fc.array(stretch, { maxLength: 2 }),
      fc.integer({ min: 1, max: 300 }),
      (content, wanted, watched, pieceBytes) => {
        const file = memory.open(content.length);
        for (const { from, to } of wanted) file.keep(from, to);
        for (const range of watched)
          file.watch({ ...range, needle: Buffer.from([0, 1]), keepBytes: 50, maxHits: 3 });
        for (let at = 0; at < content.length; at += pieceBytes)
          file.write(content.slice(at, at + pieceBytes));
        const runs = [...file.runs(0, content.length)];
        expect(runs.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(700);
        for (const { offset, bytes } of runs) {
          expect(bytes.equals(content.subarray(offset, offset + bytes.length))).toBe(true);
          expect(file.at(offset, bytes.length)?.equals(bytes)).toBe(true);
        }
        for (const { from, to } of wanted.slice(0, 1)) {
          const end = Math.min(to, content.length);
          if (from < end) expect(file.at(from, end - from)?.equals(content.subarray(from, end))).toBe(true);
        }
        expect(file.at(content.length, 1)).toBeUndefined();
        memory.release();
      },
    ),
    { numRuns: 1000 },
  );
});
