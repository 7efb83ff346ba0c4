import { eachFile, type Analyzer, type FileHeader } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { liesIn, withTree } from '../source-tree.ts';
import { parseBunLock } from './parse-bun-lock.ts';
import { parsePackageLock } from './parse-package-lock.ts';
import { parsePnpmLock } from './parse-pnpm-lock.ts';
import { parseYarnLock } from './parse-yarn-lock.ts';

/** Those of large companies' single repositories come near 30 MB. */
const MAX_BYTES = 64 << 20;

/** What others have put into their packages tells nothing of this tree. */
function isOwn(path: string): boolean {
  return !liesIn(path, 'node_modules') && !liesIn(path, '.yarn/unplugged');
}

function isPackageLock(path: string): boolean {
  return isNamed(path, 'package-lock.json') || isNamed(path, 'npm-shrinkwrap.json');
}

function isYarnLock(path: string): boolean {
  return isNamed(path, 'yarn.lock');
}

/** Those written by people stay far below. */
const MAX_MANIFEST_BYTES = 1 << 20;

function isManifest({ path, sizeBytes }: FileHeader): boolean {
  return isNamed(path, 'package.json') && sizeBytes <= MAX_MANIFEST_BYTES;
}

export const npmLock: Analyzer = {
  id: 'npm-lock',
  reads: 'package-lock.json, npm-shrinkwrap.json',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: (file) => (isPackageLock(file.path) || isManifest(file)) && isOwn(file.path),
  begin: withTree(isPackageLock, parsePackageLock),
};

export const yarnLock: Analyzer = {
  id: 'yarn-lock',
  reads: 'yarn.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: (file) => (isYarnLock(file.path) || isManifest(file)) && isOwn(file.path),
  begin: withTree(isYarnLock, parseYarnLock),
};

export const pnpmLock: Analyzer = {
  id: 'pnpm-lock',
  reads: 'pnpm-lock.yaml',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: ({ path }) => isNamed(path, 'pnpm-lock.yaml') && isOwn(path),
  begin: eachFile(({ path, content }) => parsePnpmLock(content, path)),
};

export const bunLock: Analyzer = {
  id: 'bun-lock',
  reads: 'bun.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: MAX_BYTES,
  wants: ({ path }) => isNamed(path, 'bun.lock') && isOwn(path),
  begin: eachFile(({ path, content }) => parseBunLock(content, path)),
};
