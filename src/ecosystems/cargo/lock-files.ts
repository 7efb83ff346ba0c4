import type { Analyzer } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { withTree } from '../source-tree.ts';
import { parseCargoLock } from './parse-cargo-lock.ts';

function isCargoLock(path: string): boolean {
  return isNamed(path, 'Cargo.lock');
}

/** Read in images, too: what was built there has often left it behind. */
export const cargoLock: Analyzer = {
  id: 'cargo-lock',
  reads: 'Cargo.lock',
  version: 1,
  maxFileBytes: 64 << 20,
  endings: ['Cargo.lock', 'Cargo.toml'],
  wants: ({ path }) => isCargoLock(path) || isNamed(path, 'Cargo.toml'),
  begin: withTree(isCargoLock, parseCargoLock),
};
