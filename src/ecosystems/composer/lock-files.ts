import type { Analyzer } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { liesIn, withTree } from '../source-tree.ts';
import { parseComposerLock } from './parse-composer-lock.ts';

function isComposerLock(path: string): boolean {
  return isNamed(path, 'composer.lock');
}

export const composerLock: Analyzer = {
  id: 'composer-lock',
  reads: 'composer.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: 64 << 20,
  wants: ({ path }) => (isComposerLock(path) || isNamed(path, 'composer.json')) && !liesIn(path, 'vendor'),
  begin: withTree(isComposerLock, parseComposerLock),
};
