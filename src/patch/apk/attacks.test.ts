import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  apply,
  databaseOf,
  folder,
  key,
  NEXT,
  OTHER,
  paths,
  RECORD,
  refusals,
  signal,
  sum,
  textAt,
} from '../../../test/fixtures/apk-apply.ts';
import { makeApk, type ApkFile } from '../../../test/fixtures/apk-writer.ts';
import { sowRoot } from '../../../test/fixtures/memory-root.ts';
import { applyApkUpdates } from './apply-apk-updates.ts';

describe('files of others', () => {
  const theirs = {
    ...NEXT,
    files: [folder('usr'), folder('usr/share'), { path: 'usr/share/theirs', content: 'ours\n' }],
  };

  test('are not overwritten', async () => {
    expect(refusals(await apply(theirs))).toEqual([
      'conflict: /usr/share/theirs of tool belongs to other 1-r0',
    ]);
  });
  test.each(['other', 'other<2', 'other=1-r0'])('are taken over by who replaces %s', async (word) => {
    const applied = await apply({ ...theirs, info: [`replaces = ${word}`] });
    expect(textAt(applied, 'usr/share/theirs')).toBe('ours\n');
    expect(databaseOf(applied).match(/R:theirs/g)).toHaveLength(1);
  });
  test('are not taken over from another version', async () => {
    expect(refusals(await apply({ ...theirs, info: ['replaces = other>2'] }))).toHaveLength(1);
  });
  test('are left to who is more important', async () => {
    const root = {
      'lib/apk/db/installed': `${RECORD}\n\n${OTHER.replace('F:usr\n', 'r:tool\nq:9\nF:usr\n')}\n\n`,
    };
    const applied = await apply({ ...theirs, info: ['replaces = other', 'replaces_priority = 3'] }, { root });
    expect(paths(applied)).not.toContain('usr/share/theirs');
  });
  test.each([
    ['a folder where a file lies', { files: [folder('usr'), folder('usr/bin'), folder('usr/bin/tool')] }],
    ['a file where a folder lies', { files: [{ path: 'usr', content: 'file' }] }],
  ])('%s', async (_, made) => {
    expect(refusals(await apply(made))[0]).toMatch(/^conflict/);
  });
});

