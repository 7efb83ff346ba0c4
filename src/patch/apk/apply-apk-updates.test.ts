import { describe, expect, test } from 'vitest';
import {
  apply,
  BASE,
  databaseOf,
  EPOCH,
  folder,
  key,
  NEXT,
  OLD,
  OTHER,
  PACKED,
  paths,
  PLAIN,
  RECORD,
  refusals,
  signal,
  sum,
  textAt,
  update,
} from '../../../test/fixtures/apk-apply.ts';
import { makeApk } from '../../../test/fixtures/apk-writer.ts';
import { sowRoot } from '../../../test/fixtures/memory-root.ts';
import { applyApkUpdates } from './apply-apk-updates.ts';
import { writeScripts } from './database/scripts-archive.ts';

describe('a package is replaced', () => {
  test('files come, change and go, and the database says so', async () => {
    const applied = await apply({});
    expect(paths(applied)).toEqual([
      'etc/tool.conf',
      'lib/apk/db/installed',
      'usr/bin/tool',
      '-usr/share/gone',
    ]);
    expect(databaseOf(applied)).toContain(`P:tool\nV:1.0-r1\nA:x86_64\n`);
    expect(databaseOf(applied)).toContain(`F:usr/bin\nR:tool\na:0:0:755\nZ:${sum('program 2\n')}\n\n`);
    expect(databaseOf(applied)).toContain(OTHER);
    expect(databaseOf(applied)).not.toContain('gone');
    expect(applied.outcome.applied).toMatchObject([
      { name: 'tool', archive: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown } },
    ]);
    expect(applied.outcome.risks).toEqual([{ name: 'tool', architecture: 'x86_64', risk: 'none' }]);
  });

  test('what the user changed below etc is kept, and the new one lies beside it', async () => {
    const applied = await apply({}, { root: { 'etc/tool.conf': 'mine\n' } });
    expect(paths(applied)).toContain('etc/tool.conf.apk-new');
    expect(paths(applied)).not.toContain('etc/tool.conf');
    expect(applied.outcome.notes).toEqual([
      '/etc/tool.conf was changed and is kept; the new one is /etc/tool.conf.apk-new',
    ]);
    expect(applied.outcome.risks?.[0]).toMatchObject({ risk: 'config-touched', detail: '/etc/tool.conf' });
    const same = await apply({}, { root: { 'etc/tool.conf': 'setting 2\n' } });
    expect(paths(same).filter((path) => path.startsWith('etc/'))).toEqual([]);
    const unprotected = { 'etc/tool.conf': 'mine\n', 'etc/apk/protected_paths.d/own.list': '-etc\n' };
    expect(paths(await apply({}, { root: unprotected }))).toContain('etc/tool.conf');
  });

  test('the database is also found below usr', async () => {
    const { 'lib/apk/db/installed': installed, ...rest } = BASE;
    const moved = { ...rest, 'usr/lib/apk/db/installed': installed ?? '', lib: '-> usr/lib' };
    const built = makeApk(
      { ...NEXT, files: [...NEXT.files, folder('lib'), { path: 'lib/new', content: 'new\n' }] },
      key,
    );
    const applied = await applyApkUpdates(sowRoot(moved), [update(built.identity, built.bytes.length)], {
      fetch: () => Promise.resolve(built.bytes),
      sourceDateEpoch: EPOCH,
      signal,
    });
    expect(paths(applied)).toContain('usr/lib/apk/db/installed');
    expect(paths(applied)).toContain('usr/lib/new');
    expect(paths(applied).filter((path) => path === 'lib' || path.startsWith('lib/'))).toEqual([]);
  });

  test('scripts of other packages stay, compressed where they are', async () => {
    const known = {
      owner: 'other-1-r0',
      identity: OLD.replace('a', 'b'),
      kind: 'post-upgrade',
      content: Buffer.from('#!/bin/sh\n'),
      mtime: 5,
    } as const;
    const root = { 'lib/apk/db/scripts.tar.gz': { text: writeScripts([known], PACKED) } };
    const applied = await apply({ scripts: { 'post-install': '#!/bin/sh\nexit 1\n' } }, { root });
    const written = applied.changes.find(({ path }) => path === 'lib/apk/db/scripts.tar.gz');
    const fresh = {
      owner: 'tool-1.0-r1',
      kind: 'post-install',
      content: Buffer.from('#!/bin/sh\nexit 1\n'),
      mtime: EPOCH,
    } as const;
    const identity = /^C:(.*)\nP:tool/m.exec(databaseOf(applied))?.[1] ?? '';
    expect(written?.kind === 'write' && written.content).toEqual(
      writeScripts([known, { ...fresh, identity }], PACKED),
    );
  });

  test('twice the same is the same', async () => {
    expect(await apply({})).toEqual(await apply({}));
  });

  test('another version than the plan saw is left alone', async () => {
    const root = { 'lib/apk/db/installed': `${RECORD.replace('1.0-r0', '0.9-r0')}\n\n` };
    expect(refusals(await apply({}, { root }))).toEqual([
      'conflict: tool 1.0-r0 is not what is installed (0.9-r0)',
    ]);
  });
});

