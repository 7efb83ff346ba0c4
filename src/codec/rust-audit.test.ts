import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeElf, writeMachO, writePe, type Part } from '../../test/fixtures/executable-writer.ts';
import { CodecError } from './codec-error.ts';
import { openExecutableReading } from './executable/executable-reader.ts';
import { parseRustCrates, readRustCrates, type RustCrate } from './rust-audit.ts';

const LIST = {
  packages: [
    { name: 'app', version: '0.1.0', source: 'local', dependencies: [1, 2, 9, -1, 'x'], root: true },
    { name: 'serde', version: '1.0.1', source: 'crates.io' },
    { name: 'cc', version: '1.2.0', source: 'crates.io', kind: 'build' },
  ],
};
const stored = (list: unknown): Buffer => deflateSync(JSON.stringify(list));
const code: Part = { name: '.text', kind: 'code', address: 0x10000, content: Buffer.alloc(50_000, 0x90) };
const crates: Part = { name: '.dep-v0', kind: 'unmapped', content: stored(LIST) };

function cratesIn(file: Buffer, pieceBytes: number): RustCrate[] | undefined {
  const reader = openExecutableReading(readRustCrates)(file.length);
  for (let at = 0; at < file.length; at += pieceBytes) {
    if (!reader.write(Buffer.from(file.subarray(at, at + pieceBytes)))) break;
  }
  return reader.end();
}

test.each([
  ['ELF', writeElf([code, crates])],
  ['ELF, 32 bits, big-endian', writeElf([code, crates], { isWide: false, isLittleEndian: false })],
  ['PE', writePe([code, crates])],
  ['Mach-O', writeMachO([code, crates])],
])('crates of %s, in pieces of any size', (_, file) => {
  for (const pieceBytes of [file.length, 40_000, 1000]) {
    expect(cratesIn(file, pieceBytes)).toEqual([
      { name: 'app', version: '0.1.0', isBuildOnly: false, isRoot: true, dependencies: [1, 2] },
      { name: 'serde', version: '1.0.1', isBuildOnly: false, isRoot: false, dependencies: [] },
      { name: 'cc', version: '1.2.0', isBuildOnly: true, isRoot: false, dependencies: [] },
    ]);
  }
});

test('other programs have none', () => {
  expect(cratesIn(writeElf([code]), 1000)).toBeUndefined();
});

describe('a damaged list is said', () => {
  test.each([
    ['no zlib', Buffer.from('{}')],
    ['no JSON', deflateSync('{')],
    ['no packages', stored({})],
    ['a crate without version', stored({ packages: [{ name: 'a' }] })],
    ['a crate that is none', stored({ packages: [null] })],
    ['a bomb', deflateSync(Buffer.alloc(64 << 20))],
    ['too many crates', stored({ packages: Array<null>(60_000).fill(null) })],
  ])('%s', (_, bytes) => {
    expect(() => parseRustCrates(bytes)).toThrow(CodecError);
    expect(() => cratesIn(writeElf([code, { ...crates, content: bytes }]), 1 << 19)).toThrow(CodecError);
  });

  test('any other', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => deflateSync(text)),
        ),
        (bytes) => {
          try {
            parseRustCrates(bytes);
          } catch (error) {
            if (!(error instanceof CodecError)) throw error;
          }
        },
      ),
    );
  });
});
