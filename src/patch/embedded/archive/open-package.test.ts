import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arOf, debOf, tarOf, type DebMember } from '../../../../test/fixtures/deb-bytes.ts';
import { DrydockError } from '../../../base/errors.ts';
import { openPackage, type PackageFile } from './open-package.ts';

const signal = new AbortController().signal;
const control = 'Package: a\nVersion: 1\nArchitecture: all';
const open = (
  bytes: Uint8Array,
  limits?: { maxPayloadBytes: number; maxControlBytes: number },
): Promise<PackageFile> => openPackage(bytes, { of: 'a 1', signal, ...(limits && { limits }) });
const version = ['debian-binary', Buffer.from('2.0\n')] as const;
const controlPart = [
  'control.tar.gz',
  gzipSync(tarOf([{ path: './control', text: `${control}\n` }])),
] as const;
const dataPart = ['data.tar', tarOf([{ path: './usr/x', text: 'x' }])] as const;

describe('openPackage', () => {
  test('gives control, info and payload', async () => {
    const file = await open(
      debOf(control, [{ path: './usr/x', text: 'x', mode: 0o755, group: 'shadow' }], {
        postinst: '#!/bin/sh\n',
      }),
    );
    expect(file.control.values.get('package')).toBe('a');
    expect([...file.info.keys()]).toEqual(['postinst']);
    expect(file.payload.map(({ path, type }) => [path, type])).toEqual([
      ['', 'directory'],
      ['usr', 'directory'],
      ['usr/x', 'file'],
    ]);
    expect(file.payload[2]).toMatchObject({
      mode: 0o755,
      group: 'shadow',
      mtime: 1_700_000_000,
      content: Buffer.from('x'),
    });
  });

  test('long names of GNU tar', async () => {
    const path = `./usr/${'long/'.repeat(60)}name`;
    const data = tarOf([
      { path: '././@LongLink', flag: 'L', text: `${path}\0` },
      { path: path.slice(0, 99), text: 'x' },
    ]);
    const file = await open(arOf([version, controlPart, ['data.tar', data]]));
    expect(file.payload[0]?.path).toBe(path.slice(2));
  });

  test('members behind the data, and private ones before it, are passed over', async () => {
    const parts = [
      version,
      ['_private', Buffer.from('?')] as const,
      controlPart,
      dataPart,
      ['data.tar', Buffer.from('?')] as const,
    ];
    expect((await open(arOf(parts))).payload).toHaveLength(1);
  });

  const hostile: readonly [what: string, members: readonly DebMember[]][] = [
    ['a name that climbs', [{ path: './../etc/passwd', text: '' }]],
    ['a name that climbs within', [{ path: './usr/../../x', text: '' }]],
    ['an absolute name', [{ path: '/etc/passwd', text: '' }]],
    ['a whiteout', [{ path: './etc/.wh.passwd', text: '' }]],
    ['a character device', [{ path: './dev/x', flag: '3' }]],
    ['a block device', [{ path: './dev/x', flag: '4' }]],
    ['a pipe', [{ path: './x', flag: '6' }]],
    ['an unknown kind', [{ path: './x', flag: 'Q' }]],
    ['a hard link out of the package', [{ path: './x', flag: '1', link: './etc/shadow' }]],
    ['a hard link that climbs', [{ path: './x', flag: '1', link: '../x' }]],
    [
      'a hard link to what comes later',
      [
        { path: './x', flag: '1', link: './y' },
        { path: './y', text: '' },
      ],
    ],
    [
      'a path twice',
      [
        { path: './x', text: '1' },
        { path: './x', text: '2' },
      ],
    ],
    ['a link without a target', [{ path: './x', flag: '2', link: '' }]],
  ];
  test.each(hostile)('%s is refused', async (_, members) => {
    await expect(open(arOf([version, controlPart, ['data.tar', tarOf(members)]]))).rejects.toMatchObject({
      code: 'PACKAGE_ARCHIVE_INVALID',
    });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['another format', arOf([['debian-binary', Buffer.from('3.0\n')], controlPart, dataPart])],
    ['no data', arOf([version, controlPart])],
    ['data first', arOf([version, dataPart, controlPart])],
    ['a compression that is not read', arOf([version, controlPart, ['data.tar.lzma', Buffer.from('?')]])],
    [
      'damaged compression',
      arOf([version, controlPart, ['data.tar.gz', gzipSync(tarOf([])).subarray(0, 20)]]),
    ],
    ['damaged xz', arOf([version, controlPart, ['data.tar.xz', Buffer.from('\xfd7zXZ\0\0', 'latin1')]])],
    [
      'damaged zstd',
      arOf([version, controlPart, ['data.tar.zst', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3])]]),
    ],
    [
      'a folder in its control part',
      arOf([version, ['control.tar', tarOf([{ path: './x/', flag: '5' }])], dataPart]),
    ],
    ['no control file', arOf([version, ['control.tar', tarOf([])], dataPart])],
    [
      'an entry cut off',
      arOf([
        version,
        controlPart,
        ['data.tar', tarOf([{ path: './x', text: 'x'.repeat(2000) }]).subarray(0, 900)],
      ]),
    ],
  ])('%s is refused', async (_, bytes) => {
    await expect(open(bytes)).rejects.toMatchObject({ code: 'PACKAGE_ARCHIVE_INVALID' });
  });

  test('a bomb stops at its limit', async () => {
    const bomb = gzipSync(tarOf([{ path: './x', text: '0'.repeat(4 << 20) }]));
    expect(bomb.length).toBeLessThan(1 << 16);
    await expect(
      open(arOf([version, controlPart, ['data.tar.gz', bomb]]), {
        maxPayloadBytes: 1 << 20,
        maxControlBytes: 1 << 20,
      }),
    ).rejects.toMatchObject({ code: 'PACKAGE_ARCHIVE_INVALID' });
  });

  test('damaged packages never throw anything else', async () => {
    const whole = debOf(
      control,
      [
        { path: './usr/x', text: 'x' },
        { path: './usr/y', flag: '2', link: 'x' },
      ],
      { conffiles: '/etc/x\n' },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        async (edits) => {
          const bytes = Buffer.from(whole);
          for (const [at, byte] of edits) bytes[at] = byte;
          await open(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(DrydockError));
        },
      ),
      { numRuns: 100 },
    );
  });
});
