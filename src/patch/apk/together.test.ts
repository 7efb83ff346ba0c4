import { describe, expect, test } from 'vitest';
import {
  apply,
  applyBoth,
  BASE,
  databaseOf,
  EPOCH,
  folder,
  key,
  NEXT,
  OTHER,
  OTHER_NEXT,
  paths,
  RECORD,
  refusals,
  signal,
  textAt,
  update,
} from '../../../test/fixtures/apk-apply.ts';
import { makeApk } from '../../../test/fixtures/apk-writer.ts';
import { sowRoot, type Sown } from '../../../test/fixtures/memory-root.ts';
import type { RootEntry, RootView } from '../root/root-view.ts';
import { applyApkUpdates } from './apply-apk-updates.ts';
import { foldersTold } from './database/triggers.ts';
import { installOrder } from './install-order.ts';
import { apkSet, toRelated } from './plan/apk-set.ts';

const ACTS = { 'post-upgrade': '#!/bin/sh\nact --now\n' };
const MAKES = { 'pre-upgrade': '#!/bin/sh\naddgroup -S made\n' };
const BUSYBOX: Readonly<Record<string, Sown>> = { 'usr/sbin/adduser': '-> /bin/busybox', 'bin/busybox': 'x' };

describe('who needs what is refused', () => {
  test('is refused too', async () => {
    const applied = await applyBoth({ info: ['depend = other>=1-r1'] }, { scripts: ACTS });
    expect(refusals(applied)).toEqual([
      expect.stringMatching(/^unsafe-maintainer-script: other post-upgrade/),
      'conflict: tool 1.0-r1 needs other>=1-r1, but there is other 1-r0',
    ]);
    expect(applied.outcome.risks?.map(({ name, risk }) => [name, risk])).toEqual([
      ['other', 'unknown-script'],
      ['tool', 'refused'],
    ]);
    expect(applied.changes).toEqual([]);
  });

  test('is refused too where the old one needs what would be gone', async () => {
    const tool = RECORD.replace('F:etc', 'p:so:libtool.so.1=1\nF:etc');
    const other = OTHER.replace('F:usr', 'D:so:libtool.so.1\nF:usr');
    const root = { 'lib/apk/db/installed': `${tool}\n\n${other}\n\n` };
    const applied = await applyBoth({}, { scripts: ACTS }, root);
    expect(refusals(applied)[1]).toBe('conflict: other 1-r0 needs so:libtool.so.1, which would be gone');
  });

  test('is done where what stays will do', async () => {
    const applied = await applyBoth({ info: ['depend = other>=1-r0'] }, { scripts: ACTS });
    expect(applied.outcome.applied.map(({ name }) => name)).toEqual(['tool']);
  });
});

describe('files of two packages that are both replaced', () => {
  const ours = [...NEXT.files, folder('usr/share'), { path: 'usr/share/theirs', content: 'ours\n' }];

  test.each([
    ['other tool', 'the one that replaces comes last'],
    ['tool other', 'the one that replaces comes first'],
  ])('in the order %s: %s', async (world) => {
    const applied = await applyBoth(
      { info: ['replaces = other'], files: ours },
      {},
      { 'etc/apk/world': world },
    );
    expect(applied.outcome.applied).toHaveLength(2);
    expect(textAt(applied, 'usr/share/theirs')).toBe('ours\n');
    expect(databaseOf(applied).match(/R:theirs/g)).toHaveLength(1);
  });

  test('a hard link to a file that is left to another holds its content', async () => {
    const stronger = OTHER.replace('F:usr\n', 'r:tool\nq:9\nF:usr\n');
    const root = { 'lib/apk/db/installed': `${RECORD}\n\n${stronger}\n\n` };
    const files = [...ours, { path: 'usr/share/linked', hardLink: 'usr/share/theirs' }];
    const applied = await apply({ files }, { root });
    expect(textAt(applied, 'usr/share/linked')).toBe('ours\n');
    expect(paths(applied)).not.toContain('usr/share/theirs');
  });
});

