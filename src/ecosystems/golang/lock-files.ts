import type { Analyzer } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { liesIn, withTree } from '../source-tree.ts';
import { parseGoMod } from './parse-go-mod.ts';

function isGoMod(path: string): boolean {
  return isNamed(path, 'go.mod');
}

export const goMod: Analyzer = {
  id: 'go-mod',
  reads: 'go.mod, go.sum',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: 32 << 20,
  wants: ({ path }) => (isGoMod(path) || isNamed(path, 'go.sum')) && !liesIn(path, 'vendor'),
  begin: withTree(isGoMod, parseGoMod),
};
