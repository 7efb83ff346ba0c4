import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { debOf, type DebMember } from '../../../test/fixtures/deb-bytes.ts';
import { sowRoot, type Sown } from '../../../test/fixtures/memory-root.ts';
import type { PackageUpdate } from '../../model/patch.ts';
import type { LayerChange, RootView } from '../root/root-view.ts';
import { applyUpdates, type AppliedUpdates, type ApplyOptions } from './apply-updates.ts';

const EPOCH = 1_767_225_600;
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

interface Version {
  readonly control?: string;
  readonly files: readonly DebMember[];
  readonly info?: Readonly<Record<string, string>>;
}

const deb = (name: string, version: string, { control = '', files, info = {} }: Version): Buffer =>
  debOf(`Package: ${name}\nVersion: ${version}\nArchitecture: amd64\n${control}Description: x`, files, info);

const update = (name: string, source = name): PackageUpdate => ({
  type: 'deb',
  name,
  architecture: 'amd64',
  from: '1',
  to: '2',
  source: { name: source, from: '1', to: '2' },
  fixes: [],
  archive: { url: '', sizeBytes: 0, sha256: '' },
});

/** An image in which these packages are installed in version 1, with lists and sums. */
function imageWith(
  packages: Readonly<Record<string, Version>>,
  more: Readonly<Record<string, Sown>> = {},
): RootView {
  const files: Record<string, Sown> = {
    'etc/passwd': 'root:x:0:0::/:\n',
    'etc/group': 'root:x:0:\nshadow:x:42:\n',
  };
  const status: string[] = [];
  for (const [name, { control = '', files: members, info = {} }] of Object.entries(packages)) {
    const paths = members.map(({ path }) => path.replace(/^\.|\/$/g, ''));
    const parents = paths.flatMap((path) =>
      path
        .split('/')
        .slice(1, -1)
        .map((_, i, parts) => `/${parts.slice(0, i + 1).join('/')}`),
    );
    const conffiles = (info['conffiles'] ?? '').split('\n').filter(Boolean);
    const lines = conffiles.map(
      (path) => ` ${path} ${md5(members.find((each) => each.path === `.${path}`)?.text ?? '')}`,
    );
    status.push(
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n${control}${lines.length > 0 ? `Conffiles:\n${lines.join('\n')}\n` : ''}Description: x\n`,
    );
    files[`var/lib/dpkg/info/${name}.list`] = ['/.', ...new Set([...parents, ...paths])]
      .map((path) => `${path}\n`)
      .join('');
    for (const [kind, text] of Object.entries(info)) files[`var/lib/dpkg/info/${name}.${kind}`] = text;
    for (const { path, text = '', flag = '0', link = '' } of members)
      if (flag !== '5') files[path.slice(2)] = flag === '2' ? `-> ${link}` : text;
  }
  return sowRoot({ ...files, 'var/lib/dpkg/status': status.map((text) => `${text}\n`).join(''), ...more });
}

function apply(
  root: RootView,
  next: Readonly<Record<string, Version>>,
  options: Partial<ApplyOptions> & { updates?: PackageUpdate[] } = {},
): Promise<AppliedUpdates> {
  return applyUpdates(root, options.updates ?? Object.keys(next).map((name) => update(name)), {
    fetch: async ({ name }) => deb(name, '2', next[name] ?? { files: [] }),
    sourceDateEpoch: EPOCH,
    signal: new AbortController().signal,
    ...options,
  });
}

/** Changes outside of the database, shortly. */
function shown(changes: readonly LayerChange[]): Record<string, string> {
  const payload = changes.filter(({ path }) => !path.startsWith('var/lib/dpkg/'));
  return Object.fromEntries(
    payload.map((change) => {
      if (change.kind === 'remove') return [change.path, 'gone'];
      if (change.type === 'directory') return [change.path, 'folder'];
      return [
        change.path,
        change.target === undefined
          ? Buffer.from(change.content ?? []).toString()
          : `${change.type} ${change.target}`,
      ];
    }),
  );
}

const file = (path: string, text: string, more: Partial<DebMember> = {}): DebMember => ({
  path: `./${path}`,
  text,
  ...more,
});

describe('files', () => {
  test('what changed is written, what is equal is not, what was dropped goes', async () => {
    const root = imageWith({
      a: { files: [file('usr/x/same', 's'), file('usr/x/new', '1'), file('usr/y/gone', 'g')] },
    });
    const { changes } = await apply(root, {
      a: { files: [file('usr/x/same', 's'), file('usr/x/new', '2')] },
    });
    expect(shown(changes)).toEqual({ 'usr/x/new': '2', 'usr/y': 'gone' });
  });

  test('a folder never takes the place of a link to one, and files go where the link leads', async () => {
    const root = imageWith(
      { a: { files: [file('lib/x', '1')] } },
      { lib: '-> usr/lib', 'usr/lib/x': '1', 'lib/x': '1' },
    );
    const linked = imageWith({ a: { files: [] } }, { 'usr/lib': null, lib: '-> usr/lib' });
    expect(root).toBeDefined();
    expect(shown((await apply(linked, { a: { files: [file('lib/x', '2')] } })).changes)).toEqual({
      'usr/lib/x': '2',
    });
  });

  test('all names of a file come together, the first holds it', async () => {
    const root = imageWith({ a: { files: [file('b', '1'), file('c', '1')] } });
    const next = {
      a: {
        files: [
          file('c', '2'),
          { path: './b', flag: '1', link: './c' },
          { path: './d', flag: '1', link: './c' },
        ],
      },
    };
    expect(shown((await apply(root, next)).changes)).toEqual({ b: '2', c: 'hardlink b', d: 'hardlink b' });
  });

  test('a file that another package has too stays', async () => {
    const both = [file('usr/shared', 's')];
    const root = imageWith({ a: { files: both }, b: { files: both } });
    expect(shown((await apply(root, { a: { files: [] } })).changes)).toEqual({});
  });

  test('a file that moves to a sibling is not removed', async () => {
    const root = imageWith({ a: { files: [file('usr/m', '1')] }, b: { files: [] } });
    const next = { a: { files: [] }, b: { control: 'Replaces: a (<< 2)\n', files: [file('usr/m', '2')] } };
    const updates = [update('a', 's'), update('b', 's')];
    for (const order of [updates, [...updates].reverse()]) {
      const { changes, outcome } = await apply(root, next, { updates: order });
      expect([shown(changes), outcome.refused]).toEqual([{ 'usr/m': '2' }, []]);
    }
  });

  test('times are those of the package, and of the engine for what it makes', async () => {
    const root = imageWith({ a: { files: [file('x', '1')] } });
    const { changes } = await apply(root, { a: { files: [file('x', '2', { mtime: 1_234_567_890 })] } });
    const times = Object.fromEntries(
      changes.flatMap((change) => (change.kind === 'write' ? [[change.path, change.mtime]] : [])),
    );
    expect(times).toMatchObject({ x: 1_234_567_890, 'var/lib/dpkg/status': EPOCH });
  });
});

describe('owners and modes', () => {
  test('names count for more than numbers, as the image knows them', async () => {
    const root = imageWith({ a: { files: [] } });
    const { changes } = await apply(root, {
      a: { files: [file('x', '2', { group: 'shadow', mode: 0o2755 })] },
    });
    expect(changes.find(({ path }) => path === 'x')).toMatchObject({ gid: 42, mode: 0o2755 });
  });

  test('what a script once made of a file is carried over', async () => {
    const info = { postinst: '#!/bin/sh\nchgrp shadow /x\n' };
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
    const root = imageWith(
      { a: { files: [file('x', '1')], info } },
      { x: { text: '1', mode: 0o2755, gid: 42, capability } },
    );
    const { changes, outcome } = await apply(
      root,
      { a: { files: [file('x', '2')], info } },
      { scripts: 'equal' },
    );
    expect(changes.find(({ path }) => path === 'x')).toMatchObject({
      gid: 42,
      mode: 0o2755,
      xattrs: new Map([['security.capability', capability]]),
    });
    expect(outcome.notes).toEqual([expect.stringContaining('/x keeps')]);
  });

  test('without such a script the package decides', async () => {
    const root = imageWith({ a: { files: [file('x', '1')] } }, { x: { text: '1', mode: 0o4755 } });
    expect(
      (await apply(root, { a: { files: [file('x', '2')] } })).changes.find(({ path }) => path === 'x'),
    ).toMatchObject({ mode: 0o644 });
  });
});

describe('a source is done whole or not at all', () => {
  const script = { postinst: '#!/bin/sh\nset -e\nfrobnicate --all\n' };

  test('an unknown script refuses its siblings too, and only them', async () => {
    const root = imageWith({
      a: { files: [file('x', '1')] },
      b: { files: [file('y', '1')] },
      c: { files: [file('z', '1')] },
    });
    const next = {
      a: { files: [file('x', '2')] },
      b: { files: [file('y', '2')], info: script },
      c: { files: [file('z', '2')] },
    };
    const { changes, outcome } = await apply(root, next, {
      updates: [update('a', 's'), update('b', 's'), update('c')],
    });
    expect(outcome.refused).toEqual([
      {
        source: 's',
        reason: 'unsafe-maintainer-script',
        detail: 'b postinst is not known; its first unknown command is frobnicate',
      },
    ]);
    expect(outcome.applied.map(({ name }) => name)).toEqual(['c']);
    expect(shown(changes)).toEqual({ z: '2' });
  });

  test('equal ones pass where that is allowed, changed ones never', async () => {
    const root = imageWith({ a: { files: [file('x', '1')], info: script } });
    const equal = { a: { files: [file('x', '2')], info: script } };
    expect((await apply(root, equal)).outcome.applied).toEqual([]);
    expect((await apply(root, equal, { scripts: 'equal' })).outcome.applied).toHaveLength(1);
    const changed = { a: { files: [file('x', '2')], info: { postinst: `${script.postinst}more\n` } } };
    expect((await apply(root, changed, { scripts: 'equal' })).outcome.refused).toHaveLength(1);
  });

  test('a helper of dpkg is let pass only behind its version', async () => {
    const helper = (prior: string): Version => ({
      files: [file('x', '2')],
      info: { preinst: `#!/bin/sh\nset -e\ndpkg-maintscript-helper rm_conffile /etc/x ${prior} -- "$@"\n` },
    });
    const root = imageWith({ a: { files: [file('x', '1')] } });
    expect((await apply(root, { a: helper('0.5') })).outcome.refused).toEqual([]);
    expect((await apply(root, { a: helper('1.5') })).outcome.refused).toHaveLength(1);
    expect((await apply(root, { a: helper('') })).outcome.refused).toHaveLength(1);
  });

  test('a file of a package that stays is not taken', async () => {
    const root = imageWith({ a: { files: [] }, b: { files: [file('y', '1')] } });
    const { outcome } = await apply(root, { a: { files: [file('y', '2')] } });
    expect(outcome.refused).toEqual([{ source: 'a', reason: 'conflict', detail: '/y of a belongs to b 1' }]);
  });

  test('what is installed must be what was planned', async () => {
    const root = imageWith({ a: { files: [] } });
    const { outcome } = await apply(
      root,
      {},
      { updates: [{ ...update('a'), from: '0' }, update('missing')] },
    );
    expect(outcome.refused.map(({ reason }) => reason)).toEqual(['conflict', 'conflict']);
  });

  test('another package than the one asked for is an error', async () => {
    const root = imageWith({ a: { files: [] } });
    const fetch = async (): Promise<Uint8Array> => deb('b', '2', { files: [] });
    await expect(apply(root, {}, { updates: [update('a')], fetch })).rejects.toMatchObject({
      code: 'PACKAGE_ARCHIVE_INVALID',
    });
  });

  test('an image without a database is not for this engine', async () => {
    await expect(apply(sowRoot({ 'etc/x': '' }), {})).rejects.toMatchObject({ code: 'PATCH_UNSUPPORTED' });
  });

  test('a package that does not hold what its sums say fails the patch', async () => {
    const root = imageWith({ a: { files: [] } });
    const next = { a: { files: [file('x', '2')], info: { md5sums: `${'0'.repeat(32)}  x\n` } } };
    await expect(apply(root, next)).rejects.toMatchObject({ code: 'PATCH_VERIFY_FAILED' });
  });
});

