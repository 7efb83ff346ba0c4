import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { parsePodfileLock } from './parse-podfile-lock.ts';

export const podfileLock: Analyzer = {
  id: 'podfile-lock',
  reads: 'Podfile.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: 32 << 20,
  wants: ({ path }) => isNamed(path, 'Podfile.lock'),
  begin: eachFile(({ path, content }) => parsePodfileLock(content, path)),
};
