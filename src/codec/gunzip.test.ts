import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gunzipChunks, hasSyncGunzip, reusedBuffer } from './gunzip.ts';
import { StreamError } from './stream-error.ts';

function inflate(input: Iterable<Uint8Array>, outputBytes?: number): Buffer {
  const pieces: Buffer[] = [];
  for (const piece of gunzipChunks(input, reusedBuffer(outputBytes))) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const text = Buffer.from('planks and nails, '.repeat(5000));

test('this Node.js has the synchronous zlib', () => {
  expect(hasSyncGunzip()).toBe(true);
});

describe('gunzip', () => {
  test.each([1, 7, 64, 1000, 1 << 20])('gives the same bytes when fed %i at a time', (size) => {
    expect(inflate(cut(gzipSync(text), size), 512).equals(text)).toBe(true);
  });

  test('joins members wherever they are cut', () => {
    const members = [gzipSync('one'), gzipSync('two'), gzipSync(text)];
    const whole = Buffer.concat(members);
    for (let size = 1; size < 80; size++) {
      expect(inflate(cut(whole, size)).equals(gunzipSync(whole))).toBe(true);
    }
    expect(inflate(members).toString()).toBe(`onetwo${text.toString()}`);
  });

  test('takes zeros behind the last member as padding', () => {
    expect(inflate([Buffer.concat([gzipSync('x'), Buffer.alloc(100)])]).toString()).toBe('x');
  });

  test.each([5, 20, 100])('refuses data cut %i bytes before its end', (missing) => {
    const whole = gzipSync(text);
    expect(() => inflate([whole.subarray(0, whole.length - missing)])).toThrow(StreamError);
  });

  test('refuses a wrong checksum', () => {
    const bad = Buffer.from(gzipSync(text));
    bad.writeUInt32LE(0, bad.length - 8);
    expect(() => inflate([bad])).toThrow(StreamError);
  });

  test('ends on any bytes, with the right answer or a StreamError', () => {
    const whole = gzipSync(text.subarray(0, 500));
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.nat(255),
        fc.integer({ min: 1, max: 99 }),
        (at, byte, size) => {
          const changed = Buffer.from(whole);
          changed[at] = byte;
          try {
            inflate(cut(changed, size), 128);
          } catch (error) {
            expect(error).toBeInstanceOf(StreamError);
          }
        },
      ),
    );
  });

  test('passes on what its input throws', () => {
    const input = (function* (): Generator<Uint8Array> {
      yield gzipSync(text).subarray(0, 50);
      throw new RangeError('no more');
    })();
    expect(() => inflate(input)).toThrow(RangeError);
  });
});
