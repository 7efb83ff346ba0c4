import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { parseGemfileLock } from './parse-gemfile-lock.ts';

/** `gems.locked` belongs to a `gems.rb`, which some write in place of a `Gemfile`. */
export const gemfileLock: Analyzer = {
  id: 'gemfile-lock',
  reads: 'Gemfile.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: 32 << 20,
  wants: ({ path }) => isNamed(path, 'Gemfile.lock') || isNamed(path, 'gems.locked'),
  begin: eachFile(({ path, content }) => parseGemfileLock(content, path)),
};
