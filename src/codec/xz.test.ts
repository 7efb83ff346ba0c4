import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StreamError } from './stream-error.ts';
import { unxz, xzChunks } from './xz.ts';

const { signal } = new AbortController();
const options = { maxBytes: 1 << 26, signal };

/** `xz -9` of "drydock\n", made once. */
const SMALL = Buffer.from(
  'fd377a585a000004e6d6b446020021011c00000010cf58cc010007647279646f636b0a001fb90f41a5f4be7f00012008bb19d9bb1fb6f37d010000000004595a',
  'hex',
);
const hasXz = spawnSync('xz', ['--version']).status === 0;
const xz = (content: Uint8Array, ...args: string[]): Buffer =>
  spawnSync('xz', ['-c', ...args], { input: content, maxBuffer: 1 << 28 }).stdout;

describe('xz', () => {
  test('gives the content', async () => {
    expect(Buffer.from(await unxz(SMALL, options)).toString()).toBe('drydock\n');
  });

  test('takes input in pieces of any size', async () => {
    const pieces: Uint8Array[] = [];
    const single = [...SMALL].flatMap((byte) => [new Uint8Array(), Uint8Array.of(byte)]);
    for await (const piece of xzChunks(single, options)) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe('drydock\n');
  });

  test('refuses what is truncated anywhere', async () => {
    for (let length = 0; length < SMALL.length; length++) {
      await expect(unxz(SMALL.subarray(0, length), options), `${length}`).rejects.toThrow(StreamError);
    }
  });

  test('refuses what is more than allowed', async () => {
    await expect(unxz(SMALL, { maxBytes: 7, signal })).rejects.toThrow('more than 7 bytes');
  });

  test('lets the next one work after a loop was left early', async () => {
    for await (const piece of xzChunks([SMALL], options)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(await unxz(SMALL, options)).toHaveLength(8);
  });

  test('lets several wait for each other', async () => {
    const all = await Promise.all([1, 2, 3].map(() => unxz(SMALL, options)));
    expect(all.map((content) => content.length)).toEqual([8, 8, 8]);
  });

  test('passes on why its input failed', async () => {
    const failing = (function* () {
      yield SMALL.subarray(0, 20);
      throw new RangeError('the line went dead');
    })();
    const take = async (): Promise<void> => {
      for await (const piece of xzChunks(failing, options)) void piece;
    };
    await expect(take()).rejects.toThrow('the line went dead');
  });

  test('stops when called off', async () => {
    const called = AbortSignal.abort(new Error('enough'));
    await expect(unxz(SMALL, { maxBytes: 10, signal: called })).rejects.toThrow('enough');
  });

  test('never fails otherwise, nor hangs, on bytes that are changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(SMALL.length - 1), fc.nat(255), async (at, byte) => {
        const changed = Buffer.from(SMALL);
        changed[at] = byte;
        await unxz(changed, { maxBytes: 1 << 20, signal }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(StreamError);
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe.skipIf(!hasXz)('xz files of the xz program (needs xz)', () => {
  const content = Buffer.concat([randomBytes(300_000), Buffer.alloc(3_000_000, 'drydock ')]);

  test.each([
    ['-0'],
    ['-9e'],
    ['--check=crc64'],
    ['--check=crc32'],
    ['--block-size=100000'],
    ['--check=none'],
  ])('xz %s', async (option) => {
    expect(Buffer.compare(await unxz(xz(content, option), options), content)).toBe(0);
  });

  test('several streams one after the other', async () => {
    const both = Buffer.concat([xz(Buffer.from('dry')), xz(Buffer.from('dock'))]);
    expect(Buffer.from(await unxz(both, options)).toString()).toBe('drydock');
  });

  test('a bomb ends at the limit', async () => {
    const bomb = xz(Buffer.alloc(1 << 26));
    expect(bomb.length).toBeLessThan(20_000);
    await expect(unxz(bomb, { maxBytes: 1 << 20, signal })).rejects.toThrow(StreamError);
  });
});
