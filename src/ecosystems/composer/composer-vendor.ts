import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { parseInstalled } from './parse-installed.ts';

/** What Composer has put into a `vendor` folder. */
export const composerVendor: Analyzer = {
  id: 'composer-vendor',
  reads: 'vendor/composer/installed.json',
  version: 1,
  appliesTo: 'installed',
  maxFileBytes: 16 << 20,
  endings: ['installed.json'],
  wants: ({ path }) => isNamed(path, 'installed.json'),
  begin: eachFile(({ path, content }) => parseInstalled(content, path)),
};
