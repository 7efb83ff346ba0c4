import { describe, expect, test } from 'vitest';
import { tar, type TarMember } from '../../test/fixtures/tar-writer.ts';
import { sha256Of } from '../base/digest.ts';
import { openTarWalker } from '../codec/tar/walker.ts';
import type { Inventory } from '../model/analysis.ts';
import { eachFile, fingerprint, type Analyzer } from './analyzer.ts';
import { openTreeAnalyzer } from './analyze-tree.ts';
import { applyLayers } from './apply-layers.ts';

const words: Analyzer = {
  id: 'words',
  version: 1,
  maxFileBytes: 1000,
  linkedNames: ['status'],
  usualPlaces: ['var/db/status', 'var/db/status.d/'],
  wants: ({ path }) => path === 'var/db/status' || path.startsWith('var/db/status.d/'),
  begin: eachFile(({ path, content }) => ({
    packages: Buffer.from(content)
      .toString()
      .split(' ')
      .filter(Boolean)
      .map((name) => ({ type: 'deb', name, version: '1', licenses: [], paths: [path] })),
  })),
};

function apply(...layers: (readonly TarMember[])[]): Inventory {
  return applyLayers(
    layers.map((members, index) => {
      const archive = tar(members);
      const tree = openTreeAnalyzer([words]);
      const walker = openTarWalker(tree);
      walker.push(archive);
      walker.end();
      const diffId = sha256Of(String(index));
      return {
        digest: diffId,
        analysis: {
          schema: 1,
          diffId,
          analyzers: fingerprint([words]),
          sizeBytes: archive.length,
          ...tree.finish(),
        },
      };
    }),
    [words],
  );
}

const names = (inventory: Inventory): string[] => inventory.packages.map((pkg) => pkg.name).sort();
const status = (content: string): TarMember => ({ path: 'var/db/status', content });

describe('applying layers', () => {
  test('a later database replaces an earlier one, files of a directory stand alone', () => {
    const inventory = apply(
      [status('a b'), { path: 'var/db/status.d/one', content: 'one' }],
      [status('b c'), { path: 'var/db/status.d/two', content: 'two' }],
    );
    expect(names(inventory)).toEqual(['b', 'c', 'one', 'two']);
  });

  test('packages belong to the first layer that held them', () => {
    const inventory = apply([status('a')], [status('a b')], [status('a b c')]);
    expect(Object.fromEntries(inventory.packages.map((pkg) => [pkg.name, pkg.layer?.diffId]))).toEqual({
      a: sha256Of('0'),
      b: sha256Of('1'),
      c: sha256Of('2'),
    });
  });

  test.each<[string, TarMember]>([
    ['a whiteout of the file', { path: 'var/db/.wh.status' }],
    ['a whiteout of a directory above', { path: 'var/.wh.db' }],
    ['an opaque directory', { path: 'var/db/.wh..wh..opq' }],
    ['an opaque root', { path: '.wh..wh..opq' }],
    ['a file in place of a directory above', { path: 'var/db' }],
    ['a device in its place', { path: 'var/db/status', type: '3' }],
    ['a directory in its place', { path: 'var/db/status', type: '5' }],
    ['a link to nowhere in its place', { path: 'var/db/status', type: '2', link: '/nowhere' }],
  ])('%s hides a database of a lower layer', (_, member) => {
    expect(names(apply([status('a')], [member]))).toEqual([]);
  });

  test('whiteouts do not touch their own layer', () => {
    expect(names(apply([status('a')], [status('b'), { path: 'var/db/.wh.status' }]))).toEqual(['b']);
  });

  test.each<[string, TarMember]>([
    ['a link in the place of its directory', { path: 'var/db/status.d', type: '2', link: '/elsewhere' }],
    ['a file in the place of its directory', { path: 'var/db/status.d', content: 'x' }],
    ['a link in its own place', { path: 'var/db/status.d/one', type: '2', link: '/nowhere' }],
    ['a device in its own place', { path: 'var/db/status.d/one', type: '3' }],
    ['a directory in its own place', { path: 'var/db/status.d/one', type: '5' }],
    ['a file that says nothing', { path: 'var/db/status.d/one', content: '' }],
    ['a link far above', { path: 'var', type: '2', link: '/elsewhere' }],
  ])('a file is gone when a later layer has %s', (_, member) => {
    const base = [{ path: 'var/db/status.d/one', content: 'one' }];
    expect(names(apply(base))).toEqual(['one']);
    expect(names(apply(base, [member]))).toEqual([]);
    expect(names(apply(base, [member], base))).toEqual(['one']);
  });

  test('what many files say alike is put together in one go', () => {
    const started = performance.now();
    const members = Array.from({ length: 20_000 }, (_, i) => ({
      path: `var/db/status.d/${i}`,
      content: 'same',
    }));
    const inventory = apply(members);
    expect(inventory.packages).toHaveLength(1);
    expect(inventory.packages[0]?.paths).toHaveLength(20_000);
    expect(performance.now() - started).toBeLessThan(25_000);
  });

  test('a directory entry changes nothing below it', () => {
    expect(names(apply([status('a')], [{ path: 'var/db', type: '5' }]))).toEqual(['a']);
  });

  test.each<[string, TarMember[]]>([
    ['absolute', [{ path: 'var/db', type: '2', link: '/real/db' }]],
    ['relative', [{ path: 'var/db', type: '2', link: '../real/db' }]],
    ['climbing', [{ path: 'var/db', type: '2', link: '../../../../real/db' }]],
    ['to the file itself', [{ path: 'var/db/status', type: '2', link: '/real/db/status' }]],
    [
      'in two steps',
      [
        { path: 'var/db', type: '2', link: '/var/lib' },
        { path: 'var/lib', type: '2', link: '../real/db' },
      ],
    ],
  ])('a database behind a link is found: %s', (how, links) => {
    const real = { path: 'real/db/status', content: 'linked' };
    const expected = how === 'in two steps' ? [] : ['linked'];
    // var/lib is not on the way to a usual place of this analyzer, so its link is not noted.
    expect(names(apply([...links, real]))).toEqual(expected);
    expect(names(apply([real], links))).toEqual(expected);
  });

  test('a file that only shares the name of a database does not count', () => {
    expect(names(apply([{ path: 'srv/status', content: 'x y' }]))).toEqual([]);
  });

  test('a hard link is its target, wherever the target stands in the layer', () => {
    const link: TarMember = { path: 'var/db/status', type: '1', link: 'srv/status' };
    const target: TarMember = { path: 'srv/status', content: 'x' };
    expect(names(apply([target, link]))).toEqual(['x']);
    expect(names(apply([link, target]))).toEqual(['x']);
  });

  test('links that lead nowhere or in circles are said, not followed', () => {
    const inventory = apply([
      { path: 'var/db/status', type: '2', link: 'status' },
      { path: 'var/db/status.d', type: '2', link: '/none' },
    ]);
    expect(names(inventory)).toEqual([]);
    expect(inventory.diagnostics.map((d) => d.code)).toEqual(['LINK_TARGET_NOT_READ']);
  });

  test('sizes of layers are kept by diffID', () => {
    expect(Object.keys(apply([], [status('a')]).layerSizes)).toEqual([sha256Of('0'), sha256Of('1')]);
  });
});
