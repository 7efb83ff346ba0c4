import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openTarWalker, type TarEntry } from '../../codec/tar/walker.ts';
import { runs } from '../../../test/fixtures/images.ts';
import type { LayerChange, RootEntry, RootView } from '../root/root-view.ts';
import { writeLayer } from './layer.ts';
import { memberHeader, paddingAfter } from './tar-member.ts';

const signal = new AbortController().signal;
const LATEST = '2026-11-01T00:00:00Z';
const LATEST_SECONDS = Date.parse(LATEST) / 1000;

function rootOf(entries: readonly (Partial<RootEntry> & { path: string })[], content = 'old'): RootView {
  const all = new Map<string, RootEntry>();
  for (const entry of entries) {
    all.set(entry.path, {
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: 1000,
      sizeBytes: 3,
      xattrs: new Map(),
      layer: 0,
      ...entry,
    });
  }
  return {
    entry: (path) => all.get(path),
    resolve: (path) => all.get(path),
    place: (path) => path,
    list: (path) =>
      [...all.keys()]
        .filter((key) => key.startsWith(`${path}/`) && !key.slice(path.length + 1).includes('/'))
        .map((key) => key.slice(path.length + 1)),
    entries: () => all.values(),
    read: async (paths) => new Map([...paths].map((path) => [path, Buffer.from(content)])),
    digests: async () => new Map(),
  };
}

const file = (path: string, content = 'new', more: object = {}): LayerChange => ({
  kind: 'write',
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 5,
  content: Buffer.from(content),
  ...more,
});

async function membersOf(changes: readonly LayerChange[], view = rootOf([])): Promise<TarEntry[]> {
  const layer = await writeLayer(changes, view, { signal, latest: LATEST });
  return entriesIn(gunzipSync(await bytes(layer.open())));
}

function entriesIn(archive: Uint8Array): TarEntry[] {
  const entries: TarEntry[] = [];
  const walker = openTarWalker({
    entry: (entry) => (entries.push(entry), false),
    content: () => undefined,
    refused: (name) => expect.fail(`refused ${name}`),
  });
  walker.push(archive);
  walker.end();
  return entries;
}