describe('scripts', () => {
  const script = (text: string) => ({ scripts: { 'post-upgrade': `#!/bin/sh\n${text}\n` } });

  test('an unknown one refuses the package', async () => {
    const applied = await apply(script('summon-demons --now'));
    expect(refusals(applied)).toEqual([
      'unsafe-maintainer-script: tool post-upgrade is not known; its first unknown command is summon-demons',
    ]);
    expect(applied.changes).toEqual([]);
    expect(applied.outcome.risks?.[0]).toMatchObject({ risk: 'unknown-script' });
  });

  test('one that was there before may pass where the operator says so', async () => {
    const text = '#!/bin/sh\n# 1.0-r0\nsummon-demons\n';
    const old = {
      owner: 'tool-1.0-r0',
      identity: OLD,
      kind: 'post-upgrade',
      content: Buffer.from(text),
      mtime: 5,
    } as const;
    const root = { 'lib/apk/db/scripts.tar': { text: writeScripts([old], PLAIN) } };
    const same = { scripts: { 'post-upgrade': text.replace('r0', 'r1') } };
    expect(refusals(await apply(same, { root }))).toHaveLength(1);
    const passed = await apply(same, { root, options: { scripts: 'equal' } });
    expect(refusals(passed)).toEqual([]);
    expect(passed.outcome.risks?.[0]).toMatchObject({ risk: 'unknown-script' });
    expect(refusals(await apply(script('another'), { root, options: { scripts: 'equal' } }))).toHaveLength(1);
  });

  test.each(['pre-install', 'post-install', 'pre-deinstall', 'post-deinstall'])(
    '%s is not run on the way, and of no matter',
    async (kind) => {
      expect(refusals(await apply({ scripts: { [kind]: '#!/bin/sh\nsummon-demons\n' } }))).toEqual([]);
    },
  );

  const ACCOUNTS =
    'addgroup -S tool 2>/dev/null\nadduser -S -D -H -h /var/lib/tool -s /sbin/nologin -G tool -g "A tool" tool 2>/dev/null\n\nexit 0';
  const busybox = {
    'usr/sbin/adduser': '-> /bin/busybox',
    'etc/shadow': { text: 'root:*::0:::::\n', mode: 0o640 },
  };

  test('accounts that are there already need nothing', async () => {
    const root = { 'etc/passwd': 'tool:x:5:6::/:/bin/sh\n', 'etc/group': 'tool:x:6:\n' };
    expect(paths(await apply(script(ACCOUNTS), { root }))).not.toContain('etc/passwd');
  });

  test('accounts that are missing are made as BusyBox makes them', async () => {
    const applied = await apply(script(ACCOUNTS), { root: busybox });
    expect(textAt(applied, 'etc/group')).toBe('root:x:0:\ntool:x:100:tool\n');
    expect(textAt(applied, 'etc/passwd')).toBe(
      'root:x:0:0:root:/root:/bin/sh\ntool:x:100:100:A tool:/var/lib/tool:/sbin/nologin\n',
    );
    expect(textAt(applied, 'etc/shadow')).toBe(`root:*::0:::::\ntool:!:${EPOCH / 86_400}:0:99999:7:::\n`);
  });

  test('a shell is known once', async () => {
    const shells = { 'etc/shells': '# shells\n/bin/ash' };
    const added = await apply(script("add-shell '/bin/bash' /bin/ash"), { root: shells });
    expect(textAt(added, 'etc/shells')).toBe('# shells\n/bin/ash\n/bin/bash\n');
    expect(paths(await apply(script('add-shell /bin/ash'), { root: shells }))).not.toContain('etc/shells');
    expect(refusals(await apply(script('add-shell /bin/bash')))).toHaveLength(1);
  });

  test.each([
    ['of people', 'addgroup tool', busybox],
    ['by another program', ACCOUNTS, {}],
    ['with a home', 'adduser -S -D -h /var/lib/tool -G root tool', busybox],
    ['without a group', 'adduser -S -D -H tool', busybox],
    ['with an id that is taken', 'addgroup -S -g 0 tool', busybox],
    ['with a password', 'adduser -S tool', busybox],
    ['by way of the shell', 'adduser -S -D -H -G root $(id -un)', busybox],
    ['and more', `${ACCOUNTS}\nrm -rf /`, busybox],
  ])('accounts %s are refused', async (_, text, root) => {
    expect(refusals(await apply(script(text), { root }))[0]).toMatch(/^unsafe-maintainer-script/);
  });

  test('a trigger of another package that nobody has read refuses the package', async () => {
    const trigger = {
      owner: 'other-1-r0',
      identity: OLD.replace('a', 'b'),
      kind: 'trigger',
      content: Buffer.from('#!/bin/sh\nindex\n'),
      mtime: 5,
    } as const;
    const root = {
      'lib/apk/db/scripts.tar': { text: writeScripts([trigger], PLAIN) },
      'lib/apk/db/triggers': `${OLD.replace('a', 'b')} /usr/share /opt/*\n`,
    };
    expect(refusals(await apply({}, { root }))).toEqual([
      'unsafe-maintainer-script: the trigger of other, which is not known, would be told of /usr/share by tool',
    ]);
    const elsewhere = { ...root, 'lib/apk/db/triggers': `${OLD.replace('a', 'b')} /usr/share/* /opt/*\n` };
    expect(refusals(await apply({}, { root: elsewhere }))).toEqual([]);
  });
});
