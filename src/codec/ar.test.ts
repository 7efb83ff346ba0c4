import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arOf } from '../../test/fixtures/deb-bytes.ts';
import { arMembers } from './ar.ts';
import { CodecError } from './codec-error.ts';

const read = (bytes: Uint8Array): [string, string][] =>
  [...arMembers(bytes)].map(({ name, content }) => [name, Buffer.from(content).toString('latin1')]);

describe('arMembers', () => {
  test('gives members in order, odd lengths padded', () => {
    const members = [
      ['a', Buffer.from('odd')],
      ['b.tar.gz', Buffer.from('even')],
      ['c', Buffer.alloc(0)],
    ] as const;
    expect(read(arOf(members))).toEqual([
      ['a', 'odd'],
      ['b.tar.gz', 'even'],
      ['c', ''],
    ]);
  });

  test('a slash behind a name is not of it', () => {
    expect(read(arOf([['debian-binary/', Buffer.from('2.0\n')]]))).toEqual([['debian-binary', '2.0\n']]);
  });

  const whole = arOf([['a', Buffer.from('content')]]);
  test.each([
    ['another magic', Buffer.from('!<thin>\n')],
    ['an empty file', Buffer.alloc(0)],
    ['half a header', whole.subarray(0, 40)],
    ['a size beyond the file', whole.subarray(0, whole.length - 4)],
    [
      'a size that is no number',
      Buffer.from(whole.toString('latin1').replace('7         `', '-7        `'), 'latin1'),
    ],
    ['no end mark', Buffer.from(whole.toString('latin1').replace('`\n', 'xx'), 'latin1')],
  ])('%s is an error', (_, bytes) => expect(() => read(bytes)).toThrow(CodecError));

  test('damaged bytes never throw anything else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(whole.length),
        (edits, length) => {
          const bytes = Buffer.from(whole.subarray(0, length));
          for (const [at, byte] of edits) if (at < bytes.length) bytes[at] = byte;
          try {
            read(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(CodecError);
          }
        },
      ),
    );
  });
});