async function bytes(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const paths = (entries: readonly TarEntry[]): string[] => entries.map(({ path }) => path);

describe('a layer', () => {
  test('is the same for the same changes, in whatever order they come', async () => {
    const changes = [file('b/x'), file('a'), file('b/a', 'one'), { kind: 'remove', path: 'c' } as const];
    const view = rootOf([{ path: 'c' }, { path: 'b', type: 'directory' }]);
    const [one, two] = await Promise.all(
      [changes, changes.toReversed()].map((list) => writeLayer(list, view, { signal, latest: LATEST })),
    );
    expect(one?.digest).toBe(two?.digest);
    expect(one?.diffId).toBe(two?.diffId);
    expect((await bytes(one!.open())).equals(await bytes(two!.open()))).toBe(true);
    expect((await bytes(one!.open(100))).equals((await bytes(one!.open())).subarray(100))).toBe(true);
  });

  test('names the parents with the metadata that they have in the image', async () => {
    const xattrs = new Map([['user.note', Buffer.from('kept')]]);
    const view = rootOf([
      { path: 'var', type: 'directory', mode: 0o755 },
      { path: 'var/mail', type: 'directory', mode: 0o2775, gid: 8, mtime: 77, xattrs },
    ]);
    const entries = await membersOf([file('var/mail/new/box')], view);
    expect(paths(entries)).toEqual(['var', 'var/mail', 'var/mail/new', 'var/mail/new/box']);
    expect(entries[1]).toMatchObject({ mode: 0o2775, gid: 8, mtime: 77 });
    expect(Buffer.from(entries[1]?.xattrs?.get('user.note') ?? '').toString()).toBe('kept');
    expect(entries[2]).toMatchObject({ mode: 0o755, uid: 0, mtime: LATEST_SECONDS });
  });

  test('has no time later than its own', async () => {
    const entries = await membersOf([
      file('a', 'x', { mtime: LATEST_SECONDS + 9 }),
      file('b', 'x', { mtime: -4 }),
    ]);
    expect(entries.map(({ mtime }) => mtime)).toEqual([LATEST_SECONDS, 0]);
  });

  test('hides what is removed, the topmost only, and nothing that is not there', async () => {
    const view = rootOf([
      { path: 'd', type: 'directory' },
      { path: 'd/x' },
      { path: 'd/sub', type: 'directory' },
      { path: 'd/sub/y' },
      { path: 'replaced' },
    ]);
    const removals = ['d/sub', 'd/sub/y', 'd/x', 'nothing', 'replaced'];
    const changes = [...removals.map((path) => ({ kind: 'remove', path }) as const), file('replaced')];
    expect(paths(await membersOf(changes, view))).toEqual(['d', 'd/.wh.sub', 'd/.wh.x', 'replaced']);
  });

  test('empties a directory that is removed and written again, without an opaque marker', async () => {
    const view = rootOf([{ path: 'd', type: 'directory' }, { path: 'd/a' }, { path: 'd/b' }]);
    const changes: LayerChange[] = [
      { kind: 'remove', path: 'd' },
      { kind: 'write', path: 'd', type: 'directory', mode: 0o700, uid: 1, gid: 1, mtime: 1 },
      file('d/b'),
    ];
    expect(paths(await membersOf(changes, view))).toEqual(['d', 'd/.wh.a', 'd/b']);
  });

  test('has all names of a hard link, the file first', async () => {
    const link = (path: string, target: string): LayerChange =>
      file(path, '', { type: 'hardlink', target, content: undefined });
    const entries = await membersOf([file('z', 'body'), link('a', 'z'), link('m', 'a')]);
    expect(
      entries.map(({ path, kind, linkTarget, sizeBytes }) => [path, kind, linkTarget, sizeBytes]),
    ).toEqual([
      ['a', 'file', undefined, 4],
      ['m', 'hardlink', 'a', 0],
      ['z', 'hardlink', 'a', 0],
    ]);
  });

  test('brings along a file of a lower layer that is linked to', async () => {
    const view = rootOf([{ path: 'old', mode: 0o755 }]);
    const entries = await membersOf(
      [file('new', '', { type: 'hardlink', target: 'old', content: undefined })],
      view,
    );
    expect(entries.map(({ path, kind, mode }) => [path, kind, mode])).toEqual([
      ['new', 'file', 0o755],
      ['old', 'hardlink', 0o755],
    ]);
  });

  test.each([
    ['a path that climbs', [file('a/../b')]],
    ['a path that hides another', [file('.wh.a')]],
    ['an absolute path', [file('/a')]],
    ['a link to nothing', [file('a', '', { type: 'hardlink', target: 'b' })]],
    [
      'links in a circle',
      [file('a', '', { type: 'hardlink', target: 'b' }), file('b', '', { type: 'hardlink', target: 'a' })],
    ],
    ['a file below a file', [file('a'), file('a/b')]],
  ])('is not made of %s', async (_what, changes) => {
    await expect(membersOf(changes)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('is not written through a link', async () => {
    const view = rootOf([{ path: 'lib', type: 'symlink', target: 'usr/lib' }]);
    await expect(membersOf([file('lib/x')], view)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

const name = fc
  .string({
    unit: fc.constantFrom('a', 'B', '7', '-', '.', ' ', 'é', '漢', '\u{1f600}', '=', '\n', '%'),
    minLength: 1,
    maxLength: 60,
  })
  .filter((text) => text !== '.' && text !== '..' && !text.startsWith('.wh.'));
const path = fc.array(name, { minLength: 1, maxLength: 8 }).map((names) => names.join('/'));
const member = fc.record({
  path,
  type: fc.constantFrom('file', 'directory', 'symlink', 'hardlink', 'fifo') as fc.Arbitrary<'file'>,
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.oneof(fc.nat(70_000), fc.constantFrom(0o7777777, 0o10000000, 0xffff_fffe)),
  gid: fc.oneof(fc.nat(70_000), fc.constantFrom(0o7777777, 0o10000000, 0xffff_fffe)),
  mtime: fc.oneof(fc.nat(), fc.constantFrom(0o77777777777, 0o100000000000)),
  xattrs: fc
    .dictionary(
      fc.constantFrom('user.a', 'user.é', 'security.capability', 'trusted.x y'),
      fc.uint8Array({ maxLength: 80 }),
    )
    .map((values) => new Map(Object.entries(values))),
  target: fc.oneof(path, fc.string({ unit: fc.constantFrom('x', '/', 'ö'), minLength: 90, maxLength: 200 })),
});

describe('what is written', () => {
  test('is read back as it was', () => {
    fc.assert(
      fc.property(
        fc.array(member, { maxLength: 5 }),
        fc.uint8Array({ maxLength: 1500 }),
        (members, content) => {
          const parts = members.flatMap((one) => {
            const isLink = one.type === ('symlink' as string) || one.type === ('hardlink' as string);
            const sizeBytes = one.type === 'file' ? content.length : 0;
            const header = memberHeader({ ...one, target: isLink ? one.target : undefined, sizeBytes });
            return sizeBytes > 0 ? [header, content, paddingAfter(sizeBytes)] : [header];
          });
          const entries = entriesIn(Buffer.concat([...parts, new Uint8Array(1024)]));
          expect(entries).toHaveLength(members.length);
          members.forEach((one, i) => {
            const entry = entries[i];
            const { path: itsPath, mode, uid, gid, mtime } = one;
            expect(entry).toMatchObject({ path: itsPath, mode, uid, gid, mtime });
            if (entry?.kind === 'symlink' || entry?.kind === 'hardlink')
              expect(entry.linkTarget).toBe(one.target);
            expect([...(entry?.xattrs ?? [])].map(([key, value]) => [key, [...value]]).sort()).toEqual(
              [...one.xattrs].map(([key, value]) => [key, [...value]]).sort(),
            );
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  test.skipIf(!runs('tar'))('is listed and unpacked by GNU tar (needs tar)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drydock-layer-'));
    try {
      const long = `${'long/'.repeat(60)}${'n'.repeat(120)}`;
      const names = ['plain', 'with space', 'ümläut', long, `${'a'.repeat(99)}/${'b'.repeat(99)}`];
      const link: LayerChange = file('z-link', '', { type: 'hardlink', target: long, content: undefined });
      const layer = await writeLayer([...names.map((one) => file(one, one)), link], rootOf([]), {
        signal,
        latest: LATEST,
      });
      writeFileSync(join(folder, 'layer.tar.gz'), await bytes(layer.open()));
      const listed = execFileSync('tar', ['--quoting-style=literal', '-tzf', join(folder, 'layer.tar.gz')], {
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      });
      expect(
        listed
          .toString()
          .split('\n')
          .filter((one) => one !== '' && !one.endsWith('/'))
          .sort(),
      ).toEqual([...names, 'z-link'].sort());
      const shown = execFileSync('tar', ['-xzOf', join(folder, 'layer.tar.gz'), long]);
      expect(shown.toString()).toBe(long);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
