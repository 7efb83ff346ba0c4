import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { StreamError } from './stream-error.ts';
import { loadZstd, zstdChunks } from './zstd.ts';

// "Drydock surveys it once. " × 40 as one frame with a checksum, made with the zstd program.
const FRAME = Buffer.from('KLUv/QRYDQEAyERyeWRvY2sgc3VydmV5cyBpdCBvbmNlLiABADHnao4BdUboXg==', 'base64');
const TEXT = 'Drydock surveys it once. '.repeat(40);
const SKIPPABLE = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), Buffer.from('skip')]);

beforeAll(loadZstd);

function decompress(input: Iterable<Uint8Array>): string {
  const pieces: Buffer[] = [];
  for (const piece of zstdChunks(input)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}

describe('zstd', () => {
  test('reads one frame, whole or byte by byte', () => {
    expect(decompress([FRAME])).toBe(TEXT);
    expect(decompress([...FRAME].map((byte) => Uint8Array.of(byte)))).toBe(TEXT);
  });

  test('joins frames and passes over skippable ones', () => {
    expect(decompress([Buffer.concat([FRAME, SKIPPABLE, FRAME])])).toBe(TEXT + TEXT);
    expect(decompress([SKIPPABLE, FRAME, SKIPPABLE])).toBe(TEXT);
  });

  test('refuses a truncated frame', () => {
    expect(() => decompress([FRAME.subarray(0, FRAME.length - 6)])).toThrow(StreamError);
  });

  test('ends on any bytes', () => {
    fc.assert(
      fc.property(fc.nat(FRAME.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(FRAME);
        changed[at] = byte;
        try {
          decompress([changed]);
        } catch (error) {
          expect(error).toBeInstanceOf(StreamError);
        }
      }),
    );
  });

  test('passes on what its input throws', () => {
    const input = (function* (): Generator<Uint8Array> {
      yield FRAME.subarray(0, 10);
      throw new RangeError('no more');
    })();
    expect(() => decompress(input)).toThrow(RangeError);
  });
});