describe('distroless', () => {
  const stanza = 'Package: a\nVersion: 1\nArchitecture: amd64\nDescription: x\n';
  const files = {
    'var/lib/dpkg/status.d/a-file': stanza,
    'var/lib/dpkg/status.d/a-file.md5sums': `${md5('1')}  usr/x\n${md5('g')}  usr/gone\n${md5('d')}  usr/share/doc/a/copyright\n`,
  };
  const next = {
    a: {
      files: [file('usr/x', '2'), file('usr/share/doc/a/copyright', 'd2')],
      info: {
        md5sums: `${md5('2')}  usr/x\n${md5('d2')}  usr/share/doc/a/copyright\n`,
        postinst: '#!/bin/sh\nset -e\n',
      },
    },
  };

  test('names of files stay, sums are renewed, documentation that was left out stays out', async () => {
    const root = sowRoot({ ...files, 'usr/x': '1', 'usr/gone': 'g', 'usr/share/other': '' });
    const { changes, outcome, after } = await apply(root, {
      a: { ...next.a, info: { md5sums: next.a.info.md5sums } },
    });
    expect(outcome.refused).toEqual([]);
    expect(shown(changes)).toEqual({ 'usr/x': '2', 'usr/gone': 'gone' });
    expect(after.get('var/lib/dpkg/status.d/a-file')).toContain('Version: 2\n');
    const sums = changes.find(({ path }) => path === 'var/lib/dpkg/status.d/a-file.md5sums');
    expect(sums).toMatchObject({ kind: 'write', content: Buffer.from(next.a.info.md5sums) });
  });

  test('a package of which only a part is there is refused', async () => {
    const { outcome } = await apply(sowRoot({ ...files, 'usr/x': '1' }), next);
    expect(outcome.refused).toEqual([
      {
        source: 'a',
        reason: 'conflict',
        detail: 'partial install: the image holds only part of a (/usr/gone is missing)',
      },
    ]);
  });
});

test('the order in which updates are asked for changes nothing', async () => {
  const root = imageWith({ a: { files: [file('x', '1')] }, b: { files: [file('y', '1')] } });
  const next = { a: { files: [file('x', '2')] }, b: { files: [file('y', '2')] } };
  const [one, other] = [
    await apply(root, next),
    await apply(root, next, { updates: [update('b'), update('a')] }),
  ];
  expect(other).toEqual(one);
  const paths = one.changes.map(({ path }) => path);
  expect(paths).toEqual([...new Set(paths)].sort());
});
