import { expect, test } from 'vitest';
import type { Package } from '../model/package.ts';
import { openTreeResults } from './tree-results.ts';

const pkg: Package = { type: 'golang', name: 'a', version: '1', licenses: [], paths: [] };
const packages = (count: number): Package[] => Array<Package>(count).fill(pkg);

test('packages beyond any real number of one layer are left out, and said', () => {
  const results = openTreeResults();
  results.keep({ path: 'a', analyzer: 'x', packages: packages(200_000) });
  results.keep({ path: 'b', analyzer: 'x', packages: packages(100_000) });
  results.keep({ path: 'c', analyzer: 'x', packages: packages(1) });
  const counts = results.files().map((file) => [file.path, file.packages?.length]);
  expect(counts).toEqual([
    ['a', 200_000],
    ['b', undefined],
    ['c', 1],
  ]);
  expect(results.diagnostics()).toMatchObject([{ code: 'PACKAGE_LIMIT', by: 'x', path: 'b' }]);
});

test('what a later entry replaces does not count', () => {
  const results = openTreeResults();
  results.keep({ path: 'a/b', analyzer: 'x', packages: packages(200_000) });
  results.forget('a', true);
  results.keep({ path: 'b', analyzer: 'x', packages: packages(200_000) });
  expect(results.files()).toHaveLength(1);
  expect(results.diagnostics()).toEqual([]);
});