describe('attacks', () => {
  const invalid = { code: 'PACKAGE_ARCHIVE_INVALID' };

  test.each<readonly [string, readonly ApkFile[]]>([
    ['a name that climbs', [{ path: '../../etc/cron', content: 'x' }]],
    ['a name that climbs within', [{ path: 'usr/../../etc/cron', content: 'x' }]],
    ['an absolute name', [{ path: '/etc/cron', content: 'x' }]],
    ['a device', [{ path: 'dev/sda', flag: '4' }]],
    ['a pipe', [{ path: 'run/pipe', flag: '6' }]],
    ['a hard link out of the package', [{ path: 'usr/bin/copy', hardLink: 'etc/shadow' }]],
    [
      'a path twice',
      [
        { path: 'usr/bin/a', content: 'a' },
        { path: 'usr/bin/a', content: 'b' },
      ],
    ],
    [
      'a file whose folder is not named, which no trigger would be told of',
      [{ path: 'opt/a', content: 'a' }],
    ],
    ['a whiteout', [{ path: 'usr/.wh.bin', content: '' }]],
    ['another checksum', [{ path: 'usr/bin/a', content: 'a', sha1: '0'.repeat(40) }]],
    ['a checksum that is none', [{ path: 'usr/bin/a', content: 'a', sha1: 'x' }]],
  ])('%s is refused', async (_, files) => {
    await expect(apply({ files })).rejects.toMatchObject(invalid);
  });

  test('another data part is refused', async () => {
    await expect(apply({ dataHash: '0'.repeat(64) })).rejects.toMatchObject(invalid);
    const other = makeApk({ ...NEXT, files: [] }, key);
    await expect(apply({}, { bytes: other.bytes })).rejects.toMatchObject(invalid);
  });

  test('another package in its place is refused, though the index names it', async () => {
    await expect(apply({ name: 'evil' })).rejects.toMatchObject(invalid);
    await expect(apply({ version: '9-r0' })).rejects.toMatchObject(invalid);
    await expect(apply({ arch: 'aarch64' })).rejects.toMatchObject(invalid);
  });

  test('format 3, nothing and garbage are refused', async () => {
    for (const bytes of [
      Buffer.from('ADB.'),
      Buffer.alloc(0),
      Buffer.alloc(100),
      gzipSync(''),
      gzipSync('x'),
    ])
      await expect(apply({}, { bytes })).rejects.toMatchObject(invalid);
  });

  test('a bomb is refused', async () => {
    const files = [{ path: 'usr/bin/bomb', content: Buffer.alloc(1 << 20) }];
    const limits = { maxPayloadBytes: 1 << 16, maxControlBytes: 1 << 16 };
    await expect(apply({ files }, { options: { limits } })).rejects.toMatchObject(invalid);
    const scripts = { 'post-install': 'x'.repeat(1 << 18) };
    await expect(apply({ scripts }, { options: { limits } })).rejects.toMatchObject(invalid);
  });

  test('a link of the image is not followed out of its root', async () => {
    const root = { 'usr/out': '-> ../../../../tmp' };
    const files = [folder('usr'), folder('usr/out'), { path: 'usr/out/file', content: 'x' }];
    const applied = await apply({ files }, { root: { ...root, 'tmp/there': 'x' } });
    expect(paths(applied)).toContain('tmp/file');
    expect(paths(applied).every((path) => !path.includes('..'))).toBe(true);
  });

  test.each([
    ['names that climb', RECORD.replace('F:usr/share', 'F:../../etc')],
    ['folders without end', RECORD.replace('F:usr/share', `F:${'a/'.repeat(2_000)}a`)],
    ['folders without number', RECORD.replace('F:usr/share', `${'F:a\n'.repeat(200_001)}F:usr/share`)],
    ['files that climb', RECORD.replace('R:gone', 'R:..')],
    ['files without a folder', RECORD.replace('F:etc\n', '')],
    ['an odd mode', RECORD.replace('a:0:0:755', 'a:0:0:999')],
    ['garbage', RECORD.replace('P:tool', 'tool')],
  ])('a database that lies: %s', async (_, record) => {
    // Whoever's record it is: written anew without it, no scan would find that package again.
    for (const records of [
      [record, OTHER],
      [OTHER, RECORD, record.replace('P:tool', 'P:third')],
      [RECORD, OTHER, RECORD.replace('V:1.0-r0', 'V:0.9-r0')],
    ]) {
      const root = { 'lib/apk/db/installed': `${records.join('\n\n')}\n\n` };
      await expect(apply({}, { root })).rejects.toMatchObject({ code: 'PATCH_UNSUPPORTED' });
    }
  });

  test('a database of more records than are read', async () => {
    const many = Array.from({ length: 50_000 }, (_, at) => `P:p${at}\nV:1-r0`).join('\n\n');
    const root = { 'lib/apk/db/installed': `${RECORD}\n\n${OTHER}\n\n${many}\n\n` };
    await expect(apply({}, { root })).rejects.toMatchObject({ code: 'PATCH_UNSUPPORTED' });
  });

  test('a database that claims files of others loses none of them', async () => {
    const record = `${RECORD}\nF:etc\nR:passwd\nZ:${sum('root')}\nF:usr/share\nR:theirs\nZ:${sum('theirs\n')}`;
    for (const records of [
      [record, OTHER],
      [OTHER, record],
    ]) {
      const applied = await apply({}, { root: { 'lib/apk/db/installed': `${records.join('\n\n')}\n\n` } });
      expect(paths(applied).filter((path) => path.startsWith('-'))).toEqual(['-usr/share/gone']);
    }
  });

  test('without a database there is nothing to do', async () => {
    const applying = applyApkUpdates(sowRoot({}), [], {
      fetch: () => Promise.reject(new Error()),
      sourceDateEpoch: 0,
      signal,
    });
    await expect(applying).rejects.toMatchObject({ code: 'PATCH_UNSUPPORTED' });
    const damaged = apply({}, { root: { 'lib/apk/db/scripts.tar.gz': 'no gzip' } });
    await expect(damaged).rejects.toMatchObject({ code: 'PATCH_UNSUPPORTED' });
  });
});
