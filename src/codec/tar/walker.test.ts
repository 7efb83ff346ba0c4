import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  header,
  padded,
  paxRecord,
  tar,
  withChecksum,
  type TarMember,
} from '../../../test/fixtures/tar-writer.ts';
import { StreamError } from '../stream-error.ts';
import { openTarWalker, type TarEntry } from './walker.ts';

interface Seen {
  readonly entries: TarEntry[];
  readonly contents: Record<string, string>;
  readonly refused: string[];
}

function walk(
  archive: Uint8Array,
  pieceBytes = archive.length,
  wants = (_: TarEntry): boolean => true,
): Seen {
  const seen: Seen = { entries: [], contents: {}, refused: [] };
  const walker = openTarWalker({
    entry(entry) {
      seen.entries.push(entry);
      return wants(entry);
    },
    content(entry, content) {
      seen.contents[entry.path] = Buffer.from(content).toString();
    },
    refused: (name) => seen.refused.push(name),
  });
  for (let at = 0; at < archive.length; at += pieceBytes) walker.push(archive.subarray(at, at + pieceBytes));
  walker.end();
  return seen;
}

const paths = (seen: Seen): string[] => seen.entries.map((entry) => entry.path);

describe('tar walker', () => {
  const members: TarMember[] = [
    { path: 'etc/', type: '5' },
    { path: 'etc/os-release', content: 'ID=debian\n' },
    { path: 'big', content: 'x'.repeat(2000) },
    { path: 'lib', type: '2', link: 'usr/lib' },
    { path: 'again', type: '1', link: 'big' },
    { path: 'empty' },
  ];

  test('tells owners and extended attributes, in whichever way they are written', () => {
    const capability = '\x01\0\0\x02\0\x04\0\0';
    const owned = (member: TarMember, uid: Buffer): Buffer => {
      const block = header(member, 0);
      uid.copy(block, 108);
      return withChecksum(block);
    };
    const archive = Buffer.concat([
      owned({ path: 'octal' }, Buffer.from('0001750\0')),
      owned({ path: 'base-256' }, Buffer.from([0x80, 0, 0, 0, 0, 0x98, 0x96, 0x80])),
      owned({ path: 'negative' }, Buffer.alloc(8, 0xff)),
      owned({ path: 'no number' }, Buffer.from('zzzzzzz\0')),
      tar(
        [
          {
            path: 'pax',
            pax: { uid: '4000000000', gid: '7', 'SCHILY.xattr.security.capability': capability },
          },
        ],
        false,
      ),
      tar([{ path: 'libarchive', pax: { 'LIBARCHIVE.xattr.user.a%20b': 'aGVsbG8=' } }], false),
      tar([{ path: 'large', pax: { 'SCHILY.xattr.user.large': 'x'.repeat(70_000) } }]),
    ]);
    const { entries } = walk(archive);
    const uids = entries.map(({ path, uid }) => [path, uid]);
    expect(uids.slice(0, 5)).toEqual([
      ['octal', 1000],
      ['base-256', 10_000_000],
      ['negative', undefined],
      ['no number', undefined],
      ['pax', 4_000_000_000],
    ]);
    expect(entries[4]?.gid).toBe(7);
    expect([...(entries[4]?.xattrs ?? [])]).toEqual([
      ['security.capability', Buffer.from(capability, 'latin1')],
    ]);
    expect([...(entries[5]?.xattrs ?? [])]).toEqual([['user.a b', Buffer.from('hello')]]);
    expect(entries[6]?.xattrs).toBeUndefined();
  });

  test.each([1, 3, 511, 512, 513, 100_000])('reads the same whatever the pieces (%i bytes)', (pieceBytes) => {
    const seen = walk(tar(members), pieceBytes);
    expect(paths(seen)).toEqual(['etc', 'etc/os-release', 'big', 'lib', 'again', 'empty']);
    expect(seen.contents).toEqual({ 'etc/os-release': 'ID=debian\n', big: 'x'.repeat(2000), empty: '' });
    expect(seen.entries[3]).toMatchObject({ kind: 'symlink', linkTarget: 'usr/lib' });
    expect(seen.entries[4]).toMatchObject({ kind: 'hardlink', linkTarget: 'big' });
  });

  test('gives content only of what is asked for', () => {
    const seen = walk(tar(members), 100, (entry) => entry.path === 'big');
    expect(Object.keys(seen.contents)).toEqual(['big']);
  });

  test('does not need the closing blocks', () => {
    expect(paths(walk(tar(members, false)))).toHaveLength(6);
  });

  test('stops at two zero blocks, whatever follows', () => {
    const seen = walk(Buffer.concat([tar([{ path: 'a' }]), Buffer.alloc(4096, 7)]));
    expect(paths(seen)).toEqual(['a']);
  });

  test('PAX path, linkpath and size win over the header', () => {
    const long = 'd/'.repeat(2000) + 'leaf';
    const archive = tar([
      { path: 'short', content: 'p', pax: { path: long, mtime: '1.5', 'SCHILY.xattr.user.k': 'v' } },
      { path: 'l', type: '2', link: 'x', pax: { linkpath: 'ziel/ä' } },
    ]);
    const seen = walk(archive, 700);
    expect(seen.contents[long]).toBe('p');
    expect(seen.entries[1]?.linkTarget).toBe('ziel/ä');
  });

  test('GNU long names and long links', () => {
    const name = 'n'.repeat(300);
    const archive = Buffer.concat([
      header({ path: '././@LongLink', type: 'L' }, name.length + 1),
      padded(Buffer.from(`${name}\0`)),
      header({ path: '././@LongLink', type: 'K' }, 3),
      padded(Buffer.from('to\0')),
      tar([{ path: 'cut', type: '2', link: 'cut' }]),
    ]);
    expect(walk(archive).entries[0]).toMatchObject({ path: name, linkTarget: 'to' });
  });

  test('ustar prefix', () => {
    const block = header({ path: 'file' }, 0);
    block.write('some/dir', 345);
    expect(paths(walk(Buffer.concat([withChecksum(block), Buffer.alloc(1024)])))).toEqual(['some/dir/file']);
  });

  test('names that climb are refused, odd ones are made clean', () => {
    const seen = walk(
      tar(['../up', '/abs', '//two//slashes', './dot/./x', 'a/../b', './'].map((path) => ({ path }))),
    );
    expect(seen.refused).toEqual(['../up', 'a/../b']);
    expect(paths(seen)).toEqual(['abs', 'two/slashes', 'dot/x', '']);
  });

  test('old GNU sparse files are expanded when wanted and passed over when not', () => {
    const sparse = header({ path: 'holes', type: 'S' }, 1024);
    sparse.write('ustar  \0', 257);
    sparse.write('00000000000\0' + '00000001000\0', 386);
    sparse.write('00000002000\0' + '00000001000\0', 410);
    sparse.write('00000003000\0', 483);
    const body = Buffer.concat([Buffer.alloc(512, 'A'), Buffer.alloc(512, 'B')]);
    const archive = Buffer.concat([withChecksum(sparse), body, tar([{ path: 'next', content: 'n' }])]);
    const seen = walk(archive, 300);
    expect(seen.contents['holes']).toBe('A'.repeat(512) + '\0'.repeat(512) + 'B'.repeat(512));
    expect(seen.entries[0]?.sizeBytes).toBe(1536);
    expect(walk(archive, 300, (entry) => entry.path === 'next').contents).toEqual({ next: 'n' });
  });

  test.each<[Record<string, string>, string]>([
    [{ 'GNU.sparse.map': '0,3,6,3', 'GNU.sparse.size': '9' }, 'abcdef'],
    [
      {
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.realsize': '9',
        'GNU.sparse.name': 'holes',
      },
      '2\n0\n3\n6\n3\n'.padEnd(512, '\0') + 'abcdef',
    ],
  ])('PAX sparse files %#', (pax, content) => {
    const seen = walk(
      tar([{ path: pax['GNU.sparse.name'] ? 'odd' : 'holes', content, pax }, { path: 'next' }]),
      99,
    );
    expect(seen.contents['holes']).toBe('abc\0\0\0def');
    expect(paths(seen)).toEqual(['holes', 'next']);
  });

  test('PAX sparse format 0.0 repeats its keys', () => {
    const body = Buffer.from(
      [
        ['GNU.sparse.size', '9'],
        ['GNU.sparse.offset', '0'],
        ['GNU.sparse.numbytes', '3'],
        ['GNU.sparse.offset', '6'],
        ['GNU.sparse.numbytes', '3'],
      ]
        .map(([key = '', value = '']) => paxRecord(key, value))
        .join(''),
    );
    const archive = Buffer.concat([
      header({ path: 'x', type: 'x' }, body.length),
      padded(body),
      tar([{ path: 'holes', content: 'abcdef' }]),
    ]);
    expect(walk(archive).contents['holes']).toBe('abc\0\0\0def');
  });

  test('a sparse file that stores more than it is long is refused before memory is taken', () => {
    const sparse = header({ path: 'holes', type: 'S' }, 2 ** 32);
    sparse.write('00000000010\0', 483);
    expect(() => walk(withChecksum(sparse))).toThrow(StreamError);
  });

  test.each([
    ['a wrong checksum', Buffer.concat([Buffer.alloc(512, 'x'), tar([])])],
    ['an archive cut inside a file', tar([{ path: 'f', content: 'x'.repeat(900) }]).subarray(0, 700)],
    ['an archive cut inside a header', tar([{ path: 'f' }]).subarray(0, 100)],
    [
      'a malformed PAX record',
      Buffer.concat([header({ path: 'x', type: 'x' }, 9), padded(Buffer.from('99 a=b\nzz'))]),
    ],
    ['a PAX header of 9 MiB', header({ path: 'x', type: 'x' }, 9 << 20)],
  ])('%s is damage', (_, archive) => {
    expect(() => walk(archive)).toThrow(StreamError);
  });

  test('a negative size is damage', () => {
    const block = header({ path: 'neg' }, 0);
    block.fill(0xff, 124, 136);
    expect(() => walk(withChecksum(block))).toThrow(StreamError);
  });

  test('ends on any bytes, and never differs with the size of the pieces', () => {
    const archive = tar([
      { path: 'a', content: 'x'.repeat(600), pax: { path: 'long/name' } },
      { path: 'l', type: '2', link: 'a' },
    ]);
    const outcome = (bytes: Uint8Array, size: number): unknown => {
      try {
        return walk(bytes, size);
      } catch (error) {
        expect(error).toBeInstanceOf(StreamError);
        return 'damaged';
      }
    };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (changes, mend) => {
          const changed = Buffer.from(archive);
          for (const [at, byte] of changes) changed[at] = byte;
          if (mend)
            for (let at = 0; at + 512 <= changed.length; at += 512)
              withChecksum(changed.subarray(at, at + 512));
          expect(outcome(changed, 77)).toEqual(outcome(changed, changed.length));
        },
      ),
      { numRuns: 300 },
    );
  });
});
