import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { hasEnding, isNamed } from '../path-ending.ts';
import { parseConanLock } from './parse-conan-lock.ts';

/** `conan.lock`, or another name that ends in `.conan.lock`. */
export const conanLock: Analyzer = {
  id: 'conan-lock',
  reads: 'conan.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: 32 << 20,
  wants: ({ path }) => isNamed(path, 'conan.lock') || hasEnding(path, '.conan.lock'),
  begin: eachFile(({ path, content }) => parseConanLock(content, path)),
};
