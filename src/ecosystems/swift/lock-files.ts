import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { isNamed } from '../path-ending.ts';
import { parsePackageResolved } from './parse-package-resolved.ts';

export const packageResolved: Analyzer = {
  id: 'swift-package-resolved',
  reads: 'Package.resolved',
  version: 1,
  appliesTo: 'source',
  maxFileBytes: 32 << 20,
  wants: ({ path }) => isNamed(path, 'Package.resolved'),
  begin: eachFile(({ path, content }) => parsePackageResolved(content, path)),
};
