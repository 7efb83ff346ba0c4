import { brotliCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ownBytes } from './own-bytes.ts';

test('bytes for keeping keep nothing else', () => {
  const view = brotliCompressSync('x'.repeat(100_000));
  expect(view.buffer.byteLength).toBeGreaterThan(10 * view.byteLength);
  const own = ownBytes(view);
  expect(own.buffer.byteLength).toBe(view.byteLength);
  expect(own).toEqual(view);
  expect(own).toBeInstanceOf(Buffer);
});

test('what is as good as alone in its buffer is not copied', () => {
  const bytes = new Uint8Array(1000);
  expect(ownBytes(bytes)).toBe(bytes);
  const most = bytes.subarray(100);
  expect(ownBytes(most)).toBe(most);
  expect(ownBytes(bytes.subarray(600)).buffer.byteLength).toBe(400);
});
