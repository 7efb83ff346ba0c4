import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { hasEnding } from '../path-ending.ts';
import { parseEgg } from './parse-egg.ts';
import { parseMetadata } from './parse-metadata.ts';

/** Of wheels and of eggs that lie unpacked; what setuptools leaves beside a package it has linked. */
const ENDINGS: readonly string[] = [
  '.dist-info/METADATA',
  '.egg-info/PKG-INFO',
  'EGG-INFO/PKG-INFO',
  '.egg-info',
];

/** Distributions that pip, setuptools and their kin have installed. */
export const pythonPackages: Analyzer = {
  id: 'python-pkg',
  reads: '*.dist-info/METADATA, *.egg-info',
  version: 1,
  appliesTo: 'installed',
  /** The description stands in the same file. */
  maxFileBytes: 16 << 20,
  endings: ENDINGS,
  wants: ({ path }) => ENDINGS.some((ending) => hasEnding(path, ending)),
  begin: eachFile(({ path, content }) => parseMetadata(content, path)),
};

/** Eggs that are used packed. */
export const pythonEggs: Analyzer = {
  id: 'python-egg',
  reads: '*.egg',
  version: 1,
  appliesTo: 'installed',
  maxFileBytes: 64 << 20,
  endings: ['.egg'],
  wants: ({ path }) => hasEnding(path, '.egg'),
  begin: eachFile(({ path, content }) => parseEgg(content, path)),
};
