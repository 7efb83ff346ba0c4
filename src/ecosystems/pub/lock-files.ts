import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { parsePubspecLock } from './parse-pubspec-lock.ts';

export const pubspecLock: Analyzer = {
  id: 'pubspec-lock',
  reads: 'pubspec.lock',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: 32 << 20,
  wants: ({ path }) => isNamed(path, 'pubspec.lock'),
  begin: eachFile(({ path, content }) => parsePubspecLock(content, path)),
};
