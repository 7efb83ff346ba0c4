import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { parseMixLock } from './parse-mix-lock.ts';

export const mixLock: Analyzer = {
  id: 'mix-lock',
  reads: 'mix.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: 32 << 20,
  wants: ({ path }) => isNamed(path, 'mix.lock'),
  begin: eachFile(({ path, content }) => parseMixLock(content, path)),
};
