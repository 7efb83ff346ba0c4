import { describe, expect, test } from 'vitest';
import type { PackageUpdate } from '../model/patch.ts';
import { withFileLists } from './file-lists.ts';
import type { LayerChange, RootView } from './root/root-view.ts';

const options = { signal: new AbortController().signal };
const CONTENT = Buffer.from('/.\n');
const list = (name: string): string => `var/lib/dpkg/info/${name}.list`;

function rootWith(...paths: readonly string[]): RootView {
  const entry = (path: string) =>
    paths.includes(path)
      ? { path, type: 'file', mode: 0o644, uid: 1, gid: 2, mtime: 3, xattrs: new Map() }
      : undefined;
  const read = (asked: Iterable<string>) =>
    Promise.resolve(new Map([...asked].map((path) => [path, CONTENT])));
  return { entry, read } as unknown as RootView;
}

const applied = [
  { name: 'libc6', architecture: 'amd64' },
  { name: 'ruby-rack', architecture: 'all' },
] as unknown as PackageUpdate[];
const pathsOf = (changes: readonly LayerChange[]): string[] => changes.map(({ path }) => path);

describe('lists of what packages hold', () => {
  test('are repeated, whichever of both names they have, of replaced packages alone', async () => {
    const root = rootWith(list('libc6:amd64'), list('ruby-rack'), list('other'));
    const changes = await withFileLists([], applied, root, options);
    expect(pathsOf(changes)).toEqual([list('libc6:amd64'), list('ruby-rack')]);
    expect(changes[0]).toMatchObject({
      kind: 'write',
      type: 'file',
      uid: 1,
      gid: 2,
      mtime: 3,
      content: CONTENT,
    });
  });

  test('are left to the change that is there', async () => {
    const change: LayerChange = { kind: 'remove', path: list('ruby-rack') };
    const changes = await withFileLists([change], applied, rootWith(list('ruby-rack')), options);
    expect(changes).toEqual([change]);
  });

  test('are none where the image has none', async () => {
    expect(await withFileLists([], applied, rootWith(), options)).toEqual([]);
  });
});
