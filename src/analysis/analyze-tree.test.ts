import { describe, expect, test } from 'vitest';
import { tar, type TarMember } from '../../test/fixtures/tar-writer.ts';
import { openTarWalker } from '../codec/tar/walker.ts';
import type { Package } from '../model/package.ts';
import type { Analyzer } from './analyzer.ts';
import { eachFile } from './analyzer.ts';
import { openTreeAnalyzer, type LayerContents } from './analyze-tree.ts';
import { decodePathHashes, hashesOf } from './path-hashes.ts';

const pkg = (name: string, path: string): Package => ({
  type: 'deb',
  name,
  version: '1',
  licenses: [],
  paths: [path],
});

/** One package per word. */
const words: Analyzer = {
  id: 'words',
  version: 1,
  maxFileBytes: 100,
  linkedNames: ['status'],
  usualPlaces: ['var/db/status', 'var/db/status.d/'],
  wants: ({ path }) => path === 'var/db/status' || path.startsWith('var/db/status.d/'),
  begin: eachFile(({ path, content }) => {
    const text = Buffer.from(content).toString();
    if (text === 'boom') throw new Error('cannot read this');
    return {
      packages: text
        .split(' ')
        .filter(Boolean)
        .map((word) => pkg(word, path)),
    };
  }),
};

/** Needs all its files before it can answer. */
const late: Analyzer = {
  id: 'late',
  version: 1,
  maxFileBytes: 100,
  wants: ({ path }) => path.startsWith('late/'),
  begin() {
    const seen = new Map<string, number>();
    return {
      add(file) {
        seen.set(file.path, file.sizeBytes);
        return undefined;
      },
      end: () => new Map([...seen].map(([path, size]) => [path, { packages: [pkg(`size${size}`, path)] }])),
    };
  },
};

function analyze(members: readonly TarMember[], pieceBytes = 10_000): LayerContents {
  const tree = openTreeAnalyzer([words, late]);
  const walker = openTarWalker(tree);
  const archive = tar(members);
  for (let at = 0; at < archive.length; at += pieceBytes) walker.push(archive.subarray(at, at + pieceBytes));
  walker.end();
  return tree.finish();
}

const names = (contents: LayerContents): string[] =>
  contents.files.flatMap((file) => (file.packages ?? []).map((found) => `${file.path}:${found.name}`));

const heldFiles = ({ held }: LayerContents) => {
  const hashes = decodePathHashes(held.files);
  return (path: string): boolean => hashes.has(hashesOf(path).at(-1) ?? 0);
};

describe('analyzing the tree of a layer', () => {
  test('hands each analyzer the files it wants', () => {
    const contents = analyze([
      { path: 'var/db/status', content: 'a b' },
      { path: 'other', content: 'c' },
      { path: 'late/x', content: '12345' },
    ]);
    expect(names(contents)).toEqual(['var/db/status:a', 'var/db/status:b', 'late/x:size5']);
  });

  test('of several entries with one path the last counts', () => {
    const contents = analyze([
      { path: 'var/db/status', content: 'old' },
      { path: './var/db/status', content: 'new' },
      { path: 'late/x', content: '1' },
      { path: 'late/x', content: '22' },
      { path: 'late/y', content: '1' },
      { path: 'late/y', type: '5' },
    ]);
    expect(names(contents)).toEqual(['var/db/status:new', 'late/x:size2']);
  });

  test('a directory that becomes a file takes with it what was below', () => {
    const contents = analyze([{ path: 'var/db/status.d/one', content: 'a' }, { path: 'var/db/status.d' }]);
    expect(names(contents)).toEqual([]);
    expect(heldFiles(contents)('var/db/status.d')).toBe(true);
  });

  test('replacing over and over costs no more than what is replaced', () => {
    const started = performance.now();
    const others = Array.from({ length: 5_000 }, (_, i) => ({ path: `var/db/status.d/${i}`, content: 'x' }));
    const turns = Array.from({ length: 5_000 }, () => [
      { path: 'late/d/x', content: '1' },
      { path: 'late/d', type: '2', link: 'x' },
    ]).flat();
    const contents = analyze([...others, ...turns]);
    expect(contents.files).toHaveLength(5_000);
    expect(performance.now() - started).toBeLessThan(25_000);
  });

  test('notes whiteouts and opaque directories, and ignores names that mean nothing', () => {
    const contents = analyze(
      [
        '.wh.gone',
        'a/.wh.b',
        'opq/.wh..wh..opq',
        '.wh.',
        '.wh..',
        '.wh...',
        '.wh..wh.aufs',
        '.wh..wh.plnk/1',
        '.wh./etc',
      ].map((path) => ({ path })),
    );
    expect(contents.whiteouts).toEqual(['gone', 'a/b']);
    expect(contents.opaqueDirs).toEqual(['opq']);
  });

  test('notes links on the way to a usual place, and takes files a link may lead to', () => {
    const contents = analyze([
      { path: 'var/db', type: '2', link: '/real/db' },
      { path: 'usr/x', type: '2', link: 'y' },
      { path: 'real/db/status', content: 'linked' },
      { path: 'proc/status', content: '' },
    ]);
    expect(contents.links).toEqual([{ path: 'var/db', target: '/real/db', hard: false }]);
    expect(contents.files).toMatchObject([{ path: 'real/db/status', linkTarget: true }]);
  });

  test('says which files were too large or could not be read, and goes on', () => {
    const contents = analyze([
      { path: 'var/db/status', content: 'x'.repeat(101) },
      { path: 'var/db/status.d/bad', content: 'boom' },
      { path: 'var/db/status.d/good', content: 'fine' },
      { path: '../../etc/passwd', content: 'x' },
    ]);
    expect(names(contents)).toEqual(['var/db/status.d/good:fine']);
    expect(contents.diagnostics.map(({ code, path }) => [code, path])).toEqual([
      ['FILE_TOO_LARGE', 'var/db/status'],
      ['ANALYZER_FAILED', 'var/db/status.d/bad'],
      ['ENTRY_NAMES_REFUSED', undefined],
    ]);
    // A file that could not be read ends what lay there before, too.
    expect(['var/db/status', 'var/db/status.d/bad', 'etc/passwd'].map(heldFiles(contents))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('never opens devices or pipes, whatever their name', () => {
    const contents = analyze([
      { path: 'var/db/status', type: '3' },
      { path: 'var/db/status.d/x', type: '6' },
    ]);
    expect(contents.files).toEqual([]);
    expect(heldFiles(contents)('var/db/status')).toBe(true);
  });
});