describe('accounts', () => {
  test('a file of an account that a script makes has its number', async () => {
    const files = [...NEXT.files, { path: 'usr/bin/own', content: 'x', group: 'made', gid: 777 }];
    const applied = await apply({ scripts: MAKES, files }, { root: BUSYBOX });
    expect(textAt(applied, 'etc/group')).toBe('root:x:0:\nmade:x:100:\n');
    expect(applied.changes.find(({ path }) => path === 'usr/bin/own')).toMatchObject({ gid: 100 });
    expect(databaseOf(applied)).toContain('R:own\na:0:100:644\n');
  });

  test('a list of groups that is a hard link loses none', async () => {
    const built = makeApk({ ...NEXT, scripts: MAKES }, key);
    const root = linked(
      sowRoot({ ...BASE, ...BUSYBOX, 'etc/group': 'root:x:0:\nmine:x:1000:\n' }),
      'etc/group',
    );
    const applied = await applyApkUpdates(root, [update(built.identity, built.bytes.length)], {
      fetch: () => Promise.resolve(built.bytes),
      sourceDateEpoch: EPOCH,
      signal,
    });
    expect(textAt(applied, 'etc/group')).toBe('root:x:0:\nmine:x:1000:\nmade:x:100:\n');
  });

  test.each([
    ['', ['unsafe-maintainer-script: the user made would be made without a shell that is named']],
    ['-s /sbin/nologin', []],
  ])('with the shell %j: BusyBox has another default in each release', async (shell, refused) => {
    const scripts = { 'pre-upgrade': `#!/bin/sh\naddgroup -S made\nadduser -SDH ${shell} -G made made\n` };
    expect(refusals(await apply({ scripts }, { root: BUSYBOX }))).toEqual(refused);
  });

  test('are numbered in the order in which packages are installed', async () => {
    const wish = (name: string) => ({ 'pre-upgrade': `#!/bin/sh\naddgroup -S ${name}\n` });
    for (const [world, info, group] of [
      ['other tool', [], 'other:x:100:\ntool:x:101:\n'],
      ['tool other', [], 'tool:x:100:\nother:x:101:\n'],
      // As the new version has it.
      ['tool other', ['depend = other'], 'other:x:100:\ntool:x:101:\n'],
    ] as const) {
      const own = { info, scripts: wish('tool') };
      const applied = await applyBoth(
        own,
        { scripts: wish('other') },
        { ...BUSYBOX, 'etc/apk/world': world },
      );
      expect(textAt(applied, 'etc/group')).toBe(`root:x:0:\n${group}`);
    }
  });

  test('shadows of groups are not known', async () => {
    const root = { ...BUSYBOX, 'etc/gshadow': 'root:::\n' };
    expect(refusals(await apply({ scripts: MAKES }, { root }))).toEqual([
      'unsafe-maintainer-script: /etc/gshadow would be written',
    ]);
  });
});

/** With a file that the layer has as a second name of another. */
function linked(root: RootView, path: string): RootView {
  const as = (entry: RootEntry | undefined): RootEntry | undefined =>
    entry?.path === path ? { ...entry, type: 'hardlink', target: `${path}-` } : entry;
  return { ...root, entry: (at) => as(root.entry(at)), resolve: (at) => as(root.resolve(at)) };
}

test('a link to a volume that is not there yet stays a link', async () => {
  const files = [...NEXT.files, folder('var'), folder('var/cache')];
  const applied = await apply({ files }, { root: { 'var/cache': '-> /mnt/cache' } });
  expect(refusals(applied)).toEqual(['conflict: /var/cache of tool is a folder, but no folder is there']);
});

test("programs of the image's owner that apk runs are not left out silently", async () => {
  const hook = { text: '#!/bin/sh\n', mode: 0o755 };
  const root = { 'etc/apk/commit_hooks.d/mine': hook };
  expect(refusals(await apply({}, { root }))).toEqual([
    'unsafe-maintainer-script: apk would run /etc/apk/commit_hooks.d/mine, which is not known',
  ]);
  expect(refusals(await apply({}, { root, options: { scripts: 'equal' } }))).toEqual([]);
  const idle = { 'etc/apk/commit_hooks.d/mine': 'read me', 'etc/apk/commit_hooks.d/.hidden': hook };
  expect(refusals(await apply({}, { root: idle }))).toEqual([]);
});

describe('hostile lengths are no burden', () => {
  const SOON_MS = 5_000;
  const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `p${at}`);

  test('packages that wait for many', { timeout: SOON_MS }, () => {
    const waiting = { depends: [], provides: [], installIf: [...names(100), 'never'] };
    expect(
      installOrder(
        names(4_000).map((name) => ({ ...waiting, name })),
        [],
      ),
    ).toHaveLength(4_000);
  });

  test('folders and triggers', { timeout: SOON_MS }, () => {
    const globs = names(1_000).map((name) => `/a/${name}`);
    expect(
      foldersTold(
        { globs },
        names(100_000).map((name) => `a/${name}`),
      ),
    ).toHaveLength(1_000);
  });

  test('packages that need what all of them provide', { timeout: SOON_MS }, () => {
    const words = { depends: ['x=2'], provides: ['x=1'] };
    const all = names(3_000).flatMap(
      (name) =>
        toRelated({ ...words, name, architecture: '', version: '1', source: { name, version: '1' } }) ?? [],
    );
    const broken = apkSet(all, { world: [], providing: () => [] }).breaks();
    expect(broken).toHaveLength(3_000);
    expect(broken[0]?.sources).toHaveLength(3_001);
  });

  test('files that another has who replaces many', { timeout: SOON_MS }, async () => {
    const own = names(2_000).map((name) => ({ path: `usr/share/${name}`, content: 'x' }));
    const record = [
      OTHER.replace('F:usr\n', `r:${names(5_000).join(' ')} tool\nq:9\nF:usr\n`),
      ...names(2_000).map((name) => `R:${name}`),
    ].join('\n');
    const root = { 'lib/apk/db/installed': `${RECORD}\n\n${record}\n\n` };
    const applied = await apply({ files: [...NEXT.files, folder('usr/share'), ...own] }, { root });
    expect(refusals(applied)).toEqual([]);
  });
});

test('what both bring is as their own packages say', async () => {
  const applied = await applyBoth({}, {});
  expect(textAt(applied, 'usr/share/theirs')).toBe(OTHER_NEXT.files.at(-1)?.content);
});
